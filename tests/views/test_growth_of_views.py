"""What reads many runs does each thing once for what it is true of: counted, not timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from harness.data import catalog
from harness.errors import VerificationError
from harness.files.cache import Store
from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.runs import record as records
from harness.runs.record import Record
from harness.runs.reread import Reader
from harness.runs.table import SampleRow
from harness.stats import tournament
from harness.views import kept, leaderboard, leaderboard_file, naming, published, scoreboard, selection, standings
from harness.views.formats import every_eval_ever, tables
from tests.growth import grown, opened, operations
from tests.views.support import scored


@pytest.fixture
def template() -> Record:
    """A run on the invented sample, taken for a release's."""
    return structs.replace(scored("majority", real=True), not_ranked=(), status="complete")


def many(template: Record, systems: int, samples: int = 40) -> dict[str, Record]:
    """Runs of that many systems, each right on samples of its own."""
    return {f"run-{number}": drawn(template, number, samples) for number in range(systems)}


def drawn(template: Record, system: int, samples: int) -> Record:
    rng = np.random.default_rng(system)
    rows = tuple(
        SampleRow(id=f"s{number}", group=f"g{number // 2}", outcome="answered", reply_sha256="", tags={}) for number in range(samples)
    )
    [name] = [name for name in template.measures if name == "answers"]
    own = template.measures[name].statistics
    assert own is not None
    table = np.zeros((samples, len(own.names)))
    table[:, 0], table[:, 1] = 1, rng.random(samples) < 0.2 + 0.6 * (system % 2)
    measures = {name: replace(template.measures[name], statistics=replace(own, table=table))}
    leading = [estimate for estimate in template.estimates if estimate.slice == "all"][:1]
    return structs.replace(
        template,
        model=replace(template.model, name=f"system-{system}"),
        bootstrap=replace(template.bootstrap, resamples=10_000),  # more than any family here asks for
        prompting=structs.replace(template.prompting, model_digest=f"{system:016x}"),
        estimates=tuple(leading),
        samples=rows,
        measures=measures,
        counts=structs.replace(template.counts, examples=samples),
    )


@pytest.mark.parametrize(
    ("small", "large", "factor"), [((6, 40), (18, 40), 153 / 15), ((4, 50), (4, 500), 10)], ids=["of pairs", "of samples"]
)
def test_ranks_cost_what_their_pairs_and_their_samples_cost(
    template: Record, small: tuple[int, int], large: tuple[int, int], factor: float
) -> None:
    """Of three times the systems at most nine and a half times the pairs: 15 and 153."""
    few, lot = many(template, *small), many(template, *large)
    assert grown(lambda: standings.ranks(few), lambda: standings.ranks(lot), factor) == {}


def test_what_is_true_of_a_run_is_found_once_for_it(template: Record) -> None:
    runs = many(template, 12)
    counted = operations(lambda: standings.ranks(runs))
    assert counted["harness.views.contests._side"] == 12
    assert counted["harness.views.pairing.refusal"] == 1
    assert counted["harness.data.catalog.task"] == 1


