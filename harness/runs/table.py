"""samples.csv: what each sample of a run contributed, a row each, without its text."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import get_args

import numpy as np
from msgspec import Struct

from harness.errors import CorruptData
from harness.files.cells import cell, text_of
from harness.metrics.base import Statistics
from harness.metrics.measuring import Measured
from harness.runs.facts import RunFile
from harness.types import Outcome

_FIXED_COLUMNS = ("id", "group", "outcome", "reply_sha256")


class SampleRow(Struct, frozen=True, kw_only=True):
    """What one sample contributed, without its text."""

    id: str
    group: str
    outcome: str
    reply_sha256: str
    tags: Mapping[str, str]


def dimensions(samples: Sequence[SampleRow]) -> tuple[str, ...]:
    """The tags of the samples, sorted."""
    return tuple(sorted({name for sample in samples for name in sample.tags}))


def by_dimension(samples: Sequence[SampleRow]) -> dict[str, Sequence[str]]:
    """Each dimension to its value on every sample; empty where a sample has none."""
    return {name: [sample.tags.get(name, "") for sample in samples] for name in dimensions(samples)}


def content(samples: Sequence[SampleRow], measures: Mapping[str, Measured]) -> bytes:
    """The file: facts and tags of each sample, then the columns of every measure that was computed."""
    measured = [(name, measure.statistics) for name, measure in measures.items() if measure.statistics is not None]
    out = io.StringIO()
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write_row(cells: Sequence[str]) -> None:
        # Readers end a row at a carriage return too, and the writer quotes it only where it ends its own rows.
        # A spreadsheet computes, and may run, what begins as a formula.
        (quoted if any("\r" in text for text in cells) else plain).writerow(map(cell, cells))

    tags = dimensions(samples)
    header = [*_FIXED_COLUMNS, *(f"tag.{name}" for name in tags)]
    write_row([*header, *(f"{name}.{column}" for name, statistics in measured for column in statistics.names)])
    tables = [statistics.table.tolist() for _, statistics in measured]
    for number, sample in enumerate(samples):
        facts = [sample.id, sample.group, sample.outcome, sample.reply_sha256]
        write_row([*facts, *(sample.tags.get(name, "") for name in tags), *(_text(value) for table in tables for value in table[number])])
    return out.getvalue().encode("utf-8", "surrogatepass")


def read(file: bytes, run_file: RunFile, path: Path) -> tuple[tuple[SampleRow, ...], dict[str, Measured]]:
    """The samples of a run and the statistics of its measures.

    Raises:
        CorruptData: The table lacks a column or a row that run.json speaks of, or a statistic is no number.
    """
    try:
        text = file.decode("utf-8", "surrogatepass")
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except (csv.Error, UnicodeDecodeError) as error:
        raise CorruptData(f"{path}: no table of a run ({error}). Score the run again.") from error
    header, *rows = ([list(map(text_of, line)) for line in lines] if "'" in text else lines) or [[]]
    columns = {name: [f"{name}.{column}" for column in facts.columns or ()] for name, facts in run_file.measures.items()}
    absent = [name for name in (*_FIXED_COLUMNS, *(column for own in columns.values() for column in own)) if name not in header]
    twice = next((name for name, n in Counter(header).items() if n > 1), None)
    if twice is not None:
        raise CorruptData(f"{path}: two columns are called '{twice}'. Score the run again.")
    ragged = next((number for number, row in enumerate(rows, start=1) if len(row) != len(header)), None)
    if absent or ragged or len(rows) != run_file.samples.rows:
        wrong = f"row {ragged} has not one cell per column" if ragged else f"{len(rows)} rows where run.json says {run_file.samples.rows}"
        raise CorruptData(f"{path}: {f'no column {absent[0]}' if absent else wrong}. Score the run again.")
    at = {name: number for number, name in enumerate(header)}
    tags = [name for name in header if name.startswith("tag.")]

    def column(name: str) -> Iterator[str]:
        return map(itemgetter(at[name]), rows)

    known = get_args(Outcome)
    strange = next(((own, outcome) for own, outcome in zip(column("id"), column("outcome"), strict=True) if outcome not in known), None)
    if strange is not None:
        raise CorruptData(f"{path}: the outcome of '{strange[0]}' is '{strange[1]:.40}', and none of {', '.join(known)}.")
    again = next((name for name, n in Counter(column("id")).items() if n > 1), None)
    if again is not None:
        raise CorruptData(f"{path}: two rows are of the sample '{again}'. Score the run again.")
    samples = tuple(map(_row, *map(column, _FIXED_COLUMNS), _tags(tags, [column(name) for name in tags], len(rows))))
    measures, number = {}, _Numbers()
    for name, facts in run_file.measures.items():
        statistics = None
        if facts.columns is not None:
            table = np.empty((len(rows), len(columns[name])), dtype=np.float64)
            try:
                for place, own in enumerate(columns[name]):
                    table[:, place] = np.fromiter(map(number.__getitem__, column(own)), dtype=np.float64, count=len(rows))
            except ValueError as error:
                raise CorruptData(f"{path}: a statistic of '{name}' is no number ({error}). Score the run again.") from error
            statistics = Statistics(names=facts.columns, table=table, fixed=facts.fixed, note=facts.note)
        measures[name] = Measured(statistics=statistics, note=facts.note)
    return samples, measures


def _row(id: str, group: str, outcome: str, reply_sha256: str, tags: Mapping[str, str]) -> SampleRow:
    return SampleRow(id=id, group=group, outcome=outcome, reply_sha256=reply_sha256, tags=tags)


def _tags(columns: Sequence[str], values: Sequence[Iterator[str]], n: int) -> Iterator[Mapping[str, str]]:
    """The tags of each row; rows that have the same share them."""
    names = [name.removeprefix("tag.") for name in columns]
    known: dict[tuple[str, ...], Mapping[str, str]] = {}
    for own in zip(*values, strict=True) if values else repeat((), n):
        if own not in known:
            known[own] = dict(zip(names, own, strict=True))
        yield known[own]


class _Numbers(dict[str, float]):
    """Text to number; each text is read once, as most of them are 0 or 1."""

    def __missing__(self, text: str) -> float:
        value = self[text] = _number(text)
        return value


def _number(text: str) -> float:
    """A statistic; an empty cell is NaN, which is never written.

    Raises:
        ValueError: It is no finite number.
    """
    if not text:
        return math.nan
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"'{text:.40}' is not finite")
    return value


def _text(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
