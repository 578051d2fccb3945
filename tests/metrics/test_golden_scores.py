"""Every metric of every task on the invented samples, to nine digits: an update of a library that moves a number is named with its version.

The values are ours, written down once; what they should be is held by the tests against each reference. A library may move one all the
same, on purpose or not. Then this fails and says which versions are others than those that the values were made with: accept the
change with UPDATE_GOLDEN=1, and say in the changelog by how much which number moved.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from harness.base import environment
from harness.data import catalog, examples
from harness.runs.scoring import score
from harness.stats.bootstrap import Bootstrap
from harness.types import ModelInfo, Response

GOLDEN = Path(__file__).parents[1] / "golden" / "scores.json"
_DIGITS = 9
TASKS = catalog.names()


def scores(name: str) -> dict[str, float]:
    """The value of each metric on the whole sample: every example gets the answer of the one after it, and its choices a row of scores."""
    dataset = examples.load(catalog.task(name), sample=True)
    following = [*dataset.examples[1:], dataset.examples[0]]
    responses = [
        Response(text=dataset.task.say(other.target), choice_log_probs=_log_probs(number, len(example.input.choices)))
        for number, (example, other) in enumerate(zip(dataset.examples, following, strict=True))
    ]
    train = examples.train_reader(dataset, data_root=None, sample=True)
    info = ModelInfo(name="the next answer", kind="test")
    made = score(
        dataset.task, dataset.examples, responses, split="test", info=info, complete=True, train=train, plan=Bootstrap(resamples=0)
    )
    return {f"{e.metric}/{e.variant}": e.value for e in made.estimates if e.slice == "all" and e.value is not None}


def _log_probs(number: int, n: int) -> tuple[float, ...] | None:
    """1, 2, 3 … shares of the whole, turned by one choice from sample to sample."""
    return tuple(math.log((1 + (number + place) % n) / (n * (n + 1) / 2)) for place in range(n)) or None


@pytest.fixture(scope="module")
def golden() -> Any:
    return json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("name", TASKS)
def test_no_update_of_a_library_moves_a_number_unseen(name: str, golden: Any) -> None:
    """Without METEOR and its tokeniser, which are of one version each, checked byte by byte."""
    found = scores(name)
    if os.environ.get("UPDATE_GOLDEN"):
        golden["scores"][name] = {key: float(f"{value:.12g}") for key, value in sorted(found.items())}
        golden["versions"] = versions()
        GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")
    known = golden["scores"][name]
    assert found.keys() == known.keys()
    moved = {
        key: (known[key], value) for key, value in found.items() if not math.isclose(known[key], value, rel_tol=10**-_DIGITS, abs_tol=1e-12)
    }
    assert not moved, f"moved, and of other versions are: {others(golden['versions']) or 'none'}"


def versions() -> dict[str, str]:
    """Of what scores are made with."""
    return {name: version for name, version in environment.versions().items() if name in environment.SCORING}


def others(then: dict[str, str]) -> str:
    now = versions()
    return ", ".join(f"{name} {version}, here {now.get(name, 'absent')}" for name, version in then.items() if now.get(name) != version)


def test_the_versions_that_the_values_were_made_with_are_said(golden: Any) -> None:
    assert {"numpy", "scipy", "scikit-learn", "nltk", "rouge-score"} <= golden["versions"].keys()
