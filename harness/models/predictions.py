"""Replies that any code anywhere gave: from a file, one JSON object per line, or as objects."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from harness.base import content, identity, json_text
from harness.base.reading import decode
from harness.errors import CorruptData, MissingData, UsageError
from harness.models.arguments import parse_arguments
from harness.models.ends import FINISHES, REFUSALS
from harness.parsing.thinking import KNOWN, Pair, split, tags_of
from harness.types import Model, ModelInfo, Request, Response, Scene

_NONE = Response()
_LIKE = 'one object such as {"id": "1", "text": "yes"}'


class Said(Struct, frozen=True, kw_only=True):
    """What was answered, or why nothing was."""

    text: str | None = None
    choice_log_probs: (
        Annotated[tuple[float | None, ...], Meta(min_length=1, description="a list of numbers, one per choice; null is minus infinity")]
        | None
    ) = None
    """Natural logarithms, in the order of the exported request."""
    thinking: str | None = None
    """What was thought before the answer; it may stand in the text as well, between its tags."""
    finish: str | None = None
    """Why the model stopped: ``stop``, ``length``, or another word for it of `ends`; ``finish_reason`` is read as well."""
    refusal: str | None = None
    error: str | None = None


class Reply(Said, frozen=True, kw_only=True):
    """One line of a file of replies."""

    id: str | int


FIELDS = ("id", *Said.__struct_fields__)

Record = tuple[str, Any]
"""Where a reply stands, and the object that should hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a file of replies is read."""

    scores: Literal["softmax", "independent"] = "softmax"
    """One distribution over the choices, or a probability for each."""
    thinking_tags: Annotated[tuple[Pair, ...], tags_of] = KNOWN
    """What opens and what closes a thought, ``<think>|</think>``."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Replies that were given elsewhere."""

    info: ModelInfo
    replies: Mapping[str, Response]
    places: Mapping[str, str]
    """Where each reply stands, for messages: ``line 3``."""
    source: str
    """What holds them, for messages: a file's path."""

    def for_task(self, scene: Scene) -> Model:
        """Itself, once every reply is known to answer an example of the task.

        Raises:
            UsageError: A reply's id is none of the split's, or it has not one score per choice.
        """
        strange = sorted(set(self.replies) - scene.ids)
        if strange:
            raise UsageError(
                f"{self.source}: {len(strange)} of {len(self.replies)} ids are none of {scene.task.card.full_name}'s {scene.split} split"
                f" (first: '{strange[0]}'; an id of the split: '{min(scene.ids)}'). Was the file made for another task or split? The ids"
                f" are those of: harness export {scene.task.card.full_name}"
            )
        for example in scene.examples:
            scores, n = self.replies.get(example.id, _NONE).choice_log_probs, len(example.input.choices)
            if scores is not None and len(scores) != n:
                choices = f" ({', '.join(example.input.choices[:6])}{', …' if n > 6 else ''})" if n else ""
                raise UsageError(
                    f"{self.source}, {self.places[example.id]}: {len(scores)} choice_log_probs, and '{example.id}' of"
                    f" {scene.task.card.full_name} has {n} choices{choices}. Give one per choice, in the order of: harness export"
                    f" {scene.task.card.full_name}"
                )
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """The reply of each; one that is absent is a failure, never an empty answer, and says nothing about the next."""
        absent = Response(error=f"no reply for this id in {Path(self.source).name}", of_request=True)
        return [self.replies.get(request.id, absent) for request in requests]


def open_model(location: str, arguments: Mapping[str, str]) -> Predictions:
    """Read a file of replies.

    Args:
        location: Path of the JSONL file.
        arguments: The ``--model-arg`` pairs, `Arguments`.

    Raises:
        MissingData: There is no such file.
        CorruptData: A line is not a reply; the message gives its number and the remedy.
    """
    path = Path(location)
    if not path.exists():
        raise MissingData(
            f"{path}: no such file of replies. Name the file in which your model answered the requests that `harness export TASK` writes."
        )
    digest = hashlib.sha256(content.read(path)).hexdigest()
    return of_records(records(path), arguments, source=str(path), name=path.stem, digest=digest)


def records(path: Path) -> Iterator[Record]:
    """The objects of a JSONL file.

    Raises:
        CorruptData: A line is no JSON; the message gives its number.
    """
    for number, line in enumerate(_lines(path, content.read(path)), start=1):
        if line.strip():
            yield f"line {number}", json_text.parse(line, f"{path}, line {number}", remedy=f"each line is {_LIKE}.", constants=True)


