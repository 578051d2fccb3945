"""What holds for every registered metric, those included that no task computes by itself: a property each, on an invented sample.

What nonsense may score is asked of each task's metrics together, by the rules that ``harness check`` asks of anybody's.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.checks import nonsense, scorers
from harness.data import catalog, examples, further
from harness.data.examples import Dataset
from harness.metrics import measuring, registry
from harness.metrics.base import Context, Metric
from harness.metrics.formulas import FORMULAS
from harness.metrics.texts import java
from harness.runs.reading import columns, read_reply
from harness.runs.scoring import Scored, score
from harness.stats.bootstrap import Bootstrap
from harness.types import Estimate, ModelInfo, Response, Task
from harness.views import usage

pytestmark = pytest.mark.usefixtures("few_paraphrases")
HOMES = {"captions and reports": "iu_xray@r2gen", "summaries": "meqsum", "clinical, with weights of their own": "iu_xray"}
"""For the metrics of a family that no task computes by itself."""
METRICS = registry.registered()
WITH_JAVA = pytest.mark.java(needed=False)
"""What stands in for Java is scored where there is none."""


def each(metric: Metric) -> Any:
    name = f"{metric.name}/{metric.variant}"
    return pytest.param(metric, id=name, marks=() if metric.only_without else WITH_JAVA)


EACH = pytest.mark.parametrize("metric", [each(metric) for metric in METRICS])


@functools.cache
def entries() -> dict[str, usage.Entry]:
    return {entry.metric.signature: entry for entry in usage.of(METRICS)}


def home(metric: Metric) -> str:
    entry = entries()[metric.signature]
    return entry.tasks[0] if entry.tasks else HOMES[entry.family]


def furnished(name: str) -> Task[Any]:
    """A task with all metrics that have their home there."""
    return further.recorded(catalog.task(name), [metric.signature for metric in METRICS if home(metric) == name])


@functools.cache
def dataset(name: str) -> Dataset:
    """A sample whose task computes all metrics that have their home there."""
    return examples.load(furnished(name))


def scored(name: str, kind: str) -> dict[tuple[str, str], Estimate]:
    """Signature and slice to the estimate, for a kind of predictions."""
    return _scored(name, kind, with_java=java.java() is not None)


@functools.cache
def _scored(name: str, kind: str, *, with_java: bool) -> dict[tuple[str, str], Estimate]:
    found = dataset(name)
    perfect, info = nonsense.oracle(found)
    if kind == "backwards":
        turned = dataclasses.replace(found, examples=found.examples[::-1])
        return _score(turned, [*perfect[2:], *perfect[:2]][::-1], info)
    made: dict[str, Sequence[Response]] = {
        "perfect": perfect,
        "half": [Response() if place % 2 else response for place, response in enumerate(perfect)],
        "shifted": [*perfect[2:], *perfect[:2]],
    }
    return _score(found, made[kind], info) if kind in made else _score(found, *nonsense.constant(found, ""))


def _score(found: Dataset, responses: Sequence[Response], info: ModelInfo) -> dict[tuple[str, str], Estimate]:
    return {(estimate.signature, estimate.slice): estimate for estimate in _whole(found, responses, info).estimates}


def _whole(found: Dataset, responses: Sequence[Response], info: ModelInfo) -> Scored:
    train = examples.train_reader(found, data_root=None)
    made = score(found.task, found.examples, responses, split="test", info=info, complete=True, train=train, plan=Bootstrap(resamples=0))
    assert [estimate for estimate in made.estimates if estimate.note.startswith(measuring.FAULT)] == []
    return made


def alone(name: str, place: int) -> dict[tuple[str, str], Estimate]:
    """The estimates of a set that holds one perfect sample."""
    return _alone(name, place, with_java=java.java() is not None)


@functools.cache
def _alone(name: str, place: int, *, with_java: bool) -> dict[tuple[str, str], Estimate]:
    perfect, info = nonsense.oracle(dataset(name))
    one = dataclasses.replace(dataset(name), examples=dataset(name).examples[place : place + 1])
    return _score(one, perfect[place : place + 1], info)


def parts(metric: Metric, kind: str) -> dict[str, Estimate]:
    """The metric's estimates by slice."""
    found = {part: estimate for (signature, part), estimate in scored(home(metric), kind).items() if signature == metric.signature}
    assert found
    return found


def at_least(a: float | None, b: float | None, metric: Metric) -> bool:
    """Whether a is as good as b; an undefined value is neither."""
    if a is None or b is None:
        return True
    return a >= b - 1e-12 if metric.higher_is_better else a <= b + 1e-12


@EACH
def test_a_metric_explains_itself(metric: Metric) -> None:
    assert metric.summary.endswith(".")
    assert metric.source
    assert entries()[metric.signature].formula
    assert metric.signature.startswith(f"{metric.name}|variant:{metric.variant}")
    assert all(text[-1] in ".)" for text in metric.pitfalls)
    assert metric.pitfalls or entries()[metric.signature].family not in ("captions and reports", "summaries")


