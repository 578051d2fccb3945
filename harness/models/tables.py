"""Replies in whatever holds them in Python: a mapping, a data frame, a list of records, a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.errors import UsageError, unknown
from harness.models import predictions
from harness.models.arguments import parse_arguments
from harness.models.predictions import Arguments, Predictions
from harness.models.replies.columns import FIELDS, spelled
from harness.models.replies.files import Record, as_fields, keyed, rows, told_apart
from harness.types import Response

Columns = Mapping[str, str | Sequence[str]]
"""A reply's field to the column that holds it; the scores may stand in several columns, one per choice."""

_HELD = "the replies"


def open_replies(given: Any, columns: Columns | None = None, arguments: Mapping[str, str] | None = None) -> Predictions:
    """Replies as a model that has given them.

    Args:
        given: A mapping of id to text, `Response` or a mapping of a reply's fields; a data frame; a list of records; or a file's path.
        columns: Which column holds ``id``, ``text``, ``probabilities`` and so on; where ``text`` or scores are named, only named ones are
            read. The same as arguments of these names.
        arguments: As of `predictions.open_model`.

    Raises:
        MissingData: There is no such file.
        CorruptData: A row is no reply; the message gives its number and the remedy.
        UsageError: A column is not there, or `given` is nothing that holds replies.
    """
    for name in columns or ():
        if name not in FIELDS:
            raise unknown("field of a reply", name, FIELDS)
    told = {**(arguments or {}), **{field: spelled(names) for field, names in (columns or {}).items()}}
    if isinstance(given, str | Path):
        return predictions.open_model(str(given), told)
    parsed = parse_arguments("predictions", told, Arguments)
    return predictions.of_records(_held(given, next(iter(parsed.id), "id")), parsed, source=_HELD, name="replies")


def _held(given: Any, id_column: str) -> Iterable[Record]:
    if hasattr(given, "columns") and hasattr(given, "to_dict"):
        if getattr(getattr(given, "index", None), "name", None) is not None and given.index.name not in given.columns:
            given = given.reset_index()
        told_apart(list(given.columns), _HELD)
        return rows(given.to_dict("records"))
    if hasattr(given, "to_dict"):
        given = given.to_dict()
    if isinstance(given, Mapping):
        return keyed(given, id_column, fields)
    if isinstance(given, Iterable):
        return rows(given)
    raise UsageError(f"{type(given).__name__} holds no replies; give a mapping of ids, a data frame, a list of records or a path.")


def fields(reply: Any) -> Mapping[str, Any]:
    """A reply's fields, of its text or whatever else a model may give."""
    if isinstance(reply, Response):
        given = {name: value for name, value in asdict(reply).items() if name in FIELDS and value not in ("", None)} or {"text": ""}
        return given if reply.error is None else {**given, "error": reply.error or "no reason was given"}
    return as_fields(reply)
