"""The section reader on invented reports in the variety of real ones, each labelled with what a careful person takes for its sections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.data.readers.sections import section, sections

REPORTS = [json.loads(line) for line in Path(__file__).with_name("reports.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("report", REPORTS, ids=[f"{number}-{report['layout']}" for number, report in enumerate(REPORTS)])
def test_both_sections_are_what_a_reader_takes_for_them(report: dict[str, str]) -> None:
    found = sections(report["report"])
    assert (section(found, "findings"), section(found, "impression")) == (report["findings"], report["impression"])


def test_there_are_as_many_reports_as_the_documentation_says() -> None:
    assert (len(REPORTS), len({report["layout"] for report in REPORTS})) == (103, 52)


@pytest.mark.parametrize("word", ["COMPRESSION", "DEPRESSION", "INDURATION", "EXPRESSION", "FILLINGS", "MEDICATION", "HISTOLOGY"])
def test_another_word_in_capitals_is_no_misspelt_heading(word: str) -> None:
    assert sections(f"FINDINGS: Clear.\n{word}: none.\n") == [("findings", f"Clear. {word}: none.")]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("FINIDNGS", "findings"),
        ("FINDNGS", "findings"),
        ("IMPRESION", "impression"),
        ("IMPRESSSION", "impression"),
        ("INDCATION", "indication"),
    ],
)
def test_a_heading_that_is_one_letter_off_is_read(word: str, name: str) -> None:
    assert sections(f"{word}: Clear.\n") == [(name, "Clear.")]
