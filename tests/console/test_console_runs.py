"""Score tables on narrow and wide consoles."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from harness.console.runs import _print_scores
from harness.types import Estimate


def printed(width: int, view: Callable[[Console], object]) -> str:
    """What a console of that width shows, without the blanks at the ends of lines."""
    file = io.StringIO()
    view(Console(width=width, file=file, highlight=False))
    return "\n".join(line.rstrip() for line in file.getvalue().rstrip("\n").split("\n"))


RARE = Estimate(
    metric="macro_f1", variant="present", slice="all", value=0.5, low=0.25, high=0.75, level=0.95, n=400, n_groups=400, unit="fraction",
    higher_is_better=True, signature="", scoring_id="", note="19 of class 4, 20 of class 1, 25 of class 3, fewer than 30: unreliable",
)  # fmt: skip
WIDTHS = (8, 7, 5, 5, 14, 10)


def test_a_long_note_is_folded_in_its_own_column() -> None:
    assert (
        printed(100, lambda console: _print_scores(console, [RARE], WIDTHS))
        == """\
metric    variant  slice  value  95 % interval   n (groups)  note
macro_f1  present  all    50.00  [25.00, 75.00]   400 (400)  19 of class 4, 20 of class 1, 25 of
                                                             class 3, fewer than 30: unreliable"""
    )


def test_where_a_note_has_no_room_it_stands_below() -> None:
    assert (
        printed(80, lambda console: _print_scores(console, [RARE], WIDTHS))
        == """\
metric    variant  slice  value  95 % interval   n (groups)
macro_f1  present  all    50.00  [25.00, 75.00]   400 (400)
  macro_f1/present all: 19 of class 4, 20 of class 1, 25 of class 3, fewer than
30: unreliable"""
    )
