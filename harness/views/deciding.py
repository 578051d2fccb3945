"""What was read in a reply, and which part of it decided: found by reading that part alone, so that it holds for every task's reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from harness.base import typography
from harness.data import contract
from harness.parsing import wrappers
from harness.runs.reading import read_reply
from harness.types import Example, Outcome, Response, Task

SCORES = "the likeliest choice: the reply is scores alone"
DECIDED = "the task's rule for scores: the reply is scores alone"
WHOLE = "the whole reply"
SET_APART = "what the reply sets apart as its answer"
ANNOUNCED = "what the reply announces as its answer"
FIRST_LINE = "its first line"
ANSWER = "what stands beside its thoughts"
NOT_READ: dict[Outcome, str] = {
    "failed": "the call failed, so there is no reply",
    "refused": "the model or its service would not answer",
    "empty": "the reply says nothing",
    "unparsed": "the task's reader finds no clear answer in the reply",
}
CUT = "the reply ran out of tokens before an answer"
NO_ANSWER = "as text, in which the metric finds no answer to this question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a reply was taken to say."""

    prediction: str | None
    """In the words of the task; None where nothing could be read."""
    why: str
    """The part of the reply that decided, or why there is nothing to read."""
    as_it_stands: bool = False
    """Whether the prediction is the reply, blanks aside."""


def read(task: Task[Any], example: Example[Any], response: Response, outcome: str) -> Read:
    """What scoring read in a reply, and why.

    Args:
        task: Of the run.
        example: What was asked.
        response: The reply that was scored.
        outcome: As the record has it.

    Raises:
        AdapterError: The task's adapter fails on the reply.
    """
    reading = read_reply(task, example, response)
    if reading.prediction is None:
        cut = reading.outcome == "unparsed" and response.finish == "length"
        return Read(prediction=None, why=CUT if cut else NOT_READ[reading.outcome])
    prediction = contract.said_of(task, reading.prediction, example.id)
    why = NO_ANSWER if outcome == "unparsed" else _why(task, example, response, reading.prediction)
    return Read(prediction=prediction, why=why, as_it_stands=prediction.split() == response.text.split())


def _why(task: Task[Any], example: Example[Any], response: Response, prediction: Any) -> str:
    if not response.text.strip():
        return SCORES if task.decide is None else DECIDED
    for rule, part in _parts(response.text):
        if part.strip() != response.text.strip() and contract.parsed(task, replace(response, text=part), example) == prediction:
            return rule
    return WHOLE


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a reply that readers give precedence, the first of them first."""
    body = wrappers.body(text)
    yield from ((SET_APART, part) for part in wrappers.set_apart(body))
    unmarked = typography.unmarked(body)
    yield from ((ANNOUNCED, part) for part in wrappers.announced(unmarked))
    lines = [line for line in unmarked.splitlines() if line.strip()]
    if len(lines) > 1:
        yield FIRST_LINE, lines[0]
    yield ANSWER, body
