"""Text as everything sees it: one line, one kind of blank."""

from __future__ import annotations

import pytest

from harness.text import one_line, plain, sentences, words

LINE_BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
"""All that `str.splitlines` breaks at."""


@pytest.mark.parametrize("mark", LINE_BREAKS, ids=ascii)
def test_no_line_break_survives(mark: str) -> None:
    assert one_line(f"no acute{mark}disease{mark}") == "no acute disease"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), (" \t ", ""), ("a  b\u00a0c", "a b c"), ("Größe 5 µm", "Größe 5 µm")],
    ids=["empty", "blank", "kinds of blanks", "letters stay"],
)
def test_runs_of_blanks_become_one(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_labels_are_compared_without_case_punctuation_and_width() -> None:
    assert plain("  Right-Sided (ＲＵＬ)! ") == "right sided rul"
    assert words("Benign, probably.") == ["benign", "probably"]


def test_sentences_end_before_white_space_alone() -> None:
    assert sentences("Lesion of 3.2 cm. Stable?\nYes!") == ["Lesion of 3.2 cm.", "Stable?", "Yes!"]
