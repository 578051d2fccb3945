"""One reply, of the fields that a record holds: what was answered or why nothing was, thoughts and end tokens apart."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from harness.errors import CorruptData
from harness.files.reading import decode
from harness.models.ends import FINISHES, REFUSALS
from harness.models.replies import layouts
from harness.models.replies.columns import SCORES, Scores, chosen
from harness.parsing.thinking import KNOWN, Pair, split
from harness.types import Response

LIKE = 'one object such as {"id": "1", "text": "yes"}'

_END = (
    "</s>", "<eos>", "[EOS]", "<pad>", "[PAD]", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<|end|>", "<|eos|>",
    "<|return|>", "<end_of_turn>", "<turn|>", "<|end_of_turn|>", "<｜end▁of▁sentence｜>", "<|END_OF_TURN_TOKEN|>", "<|endofassistant|>",
)  # fmt: skip
"""Tokens that end an answer or fill up a batch, as tokenizers write them where special tokens are kept."""
_BEGIN = ("<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "<｜begin▁of▁sentence｜>", "<pad>", "[PAD]")
_AT_END = re.compile(rf"(?:\s*(?:{'|'.join(map(re.escape, _END))}))+\s*\Z")
_AT_BEGIN = re.compile(rf"\A\s*(?:(?:{'|'.join(map(re.escape, _BEGIN))})\s*)+")


class _Answer(Struct, frozen=True, kw_only=True):
    """What was answered in words, or why nothing was."""

    text: str | None = None
    thinking: str | None = None
    """What was thought before the answer; it may stand in the text as well, between its tags."""
    finish: str | None = None
    """Why the model stopped: ``stop``, ``length``, or another word for it of `ends`."""
    refusal: str | None = None
    error: str | None = None


class Reply(_Answer, frozen=True, kw_only=True):
    """One line of a file of replies, for its schema."""

    id: str | int
    choice_log_probs: tuple[float | None, ...] | None = None
    """Natural logarithms, in the order of the choices of the exported request; null is minus infinity."""
    probabilities: tuple[float, ...] | dict[str, float] | None = None
    """In the same order, or by choice."""
    logits: tuple[float, ...] | dict[str, float] | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A reply before its task is known."""

    response: Response
    """Without scores that are no logarithms: how many belong there is the task's to say."""
    scores: Scores | None = None
    is_number: bool = False
    """Whether its text was a number with a point, which only a label's number may be."""
    model: str = ""
    """Which model it says has answered."""


def given_of(
    fields: Mapping[str, Any], where: str, tags: Sequence[Pair] = KNOWN, *, numbers: bool = False, there: Iterable[Any] = ()
) -> Given:
    """The reply that fields hold (`columns.chosen`); text that holds thoughts is scored by what follows them.

    Args:
        fields: By their names.
        where: The reply's place, for messages.
        tags: What opens and what closes a thought.
        numbers: Whether the text may be a number, as tables and data frames have labels and answers.
        there: What the record holds, for messages.

    Raises:
        CorruptData: A field has a wrong type, or nothing is said.
    """
    kinds = [name for name in SCORES if fields.get(name) is not None]
    if not kinds and all(fields.get(name) is None for name in ("text", "thinking", "refusal", "error")):
        listed = ", ".join(map(str, there or fields))
        raise CorruptData(
            f"{where}: none of 'text', 'choice_log_probs', 'error' (there are: {listed}); say what was answered, or name its"
            f" column: --text, or of scores --probabilities or --logits.{layouts.meant(there or fields)}"
        )
    if len(kinds) > 1:
        raise CorruptData(f"{where}: '{kinds[0]}' and '{kinds[1]}' are given; which of them counts cannot be told. Leave one out.")
    scores: Scores | None = fields[kinds[0]] if kinds else None
    text = fields.get("text")
    is_number = isinstance(text, float)
    words = {name: fields[name] for name in _Answer.__struct_fields__ if name in fields}
    if numbers and isinstance(text, int | float) and not isinstance(text, bool):
        words["text"] = str(text)
    reply = decode(_Answer, words, where, remedy=f"Each reply is {LIKE}.")
    return Given(response=_response(reply, scores, where, tags), scores=scores, is_number=is_number, model=fields.get("model") or "")


def response_of(item: Mapping[str, Any], where: str, tags: Sequence[Pair] = KNOWN) -> Response:
    """A reply to a request that was asked here: its scores are logarithms, which need no task.

    Raises:
        CorruptData: As `given_of`, or the scores are no logarithms.
    """
    given = given_of(chosen(item, {}, where), where, tags, there=item)
    if given.scores is not None and given.scores.kind != "choice_log_probs":
        raise CorruptData(f"{where}: '{given.scores.kind}' are read from files alone; give their natural logarithms as 'choice_log_probs'.")
    return given.response


def not_text(given: Given, where: str) -> CorruptData:
    """The error of a text that was a number with a point."""
    return CorruptData(f"{where}: 'text' is the number {given.response.text}; read the column as text (dtype=str), as it was written.")


def _response(reply: _Answer, scores: Scores | None, where: str, tags: Sequence[Pair]) -> Response:
    parts = split(_bare(reply.text or ""), tags)
    failure = reply.error
    if failure is not None and not failure.strip() and not (reply.text is None and scores is None):
        failure = None  # an empty field beside an answer: some tools write every field
    thinking = reply.thinking or parts.thinking
    ended = (reply.finish or "").strip().lower()
    refusal = reply.refusal or (f"finish {ended}" if ended in REFUSALS else "")
    if not (failure or refusal) and ended not in FINISHES:
        failure = f"the reply ended with finish '{ended[:40]}', which is no answer's end"
    finish = FINISHES.get(ended, "")
    if thinking and not parts.answer.strip():
        finish = finish or "length"  # who thinks and says nothing is no classifier, whose answer its scores would be
    return Response(
        text=parts.answer,
        choice_log_probs=None if scores is None or scores.kind != "choice_log_probs" else _logarithms(scores, where),
        thinking=thinking,
        finish=finish,
        refusal=refusal,
        error=failure,
        of_request=failure is not None,  # the replies after a failed one are in the file all the same
    )


def _bare(text: str) -> str:
    """A text without the tokens that a tokenizer writes around it where special ones are kept."""
    return _AT_BEGIN.sub("", _AT_END.sub("", text)) if "<" in text or "[" in text else text


def _logarithms(scores: Scores, where: str) -> tuple[float, ...]:
    wrong = next((score for score in scores.values if math.isnan(score) or score > 1e-6), None)
    if wrong is not None:
        raise CorruptData(
            f"{where}: 'choice_log_probs' holds {wrong}; a log-probability is at most 0. Were probabilities written? Call them"
            " 'probabilities', or name their columns so."
        )
    return scores.values
