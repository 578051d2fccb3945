"""The samples of runs as people look through them: which ones are wanted, and of each what was asked, replied, read and scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.data import contract
from harness.metrics.base import Metric
from harness.metrics.units import FRACTION
from harness.runs import privacy
from harness.runs.record import Record
from harness.runs.scoring import PER_LABEL
from harness.runs.table import SampleRow
from harness.types import Example, Image, Response, Task
from harness.views import deciding
from harness.views.deciding import Read
from harness.views.samples import per_sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one system made of a sample; None for what is not at hand."""

    system: str
    outcome: str
    text: str | None
    """Empty for a reply of scores alone."""
    scores: Mapping[str, float] | None
    """Natural logarithms by choice, where the model gave any."""
    thinking: str
    error: str
    """Why the call failed or the model refused; empty where it answered."""
    read: Read | None
    values: Mapping[str, float | None]
    """By ``name/variant``, the one that ranks first; None where a metric has no value on this sample alone."""
    statistics: Mapping[str, float | None]
    """The sample's columns of samples.csv."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample with what every run shown made of it; None for what is not at hand."""

    id: str
    group: str
    tags: Mapping[str, str]
    question: str | None
    """In the task's words, before a model's own template."""
    images: tuple[Image, ...] | None
    choices: tuple[str, ...]
    references: tuple[str, ...] | None
    replies: tuple[Reply, ...]

    @property
    def pictures(self) -> tuple[str, ...] | None:
        """As of `pictures_of`; None where the pictures are not at hand."""
        return None if self.images is None else pictures_of(self.images)

    def as_json(self) -> dict[str, Any]:
        """The sample as ``--json`` prints it."""
        return {
            "id": self.id,
            "group": self.group,
            "tags": dict(self.tags),
            "question": self.question,
            "pictures": None if self.pictures is None else list(self.pictures),
            "choices": list(self.choices),
            "references": None if self.references is None else list(self.references),
            "replies": [_reply_as_json(reply) for reply in self.replies],
        }


def pictures_of(images: Sequence[Image]) -> tuple[str, ...]:
    """Of each picture its file's path, or where it comes from in a file that holds several."""
    return tuple(str(image.file or image.name) for image in images)


