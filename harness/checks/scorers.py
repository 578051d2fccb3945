"""The self-test of scorers: what every metric of a task gives to predictions that deserve nothing, and to those that deserve all.

The rules, each against the same metric's value for the oracle, the ceiling:

- **empty**: the worst there is, 0 (1 where lower is better).
- **unknown**, **yes no**: no answer to a choice, so the worst; on free text at most half of the ceiling, and 0 on closed questions
  where a metric counts what is right.
- **Yes, this is abnormal.**: at most half of the ceiling, and on closed questions what "yes" alone scores, unless the reply names a
  class of the task: always the same class may score what that class is worth.
- **shuffled** (each example gets another one's answer) and **reversed** (words from last to first; for classes the mirrored class,
  and its score): never above the ceiling.

A metric may document what it is known to reward (`Metric.known_defects`): the published scorers are kept as they are. A documented
defect is expected, and missed where it no longer shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.checks import nonsense
from harness.checks.nonsense import CONSTANTS, KINDS, NO_ANSWERS, SAYS_YES
from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.metrics.base import Metric
from harness.metrics.measuring import FAULT
from harness.runs import scoring
from harness.stats.bootstrap import Bootstrap
from harness.text import plain
from harness.types import Estimate, Example, ModelInfo, Response, Task

BOUND = 0.5
"""Of the ceiling: what a constant may score on free text at most."""
_WORST = 1e-9
"""What still is 0: BLEU keeps a tiny constant above and below its fraction."""
_SAME = 1e-12
_CLOSED = ("closed", "yes_no")
"""Slices of questions whose answer is one of few."""
_COUNTS_RIGHT = frozenset({"accuracy", "exact_match", "unparsed_rate"})
"""Metrics whose parts are whole questions, right or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one metric gives to one kind of predictions."""

    task: str
    metric: str
    variant: str
    slice: str
    predictions: str
    """One of `KINDS`."""
    value: float | None
    unit: str
    ceiling: float | None
    """What the oracle scores."""
    holds: bool
    reason: str
    """The rule that is broken, or why there is no value."""
    documented: str = ""
    """Why the metric is known to reward these predictions; empty where it is not known to."""
    expected: bool = False
    """Whether the documented defect must show here."""


def every_metric(task_dirs: Sequence[Path] = ()) -> tuple[str, ...]:
    """All tasks, and those of their variants that are scored by other metrics."""
    names: list[str] = []
    for name in catalog.names(task_dirs):
        variants = (f"{name}@{variant}" for variant in catalog.card(name, task_dirs).variants)
        own = _signatures(name, task_dirs)
        names += [name, *(variant for variant in variants if _signatures(variant, task_dirs) != own)]
    return tuple(names)


def _signatures(name: str, task_dirs: Sequence[Path]) -> list[str]:
    return [metric.signature for metric in catalog.task(name, task_dirs).metrics]


def check(task: Task[Any], *, data_root: Path | None = None, accept_different: bool = False) -> list[Verdict]:
    """Run all kinds of predictions through all metrics of a task.

    Args:
        task: From `catalog.task`.
        data_root: Folder of releases; None takes the invented sample.
        accept_different: Take a release that differs from its card.

    Raises:
        HarnessError: As `loading.load`.
    """
    dataset = examples.load(task, data_root=data_root, accept_different=accept_different)
    train = examples.train_reader(dataset, data_root=data_root)
    scored = {kind: _scored(dataset, *made, train) for kind, made in nonsense.predictions(dataset).items()}
    classes = {plain(label) for label in task.card.labels}
    read = {text for text in CONSTANTS if classes and any(reading.outcome == "answered" for reading in scored[text].readings)}
    ceilings = {_key(estimate): estimate for estimate in scored["oracle"].estimates}
    metrics = {(metric.name, metric.variant): metric for metric in task.metrics}
    yes = _scored(dataset, *nonsense.constant(dataset, "Yes"), train)
    worth = {_key(estimate): estimate.value or 0.0 for estimate in yes.estimates}
    return [
        _verdict(
            task,
            metrics[estimate.metric, estimate.variant],
            kind,
            estimate,
            ceilings[_key(estimate)],
            worth=worth[_key(estimate)] if kind == SAYS_YES and estimate.slice in _CLOSED else 0.0,
            deserves=_deserves(kind, classes, estimate, read=kind in read),
        )
        for kind in KINDS
        for estimate in scored[kind].estimates
        if _looked_at(metrics[estimate.metric, estimate.variant], task.metrics[0], estimate.slice)
    ]


def broken(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that break a rule without the metric's being known to."""
    return [verdict for verdict in verdicts if not verdict.holds and not verdict.documented]


