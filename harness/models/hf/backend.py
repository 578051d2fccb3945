"""The backend: a checkpoint that takes on one task after another, asked in batches that its device holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from harness.base import torch_vision
from harness.errors import CorruptData, MissingData, UsageError
from harness.models import devices
from harness.models.batching import by_length
from harness.models.hf import arguments as hf_arguments
from harness.models.hf import checkpoint as hf_checkpoint
from harness.models.hf import loading
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.choices import choice_log_probs
from harness.models.hf.ends import ends
from harness.models.hf.generation import Written, generate
from harness.models.hf.loading import Loaded
from harness.models.hf.memory import remembers
from harness.models.hf.prompting import Encoded, Prompter
from harness.types import Model, ModelInfo, Request, Response, Scene

_ONE_PICTURE = frozenset({"blip", "blip-2", "instructblip", "git", "pix2struct", "vision-encoder-decoder", "kosmos-2", "udop", "florence2"})
"""Types that are built for a single picture; the others take several."""
_CHARACTERS_PER_TOKEN = 3
_TOKENS_PER_PICTURE = 1024
_CPU_TOKENS = 16_384
_MOST_TOKENS = 1 << 20
_SHARE_OF_MEMORY = 0.5
_HIDDEN_STATES = 24
"""As many hidden states of a token as its activations are reckoned to take at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch on the host: groups of requests that go through the network together, and those that cannot."""

    requests: Sequence[Request]
    groups: Sequence[tuple[Sequence[int], Encoded]]
    """Places in ``requests``, and what the network reads for them."""
    failures: Mapping[int, str]


@dataclass(slots=True, kw_only=True)
class Answerer:
    """A checkpoint that answers one task."""

    info: ModelInfo
    checkpoint: Checkpoint
    arguments: Arguments
    loaded: Loaded
    prompter: Prompter
    budget: int
    """Tokens in a batch."""
    _fits: int | None = field(default=None)
    """The most tokens in a batch once a larger one did not fit."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch; a request whose picture cannot be read fails alone."""
        return self.answer(self.prepare(requests))

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """From the longest request to the shortest, reckoned by characters and pictures."""
        lengths = [
            len(request.prompt) // _CHARACTERS_PER_TOKEN
            + len(request.item.images) * _TOKENS_PER_PICTURE
            + request.decoding.max_new_tokens * request.decoding.beams
            for request in requests
        ]
        return by_length(lengths, size=size, budget=self.budget)

    def prepare(self, requests: Sequence[Request]) -> Prepared:
        """Prompts rendered and encoded, pictures decoded; those with and without pictures apart."""
        groups: list[tuple[Sequence[int], Encoded]] = []
        failures: dict[int, str] = {}
        for with_pictures in (False, True):
            places = [place for place, request in enumerate(requests) if bool(request.item.images) == with_pictures]
            groups += self._encode(requests, places, failures)
        return Prepared(requests=requests, groups=groups, failures=failures)

    def _encode(self, requests: Sequence[Request], places: Sequence[int], failures: dict[int, str]) -> list[tuple[Sequence[int], Encoded]]:
        if not places:
            return []
        if len(places) > 1 and not self.loaded.memory.together:
            return [group for place in places for group in self._encode(requests, [place], failures)]
        try:
            encoded = self.prompter.encode([requests[place] for place in places])
        except (CorruptData, MissingData) as error:
            if len(places) == 1:
                failures[places[0]] = str(error)
                return []
            return [group for place in places for group in self._encode(requests, [place], failures)]
        most = self._longest(requests[places[0]].decoding.max_new_tokens)
        long = [place for place, length in zip(places, encoded.lengths, strict=True) if most is not None and length > most]
        if not long:
            return [(places, encoded)]
        for place in long:
            failures[place] = (
                f"the prompt is longer than the {most} tokens that the model can read beside an answer of"
                f" {requests[place].decoding.max_new_tokens}"
            )
        return self._encode(requests, [place for place in places if place not in failures], failures)

    def _longest(self, answer: int) -> int | None:
        """Tokens of a prompt that the network has positions for; None where they have no end."""
        most = getattr(self.checkpoint.config.get_text_config(), "max_position_embeddings", None)
        return None if most is None or most < 1 else most - (0 if self.checkpoint.config.is_encoder_decoder else answer)

    def answer(self, prepared: Prepared) -> Sequence[Response]:
        """Texts, and scores where choices are to be scored. A batch that the device cannot hold is halved, and so are those after it."""
        replies = {place: Response(error=error, of_request=True) for place, error in prepared.failures.items()}
        for places, encoded in prepared.groups:
            replies |= zip(places, self._group([prepared.requests[place] for place in places], encoded), strict=True)
        return [replies[place] for place in range(len(prepared.requests))]

    def _group(self, requests: Sequence[Request], encoded: Encoded) -> Sequence[Response]:
        tokens = encoded.inputs["input_ids"].numel() + sum(request.decoding.max_new_tokens for request in requests)
        if self._fits is None or tokens <= self._fits or len(requests) == 1:
            try:
                return self._at_once(requests, encoded)
            except (RuntimeError, MemoryError) as error:
                if not devices.out_of_memory(error):
                    raise
                self._fits = min(self._fits or tokens, tokens) // 2
        # Out of the handler: its traceback would keep the tensors that did not fit.
        if self.loaded.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(requests) == 1:
            return [Response(error=f"{self.loaded.device.type} has not enough memory for a request of {tokens} tokens")]
        half = len(requests) // 2
        return [*self.generate(requests[:half]), *self.generate(requests[half:])]

    @torch.inference_mode()
    def _at_once(self, requests: Sequence[Request], encoded: Encoded) -> list[Response]:
        scored = self.info.scores != "none"
        made = generate(self.loaded, self.prompter.tokenizer, encoded, requests, self.arguments, remember=scored)
        scores: Sequence[tuple[float, ...] | None] = [None] * len(requests)
        if scored:
            scores = choice_log_probs(self.loaded, self.prompter, encoded, requests, made.written, made.prompted)
        return [_response(written, length, own) for written, length, own in zip(made.written, encoded.lengths, scores, strict=True)]