def test_a_table_grows_with_its_runs(template: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests between runs apart, whose number is that of pairs; published numbers are set against what all runs have in common."""
    some = published.for_task("vqa_rad")[:50]
    monkeypatch.setattr(published, "read_reported", lambda: some)
    small, large = many(template, 5), many(template, 50)
    nothing = _Nothing()

    def table(runs: Mapping[str, Record]) -> str:
        return leaderboard_file.to_csv(leaderboard.rows_of(runs, nothing))  # type: ignore[arg-type]

    assert grown(lambda: table(small), lambda: table(large), 10 * 10) == {}
    of_runs = grown(lambda: table(small), lambda: table(large), 10)
    assert set(of_runs) <= {"dict.get", "tests.views.test_growth_of_views._Nothing.get", "harness.views.standings._ranks"}, of_runs


def written(folder: Path, runs: Mapping[str, Record]) -> None:
    for name, record in runs.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        records.write(folder / name, record)


def ranked(folder: Path) -> dict[str, int]:
    """Ranks as the command has them, with what earlier calls kept."""
    with kept.remembered() as memory:
        selected = selection.select([folder], reader=memory.reader)
        keeper = memory.keeper({run.source: run.folder for run in selected.runs})
        return standings.ranks({run.source: run.record for run in selected.runs}, keeper=keeper)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tests_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs each call of the tests was given."""
    made: list[int] = []
    real = tournament.compare

    def counted(metric: Any, systems: Sequence[Any], pairs: Sequence[Any], **options: Any) -> Any:
        made.append(len(pairs))
        return real(metric, systems, pairs, **options)

    monkeypatch.setattr(tournament, "compare", counted)
    return made


@pytest.mark.usefixtures("cache")
def test_one_new_run_costs_its_own_pairs(template: Record, tmp_path: Path, tests_made: list[int]) -> None:
    runs = many(template, 5)
    written(tmp_path / "results", runs)
    first = ranked(tmp_path / "results")
    assert first == standings.ranks(runs)
    assert tests_made == [10, 10], "once with the cache, once without"
    del tests_made[:]
    assert ranked(tmp_path / "results") == first
    assert tests_made == []
    written(tmp_path / "results", {"run-5": drawn(template, 5, 40)})
    assert ranked(tmp_path / "results") == standings.ranks(many(template, 6))
    assert tests_made == [5, 15]


@pytest.mark.usefixtures("cache")
def test_known_records_are_not_taken_apart_again_and_one_new_run_takes_two_tables_apart(template: Record, tmp_path: Path) -> None:
    """Its own and that of one run of its kind, which say whether the two may be compared; of the others their sums are kept."""
    written(tmp_path / "results", many(template, 12))
    ranked(tmp_path / "results")
    counted = operations(lambda: ranked(tmp_path / "results"))
    assert (counted["harness.runs.table.read"], counted["harness.runs.record.parse"]) == (0, 0)
    more = iter((12, 13))  # the first is not counted

    def one_more() -> None:
        number = next(more)
        written(tmp_path / "results", {f"run-{number}": drawn(template, number, 40)})
        ranked(tmp_path / "results")

    assert operations(one_more)["harness.runs.table.read"] == 2


@pytest.mark.usefixtures("cache")
def test_a_page_of_known_runs_makes_no_test_again(template: Record, tmp_path: Path, tests_made: list[int]) -> None:
    written(tmp_path / "results", many(template, 3))
    pages = []
    for _ in range(2):
        with kept.remembered() as memory:
            selected = selection.select([tmp_path / "results"], reader=memory.reader)
            pages.append(build([(run.folder, run.record) for run in selected.runs], PageOptions(), memory=memory))
    assert tests_made == [3]
    assert pages[0] == pages[1]


@pytest.mark.usefixtures("cache")
def test_a_record_that_was_changed_is_not_known(template: Record, tmp_path: Path) -> None:
    """The second run becomes as good as the first; what was kept of it before says nothing of it now."""
    results = tmp_path / "results"
    written(results, many(template, 2, 200))
    assert ranked(results) == {"run-0": 2, "run-1": 1}
    written(results, {"run-0": structs.replace(drawn(template, 1, 200), model=replace(template.model, name="system-0"))})
    assert ranked(results) == {"run-0": 1, "run-1": 1}


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("name", ["run.json", "samples.csv"])
def test_a_known_record_that_was_edited_is_refused(template: Record, tmp_path: Path, name: str) -> None:
    written(tmp_path / "results", many(template, 2))
    ranked(tmp_path / "results")
    path = tmp_path / "results" / "run-0" / name
    path.write_bytes(path.read_bytes().replace(b"answered", b"refused!"))
    with pytest.raises(VerificationError):
        ranked(tmp_path / "results")


def test_a_lazy_record_is_the_record(template: Record, tmp_path: Path, cache: Path) -> None:
    written(tmp_path, {"run": drawn(template, 3, 40)})
    whole = records.read(tmp_path / "run")
    for _ in range(2):
        store = Store("records", at_once=1)
        read = Reader(store).read(tmp_path / "run")
        store.close()
    assert cache.is_dir()
    assert (tuple(read.samples), len(read.samples), read.samples[-1]) == (whole.samples, 40, whole.samples[-1])
    assert list(read.measures) == list(whole.measures)
    assert np.array_equal(read.measures["answers"].statistics.table, whole.measures["answers"].statistics.table)  # type: ignore[union-attr]
    assert [getattr(read, name) for name in ("estimates", "data", "model")] == [
        getattr(whole, name) for name in ("estimates", "data", "model")
    ]


class _Nothing:
    """Keeps that nothing compares."""

    def under(self, *_: Any) -> _Nothing:
        return self

    def get(self, pair: tuple[str, str]) -> str:  # noqa: ARG002
        return "refused"

    def update(self, fresh: Mapping[Any, Any]) -> None: ...


CARD = catalog.card("vqa_rad")
MADE: dict[str, Callable[[list[Record]], object]] = {
    "names": naming.names_of,
    "groups": lambda runs: selection.tables(runs, runs),
    "Markdown": lambda runs: tables.to_markdown(scoreboard.boards(runs)),
    "every_eval_ever": lambda runs: [every_eval_ever.every_eval_ever(record, CARD) for record in runs],
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_what_is_made_of_runs_grows_with_them(template: Record, made: Callable[[list[Record]], object]) -> None:
    few, lot = (list(many(template, n).values()) for n in (6, 60))
    assert grown(lambda: made(few), lambda: made(lot), 10) == {}


def test_runs_that_say_the_same_of_their_data_are_not_compared_in_pairs(template: Record) -> None:
    counted = operations(lambda: standings.apart(many(template, 60)))
    assert counted["harness.views.same_data.same_data"] == 0


def test_reading_grows_with_runs_and_with_samples(template: Record, tmp_path: Path) -> None:
    written(tmp_path / "few", many(template, 3))
    written(tmp_path / "lot", many(template, 30))
    written(tmp_path / "long", {f"run-{n}": drawn(template, n, 400) for n in range(3)})

    def reading(name: str) -> Callable[[], object]:
        return lambda: selection.select([tmp_path / name])

    assert grown(reading("few"), reading("lot"), 10) == {}
    assert grown(reading("few"), reading("long"), 10) == {}
    assert opened(reading("lot")) <= 10 * opened(reading("few"))


def test_a_page_grows_with_its_samples(template: Record, tmp_path: Path) -> None:
    def page(samples: int) -> Callable[[], object]:
        runs = [(tmp_path, drawn(template, n, samples)) for n in range(2)]
        return lambda: build(runs, PageOptions())

    assert grown(page(40), page(400), 10) == {}


def test_cards_are_read_once_a_process() -> None:
    assert opened(lambda: [catalog.task(name) for name in catalog.names()]) == 0
