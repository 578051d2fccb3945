"""The self-test of scorers: what every metric of a task gives to predictions that deserve nothing, and to those that deserve all.

The rules, each against the same metric's value for the oracle, the ceiling:

- **empty**: the worst there is, 0 (1 where lower is better).
- **unknown**, **yes no**: no answer to a choice, so the worst; on free text at most half of the ceiling, and on closed questions the
  ranking metric gives them 0.
- **Yes, this is abnormal.**: at most half of the ceiling, unless the reply names a class of the task: always the same class may
  score what that class is worth.
- **shuffled** (each example gets another one's answer) and **reversed** (words from last to first; for classes the mirrored class,
  and its score): never above the ceiling.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from harness import catalog, loading, scoring
from harness.loading import Dataset
from harness.metrics.multilabel import SEPARATOR, labels_of
from harness.models import open_model
from harness.statistics import Bootstrap
from harness.text import plain
from harness.types import Estimate, Example, ModelInfo, Request, Response, Scene, Task

CONSTANTS = ("unknown", "yes no", "Yes, this is abnormal.")
NO_ANSWERS = frozenset({"unknown", "yes no"})
KINDS = ("oracle", "empty", *CONSTANTS, "shuffled", "reversed")
"""The predictions, in the order in which they are reported."""

BOUND = 0.5
"""Of the ceiling: what a constant may score on free text at most."""
_WORST = 1e-9
"""What still is 0: BLEU keeps a tiny constant above and below its fraction."""
_SAME = 1e-12
_CLOSED = "closed"


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

    def as_json(self) -> dict[str, Any]:
        """The verdict as ``--json`` prints it."""
        return asdict(self)


def every_metric(task_dirs: Sequence[Path] = ()) -> tuple[str, ...]:
    """All tasks, and those of their variants that are scored by other metrics."""
    found: list[str] = []
    for name in catalog.names(task_dirs):
        variants = (f"{name}@{variant}" for variant in catalog.card(name, task_dirs).variants)
        own = _signatures(name, task_dirs)
        found += [name, *(variant for variant in variants if _signatures(variant, task_dirs) != own)]
    return tuple(found)


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
    dataset = loading.load(task, data_root=data_root, accept_different=accept_different)
    train = loading.train_reader(dataset, data_root=data_root)
    perfect, info = _oracle(dataset)
    wordless = replace(info, scores="none")
    predictions: dict[str, tuple[Sequence[Response], ModelInfo]] = {
        "oracle": (perfect, info),
        "empty": ([Response()] * len(perfect), wordless),
        **{text: ([Response(text=text)] * len(perfect), wordless) for text in CONSTANTS},
        "shuffled": (_elsewhere(dataset, perfect), info),
        "reversed": ([_reversed(task, e, r) for e, r in zip(dataset.examples, perfect, strict=True)], info),
    }
    scored = {kind: _scored(dataset, responses, facts, train) for kind, (responses, facts) in predictions.items()}
    classes = {plain(label) for label in task.card.labels}
    read = {text for text in CONSTANTS if classes and any(reading.outcome == "answered" for reading in scored[text].readings)}
    ceilings = {_key(estimate): estimate for estimate in scored["oracle"].estimates}
    return [
        _verdict(task, kind, estimate, ceilings[_key(estimate)], deserves=_deserves(kind, classes, estimate, read=kind in read))
        for kind in KINDS
        for estimate in scored[kind].estimates
        if estimate.slice == "all" or _is_closed(task, estimate)
    ]


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
    if kind in NO_ANSWERS and (classes or estimate.slice == _CLOSED):
        return "the worst"
    return "half"


def _verdict(task: Task[Any], kind: str, estimate: Estimate, oracle: Estimate, *, deserves: Deserves) -> Verdict:
    broken = "" if estimate.value is None else _broken(estimate.value, oracle.value, deserves, higher_is_better=estimate.higher_is_better)
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
    )


def _broken(value: float, ceiling: float | None, deserves: Deserves, *, higher_is_better: bool) -> str:
    """The rule that a value breaks; empty where it keeps them all."""
    if ceiling is not None and (value > ceiling + _SAME if higher_is_better else value < ceiling - _SAME):
        return "better than the oracle"
    if deserves == "nothing read":
        return "no answer was read as one of the classes"
    if deserves == "the worst":
        worst = value <= _WORST if higher_is_better else value >= 1 - _WORST
        return "" if worst else f"what is no answer must score {0 if higher_is_better else 1}"
    if deserves == "half" and higher_is_better and ceiling is not None and value > BOUND * ceiling + _SAME:
        return f"a constant scores more than {BOUND:.0%} of the oracle"
    return ""


def _is_closed(task: Task[Any], estimate: Estimate) -> bool:
    """Closed questions are looked at where the reply must be one of their answers: by the metric that ranks, and by how many are unread."""
    first = task.metrics[0]
    return estimate.slice == _CLOSED and (estimate.metric, estimate.variant) in {
        (first.name, first.variant),
        ("unparsed_rate", first.variant),
    }


def _oracle(dataset: Dataset) -> tuple[list[Response], ModelInfo]:
    """What a perfect model writes, with scores where there are choices."""
    scene = Scene(task=dataset.task, split=dataset.split, examples=dataset.examples)
    model = open_model("baseline:oracle", {}).for_task(scene)
    requests = [Request(id=example.id, prompt="", item=example.input, decoding=dataset.task.decoding) for example in dataset.examples]
    return list(model.generate(requests)), model.info


def _elsewhere(dataset: Dataset, perfect: Sequence[Response]) -> list[Response]:
    """Each example gets the answer of another one: the next in an order that has nothing to do with the release's own."""
    order = sorted(range(len(perfect)), key=lambda place: hashlib.sha256(dataset.examples[place].id.encode()).digest())
    next_one = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    moved = []
    for place, example in enumerate(dataset.examples):
        response = perfect[next_one[place]]
        fits = len(response.choice_log_probs or ()) == len(example.input.choices)
        moved.append(response if fits else replace(response, choice_log_probs=None))
    return moved


def _reversed(task: Task[Any], example: Example[Any], response: Response) -> Response:
    choices = example.input.choices
    if not choices:
        return replace(response, text=" ".join(reversed(response.text.split())))
    if task.decide is not None:  # any number of labels may hold: all those that do not
        others: Any = SEPARATOR.join(choice for choice in choices if choice not in labels_of(example.target))
    else:
        others = choices[len(choices) - 1 - choices.index(example.target)]
    scores = response.choice_log_probs
    return replace(response, text=task.say(others), choice_log_probs=None if scores is None else _mirrored(task, scores))


def _mirrored(task: Task[Any], scores: Sequence[float]) -> tuple[float, ...]:
    """Of one-hot scores: the mirrored class where one holds; yes for no where any number may."""
    if task.decide is None:
        return tuple(reversed(scores))
    return tuple(float("-inf") if score == 0.0 else 0.0 for score in scores)


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
    found: dict[tuple[str, str, str, str], dict[str, Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.task, verdict.metric, verdict.variant, verdict.slice), {})[verdict.predictions] = verdict
    return found
