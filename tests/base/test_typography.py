"""Typography: what looks alike is alike, and numbers stay what they are."""

from __future__ import annotations

import pytest

from harness.base.typography import folded, unmarked
from harness.text import plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes—there", "Yes - there"),
        ("3–5 cm", "3-5 cm"),
        ("about –5", "about -5"),
        ("−5", "-5"),
        ("Ｎｏ．", "No."),
        ("肺炎。", "肺炎."),
        ("a、b，c；d：e", "a,b,c;d:e"),
        ("\ufeffno\u200b\u00ad\u2060", "no"),
        ("“a” ‘b’ «c» 「d」", '"a" \'b\' "c" "d"'),
        ("【a】", "[a]"),
        ("▪ a", "• a"),
        ("10² ½ 2½", "10^2 1/2 2 1/2"),
        ("Sjo\u0308gren", "Sjögren"),
        ("a\u2028b\rc\u00a0d", "a\nb\nc d"),
        ("&quot;no&quot; &mdash; clear", '"no" - clear'),
        ("x-ray", "x-ray"),
        ("\ud800\x00", ""),
    ],
    ids=ascii,
)
def test_one_kind_of_each_mark(text: str, expected: str) -> None:
    assert folded(text) == expected
    assert folded(expected) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**No**", "No"),
        ("# No", "No"),
        ("> No", "No"),
        ("- No\n* Yes", "No\nYes"),
        ("~~Yes~~ No", "No"),
        ("```\nNo\n```", "No"),
        ("<b>No</b><br>clear", "No\nclear"),
        (r"$\text{No}$", "No"),
        (r"\(\mathbf{B}\)", "B"),
        ("_No_ but no_dr", "No but no_dr"),
        ("2*3", "2*3"),
        ("$5", "$5"),
        ("> 5 cm", "> 5 cm"),
        ("Answer: <no>", "Answer: no"),
        ("<5 and >3", "<5 and >3"),
    ],
    ids=ascii,
)
def test_marks_of_markup_are_no_part_of_a_reply(text: str, expected: str) -> None:
    assert unmarked(text) == expected


def test_labels_are_compared_without_punctuation_of_any_script() -> None:
    assert {plain(text) for text in ("no—dr", "no_dr", "«No DR»", "no dr。", "no\u200b dr ✓", "• no‐dr")} == {"no dr"}