def _reply_as_json(reply: Reply) -> dict[str, Any]:
    scores = None if reply.scores is None else {name: value if np.isfinite(value) else None for name, value in reply.scores.items()}
    return {
        "system": reply.system,
        "outcome": reply.outcome,
        "text": reply.text,
        "choice_log_probs": scores,
        "thinking": reply.thinking,
        "error": reply.error,
        "read": None if reply.read is None else reply.read.prediction,
        "why": None if reply.read is None else reply.read.why,
        "values": dict(reply.values),
        "statistics": dict(reply.statistics),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A run whose samples are told."""

    name: str
    record: Record
    responses: Mapping[str, Response]
    places: Mapping[str, int]
    """Of each sample in this record, by the id that the first run gives it."""


def runs_told(
    runs: Sequence[Record], names: Sequence[str], responses: Sequence[Mapping[str, Response]], partners: Sequence[Mapping[str, str]]
) -> list[Told]:
    """Runs ready to be told, the first one's ids leading.

    Args:
        runs: n records.
        names: What each is called.
        responses: The replies of each that are at hand.
        partners: What each calls the samples of the first, as far as it has them.
    """
    told = []
    for record, name, own, called in zip(runs, names, responses, partners, strict=True):
        at = {sample.id: place for place, sample in enumerate(record.samples)}
        told.append(Told(name=name, record=record, responses=own, places={ours: at[theirs] for ours, theirs in called.items()}))
    return told


def samples_of(
    task: Task[Any], runs: Sequence[Told], names: Sequence[str], examples: Mapping[str, Example[Any]], *, pictures: bool
) -> tuple[Sample, ...]:
    """Some samples with all that is at hand of them.

    Args:
        task: Of the runs, with the further metrics that they were scored by.
        runs: Those to show.
        names: The samples, as the first run calls them.
        examples: What was asked, as far as it is at hand.
        pictures: Whether the pictures at hand are those that the run was shown.
    """
    values = []
    for run in runs:
        own = [name for name in names if name in run.places]
        values.append(dict(zip(own, values_of(task, run.record, [run.places[name] for name in own]), strict=True)))
    with privacy.staying(task.card, synthetic=runs[0].record.data.kind == "synthetic", allowed=False):
        return tuple(
            _sample(
                task,
                runs[0].record.samples[runs[0].places[name]],
                examples.get(name),
                tuple(
                    _reply(task, run, run.places[name], examples.get(name), scored[name])
                    for run, scored in zip(runs, values, strict=True)
                    if name in scored
                ),
                pictures=pictures,
            )
            for name in names
        )


def _sample(task: Task[Any], row: SampleRow, example: Example[Any] | None, replies: tuple[Reply, ...], *, pictures: bool) -> Sample:
    tags = {tag: value for tag, value in row.tags.items() if value}
    if example is None:
        return Sample(id=row.id, group=row.group, tags=tags, question=None, images=None, choices=(), references=None, replies=replies)
    return Sample(
        id=row.id,
        group=row.group,
        tags=tags,
        question=contract.prompt_of(task, example.input, example.id),
        images=example.input.images if pictures or not example.input.images else None,
        choices=example.input.choices,
        references=tuple(contract.said_of(task, target, example.id) for target in example.references or (example.target,)),
        replies=replies,
    )


def _reply(task: Task[Any], run: Told, place: int, example: Example[Any] | None, values: Mapping[str, float | None]) -> Reply:
    row = run.record.samples[place]
    response = run.responses.get(row.id)
    unsaid = response is None or response.error is not None or response.refusal
    return Reply(
        system=run.name,
        outcome=row.outcome,
        text=None if response is None or unsaid else response.text,
        scores=None if response is None or example is None else _scores(response, example),
        thinking="" if response is None else response.thinking,
        error="" if response is None else response.error or response.refusal,
        read=None if response is None or example is None else deciding.read(task, example, response, row.outcome),
        values=values,
        statistics=_statistics(run.record, place),
    )


def _scores(response: Response, example: Example[Any]) -> Mapping[str, float] | None:
    scores, choices = response.choice_log_probs, example.input.choices
    return None if scores is None or len(scores) != len(choices) else dict(zip(choices, scores, strict=True))


def values_of(task: Task[Any], record: Record, places: Sequence[int]) -> list[dict[str, float | None]]:
    """Every metric of the record on some samples, each alone; those of single classes are none of a sample."""
    by_sample: list[dict[str, float | None]] = [{} for _ in places]
    for metric in metrics_of(task, record):
        values = _values(metric, record, places)
        for own, value in zip(by_sample, values, strict=True):
            own[f"{metric.name}/{metric.variant}"] = None if np.isnan(value) else float(value)
    return by_sample


def metrics_of(task: Task[Any], record: Record) -> list[Metric]:
    """The metrics that the record was scored by, as they are defined here; those of single classes are left out."""
    signatures = {estimate.signature for estimate in record.estimates}
    return [metric for metric in task.metrics if metric.signature in signatures and metric.scope not in PER_LABEL]


def deciding_metric(task: Task[Any], record: Record) -> Metric | None:
    """The metric that says which samples are wrong; None where none does.

    It is the first of the task's that is a fraction, better where it is higher, and has a value on single samples.
    """
    fractions = (metric for metric in metrics_of(task, record) if metric.unit == FRACTION.name and metric.higher_is_better)
    return next((metric for metric in fractions if not np.isnan(all_values(metric, record)).all()), None)


def all_values(metric: Metric, record: Record) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The metric on every sample alone, [n]; NaN where it has no value."""
    return _values(metric, record, range(len(record.samples)))


def _values(metric: Metric, record: Record, places: Sequence[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    measured = record.measures.get(metric.measure.name)
    if measured is None or measured.statistics is None:
        return np.full(len(places), np.nan)
    statistics = measured.statistics
    return per_sample(metric, replace(statistics, table=statistics.table[np.asarray(places, dtype=np.intp)]))


def _statistics(record: Record, place: int) -> dict[str, float | None]:
    return {
        f"{name}.{column}": None if np.isnan(value) else float(value)
        for name, measured in record.measures.items()
        if measured.statistics is not None
        for column, value in zip(measured.statistics.names, measured.statistics.table[place], strict=True)
    }
