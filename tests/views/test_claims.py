"""What is claimed of BiomedGPT and what rows say of it."""

from __future__ import annotations

from dataclasses import replace

from harness.views import claims
from harness.views.published import read_other, read_reported

FOUND = {claim.claim: claim for claim in claims.claims(read_reported(), read_other())}


def test_the_tally_is_counted_from_rows_and_says_what_they_do_not_give() -> None:
    tally = FOUND["state of the art in 16 of 25 experiments"]
    found = claims.standings(read_reported())
    best = sum(one.place == "best" for one in found)
    rivalled = sum(one.place != "alone" for one in found)
    assert tally.answer.startswith(f"best in {best} of {rivalled} tests")
    assert "do not give the count of 16" in tally.answer
    assert len(tally.rows) == len(found)
    assert "vqa_rad exact_match all: 0.732 (BiomedCLIP), best: BiomedCLIP 0.727 (BiomedCLIP)" in tally.rows


def test_gradings_by_people_are_the_printed_ones() -> None:
    """Zhang et al. (2024), abstract: 3.8 % in question answering, 8.3 % in report generation."""
    assert FOUND["error rate of 3.8 % in question answering, graded by people"].answer.startswith("3.8 %: stated, not computed")
    assert FOUND["error rate of 8.3 % in report generation, graded by people"].answer.startswith("8.3 %: stated, not computed")


def test_sizes_are_those_of_the_rows_and_a_follow_on_has_none() -> None:
    assert FOUND["sizes S, M and B of 33, 93 and 182 million parameters"].answer == "the rows have 33 million, 93 million, 182 million"
    assert FOUND["a follow-on of about 930 million parameters"].answer.startswith("no row is of a system of that size")


def test_a_tie_is_no_win_and_kin_are_no_rivals() -> None:
    own = next(row for row in read_reported() if row.system == claims.SYSTEM and row.task == "vqa_rad" and row.slice == "all")
    rival = replace(own, system="Another")
    kin = replace(own, system="BiomedGPT-M (arXiv v1)", value=0.99)
    places = [claims.standings(rows)[0].place for rows in ([own], [own, rival], [own, replace(rival, value=0.1)], [own, kin])]
    assert places == ["alone", "tied", "best", "alone"]
