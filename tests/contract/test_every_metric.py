"""What holds for every metric of every task, on its invented sample; `test_the_registry` holds each registered one to the rest."""

from __future__ import annotations

import dataclasses

import pytest

from harness import models
from harness.data import examples
from harness.data.examples import Dataset
from harness.metrics import registry
from harness.metrics.measuring import FAULT
from harness.runs.plan import Options, prepare
from harness.runs.scoring import Scored, score
from harness.stats.bootstrap import Bootstrap
from harness.types import Estimate, Response


def scored(dataset: Dataset, texts: list[str] | None = None, baseline: str = "oracle") -> Scored:
    """The task's metrics on given texts, or on a baseline's answers."""
    plan = prepare(dataset.task, models.open_model(f"baseline:{baseline}", {}), Options())
    responses = plan.model.generate(plan.requests) if texts is None else [Response(text=text) for text in texts]
    info = plan.info if texts is None else dataclasses.replace(plan.info, scores="none")
    train = examples.train_reader(dataset, data_root=None)
    return score(
        dataset.task,
        dataset.examples,
        responses,
        split="test",
        info=info,
        complete=True,
        train=train,
        plan=Bootstrap(resamples=0),
    )


def whole(found: Scored) -> dict[tuple[str, str], Estimate]:
    return {(e.metric, e.variant): e for e in found.estimates if e.slice == "all"}


def better(a: float, b: float, metric: Estimate) -> bool:
    return a >= b - 1e-12 if metric.higher_is_better else a <= b + 1e-12


def test_nothing_said_is_the_worst_or_undefined(dataset: Dataset) -> None:
    oracle, empty = whole(scored(dataset)), whole(scored(dataset, [""] * len(dataset.examples)))
    for key, estimate in empty.items():
        if estimate.value is None:
            assert estimate.note, f"{key} is null without a reason"
        else:
            # A kappa goes below what chance would give; every other metric ends at 0.
            assert estimate.value <= 1e-9 if estimate.higher_is_better else estimate.value == pytest.approx(1.0), key
            best = oracle[key].value
            assert best is None or better(best, estimate.value, estimate)


@pytest.mark.parametrize("text", ["unknown", "yes no", "Yes, this is abnormal."])
def test_a_constant_is_no_better_than_the_oracle_and_no_nonsense_wins(dataset: Dataset, text: str) -> None:
    oracle, constant = whole(scored(dataset)), whole(scored(dataset, [text] * len(dataset.examples)))
    for key, estimate in constant.items():
        best = oracle[key].value
        if estimate.value is not None and best is not None:
            assert better(best, estimate.value, estimate), key
    first = dataset.task.metrics[0]
    value = constant[first.name, first.variant].value
    assert value is None or value <= 0.55 or text.startswith("Yes")


@pytest.mark.parametrize("text", ["unknown", "yes no", "", "no finding"])
def test_the_rate_of_what_is_unread_is_that_of_the_outcomes(dataset: Dataset, text: str) -> None:
    """``unparsed_rate`` and the run's counts are one thing said twice: everything that is not answered."""
    found = scored(dataset, [text] * len(dataset.examples))
    answered = sum(reading.outcome == "answered" for reading in found.readings)
    for (metric, _), estimate in whole(found).items():
        if metric == "unparsed_rate":
            assert estimate.value == pytest.approx(1 - answered / len(dataset.examples), abs=1e-12)
        assert not estimate.note.startswith(FAULT)


def test_answers_in_the_wrong_places_score_between_nothing_and_everything(dataset: Dataset) -> None:
    say = [dataset.task.say(example.target) for example in dataset.examples]
    shifted = whole(scored(dataset, say[1:] + say[:1]))
    oracle = whole(scored(dataset))
    for key, estimate in shifted.items():
        best = oracle[key].value
        if estimate.value is not None and best is not None:
            assert better(best, estimate.value, estimate), key


def test_the_order_of_samples_does_not_matter(dataset: Dataset) -> None:
    say = [dataset.task.say(example.target) for example in dataset.examples]
    texts = say[2:] + say[:2]
    forwards = whole(scored(dataset, texts))
    turned = dataclasses.replace(dataset, examples=dataset.examples[::-1])
    backwards = whole(scored(turned, texts[::-1]))
    for key, estimate in forwards.items():
        assert backwards[key].value == pytest.approx(estimate.value, abs=1e-12, nan_ok=True), key
        assert backwards[key].scoring_id == estimate.scoring_id


def test_every_metric_of_a_task_is_registered(dataset: Dataset) -> None:
    known = {metric.signature for metric in registry.registered()}
    for metric in dataset.task.metrics:
        assert metric.signature in known, f"add {metric.signature} to harness/metrics/registry.py"


def test_the_signatures_of_a_task_differ(dataset: Dataset) -> None:
    signatures = [metric.signature for metric in dataset.task.metrics]
    assert len(set(signatures)) == len(signatures)
