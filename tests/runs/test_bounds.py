"""What no run can have and no record can hold is refused before the first question, not after the last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import catalog
from harness.errors import AdapterError, UsageError
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from tests.runs.support import Own


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit": 0}, r"limit 0: must be at least 1\."),
        ({"limit": -5}, "limit -5"),  # as a slice it would leave the last five out
        ({"batch_size": 0}, "batch_size 0"),
        ({"give_up_after": -1}, "give_up_after -1: must be at least 0"),
        ({"plan": Bootstrap(resamples=-1)}, "resamples -1"),
        ({"decoding": {"temperature": -0.1}}, "temperature -0.1"),
        ({"decoding": {"temperature": math.nan}}, "temperature nan: must be at least 0"),
        ({"decoding": {"top_p": 1.5}}, r"top_p 1.5: must be at least 0 and at most 1\."),
        ({"decoding": {"top_q": 1}}, "unknown setting of how a model writes 'top_q'. Did you mean top_p"),
        ({"images": "each"}, "images each"),
        ({"refusals": "right"}, "refusals right"),
    ],
)
def test_what_no_run_can_have_is_refused_before_it_begins(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Options(**given)


def test_what_leaves_a_choice_to_others_is_no_number() -> None:
    assert Options(limit=None, batch_size=None, decoding={"stop": ("\n",), "score_choices": True}).limit is None


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


def test_two_measures_of_one_name_are_refused_before_the_model_is_asked(tmp_path: Path) -> None:
    task, model = catalog.task("pneumoniamnist"), Own()
    first = task.metrics[0]
    twin = replace(first, name="twin", measure=replace(first.measure))
    with pytest.raises(AdapterError, match="two different measures are both called 'labels'"):
        evaluate.evaluate(replace(task, metrics=(*task.metrics, twin)), model, Options(results=tmp_path))
    assert model.asked == 0
