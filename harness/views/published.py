"""Published numbers, each with the source it was read in and the protocol as far as it is known.

`tasks/reported.csv` holds the numbers on our tasks, `tasks/reported_other.csv` those that stand near them and are never compared:
gradings by people, other data sets, means over tasks. Whether a number compares with a run is computed from both protocols, never stored.
An empty field says that the source is silent.
"""

from __future__ import annotations

import csv
import functools
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from harness.errors import CorruptData
from harness.metrics import units

FILE = Path(__file__).parents[1] / "tasks" / "reported.csv"
OTHER_FILE = FILE.with_name("reported_other.csv")
Confidence = Literal["certain", "likely", "guess"]
"""The primary source or two that agree; one reasonable source; a source with a reason for doubt, which the note gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One published number on one of our tasks."""

    task: str
    task_variant: str
    split: str
    """``test`` where it is, or is said to be, the task's own test split; else the name of another."""
    split_known: bool
    """Whether it is known which examples were scored, so that ours can be known to be the same."""
    n: int | None
    """How many examples the value is over: for a slice, those of the slice."""
    metric: str
    """Our name. In question answering ``exact_match`` is equality with the answer, ``accuracy`` any other or an unstated rule."""
    metric_variant: str
    """Whose definition; ``unknown`` where the source does not settle it."""
    slice: str
    """``all``, or the value of one of the task's dimensions."""
    system: str
    """One spelling each; the version in brackets where several were published."""
    parameters: int | None
    setting: str
    """``fine-tuned`` on the task's train split, trained from scratch included; ``zero-shot``; ``as released``; ..."""
    value: float
    """In the metric's unit."""
    unit: str
    spread: float | None
    """Published standard deviation, in the unit of the value."""
    original_metric: str
    original_value: str
    original_unit: str
    original_split: str
    judge: str
    """Who decided what is right, where it was not a rule."""
    open_metric: str
    """How open questions were scored: recall under the name of accuracy is the common trap."""
    answer_list: str
    """Which answers the system could give: ``free text``, a ``fixed list``, or a list built from the named splits."""
    resolution: str
    """Side of the released pictures in pixels, where a data set comes in several sizes; ``raw`` for pictures of the authors' own."""
    input_resolution: int | None
    """Side in pixels after the system's own resizing."""
    source_title: str
    source_id: str
    """arXiv number, DOI or repository."""
    source_table: str
    read_from: str
    """What was read: the full text, a transcription, a digitised figure."""
    confidence: Confidence
    retrieved: date
    """The day on which the number was taken into this file."""
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """One published number that is shown and never compared."""

    dataset: str
    category: str
    split: str
    metric: str
    value: str
    """As printed; one is a range."""
    unit: str
    system: str
    parameters: int | None
    setting: str
    source_title: str
    source_id: str
    source_table: str
    read_from: str
    confidence: Confidence
    retrieved: date
    why: str
    """Why no run compares with it."""


def read_reported(path: Path | None = None) -> tuple[Reported, ...]:
    """All published numbers on our tasks, in the file's order.

    Args:
        path: A file of the same columns; by default the one of this package.

    Raises:
        CorruptData: The message names the file, the line and the field.
    """
    return _packaged() if path is None else tuple(_numbers(path))


def read_other(path: Path | None = None) -> tuple[Other, ...]:
    """All published numbers that are never compared, in the file's order. Errors as in `read_reported`."""
    return tuple(Other(**values) for _, values in _rows(path or OTHER_FILE, Other))


def for_task(name: str, variant: str | None = "") -> tuple[Reported, ...]:
    """The numbers on one task and variant; on all of its variants where that is None."""
    return tuple(number for number in read_reported() if number.task == name and variant in (number.task_variant, None))


@functools.cache
def _packaged() -> tuple[Reported, ...]:
    return tuple(_numbers(FILE))


def _numbers(path: Path) -> Iterator[Reported]:
    for where, values in _rows(path, Reported):
        number = Reported(**values)
        unit = units.KNOWN.get(number.unit)
        if unit is None or unit.low is None or unit.high is None:
            raise CorruptData(f"{where}: unit is '{number.unit}'; it must be one of {', '.join(units.KNOWN)}.")
        if not unit.low <= number.value <= unit.high:
            raise CorruptData(f"{where}: value is {number.value}; a {unit.name} lies between {unit.low:g} and {unit.high:g}.")
        yield number


def _rows(path: Path, record: type[Reported | Other]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each row stands, and its values by the record's fields."""
    columns = [field.name for field in fields(record)]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptData(f"{path}: cannot be read as UTF-8 text: {error}. Restore it from the package.") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if header != columns:
        raise CorruptData(f"{path}, line 1: the columns are {', '.join(header) or 'none'}; expected {', '.join(columns)}.")
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        if len(row) != len(columns):
            raise CorruptData(f"{where}: {len(row)} fields where {len(columns)} are expected.")
        values: dict[str, Any] = dict(zip(columns, row, strict=True))
        for name, parse in _KINDS.items():
            # The other file quotes values as they are printed.
            if name not in values or (name == "value" and record is Other):
                continue
            try:
                values[name] = parse(values[name])
            except ValueError as error:
                raise CorruptData(f"{where}: {name} is '{values[name]}'; {error}.") from error
        yield where, values


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("it must be a number")
    return value


def _count(text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and int(text)):
        raise ValueError("it must be a whole number above 0, or empty")
    return int(text) if text else None


def _yes_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("it must be yes or no")
    return text == "yes"


def _confidence(text: str) -> str:
    if text not in get_args(Confidence):
        raise ValueError(f"it must be one of {', '.join(get_args(Confidence))}")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("it must be a day such as 2026-01-31") from None


_KINDS: Mapping[str, Callable[[str], object]] = {
    "split_known": _yes_no,
    "n": _count,
    "parameters": _count,
    "value": _number,
    "spread": lambda text: _number(text) if text else None,
    "input_resolution": _count,
    "confidence": _confidence,
    "retrieved": _day,
}
"""The columns that are no plain text."""
