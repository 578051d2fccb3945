"""Published numbers, each with the source it was read in and the protocol as far as it is known.

`tasks/reported.csv` holds the numbers on our tasks, `tasks/reported_other.csv` those that stand near them and are never compared:
gradings by people, other data sets, means over tasks. Whether a number compares with a run is computed from both protocols, never stored.
An empty field says that the source is silent.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from msgspec import Meta

from harness.errors import CorruptData
from harness.metrics import units
from harness.views import systems
from harness.views.csv_rows import FOLDER, Count, YesNo, as_written, by_column, cut, decoded, rows, table

FILE = FOLDER / "reported.csv"
OTHER_FILE = FOLDER / "reported_other.csv"
Confidence = Literal["certain", "likely", "guess"]
"""The primary source or two that agree; one reasonable source; a source with a reason for doubt, which the note gives."""
Day = Annotated[date, Meta(description="a day such as 2026-01-31")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One published number on one of our tasks."""

    task: str
    task_variant: str
    split: str
    """``test`` where it is, or is said to be, the task's own test split; else the name of another."""
    split_known: YesNo
    """Whether it is known which examples were scored, so that ours can be known to be the same."""
    n: Count | None
    """How many examples the value is over: for a slice, those of the slice."""
    metric: str
    """Our name. In question answering ``exact_match`` is equality with the answer, ``accuracy`` any other or an unstated rule."""
    metric_variant: str
    """Whose definition; ``unknown`` where the source does not settle it."""
    slice: str
    """``all``, or the value of one of the task's dimensions."""
    system: str
    """One spelling each; the version in brackets where several were published."""
    parameters: Count | None
    setting: str
    """``fine-tuned`` on the task's train split, trained from scratch included; ``zero-shot``; ``as released``; ..."""
    value: float
    """In the metric's unit."""
    unit: str
    spread: Annotated[float, Meta(ge=0)] | None
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
    input_resolution: Count | None
    """Side in pixels after the system's own resizing."""
    source_title: str
    source_id: str
    """arXiv number, DOI or repository."""
    source_table: str
    read_from: str
    """What was read: the full text, a transcription, a digitised figure."""
    confidence: Confidence
    retrieved: Day
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
    parameters: Count | None
    setting: str
    source_title: str
    source_id: str
    source_table: str
    read_from: str
    confidence: Confidence
    retrieved: Day
    why: str
    """Why no run compares with it."""


Row = TypeVar("Row", Reported, Other)


def read_reported(path: Path | None = None) -> tuple[Reported, ...]:
    """All published numbers on our tasks, in the file's order.

    Args:
        path: A file of the same columns; by default the one of this package.

    Raises:
        CorruptData: The message names the file, the line and the field.
    """
    if path is None:
        return tuple(map(_number, range(len(_packaged()))))
    return tuple(row_of(by_column(Reported, texts), f"{path}, line {line}") for line, texts in rows(path, Reported))


def read_other(path: Path | None = None) -> tuple[Other, ...]:
    """All published numbers that are never compared, in the file's order. Errors as in `read_reported`."""
    return table(path, Other) if path is not None else tuple(map(_sized, table(OTHER_FILE, Other)))


_OF_TASK = {
    "IU X-ray": "iu_xray",
    "MIMIC-CXR": "mimic_cxr_report",
    "MIMIC-III radiology summarization": "mimic3_summary",
    "MeQSum": "meqsum",
    "PathVQA": "path_vqa",
    "SLAKE": "slake_en",
    "VQA-RAD": "vqa_rad",
    "radiology summary human preference (n=100)": "mimic_cxr_summary",
    "radiology VQA human evaluation (n=52)": "mimic_cxr_report",
    "report generation human evaluation (30 reports, 192 findings)": "mimic_cxr_report",
}
"""Data set, as the file of other numbers names it, to the task whose pictures or texts it is of."""


def other_for_task(name: str) -> tuple[Other, ...]:
    """The numbers that stand near a task and are never compared, gradings by people first."""
    near_task = [other for other in read_other() if _OF_TASK.get(other.dataset) == name]
    return tuple(sorted(near_task, key=lambda other: not other.why.startswith("graded by people")))


def for_task(name: str, variant: str | None = "") -> tuple[Reported, ...]:
    """The numbers on one task and variant; on all of its variants where that is None. The rows of other tasks are not decoded for it."""
    begins = f"{name},"  # the first column
    places = (place for place, (_, row) in enumerate(_packaged()) if row.startswith(begins))
    return tuple(number for number in map(_number, places) if variant in (number.task_variant, None))


@functools.cache
def _packaged() -> tuple[tuple[int, str], ...]:
    """The rows of this package's file as they are written, and the line of each."""
    return tuple(as_written(FILE, Reported))


@functools.cache
def _number(place: int) -> Reported:
    """The row at a place of this package's file; decoded once."""
    line, row = _packaged()[place]
    where = f"{FILE}, line {line}"
    return _sized(row_of(by_column(Reported, cut(Reported, row, where)), where))


def _sized(row: Row) -> Row:
    """With the size of its system where the row has none."""
    size = None if row.parameters else systems.parameters(row.system)
    return row if size is None else replace(row, parameters=size)


def row_of(texts: Mapping[str, str], where: str) -> Reported:
    """A number from the texts of its columns.

    Raises:
        CorruptData: The message names the place and the field.
    """
    number = decoded(Reported, texts, where)
    unit = units.KNOWN.get(number.unit)
    if unit is None or unit.low is None or unit.high is None:
        raise CorruptData(f"{where}: unit is '{number.unit}'; it must be one of {', '.join(units.KNOWN)}.")
    if not unit.low <= number.value <= unit.high:
        raise CorruptData(f"{where}: value is {number.value}; a {unit.name} lies between {unit.low:g} and {unit.high:g}.")
    return number
