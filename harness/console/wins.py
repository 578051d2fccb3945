"""A matrix of wins: which system is significantly better than which, over all tasks and for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.console.base import line, out
from harness.console.grid import Column, show
from harness.views import wording
from harness.views.wins import Tally, Wins, tally

_SCREEN = 16
"""Systems of one matrix, unless all are asked for."""


def print_wins(of: Sequence[Wins], *, everything: bool = False) -> None:
    """All tasks together; each by itself where there is one, or all are asked for."""
    for one in of if everything or len(of) == 1 else ():
        leading = next(iter(one.estimates.values()))
        arrow = "" if leading.higher_is_better else " ↓"
        out().print()
        line(f"{one.heading} · {wording.score(leading.metric, leading.variant)}{arrow} · n = {leading.n:,}", style="bold")
        values = {name: wording.cell(estimate) for name, estimate in one.estimates.items()}
        _print_matrix(tally([one]), values, one.aside, everything=everything)
    if len(of) > 1:
        out().print()
        line(f"wins over {len(of)} tasks: {', '.join(one.heading for one in of)}", style="bold")
        _print_matrix(tally(of), {}, {name for one in of for name in one.aside}, everything=everything)
    tests = sum(duel.p is not None for one in of for duel in one.duels.values())
    line(
        "+ or a number: significantly better than the system of that column, on so many tasks; · not told apart; blank: not tested."
        f" Permutation of whole groups, {wording.many(tests, 'test')}, p adjusted (Holm) over all pairs of a task, 5 %.",
        indent=2,
        style="dim",
    )
    for one in of:
        for name, why in one.aside.items():
            line(f"† not ranked{f' on {one.heading}' if len(of) > 1 else ''}: {name}: {why}", indent=2, style="dim")
    line("one system against all others, with differences: --against NAME", indent=2, style="dim")


def _print_matrix(wins: Tally, values: dict[str, str], aside: Collection[str], *, everything: bool) -> None:
    names = wins.names if everything else wins.names[:_SCREEN]
    single = bool(values)
    width = len(str(len(names)))
    marks = [" ".join(_mark(wins, name, other, single=single).rjust(width) for other in names) for name in names]
    head = " ".join(str(number).rjust(width) for number in range(1, len(names) + 1))
    of = [
        Column(right=True),
        Column(name="system"),
        Column(name="value", right=True, leaves=2),
        Column(name="wins", right=True),
        Column(name="losses", right=True),
        Column(name=head, leaves=1, called="who wins against whom"),
    ]
    rows = [
        (
            str(number),
            f"{name} †" if name in aside else name,
            values.get(name, ""),
            str(wins.of(name)),
            str(wins.against(name)),
            marks[number - 1],
        )
        for number, name in enumerate(names, start=1)
    ]
    show(of, rows, wide="--json")
    if len(names) < len(wins.names):
        line(f"{len(wins.names) - len(names)} more systems: --all", indent=2, style="dim")


def _mark(wins: Tally, name: str, other: str, *, single: bool) -> str:
    times = wins.won.get((name, other))
    return "" if times is None else "·" if not times else "+" if single else str(times)
