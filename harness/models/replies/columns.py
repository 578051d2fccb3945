"""Which column of a record holds what, and each cell in a reply's own type; columns that nobody asks for are nobody's business."""

from __future__ import annotations

import csv
import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import CorruptData, UsageError, unknown
from harness.files import json_text

SCORES = ("choice_log_probs", "probabilities", "logits")
"""The fields of which a reply has one at most: natural logarithms, shares of one, or what a network gives before a softmax or sigmoid."""
FIELDS = ("id", "text", *SCORES, "thinking", "finish", "refusal", "error", "model")
"""A reply's fields, and the columns that they are read from where none are named."""
ANSWERS = ("text", *SCORES)

Columns = Mapping[str, Sequence[str]]
"""A field to the columns that hold it: one, or for scores one per choice; a score's may be ``COLUMN=LABEL``."""

_DECIMAL_COMMAS = re.compile(r"\s*\[\s*[-+]?\d+,\d+(?:[;,]\s+[-+]?\d+,\d+)+\s*\]\s*")
_PERCENTAGE = re.compile(r"[-+]?\d+(?:[.,]\d*)?\s*%")
_PRINTED = re.compile(r"\[[-+\d.eE\s]+\]")
"""A list as NumPy prints it, where it has several numbers."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Numbers for the choices, as they were written."""

    kind: str
    """One of `SCORES`."""
    values: tuple[float, ...]
    names: tuple[str, ...] = ()
    """What was written beside each: a column's name, a label, a key; empty where they stood in a list."""
    keyed: bool = False
    """Whether the names are the keys of an object, which have no order of their own."""
    several: bool = True
    """Whether they are a row of numbers; else one number, that of a single choice."""


def named(text: str) -> tuple[str, ...]:
    """Columns between commas; one that holds a comma stands in quotes.

    Raises:
        ValueError: What it must be, where a name is empty.
    """
    names = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []))
    if not names or not all(names):
        raise ValueError("names of columns, separated by commas")
    return names


def spelled(names: str | int | Sequence[str | int]) -> str:
    """Columns as `named` reads them."""
    listed = [str(name) for name in ([names] if isinstance(names, str | int) else names)]
    return ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' if any(sign in name for sign in ',"') else name for name in listed)


def chosen(item: Mapping[Any, Any], columns: Columns, where: str) -> dict[str, Any]:
    """A record's fields under a reply's names and in a reply's types; what it does not hold is left out.

    Where the text or scores are named, only named columns are read, and the id. Else each field is read from the column called so.

    Args:
        item: A record.
        columns: Those that are named.
        where: The record's place, for messages.

    Raises:
        UsageError: A column that is named is not there.
        CorruptData: A cell is no such field, or a column looks like a misspelt field.
    """
    if any(name in ANSWERS for name in columns):
        wanted: dict[str, Sequence[str]] = {"id": ("id",), **columns}
    else:
        wanted = {name: (name,) for name in FIELDS if name in item}
        if "finish_reason" in item and "finish" not in item:
            wanted["finish"] = ("finish_reason",)
        wanted |= columns
        _check_spelling(item, where, known=columns)
    cells = {field: _cell(item, names, field, where) for field, names in wanted.items() if field in columns or names[0] in item}
    given = {field: value for field, value in cells.items() if value is not None}
    if not set(given) - {"id", "model", "finish"} and (empty := next((field for field in ANSWERS if field in cells), "")):
        given["error"] = f"no reply: '{wanted[empty][0]}' is null"
    return given


def _check_spelling(item: Mapping[Any, Any], where: str, known: Columns) -> None:
    """Refuse a column that is called as an id, a text or scores but for its spelling, where these would be lost."""
    there = {*map(str, item), *known}
    lost = [] if "id" in there else ["id"]
    lost += () if there & set(ANSWERS) else ("text",)
    lost += () if there & set(SCORES) else SCORES
    for column in item:
        if not isinstance(column, str) or column in FIELDS or any(column in names for names in known.values()):
            continue
        meant = next((name for name in lost if _plain(name) == _plain(column)), "")
        if not meant and SCORES[0] in lost:
            meant = next(iter(difflib.get_close_matches(column.lower(), SCORES[:1], n=1, cutoff=0.8)), "")
        if meant:
            raise CorruptData(
                f"{where}: a field '{column}'; if '{meant}' is meant, call it so or name the column: -a {meant}={spelled(column)}. Else"
                " rename it: it would be ignored."
            )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _cell(item: Mapping[Any, Any], names: Sequence[str], field: str, where: str) -> Any:
    if field in SCORES:
        return _scores(item, names, field, where)
    if len(names) > 1:
        raise UsageError(f"{field}: {len(names)} columns are named ({', '.join(names)}); it stands in one.")
    value = _plain_value(_at(item, names[0], where))
    if value is None:
        return None
    if field == "id":
        return _id(value, where, names[0])
    if value is False and field in ("error", "refusal"):
        return None
    if field == "model":
        return str(value) if isinstance(value, str | int) else None
    return value


