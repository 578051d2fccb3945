"""The backend: a checkpoint that takes on one task after another, each as its official evaluation does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from harness.base import identity
from harness.errors import UsageError
from harness.models import devices
from harness.models.arguments import parse_arguments
from harness.models.biomedgpt import answers, arguments, container, protocols, vocabulary_files, weights
from harness.models.biomedgpt.answerer import Answerer, Encode, Listed
from harness.models.biomedgpt.answers import AnswerList
from harness.models.biomedgpt.arguments import Arguments
from harness.models.biomedgpt.container import Checkpoint
from harness.models.biomedgpt.decoder import Network
from harness.models.biomedgpt.protocols import Protocol
from harness.models.biomedgpt.vocabulary import Vocabulary
from harness.types import Model, ModelInfo, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A network in memory."""

    network: Network
    encode: Encode
    digest: str


@dataclass(slots=True, kw_only=True)
class BiomedGPT:
    """A checkpoint whose file was checked; weights are read when a task says which."""

    checkpoint: Checkpoint
    arguments: Arguments
    vocabulary: Vocabulary
    answers: AnswerList | None
    device: torch.device
    dtype: torch.dtype
    _loaded: dict[str, _Loaded] = field(default_factory=dict)
    """The weights last used, at most one set."""

    def for_task(self, scene: Scene) -> Model:
        """The checkpoint under the official settings for the task.

        Raises:
            UsageError: An argument does not fit the task, or the run asks for sampling.
            CorruptData: The weights that the task uses do not fit the file's settings.
        """
        task, given = scene.task, self.arguments
        protocol = protocols.protocol(task.card, self.checkpoint, given, scene.decoding or task.decoding, task.decoding)
        which = container.choose_weights(self.checkpoint, given.weights, official=protocol.weights)
        chosen, words = self._answers_for(protocol), self._words_for(protocol, scene)
        loaded = self._load(which)
        info = ModelInfo(
            name=self.checkpoint.path.stem if self.checkpoint.path.is_file() else self.checkpoint.path.name,
            kind="biomedgpt",
            digest=loaded.digest,
            parameters=weights.n_parameters(self.checkpoint.architecture),
            precision=devices.name_of(self.dtype),
            device=self.device.type,
            arguments=self._facts(protocol, which, chosen, words),
            scores="none" if protocol.answering == "search" else "softmax",
            reads_prompt=False,
            images=1 if protocol.pictures else None,
            note=self._note(protocol, chosen, scene),
            identity=self._identity(protocol),
            limit=protocol.limit(),
        )
        return Answerer(
            info=info,
            protocol=protocol,
            encode=loaded.encode,
            decoder=loaded.network.decoder,
            device=self.device,
            dtype=self.dtype,
            vocabulary=self.vocabulary,
            answers=Listed(chosen.texts, chosen.texts, self.vocabulary) if chosen else None,
            words=words,
        )

    def _answers_for(self, protocol: Protocol) -> AnswerList | None:
        """The list that the answers to questions are taken from, where there is one."""
        if protocol.kind != "vqa_gen":
            return None
        if self.answers is not None and protocol.zero_shot:
            raise UsageError("--model-arg answers: zero-shot answering uses no list; add -a zero_shot=no to choose from it.")
        if self.answers is None and protocol.answering == "candidates":
            raise UsageError("--model-arg inference=candidates: needs -a answers=FILE, the answers to be compared.")
        return self.answers

    def _words_for(self, protocol: Protocol, scene: Scene) -> tuple[str, ...] | None:
        """What the checkpoint says for each choice of the task; None for the choices themselves, or the official words."""
        given, card = self.arguments.words, scene.task.card
        if protocol.answering == "search" or protocol.kind == "vqa_gen":
            if given is not None:
                raise UsageError(
                    f"-a words: are for tasks with choices; {card.full_name} is asked as {protocol.kind}. Leave them out for it."
                )
            if self.answers is not None and protocol.kind != "vqa_gen":
                raise UsageError(
                    f"-a answers: {card.full_name} is asked as {protocol.kind}, which writes freely. Leave it out for this task."
                )
            return None
        if self.answers is None:
            return given
        if given is not None:
            raise UsageError("-a answers and -a words both say what stands for each label; leave one out.")
        if any(example.input.choices != card.labels for example in scene.examples):
            raise UsageError(f"-a answers: {card.full_name} has other choices for each question; leave it out for this task.")
        return answers.words_for(self.answers, card)

    def _load(self, which: str) -> _Loaded:
        if which not in self._loaded:
            weights.check(self.checkpoint, which)
            self._loaded.clear()
            network = weights.build(self.checkpoint, which, device=self.device, dtype=self.dtype)
            encode: Encode = torch.compile(network.encoder, dynamic=True) if self.arguments.compile else network.encoder
            digest = weights.digest(self.checkpoint.weights[which], self.checkpoint.architecture)
            self._loaded[which] = _Loaded(network=network, encode=encode, digest=digest)
        return self._loaded[which]

    def _facts(self, protocol: Protocol, which: str, chosen: AnswerList | None, words: tuple[str, ...] | None) -> Mapping[str, str]:
        """What the record says of how the answers came about."""
        trained, config = self.checkpoint.training, self.checkpoint.architecture
        facts = {
            "layout": self.checkpoint.layout,
            "trained_for": trained.task or "not stated",
            "weights": which,
            "dtype": devices.name_of(self.dtype),
            "size": f"width {config.width}, {config.encoder_layers}+{config.decoder_layers} layers, {config.heads} heads",
            **protocol.facts(),
        }
        if trained.unconstrained is not None:
            facts["unconstrained_training"] = "yes" if trained.unconstrained else "no"
        if config.decoder_adds_positions:
            facts["disable_entangle"] = "no"
        if protocol.kind == "vqa_gen":
            facts["answers"] = f"{len(chosen.texts)} given, SHA-256 {chosen.digest[:16]}" if chosen else "none: written freely"
            facts["inference"] = protocol.answering
        elif words:
            facts["words"] = "|".join(words)
            if self.answers is not None:
                facts["answers"] = f"{len(words)} classes, SHA-256 {self.answers.digest[:16]}"
        return facts

    def _identity(self, protocol: Protocol) -> str:
        """What else decides the answers: every setting of the file and of the user, those that no record lists included."""
        given = identity.changes(self.arguments, without=("answers", *arguments.CANNOT_CHANGE_A_REPLY))
        return identity.digest(given, self.checkpoint.architecture, protocol, self.answers.digest if self.answers else "")

    def _note(self, protocol: Protocol, chosen: AnswerList | None, scene: Scene) -> str:
        """What a reader of the scoreboard must know."""
        parts = []
        trained = self.checkpoint.training.task
        if trained not in ("", "unify_task", protocol.kind):
            parts.append(f"the file was trained for {trained} and is asked as {protocol.kind}")
        if protocol.nearest:
            parts.append(f"the official repository has no code for this task; settings are those of {protocol.kind}")
        if chosen:
            # Targets tell what is to be said about the list; no answer depends on them.
            train = [str(example.target) for example in scene.train()] if scene.train else None
            parts.append(answers.leakage(chosen, [str(example.target) for example in scene.examples], train))
        if protocol.kind == "vqa_gen":
            parts += self._freedom(protocol, chosen)
        return "; ".join(parts)

    def _freedom(self, protocol: Protocol, chosen: AnswerList | None) -> list[str]:
        """What must be known of how freely questions are answered."""
        trained = self.checkpoint.training
        if protocol.zero_shot:
            unsaid = self.arguments.zero_shot is None and not trained.task
            why = ", because the file does not say what it was trained for" if unsaid else ""
            return [f"zero-shot{why}: no list constrains its answers, and they do not begin with the question"]
        if trained.unconstrained:
            how = "chooses from one here" if chosen else "is asked so: answers are written freely"
            return [f"the file was trained without a list of answers (unconstrained_training) and {how}"]
        return [] if chosen else ["answers are written freely; the official evaluation chooses from a list (-a answers=FILE)"]


def open_checkpoint(location: str, given: Mapping[str, str]) -> BiomedGPT:
    """The backend for a file or folder; its weights are checked when a task says which of them it uses.

    Raises:
        HarnessError: The file, an argument, the vocabulary, the list of answers or the device is not what it must be.
    """
    path = Path(location)
    parsed = parse_arguments("biomedgpt", given, Arguments)
    checkpoint = container.read(path)
    container.choose_weights(checkpoint, parsed.weights, official="model")
    config = checkpoint.architecture
    folder = vocabulary_files.find(path, parsed.bpe)
    device = devices.device(parsed.device)
    half = parsed.dtype == "auto" and device.type == "cuda"  # float16 as in the official scripts, where others take bfloat16
    return BiomedGPT(
        checkpoint=checkpoint,
        arguments=parsed,
        vocabulary=vocabulary_files.load(folder, codes=config.codes, bins=config.bins),
        answers=answers.read(parsed.answers) if parsed.answers else None,
        device=device,
        dtype=torch.float16 if half else devices.dtype(parsed.dtype, device),
    )
