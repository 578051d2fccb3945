"""What holds for every task; a new card is tested by being there. The promises themselves stand in `harness.checks.promises`."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from pathlib import Path

import pytest

from harness.checks.promises import PROPERTIES
from harness.checks.promises.replies import METRICS
from harness.checks.subject import Property, Subject, subject_of
from harness.data import catalog
from harness.data.examples import Dataset

GOLDEN = Path(__file__).parent.parent / "golden" / "prompts.json"


@functools.cache
def subject(name: str) -> Subject:
    return subject_of(catalog.task(name))


# What metrics give to an oracle, to silence and to nonsense is asked of every one of them in test_the_registry.py.
@pytest.mark.parametrize("promise", [item for item in PROPERTIES if item is not METRICS], ids=lambda item: item.name.replace(" ", "-"))
def test_the_task_keeps(dataset: Dataset, promise: Property) -> None:
    assert promise.broken(subject(dataset.task.card.full_name)) == "", promise.says


def test_our_cards_cite_their_source_and_say_what_the_paper_used(dataset: Dataset) -> None:
    card = dataset.task.card
    assert card.citation.rstrip().endswith((".", ")"))
    assert card.homepage
    assert card.paper


def test_the_sample_is_marked_synthetic(dataset: Dataset) -> None:
    assert dataset.synthetic
    assert dataset.comparable


def test_prompts_are_the_golden_ones(dataset: Dataset) -> None:
    """A changed prompt is a changed experiment. Accept one with UPDATE_GOLDEN=1, and say so in the changelog.

    A variant that the file does not name is asked as its task is.
    """
    name = dataset.task.card.full_name
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    of_task = golden.get(dataset.task.card.name)
    prompt = dataset.task.prompt(dataset.examples[0].input)
    decoding = {key: value for key, value in dataclasses.asdict(dataset.task.decoding).items() if value}
    found = {"prompt": prompt, "decoding": {key: list(value) if isinstance(value, tuple) else value for key, value in decoding.items()}}
    if os.environ.get("UPDATE_GOLDEN"):
        golden.pop(name, None)
        golden |= {} if golden.get(dataset.task.card.name) == found else {name: found}
        GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        assert golden.get(name, of_task) == found
