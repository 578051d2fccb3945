"""What became of each reply: read, unreadable, empty, refused or failed; and the samples as the columns that measures read."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.data import contract
from harness.metrics.base import Metric, Samples
from harness.metrics.measuring import Measured
from harness.types import Example, Outcome, Response, Task

_FEW, _FEW_IN = 2, 0.05
"""So many replies, or such a share of them, may be read one way and scored another without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of one reply."""

    outcome: Outcome
    prediction: Any | None
    """None where the task could not read the reply: wrong, and counted. An *unparsed* reply that is text all the same has its text here."""


def read_reply(task: Task[Any], example: Example[Any], response: Response) -> Reading:
    """The prediction in a reply.

    A generator's prediction is what its text says. A classifier says nothing and gives scores: its prediction is the choice with
    the highest one, the first of equals. A generator that ends without a word is not read by its scores: it was silent, or its budget
    of tokens ran out before an answer.
    """
    if response.error is not None:
        return Reading(outcome="failed", prediction=None)
    if response.refusal:
        return Reading(outcome="refused", prediction=None)
    if not response.text.strip():
        if response.finish:
            return Reading(outcome="unparsed" if response.finish == "length" else "empty", prediction=None)
        scores = response.choice_log_probs
        if scores is None or not example.input.choices:
            return Reading(outcome="empty", prediction=None)
        highest = example.input.choices[max(range(len(scores)), key=scores.__getitem__)]
        if task.decide is None:
            return Reading(outcome="answered", prediction=highest)
        prediction = contract.decided(task, scores, example)
    else:
        prediction = contract.parsed(task, response, example)
    return Reading(outcome="unparsed" if prediction is None else "answered", prediction=prediction)


def columns(examples: Sequence[Example[Any]], responses: Sequence[Response], readings: Sequence[Reading]) -> Samples:
    """The samples as the columns that measures read."""
    dimensions = sorted({name for example in examples for name in example.tags})
    return Samples(
        ids=[example.id for example in examples],
        replies=["" if response.error is not None or response.refusal else response.text for response in responses],
        predictions=[reading.prediction for reading in readings],
        choice_log_probs=[None if response.error is not None or response.refusal else response.choice_log_probs for response in responses],
        targets=[example.target for example in examples],
        references=[example.references or (example.target,) for example in examples],
        tags={name: [example.tags.get(name, "") for example in examples] for name in dimensions},
        groups=[example.group for example in examples],
        choices=[example.input.choices for example in examples],
    )


def disagreement(task: Task[Any], examples: Sequence[Example[Any]], responses: Sequence[Response], readings: Sequence[Reading]) -> str:
    """A note where a generator's texts, which accuracy reads, and its scores, which areas read, are two answers.

    Empty where they differ on no reply or a few: two, or one in twenty where that is more.
    """
    compared = differing = 0
    for example, response, reading in zip(examples, responses, readings, strict=True):
        scores, choices = response.choice_log_probs, example.input.choices
        if reading.outcome != "answered" or not response.text.strip() or scores is None or len(scores) != len(choices) or not choices:
            continue
        if task.decide is None and reading.prediction not in choices:
            continue
        compared += 1
        differing += reading.prediction != read_reply(task, example, Response(choice_log_probs=scores)).prediction
    if differing <= max(_FEW, _FEW_IN * compared):
        return ""
    return f"in {differing} of {compared} replies the likeliest choice is not what the text says"


def agreed(readings: Sequence[Reading], metrics: Sequence[Metric], measures: dict[str, Measured]) -> tuple[Reading, ...]:
    """The readings, *unparsed* where a measure finds no answer in what the task read: a closed question answered at large."""
    unread = np.zeros(len(readings), dtype=np.bool_)
    for measure_ in {metric.measure.name: metric.measure for metric in metrics}.values():
        statistics = measures[measure_.name].statistics
        if measure_.unread is not None and statistics is not None:
            with contextlib.suppress(Exception):  # one at fault finds nothing
                unread |= measure_.unread(statistics)
    return tuple(
        replace(reading, outcome="unparsed") if reading.outcome == "answered" and none else reading
        for reading, none in zip(readings, unread, strict=True)
    )
