"""Parts of a split: the first examples, or some drawn from all slices alike, which the record says and nothing ranks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness import models
from harness.data import catalog, examples
from harness.errors import UsageError
from harness.runs import evaluate, record
from harness.runs.excerpt import Excerpt
from harness.runs.plan import Options
from harness.runs.verify import verify
from harness.stats.bootstrap import Bootstrap
from harness.types import Example, Input


def example(number: int, **tags: str) -> Example[str]:
    return Example(id=f"{number:04}", input=Input(text="?"), target="yes", group=str(number), tags=tags)


# As many closed questions first as a release may begin with: a limit of 20 asks no open one.
ORGANS = ("head", "chest", "abdomen")
SPLIT = [example(n, answer_type="closed" if n < 300 else "open", organ=ORGANS[n % 3]) for n in range(500)]

IDS = ["0003", "0047", "0226", "0301", "0393"]
"""What is drawn of them by the seed 0: written down from the first draw, so that no later version draws others."""


def test_each_slice_has_its_share_of_a_draw() -> None:
    drawn = Excerpt(drawn=20).of(SPLIT)
    assert Counter(one.tags["answer_type"] for one in drawn) == {"closed": 12, "open": 8}
    assert all(6 <= n <= 8 for n in Counter(one.tags["organ"] for one in drawn).values())
    assert [one.id for one in drawn] == sorted(one.id for one in drawn)  # in the order of the release
    assert Counter(one.tags["answer_type"] for one in Excerpt(first=20).of(SPLIT)) == {"closed": 20}


def test_a_draw_follows_from_the_seed_and_the_ids_alone() -> None:
    assert [one.id for one in Excerpt(drawn=5).of(SPLIT)] == IDS
    assert {one.id for one in Excerpt(drawn=5).of(SPLIT[::-1])} == set(IDS)
    assert [one.id for one in Excerpt(drawn=5, seed=1).of(SPLIT)] != IDS
    assert Excerpt(drawn=500).of(SPLIT) == Excerpt().of(SPLIT) == tuple(SPLIT)


def test_every_example_is_drawn_by_some_seed_and_none_much_more_often() -> None:
    times = Counter(one.id for seed in range(200) for one in Excerpt(drawn=25, seed=seed).of(SPLIT[::10]))
    assert len(times) == 50
    assert min(times.values()) > 75  # of 200; 100 are expected, and 75 are 3.5 standard deviations less
    assert max(times.values()) < 125


def test_a_drawn_run_is_recorded_resumed_verified_and_never_ranked(tmp_path: Path) -> None:
    task = catalog.task("vqa_rad")
    backend = models.open_model("baseline:majority", {})
    options = Options(draw=6, draw_seed=3, results=tmp_path, plan=Bootstrap(resamples=0))
    run = evaluate.evaluate(task, backend, options)
    assert (run.record.status, run.record.counts.examples) == ("partial", 6)
    assert run.record.not_ranked[0] == "drawn by seed 3: 6 of 20 examples"
    assert (run.record.data.limit, run.record.data.draw, run.record.data.draw_seed) == (None, 6, 3)
    assert run.folder.name.startswith("sample-draw6-3-")
    read = record.read(run.folder)
    assert read.data.excerpt == Excerpt(drawn=6, seed=3)
    chosen = Excerpt(drawn=6, seed=3).of(examples.load(task, sample=True).examples)
    assert [sample.id for sample in read.samples] == [one.id for one in chosen]
    assert {check.status for check in verify(run.folder)} == {"holds"}
    again = evaluate.evaluate(task, backend, options)
    assert again.folder == run.folder
    other = evaluate.evaluate(task, backend, Options(draw=6, draw_seed=4, results=tmp_path, plan=Bootstrap(resamples=0)))
    assert other.folder != run.folder
    assert evaluate.evaluate(task, backend, Options(draw=20, results=tmp_path, plan=Bootstrap(resamples=0))).record.status == "complete"


def test_the_first_and_some_of_all_are_not_asked_for_together() -> None:
    with pytest.raises(UsageError, match="--limit takes the first examples and --draw some of all"):
        Options(limit=5, draw=5)
