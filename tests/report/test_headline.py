"""The first screen in words and numbers: what is best, by how much, whether that is more than chance, and what was not run."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.report import first_screen, headline
from harness.views.board import Matrix
from harness.views.board_parts import Apart, Cell, Column, Mark, System
from harness.views.contests import Duel
from harness.views.sides import Pair
from tests.views.support import OURS


def column(task: str, *, synthetic: bool = False) -> Column:
    return Column(
        task=task, heading=task, split="test", n=451, synthetic=synthetic, of_paper=True, metric="exact_match", variant="canonical",
        unit="fraction", higher_is_better=True, scoring_id=task,
    )  # fmt: skip


def cell(run: str, value: float | None, rank: int | None = 1, place: int | None = 1, mark: Mark = "", why: str = "") -> Cell:
    estimate = structs.replace(OURS, value=value, low=None, high=None)
    return Cell(run=run, estimate=estimate, why=why, rank=rank, place=place, mark=mark, verified=False)


def system(name: str, *cells: Cell | None, parameters: tuple[int, ...] = (), setting: str = "") -> System:
    return System(name=name, cells=cells, parameters=parameters, settings=(setting,) if setting else (), weights="")


def of(*systems: System, synthetic: bool = False) -> Matrix:
    return Matrix(columns=(column("vqa_rad", synthetic=synthetic),), systems=systems)


FIRST, UNRANKED = system("alpha", cell("a", 0.7, mark="best")), system("alpha", cell("a", 0.7, None, None))
TWO, TIED = (of(FIRST, system("beta", cell("b", 0.6, rank=rank, place=2))) for rank in (2, 1))
BOUND = of(system("alpha", cell("a", 0.7, None, None, why="the model sees the targets")))
BEST = "[alpha] is best with 70.00 % exact_match, 10.00 points before beta: beyond chance (p < 0.001)."
HAS = "[alpha] has the best value, 70.00 % exact_match, 10.00 points before beta"
NOTHING = "[alpha] has 70.00 % exact_match; nothing is ranked here:"


@pytest.mark.parametrize(
    ("board", "duels", "sentence"),
    [
        (TWO, {("a", "b"): Duel(value=-0.1, p=0.0004, better="a")}, BEST),
        (TWO, {("b", "a"): Duel(value=0.1, p=0.0004, better="a")}, BEST),
        (
            TIED,
            {("a", "b"): Duel(value=-0.1, p=0.2, better="")},
            f"{HAS}; not beyond chance (p = 0.200); one other system shares the first rank.",
        ),
        (TWO, {("a", "b"): Duel(value=-0.1, p=None, better="")}, f"{HAS}; no test could be made."),
        (TWO, {}, "[alpha] has 70.00 % exact_match, and no other system is ranked beside it."),
        (of(UNRANKED, synthetic=True), {}, f"{NOTHING} the sample is invented, and its numbers say nothing about a model."),
        (BOUND, {}, f"{NOTHING} the model sees the targets."),
        (of(system("alpha", cell("a", None, None, None))), {}, "[]No run has a value of the metric that ranks."),
    ],
)
def test_a_column_is_told_with_its_lead_and_whether_chance_explains_it(board: Matrix, duels: dict[Pair, Duel], sentence: str) -> None:
    found = headline.of_column(board, 0, duels)
    assert f"[{found.name}]{found.after}".replace("\u00a0", " ") == sentence


def test_over_all_tasks_those_are_named_that_are_first_most_often() -> None:
    columns = (column("vqa_rad"), column("meqsum"))
    names = ["alpha", "beta", "gamma", "delta"]
    board = Matrix(columns=columns, systems=tuple(system(name, cell(name, 0.7), cell(f"{name}2", 0.7)) for name in names))
    first, reach = headline.overall(board)
    assert (first.name, first.after) == (
        "alpha, beta and 2 others",
        " are each best, or not told from the best, on 2 of 2 tasks; no other system is on so many.",
    )
    assert reach.after == "2 of the 25 tasks of BiomedGPT's paper are here."


def test_the_board_has_all_tasks_of_the_paper_and_shades_by_place() -> None:
    systems = [
        system(f"s{place}", cell(f"s{place}", 1 - place / 100, rank=place, place=place), parameters=(10**7 * place,))
        for place in range(1, 6)
    ]
    board = Matrix(
        columns=(column("vqa_rad"),),
        systems=(*systems, system("late", None), system("bound", cell("x", 0.99, None, None, why="sees the targets"))),
    )
    shown = first_screen.shown(board, first_screen.told(board, {}, {cell.run: 1 for one in board.systems for cell in one.runs}))
    assert len([one for one in shown["columns"] if one["section"] is None]) == 24
    cells = [row["cells"][0] for row in shown["rows"]]
    assert [one and one["shade"] for one in cells] == ["p0", "p1", "p2", "p3", "p4", None, ""]
    assert cells[-1]["note"] == "not ranked: sees the targets"
    [plot] = shown["sizes"]
    assert [point["system"] for point in plot["points"]] == [0, 1, 2, 3, 4]
    assert plot["left_out"] == 1


def test_filters_offer_what_tells_systems_apart() -> None:
    board = Matrix(
        columns=TWO.columns,
        systems=(
            system("a", cell("a", 0.7), parameters=(182_000_000,), setting="zero-shot"),
            system("b", cell("b", 0.6), parameters=(7_000_000_000, 13_000_000_000), setting="zero-shot"),
            system("c", cell("c", 0.5), setting="zero-shot"),
        ),
    )
    shown = first_screen.shown(board, first_screen.told(board, {}, {"a": 1, "b": 1, "c": 1}))
    assert shown["filters"] == {"setting": [], "size": ["under 1 B", "1 B to 10 B", "10 B and more", "not stated"], "weights": []}
    assert first_screen.bands(board.systems[1]) == ["1 B to 10 B", "10 B and more"]


def test_partial_runs_are_named_beside_the_board() -> None:
    apart = Apart(system="alpha", task="vqa_rad", cell=cell("a", 0.2, None, None, why="limited to the first 5 of 451 examples"))
    shown = first_screen.shown(Matrix(columns=(), systems=(), apart=(apart,)), [])
    assert shown["apart"] == [{"system": "alpha", "task": "vqa_rad", "why": "limited to the first 5 of 451 examples"}]
    assert (shown["rows"], shown["sizes"]) == ([], [])
