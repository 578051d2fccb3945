"""A request in the checkpoint's own words: what it reads, what its answer begins with, and what it may choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import UsageError
from harness.models.biomedgpt import wording
from harness.models.biomedgpt.protocols import Protocol
from harness.models.biomedgpt.vocabulary import BEGIN, END, Vocabulary
from harness.types import Input

MOST_TOKENS = 512
"""Tokens of a source that are kept, its two ends aside; the official summarisation cuts there too."""
_OBJECT_FIELDS = ("organ", "location")
"""Where a release keeps the annotation that official question files carry: VQA-RAD's and SLAKE's."""
_NLI_WORDS = {"entailment": "yes", "contradiction": "no", "neutral": "maybe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Token ids of one request."""

    tokens: tuple[int, ...]
    """From `BEGIN` to `END`."""
    cut: int
    """Tokens that did not fit."""


def source(protocol: Protocol, vocabulary: Vocabulary, item: Input) -> Source:
    """What the encoder reads.

    Raises:
        UsageError: A task of sentence pairs does not give them apart.
    """
    parts = [vocabulary.encode(text) for text in _texts(protocol, item)]
    tokens = [token for part in parts for token in part]
    kept = tokens[:MOST_TOKENS]
    return Source(tokens=(BEGIN, *kept, END), cut=len(tokens) - len(kept))


def _texts(protocol: Protocol, item: Input) -> Sequence[str]:
    """The texts that are encoded one by one, because a blank at a seam must not join its neighbour."""
    if protocol.kind in ("caption", "image_classify"):
        return [wording.DESCRIBE]
    if protocol.kind == "gigaword":
        return [wording.summary(item.text, protocol.max_words)]
    if protocol.kind == "vqa_gen":
        asked = wording.question(item.text, protocol.max_words)
        if not protocol.add_object:
            return [asked]
        field = next((item.context[name] for name in _OBJECT_FIELDS if item.context.get(name)), "")
        return [asked, wording.objects(wording.split_objects(field, protocol.max_objects))]
    if protocol.answering == "words":
        try:
            return [wording.entailment(item.context["premise"], item.context["hypothesis"], protocol.max_words)]
        except KeyError as error:
            raise UsageError(f"the task gives no {error} in its context; BiomedGPT's template for sentence pairs needs both.") from error
    return [wording.plain(item.text, protocol.max_words)]


def decoder_prompt(protocol: Protocol, tokens: Sequence[int]) -> list[int]:
    """What the decoder is given before it answers, from `BEGIN` on."""
    if protocol.prompt_type == "none":
        return [BEGIN]
    return list(tokens) if protocol.prompt_type == "src" else list(tokens[:-1])


def said_for(choices: Sequence[str], words: Sequence[str] | None, *, entailment: bool) -> list[str]:
    """What the checkpoint says for each choice of the task.

    Args:
        choices: The task's.
        words: The user's; None for the choices themselves, or the official words for entailment.
        entailment: Whether the choices are those of a pair of sentences.

    Raises:
        UsageError: There are none, or not one for each.
    """
    if not choices:
        raise UsageError("the task gives no choices, and its official evaluation compares their probabilities.")
    if words is not None:
        if len(words) != len(choices):
            raise UsageError(f"--model-arg words names {len(words)} and the task has {len(choices)} choices: {' | '.join(choices)}")
        if len(set(words)) < len(words):
            raise UsageError("--model-arg words: two choices have the same word; their probabilities could not be told apart.")
        return list(words)
    if entailment:
        strange = [choice for choice in choices if choice not in _NLI_WORDS]
        if strange:
            raise UsageError(
                f"{', '.join(strange)}: not entailment, neutral or contradiction; say what stands for each: -a words=yes|maybe|no"
            )
        return [_NLI_WORDS[choice] for choice in choices]
    return list(choices)
