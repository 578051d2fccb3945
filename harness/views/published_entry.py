"""A new row of `tasks/reported.csv`: what the schema needs, what follows from what was said, and its place in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from harness.errors import UsageError, unknown
from harness.files import writing
from harness.files.refusals import OUT
from harness.views import published_rows
from harness.views.published import Reported, read_reported, row_of

COLUMNS = tuple(field.name for field in fields(Reported))
NEEDED: Mapping[str, str] = {
    "task": "a task's name, as harness tasks lists it",
    "metric": "our name of the metric; exact_match is equality with the answer, accuracy any other rule",
    "system": "the system, in the spelling of the file where it has one",
    "setting": " | ".join(published_rows.SETTINGS),
    "original_value": "the value as printed, with its digits",
    "original_unit": "% | x100 | fraction",
    "original_metric": "what the source calls the metric",
    "source_title": "the publication",
    "source_id": "arXiv:2301.00001, doi:10.1000/182 or github:owner/name@commit",
    "read_from": "what was read: full text, README, a transcription, a picture by eye",
    "confidence": "certain | likely | guess",
}
"""What cannot follow from anything else, and how it is asked for."""
_DEFAULTS: Mapping[str, str] = {"split": "test", "split_known": "no", "metric_variant": "unknown", "slice": "all", "original_split": "test"}
"""What is taken where nothing is said: the least that may be claimed."""


def entry(given: Mapping[str, str], retrieved: str) -> Reported:
    """The row of what was said.

    Args:
        given: Column to its text.
        retrieved: Today, for where it is not said.

    Raises:
        UsageError: A column is unknown or needed, or the row breaks a rule.
        CorruptData: A field is of another kind than its column's.
    """
    for name in given:
        if name not in COLUMNS:
            raise unknown("column", name, COLUMNS)
    lacks = [f"{name} ({what})" for name, what in NEEDED.items() if not given.get(name, "").strip()]
    if lacks:
        raise UsageError(f"a published number needs also {'; '.join(lacks)}.")
    row = {**dict.fromkeys(COLUMNS, ""), **_DEFAULTS, "retrieved": retrieved, **given}
    try:
        value = float(row["original_value"]) / published_rows.scale(row["original_unit"])
    except ValueError:
        raise UsageError(f"original_value is '{row['original_value']}'; write the number as printed, without its unit.") from None
    row = {**row, "unit": row["unit"] or published_rows.unit_of(row["metric"]), "value": row["value"] or f"{value:.12g}"}
    number = row_of(row, "the new row")
    wrong = list(published_rows.of_row(number))
    if wrong:
        raise UsageError(f"the new row: {'; '.join(wrong)}.")
    return number


def insert(number: Reported, path: Path) -> int:
    """Put a row in its place in a file, all others as they were.

    Returns:
        The row's number, the first below the header being 1.

    Raises:
        UsageError: The file with it would break a rule that it keeps without it.
    """
    there = list(read_reported(path))
    before = set(published_rows.problems(there))
    place = sum(published_rows.order(other) <= published_rows.order(number) for other in there)
    broken = [wrong for wrong in published_rows.problems([*there[:place], number, *there[place:]]) if wrong not in before]
    if broken:
        raise UsageError(f"{path}: nothing is added: {'; '.join(broken)}.")
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([*rows[: place + 1], _texts(number), *rows[place + 1 :]])
    writing.replace_file(path, text.getvalue().encode(), OUT)
    return place + 1


def _texts(number: Reported) -> list[str]:
    known = {True: "yes", False: "no"}
    by_column = {name: getattr(number, name) for name in COLUMNS}
    by_column["split_known"] = known[number.split_known]
    return ["" if value is None else str(value) for value in by_column.values()]
