"""Tables at any width: nothing is cut, columns leave in a stated order, then rows stand as lines of their own."""

from __future__ import annotations

import pytest

from harness.console.grid import Column, columns, show

OF = columns("system", "value", "interval", "note", right=("value",), prose=("note",), leaves=("interval",))
ROWS = [("nearest", "37.47", "[32.09, 42.86]", ""), ("majority", "29.49", "[24.08, 35.10]", "of each group the commonest answer")]


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_pipe_gets_every_column_and_no_blanks_at_the_ends_of_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(OF, ROWS)
    assert shown(capsys) == (
        "system    value  interval        note\n"
        "nearest   37.47  [32.09, 42.86]\n"
        "majority  29.49  [24.08, 35.10]  of each group the commonest answer\n"
    )


def test_a_table_wider_than_a_page_is_not_cut_in_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(columns(*(f"column {number}" for number in range(40))), [["x" * 20] * 40])
    [heading, row] = shown(capsys).splitlines()
    assert heading.split()[-1] == "39"
    assert row == "  ".join(["x" * 20] * 40)


def test_prose_is_wrapped_before_a_column_leaves(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    show(OF, ROWS)
    assert shown(capsys) == (
        "system    value  interval        note\n"
        "nearest   37.47  [32.09, 42.86]\n"
        "majority  29.49  [24.08, 35.10]  of each group the commonest\n"
        "                                 answer\n"
    )


def test_a_column_that_leaves_is_named_below(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "48")
    show(OF, ROWS, wide="--json")
    assert shown(capsys) == (
        "system    value  note\n"
        "nearest   37.47\n"
        "majority  29.49  of each group the commonest\n"
        "                 answer\n"
        "  not shown at this width: interval (--json)\n"
    )


def test_where_nothing_more_can_leave_each_row_has_lines_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    show(OF, ROWS)
    assert shown(capsys) == (
        "nearest\n"
        "  value 37.47 · interval\n"
        "  [32.09, 42.86]\n"
        "majority\n"
        "  value 29.49 · interval\n"
        "  [24.08, 35.10] · note of\n"
        "  each group the commonest\n"
        "  answer\n"
    )


def test_a_column_without_a_word_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show([Column(name="a"), Column(name="b"), Column(name="c")], [("1", "", "3"), ("4", "", "6")])
    assert shown(capsys) == "a  c\n1  3\n4  6\n"
    show(OF, [])
    assert shown(capsys) == ""
