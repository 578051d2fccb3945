"""The rules of a row of published numbers: each kind of damage is named, and a new row is put into its place or refused."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import CorruptData, UsageError
from harness.views import published_entry, published_rows
from harness.views.published import FILE, Reported, read_reported

ROWS = read_reported()
FIRST = next(row for row in ROWS if row.task == "vqa_rad" and row.metric == "accuracy" and row.slice == "all")
GIVEN = {
    "task": "vqa_rad",
    "metric": "accuracy",
    "system": "Invented-1B",
    "setting": "zero-shot",
    "original_value": "61.20",
    "original_unit": "%",
    "original_metric": "accuracy",
    "source_title": "An invented report",
    "source_id": "arXiv:2301.00001",
    "read_from": "full text",
    "confidence": "certain",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "vqa_radd"}, "task is 'vqa_radd'"),
        ({"task_variant": "hubb"}, "Did you mean hub"),
        ({"metric": "acuracy"}, "metric is 'acuracy'"),
        ({"metric_variant": "ours"}, "metric_variant is 'ours'"),
        ({"slice": "hard"}, "slice is 'hard'"),
        ({"setting": "tuned"}, "setting is 'tuned'"),
        ({"split": "validation"}, "split is 'validation'"),
        ({"original_value": "61,2"}, "original_value is '61,2'"),
        ({"value": 0.99}, "value is 0.99, and"),
        ({"unit": "CIDEr (0-10)"}, "unit is 'CIDEr (0-10)'"),
        ({"metric": "exact_match", "judge": "language model"}, "exact_match is neither judged"),
        ({"confidence": "guess", "note": ""}, "a guess needs a note"),
        ({"source_id": "a blog"}, "source_id is 'a blog'"),
        ({"source_title": " "}, "source_title is empty"),
        ({"system": "Invented\n1B"}, r"system is 'Invented\n1B'; write one line"),
        ({"note": "\x1b[31mred"}, r"note is '\x1b[31mred'; write one line"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_is_wrong_with_a_row_is_named(changes: Mapping[str, Any], message: str) -> None:
    assert any(message in wrong for wrong in published_rows.of_row(replace(FIRST, **changes)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([FIRST, FIRST], "stands 2 times"),
        ([FIRST, replace(FIRST, system=FIRST.system.upper() + "-", source_id="arXiv:2301.00001")], "one system in several spellings"),
        ([replace(FIRST, parameters=1), replace(FIRST, parameters=2, source_id="arXiv:2301.00001")], "one system in several sizes"),
        ([replace(FIRST, system="BiomedGPT-B", parameters=183)], "BiomedGPT-B: 183 parameters, and tasks/system_facts.csv has 182,000,000"),
        ([FIRST, replace(FIRST, task="meqsum")], "rows are sorted"),
    ],
    ids=["twice", "spellings", "sizes", "a known size", "order"],
)
def test_what_is_wrong_between_rows_is_named(rows: list[Reported], message: str) -> None:
    assert any(message in wrong for wrong in published_rows.problems(rows))


def test_a_new_row_claims_no_more_than_was_said() -> None:
    row = published_entry.entry(GIVEN, "2026-01-31")
    assert (row.value, row.unit, row.metric_variant, row.split_known, row.n) == (0.612, "fraction", "unknown", False, None)
    assert row.retrieved.isoformat() == "2026-01-31"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"system": ""}, UsageError, "needs also system"),
        ({"sistem": "x"}, UsageError, "Did you mean system"),
        ({"original_value": "about 61"}, UsageError, "write the number as printed"),
        ({"original_value": "612"}, CorruptData, "value is 6.12; a fraction lies between 0 and 1"),
        ({"n": "many"}, CorruptData, "n: must be a whole number above 0"),
        ({"setting": "tuned"}, UsageError, "setting is 'tuned'"),
    ],
    ids=["absent", "misspelt", "words", "out of range", "n", "vocabulary"],
)
def test_a_row_that_breaks_a_rule_is_refused(changes: Mapping[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        published_entry.entry({**GIVEN, **changes}, "2026-01-31")


def test_a_row_is_put_into_its_place_or_refused_and_the_others_keep_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "reported.csv"
    shutil.copy(FILE, path)
    with pytest.raises(UsageError, match="one system in several spellings: Lingshu-7B, lingshu 7b"):
        published_entry.insert(published_entry.entry({**GIVEN, "system": "lingshu 7b"}, "2026-01-31"), path)
    assert path.read_bytes() == FILE.read_bytes()
    row = published_entry.entry(GIVEN, "2026-01-31")
    place = published_entry.insert(row, path)
    before, after = FILE.read_bytes().splitlines(), path.read_bytes().splitlines()
    assert after[:place] + after[place + 1 :] == before
    assert read_reported(path)[place - 1] == row
    with pytest.raises(UsageError, match="stands 2 times"):
        published_entry.insert(row, path)
    assert path.read_bytes().splitlines() == after