def _at(item: Mapping[Any, Any], column: str, where: str) -> Any:
    """The value of a column; a name with dots leads into objects and lists: ``response.choices[0].text``, ``.0``."""
    if column in item:
        return item[column]
    for name in item:
        if str(name) == column:  # a data frame may number its columns
            return item[name]
    value: Any = item
    for step in re.sub(r"\[(\d+)\]", r".\1", column).split("."):
        if value is None:
            return None
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise UsageError(f"{where}: {unknown('column', column, [str(name) for name in item])}")
    return value


def _id(value: Any, where: str, column: str) -> str | None:
    """An id as text; whole numbers of any library are written without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, float):
        raise CorruptData(f"{where}: '{column}' is the number {value}; read the column as text (dtype=str), as it was written.")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise CorruptData(f"{where}: no 'id': '{column}' holds {value!r:.80}, a {type(value).__name__}; an id is a text or a whole number.")
    return str(value) or None


def _scores(item: Mapping[Any, Any], names: Sequence[str], field: str, where: str) -> Scores | None:
    told = dict(_told(name, item) for name in names)
    values = [_plain_value(_at(item, column, where)) for column in told]
    absent = [column for column, value in zip(told, values, strict=True) if value is None or (isinstance(value, str) and not value.strip())]
    if len(absent) == len(values):
        return None
    if absent:
        raise CorruptData(
            f"{where}: no value in '{absent[0]}', and one in {len(values) - len(absent)} beside it; give all of them or none."
        )
    if len(values) > 1:
        numbers = tuple(_number(value, field, column, where) for column, value in zip(told, values, strict=True))
        return Scores(kind=field, values=numbers, names=tuple(told.values()))
    [(column, label)], [value] = told.items(), values
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        value = _parsed(value, field, where)
    if isinstance(value, Mapping):
        numbers = tuple(_number(number, field, f"{column}.{key}", where) for key, number in value.items())
        return Scores(kind=field, values=numbers, names=tuple(map(str, value)), keyed=True)
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple) and value:
        return Scores(kind=field, values=tuple(_number(n, field, f"{column}[{i}]", where) for i, n in enumerate(value)))
    return Scores(kind=field, values=(_number(value, field, column, where),), names=(label,), several=False)


def _told(name: str, item: Mapping[Any, Any]) -> tuple[str, str]:
    """A score's column, and what it is called: ``p=pneumonia`` names the label of a column ``p``."""
    column, sign, label = name.rpartition("=")
    return (column, label) if sign and column and name not in item else (name, name)


def _parsed(text: str, field: str, where: str) -> Any:
    if _DECIMAL_COMMAS.fullmatch(text):
        raise CorruptData(f"{where}: '{field}' is {text!r:.80}, numbers with a decimal comma; write points.")
    if len(text.strip("[ ]\n").split()) > 1 and _PRINTED.fullmatch(text.strip()):
        raise CorruptData(
            f"{where}: '{field}' is {text!r:.80}, as NumPy prints an array; write it with commas: json.dumps(list(map(float, p)))."
        )
    return json_text.parse(text, where, remedy=f"'{field}' is {text!r:.80}; it must be a list of numbers, one per choice, as [0.2, 0.8].")


def _number(value: Any, field: str, column: str, where: str) -> float:
    """A score; null is minus infinity where logarithms are given."""
    if value is None and field == "choice_log_probs":
        return -math.inf
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()):
        right = value.strip().replace(",", ".")
        raise CorruptData(
            f"{where}: '{column}' is '{value.strip()}', a number with a decimal comma; write {right}. A spreadsheet writes points once its"
            " language is set to English (decimal separator: point)."
        )
    if isinstance(value, str) and _PERCENTAGE.fullmatch(value.strip()):
        raise CorruptData(f"{where}: '{column}' is '{value.strip()}', a percentage; write a share of one, as 0.75 for 75%.")
    try:
        if isinstance(value, bool) or value is None:
            raise TypeError(f"a {type(value).__name__}")
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptData(f"{where}: {field}: must be a list of numbers, one per choice, not {value!r:.80} in '{column}'.") from error


def _plain_value(value: Any) -> Any:
    """A cell of any library as Python's own; None where it is empty: NaN, NaT and NA alone do not equal themselves."""
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return None
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
