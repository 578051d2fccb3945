"""What is told of many runs grows with them, and what they have in common is found once: counted, not timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from harness.data import catalog
from harness.runs import record as records
from harness.runs.record import Record
from harness.views import beside_published, between_runs, browse_runs, explained, pairing, paper, published, scoreboard, selection
from harness.views.formats import bibtex, frame, latex, model_card
from harness.views.wanted import Wanted
from tests.growth import grown, operations
from tests.views.support import scored
from tests.views.test_growth_of_views import drawn, many

FEW, LOT = 5, 50
TASK = catalog.task("vqa_rad")
PUBLISHED = published.for_task("vqa_rad", None)
"""Numbers of publications, some hundreds."""


@pytest.fixture(scope="module")
def template() -> Record:
    """A run on the invented sample, taken for a release's."""
    return structs.replace(scored("majority", real=True), not_ranked=(), status="complete")


def against_the_first(runs: Sequence[Record]) -> Callable[[], object]:
    """As `compare --against`."""
    pairs = [(runs[0], other) for other in runs[1:]]
    names = {id(run): run.model.name for run in runs}
    return lambda: between_runs.compared(pairs, {"vqa_rad": TASK}, names=names)


def test_runs_against_one_cost_what_they_are(template: Record) -> None:
    few, lot = (list(many(template, n).values()) for n in (FEW, LOT))
    assert grown(against_the_first(few), against_the_first(lot), (LOT - 1) / (FEW - 1)) == {}


def test_runs_against_one_draw_what_they_share_once(template: Record) -> None:
    """A stream of swaps and one of resamples, whatever number of runs is set against the first."""
    few, lot = (operations(against_the_first(list(many(template, n).values()))) for n in (2, FEW))
    for drawn_by in ("harness.stats.swaps.swaps", "harness.stats.bootstrap.draws"):
        assert 0 < few[drawn_by] == lot[drawn_by]


def test_runs_against_one_say_what_each_pair_says_alone(template: Record) -> None:
    runs = list(many(template, FEW).values())
    pairs = [(runs[0], other) for other in runs[1:]]
    together = between_runs.compared(pairs, {"vqa_rad": TASK}, names={id(run): run.model.name for run in runs})
    alone = [contrast for first, other in pairs for contrast in between_runs.versus(first, other, TASK)]
    assert [contrast.difference for contrast in together] == [contrast.difference for contrast in alone]


def folders(root: Path, runs: Sequence[Record]) -> Path:
    for number, run in enumerate(runs):
        folder = root / str(number)
        folder.mkdir(parents=True)
        records.write(folder, run)
    return root


MADE: dict[str, Callable[[list[Record]], object]] = {
    "LaTeX": lambda runs: latex.to_latex(paper.paper({str(place): run for place, run in enumerate(runs)}, ranked={})),
    "CSV": lambda runs: frame.to_csv({str(place): run for place, run in enumerate(runs)}),
    "BibTeX": lambda runs: bibtex.to_bibtex([TASK.card], bibtex.sources(runs, {"vqa_rad": TASK})),
    "narrowed": lambda runs: [scoreboard.narrowed(run, ["exact_match"]) for run in runs],
    "pairs": lambda runs: list(pairing.pairs(runs)),
    "verdicts": lambda runs: [beside_published.compare(run, TASK.card, PUBLISHED) for run in runs],
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_what_is_exported_grows_with_the_runs(template: Record, made: Callable[[list[Record]], object]) -> None:
    few, lot = (list(many(template, n).values()) for n in (FEW, LOT))
    assert grown(lambda: made(few), lambda: made(lot), LOT / FEW) == {}


def test_verdicts_grow_with_what_is_published(template: Record) -> None:
    """As `compare RUN reported --all`."""

    def beside(n: int) -> Callable[[], object]:
        return lambda: beside_published.compare(template, TASK.card, PUBLISHED[:n])

    assert len(PUBLISHED) >= 200
    assert grown(beside(20), beside(200), 10) == {}


def test_a_model_card_grows_with_its_tasks(template: Record) -> None:
    """Of one system, a run a task."""

    def card(n: int) -> Callable[[], object]:
        runs = [structs.replace(template, task=f"task_{number}", model=template.model) for number in range(n)]
        return lambda: model_card.model_index([(run, TASK.card) for run in runs], ["ours"] * n)

    assert grown(card(2), card(8), 4) == {}


def test_samples_of_runs_grow_with_the_runs(template: Record, tmp_path: Path) -> None:
    few, lot = (folders(tmp_path / str(n), list(many(template, n).values())) for n in (FEW, LOT))

    def browsed(root: Path) -> Callable[[], object]:
        runs = selection.select([root], partial=True).runs
        return lambda: browse_runs.tables(runs, (), Wanted(wrong=True), most=10, data_root=None, task_dirs=(), allow_credentialed=False)

    assert grown(browsed(few), browsed(lot), LOT / FEW) == {}


def test_effects_of_rules_grow_with_the_runs(template: Record, tmp_path: Path) -> None:
    found = explained.explained("vqa_rad")
    few, lot = (folders(tmp_path / str(n), list(many(template, n).values())) for n in (FEW, LOT))
    assert grown(lambda: explained.measured(found, [few]), lambda: explained.measured(found, [lot]), LOT / FEW) == {}


def test_what_is_written_of_a_run_grows_with_its_samples(template: Record, tmp_path: Path) -> None:
    short, long = (folders(tmp_path / str(n), [drawn(template, 1, n)]) for n in (100, 1000))

    def browsed(root: Path) -> Callable[[], object]:
        runs = selection.select([root], partial=True).runs
        return lambda: browse_runs.tables(runs, (), Wanted(), most=None, data_root=None, task_dirs=(), allow_credentialed=False)

    assert grown(browsed(short), browsed(long), 10) == {}
