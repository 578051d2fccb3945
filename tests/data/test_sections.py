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


def titled(text: str) -> dict[str, str]:
    return dict(sections(text))


@pytest.mark.parametrize(
    "heading",
    ["FINDINGS:", "FINDINGS :", "Findings:", "  findings  :", "FINDING:", "FINDINGS;", "FINIDNGS:", "FINDNGS:", "FINDINGS AND IMPRESSION:"],
)
def test_findings_are_found_under_every_spelling(heading: str) -> None:
    assert (
        titled(f" FINAL REPORT\n INDICATION: Cough.\n\n {heading}  Clear lungs.\n Normal heart.\n")["findings"]
        == "Clear lungs. Normal heart."
    )


@pytest.mark.parametrize(
    "heading", ["IMPRESSION:", "IMPRESSIONS:", "Impression :", "CONCLUSION:", "IMPRSSION:", "IMPRESSION AND RECOMMENDATION:", "OPINION:"]
)
def test_an_impression_is_found_under_every_spelling(heading: str) -> None:
    text = f" FINDINGS: Clear lungs.\n\n {heading} \n \n 1.  No pneumonia.\n 2.  Stable.\n\n RECOMMENDATION(S):  None.\n"
    assert titled(text)["impression"] == "1. No pneumonia. 2. Stable."


def test_a_heading_in_capitals_may_stand_alone_or_follow_a_full_stop_or_a_gap() -> None:
    assert titled("FINDINGS\n Clear lungs.\nIMPRESSION\n Normal.\n") == {"findings": "Clear lungs.", "impression": "Normal."}
    assert titled("FINDINGS: Clear lungs. IMPRESSION: Normal.") == {"findings": "Clear lungs.", "impression": "Normal."}
    assert titled("FINDINGS: Clear lungs   CONCLUSION: Normal.") == {"findings": "Clear lungs", "impression": "Normal."}


def test_words_of_a_sentence_are_no_heading() -> None:
    text = "FINDINGS: These findings are new.\n Impression\n of the clip on the skin: none.\n There is no impression: normal.\n"
    assert titled(text) == {"findings": "These findings are new. Impression of the clip on the skin: none. There is no impression: normal."}


def test_parts_of_the_findings_stay_in_the_findings() -> None:
    text = " FINDINGS:\n LUNGS:  Clear.\n HEART AND MEDIASTINUM:  Normal.\n\n IMPRESSION:  Normal.\n"
    assert titled(text) == {"findings": "LUNGS: Clear. HEART AND MEDIASTINUM: Normal.", "impression": "Normal."}


def test_what_precedes_the_final_report_is_not_read() -> None:
    before = " WET READ: ___ ___ 10:05 PM\n IMPRESSION: Perhaps pneumonia.\n ______________________________\n"
    text = f"{before}   FINAL REPORT\n IMPRESSION: No pneumonia.\n"
    assert sections(text) == [("impression", "No pneumonia.")]


def test_a_break_between_pages_is_left_out_with_the_headings_that_it_repeats() -> None:
    between = "      (Over)\n\n CT ABDOMEN\n Reason: pain\n FINAL REPORT\n (Cont)\n"
    text = f" FINAL REPORT\n FINDINGS: The liver is\n{between} normal.\n IMPRESSION: Normal.\n"
    assert titled(text) == {"findings": "The liver is normal.", "impression": "Normal."}


def test_the_last_section_with_anything_in_it_is_the_one() -> None:
    found = sections("IMPRESSION: First.\nADDENDUM: none\nIMPRESSION: Second.\nIMPRESSION:\n")
    assert [text for name, text in found if name == "impression"] == ["First.", "Second.", ""]
    assert section(found, "impression") == "Second."
    assert section(found, "findings") == ""


def test_names_that_were_taken_out_stay_and_ruled_lines_do_not() -> None:
    assert titled("FINDINGS: As on ___. ______________________________\n")["findings"] == "As on ___."


def test_a_report_without_headings_has_no_sections() -> None:
    assert sections("Clear lungs. Normal heart.\n") == []
    assert sections("") == []
