"""Replies that any code anywhere gave, as a model that has given them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from harness.base import identity
from harness.errors import CorruptData
from harness.files import content
from harness.models.arguments import changed, parse_arguments
from harness.models.replies import batches, files, fitting, layouts, scores
from harness.models.replies.columns import FIELDS, chosen, named, spelled
from harness.models.replies.files import Record
from harness.models.replies.reply import LIKE, Given, given_of
from harness.parsing.thinking import KNOWN, Pair, tags_of
from harness.types import Model, ModelInfo, Request, Response, Scene

Names = Annotated[tuple[str, ...], named]
_MOST_MODELS = 5

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "ignore_extra": "whether replies to other requests are an error; those to this task's are the same",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How replies are read: which columns hold what, each by default the one that is called so."""

    id: Names = ()
    """The column that holds the request's id; like all below, without it the one that is called so."""
    text: Names = ()
    """The column that holds the reply."""
    choice_log_probs: Names = ()
    """The column that holds a list of natural logarithms, or one column per choice, separated by commas."""
    probabilities: Names = ()
    """As above, of probabilities; of two choices one column will do that names its choice: ``p_pneumonia``, ``p=pneumonia``."""
    logits: Names = ()
    """As above, of what a network gives before its softmax or sigmoid."""
    thinking: Names = ()
    """The column that holds what was thought before the answer."""
    finish: Names = ()
    """The column that says why the model stopped."""
    refusal: Names = ()
    """The column that says why the model would not answer."""
    error: Names = ()
    """The column that says why there is no reply."""
    model: Names = ()
    """The column that says which model has answered; kept in the record."""
    scores: Literal["softmax", "independent"] = "softmax"
    """One distribution over the choices, or a probability for each."""
    thinking_tags: Annotated[tuple[Pair, ...], tags_of] = KNOWN
    """What opens and what closes a thought, ``<think>|</think>``."""
    ignore_extra: bool = False
    """Leaves replies to ids that are none of the split's out; else they are an error."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns that are named."""
        return {name: names for name in FIELDS if (names := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Replies that were given elsewhere, before their task is known."""

    info: ModelInfo
    replies: Mapping[str, Given]
    places: Mapping[str, str]
    """Where each reply stands, for messages: ``line 3``."""
    source: str
    """What holds them, for messages: a file's path."""
    arguments: Arguments

    def for_task(self, scene: Scene) -> Model:
        """Itself, once every reply is known to answer a request of the task.

        Raises:
            UsageError: A reply's id is none of the split's, its number is no label's, or it has not one score per choice.
        """
        fitted = fitting.fit(self.replies, self.places, scene, self.arguments.scores, self.source, ignore_extra=self.arguments.ignore_extra)
        info = replace(self.info, note="; ".join(note for note in (self.info.note, *fitted.notes) if note))
        return Answers(info=info, replies=fitted.replies, source=self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Replies to the requests of one task."""

    info: ModelInfo
    replies: Mapping[str, Response]
    source: str

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """The reply of each; one that is absent is a failure, never an empty answer, and says nothing about the next."""
        absent = Response(error=f"no reply for this id in {Path(self.source).name}", of_request=True)
        return [self.replies.get(request.id, absent) for request in requests]


def open_model(location: str, arguments: Mapping[str, str]) -> Predictions:
    """Read a file of replies.

    Args:
        location: Path of a JSONL, JSON, CSV, TSV, Parquet or Excel file.
        arguments: The ``--model-arg`` pairs, `Arguments`.

    Raises:
        MissingData: There is no such file.
        CorruptData: A line is not a reply; the message gives its number and the remedy.
    """
    path = Path(location)
    parsed = parse_arguments("predictions", arguments, Arguments)
    given = files.records(path, next(iter(parsed.id), "id"))
    name = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    digest = hashlib.sha256(content.read(path)).hexdigest()
    return of_records(given, parsed, source=str(path), name=name, digest=digest, notes=files.notes(path))


def of_records(
    given: Iterable[Record], arguments: Arguments, *, source: str, name: str, digest: str = "", notes: Sequence[str] = ()
) -> Predictions:
    """Replies as a model that has given them.

    Args:
        given: Each with its id.
        arguments: How they are read.
        source: What holds them, for messages.
        name: The system's.
        digest: SHA-256 of what holds them; by default it is taken of the replies.
        notes: What a reader of the score must know of what holds them.

    Raises:
        UsageError: A column that is named is not there.
        CorruptData: One is no reply; the message gives its place and the remedy.
    """
    replies: dict[str, Given] = {}
    places: dict[str, str] = {}
    of_batches = False
    for place, item in given:
        where = f"{source}, {place}"
        if not isinstance(item, Mapping):
            raise CorruptData(f"{where}: no 'id'; each reply is {LIKE}.")
        if (
            not set(arguments.columns) - {"id"}
            and arguments.id in ((), (batches.ID,))
            and (read := batches.fields(item, arguments.thinking_tags))
        ):
            item, of_batches = read, True
        fields_ = chosen(item, arguments.columns, where)
        if "id" not in fields_:
            there = ", ".join(map(str, item))
            raise CorruptData(
                f"{where}: no 'id' (there are: {there}); each reply is {LIKE}, or a row with such columns, which the first row"
                f" of a table names. Name other columns with --id and --text.{layouts.meant(item)}"
            )
        key = fields_.pop("id")
        if key in replies:
            raise CorruptData(f"{where}: a second reply for id '{key}' (the first: {places[key]}); keep one of them.")
        replies[key], places[key] = given_of(fields_, where, arguments.thinking_tags, numbers=True, there=item), place
    if not replies:
        raise CorruptData(f"{source}: no reply in it.")
    written = [(f"{source}, {places[key]}", reply.scores) for key, reply in replies.items() if reply.scores is not None]
    scores.check(written, arguments.scores)
    revision, note = _models(replies)
    note = "; ".join(words for words in ("read as a batch service's output" if of_batches else "", note, *notes) if words)
    info = ModelInfo(
        name=name,
        kind="predictions",
        revision=revision,
        digest=digest or identity.digest(sorted((key, asdict(reply)) for key, reply in replies.items())),
        arguments={name: _word(value) for name, value in changed(arguments, without=CANNOT_CHANGE_A_REPLY).items()},
        reads_prompt=False,
        replayed=True,
        scores=arguments.scores if written else "none",
        note=note,
    )
    return Predictions(info=info, replies=replies, places=places, source=source, arguments=arguments)


def _models(replies: Mapping[str, Given]) -> tuple[str, str]:
    """The model that all replies name, for its revision, or those that they name, for a note."""
    answered = (reply.model for reply in replies.values() if reply.model or not reply.response.error)
    counted = Counter(answered).most_common()
    if len(counted) < 2:
        return (counted[0][0] if counted else ""), ""
    listed = ", ".join(f"{name or 'none named'} ({n:,})" for name, n in counted[:_MOST_MODELS])
    return "", f"the replies are of several models: {listed}{', …' if len(counted) > _MOST_MODELS else ''}"


def _word(value: str | tuple[str, ...] | tuple[Pair, ...]) -> str:
    if isinstance(value, str):
        return value
    return spelled([part for part in value if isinstance(part, str)]) or "|".join(part for pair in value for part in pair)