def of_records(given: Iterable[Record], arguments: Mapping[str, str], *, source: str, name: str, digest: str = "") -> Predictions:
    """Replies as a model that has given them.

    Args:
        given: Each with its id.
        arguments: As of `open_model`.
        source: What holds them, for messages.
        name: The system's.
        digest: SHA-256 of what holds them; by default it is taken of the replies.

    Raises:
        CorruptData: One is no reply; the message gives its place and the remedy.
    """
    parsed = parse_arguments("predictions", arguments, Arguments)
    replies: dict[str, Response] = {}
    places: dict[str, str] = {}
    for place, item in given:
        where = f"{source}, {place}"
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str | int) or isinstance(item["id"], bool):
            there = f" (there are: {', '.join(map(str, item))})" if isinstance(item, Mapping) else ""
            raise CorruptData(f"{where}: no 'id'{there}; each reply is {_LIKE}.")
        key = str(item["id"])
        if key in replies:
            raise CorruptData(f"{where}: a second reply for id '{key}' (the first: {places[key]}); keep one of them.")
        replies[key], places[key] = response_of(item, where, parsed.thinking_tags), place
    if not replies:
        raise CorruptData(f"{source}: no reply in it.")
    scored = any(reply.choice_log_probs is not None for reply in replies.values())
    hopeless = [key for key, reply in replies.items() if max(reply.choice_log_probs or (0.0,)) == -math.inf]
    if hopeless and parsed.scores == "softmax":  # independent ones may all be zero: none of the labels holds
        raise CorruptData(
            f"{source}, {places[hopeless[0]]}: 'choice_log_probs' gives every choice a probability of zero; leave the field out where"
            " there are no scores."
        )
    info = ModelInfo(
        name=name,
        kind="predictions",
        digest=digest or identity.digest(sorted((key, asdict(reply)) for key, reply in replies.items())),
        arguments=dict(arguments),
        reads_prompt=False,
        replayed=True,
        scores=parsed.scores if scored else "none",
    )
    return Predictions(info=info, replies=replies, places=places, source=source)


def _lines(path: Path, given: bytes) -> list[str]:
    content.refuse_other(given, path, "a file with a JSON object per line", remedy=f"each line is {_LIKE}.")
    try:
        return given.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = given[: error.start].count(b"\n") + 1
        raise CorruptData(f"{path}, line {line}: not UTF-8 at byte {error.start}; write the file as UTF-8.") from error


def response_of(item: Mapping[str, Any], where: str, tags: Sequence[Pair] = KNOWN) -> Response:
    """A reply, thoughts apart: text that holds them is scored by what follows them.

    Raises:
        CorruptData: A field has a wrong type or a misspelt name, or nothing is said.
    """
    for name in item:
        meant = difflib.get_close_matches(name.lower(), FIELDS, n=1, cutoff=0.8)
        if meant and name not in FIELDS:
            raise CorruptData(f"{where}: a field '{name}'; if '{meant[0]}' is meant, call it so, else rename it: it would be ignored.")
    if all(item.get(name) is None for name in ("text", "choice_log_probs", "thinking", "refusal", "error")):
        raise CorruptData(f"{where}: none of 'text', 'choice_log_probs', 'error' (there are: {', '.join(item)}); say what was answered.")
    reason = item.get("finish_reason")
    said = decode(Said, {"finish": reason if isinstance(reason, str) else None, **item}, where, remedy=f"Each reply is {_LIKE}.")
    parts = split(said.text or "", tags)
    failure = said.error
    if failure is not None and not failure.strip() and not (said.text is None and said.choice_log_probs is None):
        failure = None  # an empty field beside an answer: some tools write every field
    thinking = said.thinking or parts.thinking
    ended = (said.finish or "").strip().lower()
    refusal = said.refusal or (f"finish {ended}" if ended in REFUSALS else "")
    if not (failure or refusal) and ended not in FINISHES:
        failure = f"the reply ended with finish '{ended[:40]}', which is no answer's end"
    finish = FINISHES.get(ended, "")
    if thinking and not parts.answer.strip():
        finish = finish or "length"  # who thinks and says nothing is no classifier, whose answer its scores would be
    return Response(
        text=parts.answer,
        choice_log_probs=_scores(said.choice_log_probs, where),
        thinking=thinking,
        finish=finish,
        refusal=refusal,
        error=failure,
        of_request=failure is not None,  # the replies after a failed one are in the file all the same
    )


def _scores(given: Sequence[float | None] | None, where: str) -> tuple[float, ...] | None:
    if given is None:
        return None
    scores = tuple(-math.inf if value is None else value for value in given)
    wrong = next((score for score in scores if math.isnan(score) or score > 1e-6), None)
    if wrong is not None:
        raise CorruptData(f"{where}: 'choice_log_probs' holds {wrong}; a log-probability is at most 0. Were probabilities written?")
    return scores
