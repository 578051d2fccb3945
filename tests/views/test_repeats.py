"""Seeds repeated: mean and standard deviation over runs, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.data import catalog
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Model, ModelInfo, Request, Response, Scene
from harness.views.repeats import spreads


@dataclass(frozen=True)
class Counting:
    """Says yes to as many questions as its seed."""

    info = ModelInfo(name="counting", kind="test")

    def for_task(self, scene: Scene) -> Model:  # noqa: ARG002
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(text="yes" if place < request.decoding.seed else "no idea") for place, request in enumerate(requests)]


def test_mean_and_deviation_are_those_of_the_runs(tmp_path: Path) -> None:
    """With values v over three seeds: mean (v1 + v2 + v3) / 3 and the root of the squared distances over 2."""
    records = [
        evaluate.evaluate(
            catalog.task("vqa_rad"),
            Counting(),
            Options(results=tmp_path, decoding={"seed": seed, "temperature": 1.0}, batch_size=100, plan=Bootstrap(resamples=0)),
        ).record
        for seed in (1, 5, 20)
    ]
    first = records[0].estimates[0]
    spread = next(found for found in spreads(records) if (found.metric, found.metric_variant) == (first.metric, first.variant))
    values = [record.estimates[0].value for record in records]
    a, b, c = (value for value in values if value is not None)
    mean = (a + b + c) / 3
    assert spread.seeds == (1, 5, 20)
    assert spread.mean == pytest.approx(mean, abs=1e-12)
    assert spread.sd == pytest.approx((((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2) ** 0.5, abs=1e-12)
    assert spread.sd > 0


def test_one_run_has_no_spread(tmp_path: Path) -> None:
    options = Options(results=tmp_path, plan=Bootstrap(resamples=0))
    assert spreads([evaluate.evaluate(catalog.task("vqa_rad"), Counting(), options).record]) == []
