"""A metric at fault costs its own numbers: everything else of the run is recorded, and the record holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import AdapterError, MissingData
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.metrics.measuring import check_names, measure
from harness.runs import record
from harness.runs.scoring import Scored
from harness.stats.bootstrap import Bootstrap
from harness.types import Estimate, Example, Task
from tests.metrics import samples as made
from tests.runs import support

PLAN = Bootstrap(resamples=20)


@pytest.fixture
def scored(toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]]) -> Callable[[Metric], tuple[Scored, Path]]:
    """Four questions scored with the toy's metrics and one more, written and read back."""

    def run(metric: Metric) -> tuple[Scored, Path]:
        task = replace(toy_task, metrics=(*toy_task.metrics, metric))
        found = support.scored(task, toy_examples(4), ["yes"] * 4, plan=PLAN)
        folder = toy_task.card.path.parent
        record.write(folder, support.toy_record(found, toy_examples(4), PLAN))
        assert record.read(folder).estimates == found.estimates
        return found, folder

    return run


def whole(found: Scored, name: str = "own") -> Estimate:
    return next(estimate for estimate in found.estimates if (estimate.metric, estimate.slice) == (name, "all"))


def returning(names: Any = ("a",), table: Any = None, fixed: Mapping[str, Any] | None = None) -> Callable[[Samples, Context], Statistics]:
    values = np.ones((4, 1)) if table is None else table
    return lambda samples, context: Statistics(names=names, table=values, fixed=fixed or {})


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


AT_FAULT = "not computed: the metric is at fault: "
CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE


RUNS = [
    (raising(ValueError("no such\nword")), "raised ValueError: no such word"),
    (raising(KeyError("x")), "raised KeyError: 'x'"),
    (raising(MemoryError()), "raised MemoryError"),
    (raising(MissingData("train split: not here")), "raised MissingData: train split: not here"),
    (lambda samples, context: None, "returned NoneType, not Statistics"),
    (returning(table=np.ones((3, 1))), "returned a table of shape (3, 1) for 4 samples and 1 columns"),
    (returning(table=np.ones(4)), "returned a table of shape (4,) for 4 samples and 1 columns"),
    (returning(table=np.array([[1.0], [2.0], [np.inf], [0.0]])), "gave an infinite value for sample '2' in column 'a'"),
    (returning(table=np.ones((4, 1), dtype=complex)), "returned a table of type complex128, not of real numbers"),
    (returning(table=np.array([["1"]] * 4)), "returned a table of type <U1, not of real numbers"),
    (returning(table=np.array([[None]] * 4)), "returned a table of type object, not of real numbers"),
    (returning(table=np.ma.masked_array(np.ones((4, 1)))), "returned a table with masked values"),
    (returning(names=("a", "a"), table=np.ones((4, 2))), "returned columns whose names are not texts of their own"),
    (returning(fixed={"found": {1, 2}}), "returned fixed facts that are no JSON"),
    (returning(fixed={"most": float("inf")}), "returned fixed facts that are no JSON"),
    (returning(fixed=CYCLE), "returned fixed facts that are no JSON"),
]
VALUES = [
    (raising(ZeroDivisionError("division by zero")), "raised ZeroDivisionError: division by zero"),
    (lambda statistics, weights: np.full(len(weights), np.inf), "gave an infinite value"),
    (lambda statistics, weights: np.full(len(weights), -np.inf), "gave an infinite value"),
    (lambda statistics, weights: 0.5, "returned values of shape () for 1 weightings"),
    (lambda statistics, weights: np.ones((len(weights), 2)), "returned values of shape (1, 2) for 1 weightings"),
    (lambda statistics, weights: np.ones(len(weights), dtype=complex), "returned values of type complex128"),
    (lambda statistics, weights: np.array(["0.5"] * len(weights)), "returned values of type <U3"),
    (lambda statistics, weights: None, "returned values of type object"),
]


@pytest.mark.parametrize(
    ("part", "function", "said"),
    [*(("run", run, f"measure 'own' {said}") for run, said in RUNS), *(("value", value, f"value() {said}") for value, said in VALUES)],
)
def test_what_is_at_fault_is_not_computed_and_says_why(
    scored: Callable[[Metric], tuple[Scored, Path]], accuracy: Metric, part: str, function: Callable[..., Any], said: str
) -> None:
    changed: dict[str, Any] = {"value": function} if part == "value" else {"measure": Measure(name="own", run=function)}
    found, _ = scored(replace(accuracy, name="own", **changed))
    estimate = whole(found)
    assert (estimate.value, estimate.low, estimate.method) == (None, None, "")
    assert estimate.note.startswith(AT_FAULT + said)
    assert "\n" not in estimate.note
    assert whole(found, "accuracy").value == 0.5


def test_a_value_that_fails_on_resamples_alone_stands_without_interval(
    scored: Callable[[Metric], tuple[Scored, Path]], accuracy: Metric
) -> None:
    def fragile(statistics: Statistics, weights: Any) -> Any:
        if (weights == 0).any():
            raise ValueError("a group is absent")
        return accuracy.value(statistics, weights)

    estimate = whole(scored(replace(accuracy, name="own", value=fragile))[0])
    assert (estimate.value, estimate.low, estimate.method) == (0.5, None, "")
    assert estimate.note == "no interval: on resamples value() raised ValueError: a group is absent"


@pytest.mark.parametrize("part", ["bind", "basis", "expand"])
def test_every_function_of_a_metric_may_fail(scored: Callable[[Metric], tuple[Scored, Path]], accuracy: Metric, part: str) -> None:
    broken = raising(TypeError("what is this"))
    measured = replace(accuracy.measure, name="own", expand=broken if part == "expand" else None)
    own = replace(accuracy, name="own", measure=measured)
    changes: dict[str, Any] = {} if part == "expand" else {part: broken}
    found, _ = scored(replace(own, **changes))
    assert "raised TypeError: what is this" in whole(found).note
    assert whole(found, "accuracy").value == 0.5


def test_whole_numbers_and_truths_are_numbers(accuracy: Metric, toy_examples: Callable[[int], list[Example[str]]]) -> None:
    samples = made.of([None, None], ["", ""])
    for kind in (np.int32, np.bool_, np.float32):
        run = returning(table=np.ones((2, 1), dtype=kind), fixed={"labels": ("a", "b")})
        found = measure([replace(accuracy, measure=Measure(name="m", run=run))], samples, Context())["m"].statistics
        assert found is not None
        assert found.table.dtype == np.float64
        assert found.fixed == {"labels": ["a", "b"]}  # as a record gives it back


def test_two_measures_of_one_name_are_refused_before_anything_is_asked(accuracy: Metric) -> None:
    with pytest.raises(AdapterError, match="both called 'equal'"):
        check_names([accuracy, replace(accuracy, measure=replace(accuracy.measure))])


def test_a_column_that_another_part_of_the_run_has_is_not_written_twice(
    scored: Callable[[Metric], tuple[Scored, Path]], accuracy: Metric
) -> None:
    """A measure called *tag* would overwrite the samples' own tags in the table."""
    own = replace(accuracy, name="own", measure=Measure(name="tag", run=returning(names=("half", "asked"), table=np.ones((4, 2)))))
    assert whole(scored(own)[0]).note == f"{AT_FAULT}measure 'tag' has a column 'tag.half', as something else of the run has"
