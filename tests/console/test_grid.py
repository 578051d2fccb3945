"""Tables at any width: nothing is cut, columns leave in a stated order, then rows stand as lines of their own."""

from __future__ import annotations

import pytest

from harness.console.grid import Column, columns, show

OF = columns("system", "value", "interval", "note", right=("value",), prose=("note",), leaves=("interval",))
ROWS = [("nearest", "37.47", "[32.09, 42.86]", ""), ("majority", "29.49", "[24.08, 35.10]", "of each group the commonest answer")]


LINES = {
    "a pipe gets every column and no blanks at the ends of lines": (
        "",
        """
system    value  interval        note
nearest   37.47  [32.09, 42.86]
majority  29.49  [24.08, 35.10]  of each group the commonest answer
""",
    ),
    "prose is wrapped before a column leaves": (
        "60",
        """
system    value  interval        note
nearest   37.47  [32.09, 42.86]
majority  29.49  [24.08, 35.10]  of each group the commonest
                                 answer
""",
    ),
    "a column that leaves is named below": (
        "48",
        """
system    value  note
nearest   37.47
majority  29.49  of each group the commonest
                 answer
  not shown at this width: interval (--json)
""",
    ),
    "where nothing more can leave each row has lines of its own": (
        "30",
        """
nearest
  value 37.47 · interval
  [32.09, 42.86]
majority
  value 29.49 · interval
  [24.08, 35.10] · note of
  each group the commonest
  answer
""",
    ),
}


@pytest.mark.parametrize(("width", "expected"), LINES.values(), ids=LINES)
def test_a_table_at_any_width(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: str, expected: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    show(OF, ROWS, wide="--json")
    assert capsys.readouterr().out == expected.lstrip("\n")


def test_a_table_wider_than_a_page_is_not_cut_in_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(columns(*(f"column {number}" for number in range(40))), [["x" * 20] * 40])
    [heading, row] = capsys.readouterr().out.splitlines()
    assert heading.split()[-1] == "39"
    assert row == "  ".join(["x" * 20] * 40)


def test_a_column_without_a_word_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show([Column(name="a"), Column(name="b"), Column(name="c")], [("1", "", "3"), ("4", "", "6")])
    assert capsys.readouterr().out == "a  c\n1  3\n4  6\n"
    show(OF, [])
    assert capsys.readouterr().out == ""


def test_a_name_of_several_lines_ends_above_the_first_row_and_numbers_end_below_each_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(
        columns("system", "vqa_rad\nn = 451", "kind", right=("vqa_rad\nn = 451",)),
        [("nearest", "37.47 *", "text"), ("majority", "29.49  ", "none")],
    )
    assert capsys.readouterr().out == ("          vqa_rad\nsystem    n = 451  kind\nnearest   37.47 *  text\nmajority    29.49  none\n")
