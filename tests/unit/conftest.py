"""A task of four lines, for the tests of everything that is not a task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.cards import Card, Split
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.types import Decoding, Example, Input, Response, Task


def _equal(samples: Samples, context: Context) -> Statistics:
    pairs = zip(samples.predictions, samples.targets, strict=True)
    table = np.array([[float(prediction == target), 1.0] for prediction, target in pairs]).reshape(-1, 2)
    return Statistics(names=("right", "asked"), table=table)


def _median_length(statistics: Statistics, weights: Floats) -> Floats:
    lengths = statistics.table[:, 0]
    return np.array([np.median(np.repeat(lengths, row.astype(int))) if row.sum() else np.nan for row in weights])


def _lengths(samples: Samples, context: Context) -> Statistics:
    return Statistics(names=("length",), table=np.array([[float(len(reply))] for reply in samples.replies]).reshape(-1, 1))


ACCURACY = Metric(
    name="accuracy",
    variant="toy",
    measure=Measure(name="equal", run=_equal),
    value=lambda statistics, weights: (weights @ statistics.table[:, 0]) / (weights @ statistics.table[:, 1]),
)
MEDIAN = Metric(
    name="median_length",
    variant="toy",
    measure=Measure(name="lengths", run=_lengths, additive=False),
    value=_median_length,
    unit="characters",
)


@pytest.fixture
def accuracy() -> Metric:
    """Additive: a ratio of sums."""
    return ACCURACY


@pytest.fixture
def median_length() -> Metric:
    """Not additive: needs every row."""
    return MEDIAN


@pytest.fixture
def toy_card(tmp_path: Path) -> Card:
    return Card(
        name="toy",
        version=1,
        family="vqa",
        adapter="toy",
        title="Toy",
        modality="text",
        folder="toy",
        source={},
        splits={"test": Split(n=4)},
        group="sample",
        licence="CC0",
        access="open",
        obtain="Nothing to obtain.",
        citation="none",
        path=tmp_path / "toy.toml",
    )


@pytest.fixture
def toy_task(toy_card: Card) -> Task[str]:
    return Task(
        card=toy_card,
        example=lambda row: Example(id=row["id"], input=Input(text=row["q"]), target=row["a"], group=row["g"]),
        prompt=lambda item: f"{item.text}?",
        parse=lambda response, _item: response.text.strip().lower() or None,
        metrics=(ACCURACY, MEDIAN),
        decoding=Decoding(max_new_tokens=8),
    )


@pytest.fixture
def toy_examples() -> Callable[[int], list[Example[str]]]:
    """Questions, alternately answered yes and no, two to a group."""

    def make(n: int) -> list[Example[str]]:
        return [
            Example(
                id=str(i),
                input=Input(text=f"question {i}"),
                target="yes" if i % 2 == 0 else "no",
                group=f"g{i // 2}",
                tags={"half": "first" if i < n / 2 else "second"},
            )
            for i in range(n)
        ]

    return make


@pytest.fixture
def say() -> Callable[[str], Response]:
    return lambda text: Response(text=text)
