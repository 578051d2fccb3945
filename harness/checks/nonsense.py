"""Predictions that deserve nothing, and those that deserve all: what the self-test gives to scorers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from harness.data import contract
from harness.data.examples import Dataset
from harness.metrics.labels.multilabel import labels_of
from harness.models import open_model
from harness.parsing import SEPARATOR
from harness.types import Example, ModelInfo, Request, Response, Scene, Task

Made: TypeAlias = tuple[Sequence[Response], ModelInfo]
"""One response per example, and the model that is said to have given them."""

CONSTANTS = ("unknown", "yes no", "Yes, this is abnormal.")
SAYS_YES = CONSTANTS[2]
NO_ANSWERS = frozenset({"unknown", "yes no"})
KINDS = ("oracle", "empty", *CONSTANTS, "shuffled", "reversed")
"""The predictions, in the order in which they are reported."""


def predictions(dataset: Dataset) -> dict[str, Made]:
    """All `KINDS` of predictions for a dataset."""
    perfect, info = oracle(dataset)
    return {
        "oracle": (perfect, info),
        "empty": constant(dataset, ""),
        **{text: constant(dataset, text) for text in CONSTANTS},
        "shuffled": (_elsewhere(dataset, perfect), info),
        "reversed": ([_reversed(dataset.task, e, r) for e, r in zip(dataset.examples, perfect, strict=True)], info),
    }


def constant(dataset: Dataset, text: str) -> Made:
    """The same words for every example, without scores."""
    return [Response(text=text)] * len(dataset.examples), ModelInfo(name=f"always '{text}'", kind="constant")


def oracle(dataset: Dataset) -> tuple[list[Response], ModelInfo]:
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
    text = contract.said_of(task, others, example.id)
    return replace(response, text=text, choice_log_probs=None if scores is None else _mirrored(task, scores))


def _mirrored(task: Task[Any], scores: Sequence[float]) -> tuple[float, ...]:
    """Of one-hot scores: the mirrored class where one holds; yes for no where any number may."""
    if task.decide is None:
        return tuple(reversed(scores))
    return tuple(float("-inf") if score == 0.0 else 0.0 for score in scores)
