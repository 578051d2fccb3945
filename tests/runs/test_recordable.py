"""What no record can hold is refused before the first question, not after the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import catalog
from harness.errors import AdapterError, UsageError
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.types import Model, ModelInfo, Request, Response, Scene


class Own:
    """A user's model that counts what it is asked."""

    def __init__(self, **facts: Any) -> None:
        self.info = ModelInfo(name="own", kind="mine", **facts)
        self.asked = 0

    def for_task(self, scene: Scene) -> Model:  # noqa: ARG002  whatever it is
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked += len(requests)
        return [Response(text="pneumonia")] * len(requests)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"parameters": np.int64(7)}, r"what the model says of itself \(ModelInfo\): parameters: expected int | null, got numpy.int64."),
        ({"parameters": float("inf")}, "parameters: expected int | null, got float"),
        ({"note": b"bytes"}, "note: expected str, got bytes"),
        ({"arguments": {"size": 28}}, "arguments.size: expected str, got int"),
    ],
)
def test_a_models_facts_are_looked_at_before_it_is_asked(tmp_path: Path, facts: Mapping[str, Any], said: str) -> None:
    model = Own(**facts)
    with pytest.raises(UsageError, match=said):
        evaluate.evaluate(catalog.task("pneumoniamnist"), model, Options(results=tmp_path))
    assert model.asked == 0


def test_a_decoding_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="temperature nan: must be at least 0"):
        evaluate.evaluate(catalog.task("pneumoniamnist"), Own(), Options(results=tmp_path, decoding={"temperature": float("nan")}))


def test_two_measures_of_one_name_are_refused_before_the_model_is_asked(tmp_path: Path) -> None:
    task, model = catalog.task("pneumoniamnist"), Own()
    first = task.metrics[0]
    twin = replace(first, name="twin", measure=replace(first.measure))
    with pytest.raises(AdapterError, match="two different measures are both called 'labels'"):
        evaluate.evaluate(replace(task, metrics=(*task.metrics, twin)), model, Options(results=tmp_path))
    assert model.asked == 0