@EACH
def test_one_perfect_sample_scores_what_all_do_or_has_no_value(metric: Metric) -> None:
    """A set of one: CIDEr knows no frequencies there, an area no other class; neither makes a perfect reply a bad one."""
    found = dataset(home(metric))
    whole = scored(home(metric), "perfect").get((metric.signature, "all"))
    for place in range(0, len(found.examples), max(1, len(found.examples) // 4)):
        for (signature, part), estimate in alone(home(metric), place).items():
            if signature != metric.signature:
                continue
            if estimate.value is None:
                assert estimate.note, part
            elif whole is not None and whole.value is not None and metric.unit == "fraction" and _is_perfect(whole.value, metric):
                assert estimate.value == pytest.approx(whole.value, abs=1e-3), (found.examples[place].id, part)


def _is_perfect(value: float, metric: Metric) -> bool:
    return abs(value - (1.0 if metric.higher_is_better else 0.0)) < 1e-3


@EACH
def test_an_option_that_changes_a_value_changes_the_signature(metric: Metric) -> None:
    assert dataclasses.replace(metric, options={**metric.options, "x": "y"}).signature != metric.signature
    assert dataclasses.replace(metric, variant=f"{metric.variant}-2").signature != metric.signature


@EACH
def test_silence_is_counted_and_the_worst(metric: Metric) -> None:
    found = parts(metric, "empty")
    full = scored(home(metric), "perfect")
    for part, estimate in found.items():
        assert estimate.n == full[metric.signature, part].n
        if estimate.value is None:
            assert estimate.note, "null without a reason"
        elif estimate.higher_is_better:
            assert estimate.value <= 1e-9  # a kappa goes below what chance would give; BLEU keeps a tiny constant
        else:
            assert estimate.value == pytest.approx(1.0)


@EACH
def test_what_was_not_said_or_said_elsewhere_never_helps(metric: Metric) -> None:
    for kind in ("half", "shifted"):
        for part, estimate in parts(metric, kind).items():
            assert at_least(scored(home(metric), "perfect")[metric.signature, part].value, estimate.value, metric), (kind, part)


@WITH_JAVA
@pytest.mark.parametrize("name", scorers.every_metric())
def test_nonsense_gets_what_it_deserves(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(home(metric) == name for metric in METRICS if metric.name == "meteor" or metric.variant == "coco-ptb"):
        monkeypatch.setattr(java, "java", lambda: None)  # its metrics are asked where they have their home
    assert scorers.broken(scorers.check(furnished(name))) == []


@pytest.mark.parametrize("name", scorers.every_metric())
def test_the_rate_of_what_is_unread_is_that_of_the_outcomes(name: str) -> None:
    """``unparsed_rate`` and the run's counts are one thing said twice: everything that is not answered."""
    task = catalog.task(name)
    rates = tuple(metric for metric in task.metrics if metric.name == "unparsed_rate")
    if not rates:  # a report is never unread
        return
    found = examples.load(dataclasses.replace(task, metrics=rates))
    for text in (*nonsense.CONSTANTS, "", "no finding"):
        made = _whole(found, *nonsense.constant(found, text))
        answered = sum(reading.outcome == "answered" for reading in made.readings)
        whole = [estimate.value for estimate in made.estimates if estimate.slice == "all"]
        assert whole == pytest.approx([1 - answered / len(found.examples)] * len(rates), abs=1e-12), text


@EACH
def test_the_order_of_samples_does_not_matter(metric: Metric) -> None:
    backwards = parts(metric, "backwards")
    for part, estimate in parts(metric, "shifted").items():
        assert backwards[part].value == pytest.approx(estimate.value, abs=1e-12)
        assert backwards[part].scoring_id == estimate.scoring_id


@EACH
def test_a_value_under_any_weights_is_finite_or_undefined(metric: Metric) -> None:
    found = dataset(home(metric))
    perfect, info = nonsense.oracle(found)
    silent = 0 if "choice_log_probs" in metric.measure.needs else 5
    responses = [Response() if silent and place % silent == 0 else other for place, other in enumerate([*perfect[2:], *perfect[:2]])]
    readings = [read_reply(found.task, example, response) for example, response in zip(found.examples, responses, strict=True)]
    samples = columns(found.examples, responses, readings)
    context = Context(labels=found.task.card.labels, scores=info.scores, train_targets=lambda: [e.target for e in found.examples])
    measured = measuring.measure([metric], samples, context)[metric.measure.name].statistics
    if measured is None:
        assert "choice_log_probs" in metric.measure.needs or parts(metric, "perfect")["all"].note.startswith("not computed")
        return
    if metric.scope == "each class":
        measured = dataclasses.replace(measured, fixed={**measured.fixed, "class": 0})
    n = len(samples)
    weights = np.vstack([np.ones(n), np.zeros(n), np.random.default_rng(4).integers(0, 4, size=(50, n)), np.eye(n), 1e3 * np.ones(n)])
    counts = weights[2].astype(int)
    repeated = dataclasses.replace(measured, table=np.repeat(measured.table, counts, axis=0))
    with np.errstate(all="ignore"):
        values = metric.value(measured, weights)
        of_rows = metric.value(repeated, np.ones((1, counts.sum())))
    assert values.shape == (len(weights),)
    assert not np.isinf(values).any()
    assert math.isfinite(values[0]) or np.isnan(values[0])
    assert np.isnan(values[1])  # nothing has no value
    assert values[2] == pytest.approx(of_rows[0], abs=1e-12, nan_ok=True)  # a weight of two is the same sample twice
    assert values[0] == pytest.approx(values[-1], abs=1e-6, nan_ok=True)  # a thousand times each sample is each sample once


def test_signatures_are_unique_and_say_name_and_variant() -> None:
    assert len({metric.signature for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize("name", scorers.every_metric())
def test_a_task_computes_registered_metrics_each_once(name: str) -> None:
    own = [metric.signature for metric in catalog.task(name).metrics]
    assert set(own) <= {metric.signature for metric in METRICS}, "add it to harness/metrics/registry.py"
    assert len(set(own)) == len(own)


def test_every_formula_belongs_to_a_metric() -> None:
    names = {text for metric in METRICS for text in (metric.name, f"{metric.name}/{metric.variant}")}
    assert set(FORMULAS) <= names


def test_every_published_protocol_has_a_metric() -> None:
    assert set(registry.PUBLISHED) <= {metric.variant for metric in METRICS}
