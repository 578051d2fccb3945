"""Published numbers, each with the source it was read in and the protocol as far as it is known."""

from __future__ import annotations

import csv
import functools
import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from harness.errors import CorruptData

FILE = Path(__file__).parent / "tasks" / "reported.csv"
Confidence = Literal["certain", "likely", "guess"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One published number on one of our tasks. Whether it compares with a run is computed from both, never stored."""

    task: str
    task_variant: str
    split: str
    n: int | None
    """Size of the evaluated set, where the source states it."""
    metric: str
    """Our name for what was measured."""
    metric_variant: str
    """Whose definition; ``unknown`` where the source does not say."""
    slice: str
    system: str
    parameters: int | None
    setting: str
    value: float
    """In our unit: a fraction, CIDEr in 0-10."""
    unit: str
    original_value: str
    original_unit: str
    original_metric: str
    spread: str
    """The published standard deviation or half-width, as printed."""
    original_split: str
    resolution: str
    """Pixels of the input's side, where systems of one name differ by it."""
    source_title: str
    source_id: str
    """arXiv number or DOI, where there is one."""
    source_table: str
    confidence: Confidence


@functools.cache
def read_reported(path: Path = FILE) -> tuple[Reported, ...]:
    """All published numbers, in the file's order.

    Raises:
        CorruptData: A line has a wrong number of fields or a value of the wrong kind; the message names it.
    """
    reader = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    header = next(reader, [])
    expected = [field.name for field in fields(Reported)]
    if header != expected:
        raise CorruptData(f"{path}, line 1: the columns are {', '.join(header)}; expected {', '.join(expected)}.")
    return tuple(_reported(dict(zip(header, row, strict=False)), f"{path}, line {reader.line_num}", len(row)) for row in reader)


def for_task(name: str, variant: str = "") -> tuple[Reported, ...]:
    """The numbers on one task and variant."""
    return tuple(number for number in read_reported() if (number.task, number.task_variant) == (name, variant))


def _reported(row: dict[str, str], where: str, width: int) -> Reported:
    if width != len(fields(Reported)):
        raise CorruptData(f"{where}: {width} fields where {len(fields(Reported))} are expected.")
    confidence = row["confidence"]
    if confidence not in get_args(Confidence):
        raise CorruptData(f"{where}: confidence is '{confidence}'; it must be one of {', '.join(get_args(Confidence))}.")
    try:
        numbers = {
            "n": int(row["n"]) if row["n"] else None,
            "parameters": int(row["parameters"]) if row["parameters"] else None,
            "value": float(row["value"]),
        }
    except ValueError as error:
        raise CorruptData(f"{where}: {error}.") from error
    return Reported(**{**row, **numbers})  # type: ignore[arg-type]