def known(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that break a rule as the metric documents."""
    return [verdict for verdict in verdicts if not verdict.holds and verdict.documented]


def gone(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those where a documented defect was looked for and shows in no task: either the metric was mended, or its text is wrong."""
    here = [verdict for verdict in verdicts if verdict.expected and verdict.value is not None]
    shown = {_defect(verdict) for verdict in here if not verdict.holds}
    return list({_defect(verdict): verdict for verdict in here if _defect(verdict) not in shown}.values())


def _defect(verdict: Verdict) -> tuple[str, str, str, str]:
    return verdict.metric, verdict.variant, verdict.slice, verdict.predictions


Deserves = Literal["the worst", "half", "a class", "anything", "nothing read"]
"""What predictions may score: the worst there is; up to half of the ceiling; what a class is worth; all up to the ceiling; nothing at
all, because they are no answer and were read as one."""


def _deserves(kind: str, classes: set[str], estimate: Estimate, *, read: bool) -> Deserves:
    if kind == "empty":
        return "the worst"
    if kind not in CONSTANTS:
        return "anything"
    if read:
        return "nothing read" if kind in NO_ANSWERS and plain(kind) not in classes else "a class"
    if kind in NO_ANSWERS and (classes or (estimate.slice in _CLOSED and estimate.metric in _COUNTS_RIGHT)):
        return "the worst"
    return "half"


def _verdict(
    task: Task[Any], metric: Metric, kind: str, estimate: Estimate, oracle: Estimate, *, worth: float, deserves: Deserves
) -> Verdict:
    ceiling, up = oracle.value, estimate.higher_is_better
    if estimate.value is None:
        broken = estimate.note if estimate.note.startswith(FAULT) else ""
    else:
        broken = _broken(estimate.value, ceiling, deserves, worth=worth, higher_is_better=up)
    defects = [defect for defect in metric.known_defects if defect.predictions == kind]
    return Verdict(
        task=task.card.full_name,
        metric=estimate.metric,
        variant=estimate.variant,
        slice=estimate.slice,
        predictions=kind,
        value=estimate.value,
        unit=estimate.unit,
        ceiling=oracle.value,
        holds=not broken,
        reason=broken or (estimate.note if estimate.value is None else ""),
        documented=" ".join(dict.fromkeys(defect.reason for defect in defects)),
        expected=any(defect.slice == estimate.slice for defect in defects),
    )


def _broken(value: float, ceiling: float | None, deserves: Deserves, *, worth: float, higher_is_better: bool) -> str:
    """The rule that a value breaks; empty where it keeps them all."""
    if ceiling is not None and (value > ceiling + _SAME if higher_is_better else value < ceiling - _SAME):
        return "better than the oracle"
    if deserves == "nothing read":
        return "no answer was read as one of the classes"
    if deserves == "the worst":
        worst = value <= _WORST if higher_is_better else value >= 1 - _WORST
        return "" if worst else f"what is no answer must score {0 if higher_is_better else 1}"
    if deserves == "half" and higher_is_better and ceiling is not None and value > max(BOUND * ceiling, worth) + _SAME:
        return f"a constant scores more than {BOUND:.0%} of the oracle"
    return ""


def _looked_at(metric: Metric, first: Metric, part: str) -> bool:
    """The whole set always, and closed questions where they show more.

    That is for what ranks, for what is unread, for published rules of right and wrong, and wherever a defect is documented.
    """
    if part == "all" or any(defect.slice == part for defect in metric.known_defects):
        return True
    if metric is first or (metric.name, metric.variant) == ("unparsed_rate", first.variant):
        return part == _CLOSED[0]
    return part in _CLOSED and part in metric.slices and metric.name in _COUNTS_RIGHT


def _scored(
    dataset: Dataset, responses: Sequence[Response], info: ModelInfo, train: Callable[[], Sequence[Example[Any]]] | None
) -> scoring.Scored:
    return scoring.score(
        dataset.task,
        dataset.examples,
        responses,
        split=dataset.split,
        info=info,
        complete=dataset.complete,
        train=train,
        plan=Bootstrap(resamples=0),
    )


def _key(estimate: Estimate) -> tuple[str, str, str]:
    return estimate.metric, estimate.variant, estimate.slice


def table(verdicts: Sequence[Verdict]) -> Mapping[tuple[str, str, str, str], Mapping[str, Verdict]]:
    """The verdicts by task, metric, variant and slice, then by kind of predictions."""
    by_metric: dict[tuple[str, str, str, str], dict[str, Verdict]] = {}
    for verdict in verdicts:
        by_metric.setdefault((verdict.task, verdict.metric, verdict.variant, verdict.slice), {})[verdict.predictions] = verdict
    return by_metric