def _response(written: Written, prompt: int, scores: tuple[float, ...] | None) -> Response:
    return Response(
        text=written.reply.answer,
        thinking=written.reply.thinking,
        choice_log_probs=scores,
        finish=written.finish,
        usage={"prompt": prompt, "completion": written.tokens},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformers:
    """A loaded checkpoint."""

    checkpoint: Checkpoint
    arguments: Arguments
    loaded: Loaded
    prompter: Prompter
    digest: str

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
        scored = decoding.score_choices and all(example.input.choices for example in scene.examples)
        # An encoder that reads pictures has as many ways to be given them as there are such models.
        scored = scored and not (sees and self.checkpoint.config.is_encoder_decoder) and not one and self.loaded.memory.causal
        info = ModelInfo(
            name=self.checkpoint.name,
            kind="hf",
            revision=self.checkpoint.folder.revision,
            digest=self.digest,
            parameters=self.loaded.parameters,
            precision=self.loaded.precision,
            device=self.loaded.device.type,
            arguments=self._facts(),
            sees=sees,
            scores="softmax" if scored else "none",
            images=1 if one else None,
        )
        return Answerer(
            info=info,
            checkpoint=self.checkpoint,
            arguments=self.arguments,
            loaded=self.loaded,
            prompter=self.prompter,
            budget=self.budget,
        )

    @property
    def budget(self) -> int:
        """Tokens in a batch."""
        return self.arguments.batch_tokens or _budget(self.loaded, self.checkpoint)

    def _facts(self) -> Mapping[str, str]:
        """What can change an answer: all that was asked for but for what cannot, and what came of it where that was left to the harness."""
        facts = hf_arguments.changes(self.arguments)
        if self.arguments.quantize != "none":
            facts["computed_in"] = str(devices.dtype(self.arguments.dtype, self.loaded.device)).removeprefix("torch.")
        if self.checkpoint.adapter is not None:
            facts.pop("adapter", None)  # a place, which may be anywhere; the digest has its content
            facts["adapter_of"] = self.checkpoint.folder.name
        if self.prompter.picture_reader:
            facts["image_processor"] = self.prompter.picture_reader
        return facts | {
            "family": self.checkpoint.family,
            "model_type": str(self.checkpoint.config.model_type),
            "dtype": self.loaded.precision,
            "chat_template": "yes" if self.prompter.templated else "no",
        }


def open_checkpoint(location: str, given: Mapping[str, str]) -> Transformers:
    """The backend for a folder or Hub name.

    Raises:
        HarnessError: The folder, an argument or the device is not what it must be.
    """
    torch_vision.ready()
    _quiet()
    parsed = hf_arguments.parse(given)
    checkpoint = hf_checkpoint.open_folder(location, parsed)
    prompter = Prompter(checkpoint, parsed)
    loaded = loading.load(checkpoint, parsed)
    settings = loaded.model.generation_config
    settings.eos_token_id = ends(checkpoint, prompter, settings.eos_token_id) or None
    loaded = replace(loaded, memory=remembers(loaded.model, prompter.ordinary, pad=prompter.tokenizer.pad_token_id))
    if parsed.compile:
        loaded.model.forward = torch.compile(loaded.model.forward, dynamic=True)
    return Transformers(checkpoint=checkpoint, arguments=parsed, loaded=loaded, prompter=prompter, digest=checkpoint.digest())


def _budget(loaded: Loaded, checkpoint: Checkpoint) -> int:
    """Tokens that a device holds at once, a power of two: of its whole memory, so that a run is cut in the same way every time."""
    if loaded.device.type != "cuda":
        return _CPU_TOKENS
    config = checkpoint.config.get_text_config(decoder=True)
    width, layers, heads = (
        int(getattr(config, name, None) or usual)
        for name, usual in (("hidden_size", 4096), ("num_hidden_layers", 32), ("num_attention_heads", 32))
    )
    shared = int(getattr(config, "num_key_value_heads", None) or heads) / heads
    bytes_each = 2 if loaded.precision != "float32" else 4
    per_token = width * bytes_each * (2 * layers * shared + _HIDDEN_STATES)
    weights = sum(tensor.numel() * tensor.element_size() for tensor in loaded.model.parameters())
    free = torch.cuda.get_device_properties(loaded.device).total_memory - weights
    return int(min(_MOST_TOKENS, max(1024, 2 ** math.floor(math.log2(max(free * _SHARE_OF_MEMORY / per_token, 1))))))


def _quiet() -> None:
    """The library tells of every default on stderr, and draws bars of its own there."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
