"""The backend: a checkpoint that takes on one task after another."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from harness.base import torch_vision
from harness.errors import UsageError
from harness.models import devices
from harness.models.hf import arguments as hf_arguments
from harness.models.hf import checkpoint as hf_checkpoint
from harness.models.hf import loading, picture_classifier, text_classifier
from harness.models.hf.answerer import Answerer
from harness.models.hf.budget import tokens_at_once
from harness.models.hf.ends import ends
from harness.models.hf.facts import Opened
from harness.models.hf.memory import remembers, rows_of
from harness.models.hf.prompting import Prompter
from harness.models.hf.room import room
from harness.types import Backend, Model, Scene

_ONE_PICTURE = frozenset({"blip", "blip-2", "instructblip", "git", "pix2struct", "vision-encoder-decoder", "kosmos-2", "udop", "florence2"})
"""Types that are built for a single picture; the others take several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformers(Opened):
    """A loaded checkpoint that answers in text."""

    prompter: Prompter

    def for_task(self, scene: Scene) -> Model:
        """The checkpoint, where it can read what the task shows.

        Raises:
            UsageError: The task shows pictures and the checkpoint reads text alone.
        """
        task, decoding = scene.task, scene.decoding or scene.task.decoding
        if scene.system:
            self.prompter.check_system(self.checkpoint.name, scene.system)
        sees = self.checkpoint.family == "image-text"
        shown = max(len(example.input.images) for example in scene.examples)
        if shown and not sees:
            raise UsageError(
                f"{self.checkpoint.name} is a {self.checkpoint.config.model_type} model, which reads text alone;"
                f" {task.card.full_name} shows pictures."
            )
        one = sees and self.checkpoint.config.model_type in _ONE_PICTURE
        if one and not shown:
            raise UsageError(
                f"{self.checkpoint.name} is a {self.checkpoint.config.model_type} model, which answers about a picture;"
                f" {task.card.full_name} shows none."
            )
        places = room(self.checkpoint.config, self.loaded.model)
        places.check(self.checkpoint.name, decoding.max_new_tokens)
        scored = decoding.score_choices and all(example.input.choices for example in scene.examples)
        # An encoder that reads pictures has as many ways to be given them as there are such models.
        scored = scored and not (sees and self.checkpoint.config.is_encoder_decoder) and not one and self.loaded.memory.causal
        return Answerer(
            info=self.info(self._facts(), sees=sees, scores="softmax" if scored else "none", images=1 if one else None),
            arguments=self.arguments,
            loaded=self.loaded,
            prompter=self.prompter,
            room=places,
            budget=self.arguments.batch_tokens or tokens_at_once(self.loaded, self.checkpoint),
        )

    def _facts(self) -> Mapping[str, str]:
        """What came of what was left to the harness."""
        facts = {"chat_template": "yes" if self.prompter.templated else "no"}
        if self.arguments.quantize != "none":
            facts["computed_in"] = devices.name_of(devices.dtype(self.arguments.dtype, self.loaded.device))
        if self.prompter.picture_reader:
            facts["image_processor"] = self.prompter.picture_reader
        if self.prompter.filled:
            facts["processor"] = self.prompter.filled
        if self.prompter.placeholder.note:
            facts["picture"] = self.prompter.placeholder.note
        return facts


def open_checkpoint(location: str, given: Mapping[str, str]) -> Backend:
    """The backend for a folder or Hub name.

    Raises:
        HarnessError: The folder, an argument or the device is not what it must be.
    """
    torch_vision.ready()
    _quiet()
    parsed = hf_arguments.parse(given)
    checkpoint = hf_checkpoint.open_folder(location, parsed)
    if checkpoint.family == "text-classifier":
        return text_classifier.open_classifier(checkpoint, parsed)
    if checkpoint.family == "image-classifier":
        return picture_classifier.open_classifier(checkpoint, parsed)
    if parsed.labels or parsed.reads:
        raise UsageError(f"--model-arg {'labels' if parsed.labels else 'reads'}: of a classifier; {checkpoint.name} answers in text.")
    prompter = Prompter(checkpoint, parsed)
    loaded = loading.load(checkpoint, parsed, words=len(prompter.tokenizer))
    prompter.fit(checkpoint.name, rows_of(loaded.model))
    settings = loaded.model.generation_config
    settings.eos_token_id = ends(checkpoint, prompter, settings.eos_token_id) or None
    loaded = replace(loaded, memory=remembers(loaded.model, prompter.ordinary, pad=prompter.pad))
    if parsed.compile:
        loaded.model.forward = torch.compile(loaded.model.forward, dynamic=True)
    return Transformers(checkpoint=checkpoint, arguments=parsed, loaded=loaded, prompter=prompter, digest=checkpoint.parts.digest())


def _quiet() -> None:
    """The library tells of every default on stderr, and draws bars of its own there."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # Of a prompt that an adapter learned, at every step: it counts its own places.
    warnings.filterwarnings("ignore", message="Position ids are not supported for parameter efficient tuning", category=UserWarning)
