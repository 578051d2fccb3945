"""What holds for every task; a new card is tested by being there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import cards, loading, sources
from harness.cards import Card
from harness.loading import Dataset
from harness.rows import Row
from harness.types import Example, Input, Response

GOLDEN = Path(__file__).parent.parent / "golden" / "prompts.json"

JUNK = {
    "empty": "",
    "blank": " \n\t ",
    "ten thousand characters": "lorem ipsum " * 900,
    "emoji": "🙂🩻🫁",
    "another language": "Это не похоже на ответ",
    "both": "yes no",
    "no way": "there is no way to tell",
    "control characters": "\x00\x07\u2028\u200b",
    "lone surrogate": "\ud800",
    "brackets": "[[{((<<>>))}]]",
}


def rows(dataset: Dataset) -> list[Row]:
    card, root = loading._place(dataset.task.card, None, synthetic=True)
    return list(sources.open_release(card, card.splits["test"], root).rows)


def fingerprint(item: Input) -> str:
    """Everything a model may see."""
    content = [item.text, [image.digest() for image in item.images], dict(item.context), list(item.choices)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def test_the_card_is_complete(dataset: Dataset) -> None:
    card: Card = dataset.task.card
    assert card.citation.rstrip().endswith((".", ")"))
    assert card.obtain.strip()
    assert card.paper
    assert card.splits["test"].n is not None or card.access != "open" or not card.paper_split_known  # a crawl has no fixed size
    assert len(set(card.labels)) == len(card.labels)
    for split in card.splits.values():
        for dimension, counts in split.counts.items():
            if split.n is not None:
                assert sum(counts.values()) == split.n, f"{dimension} does not add up"
            if dimension == "label":
                assert set(counts) == set(card.labels)


def test_the_sample_is_read_and_marked_synthetic(dataset: Dataset) -> None:
    assert dataset.synthetic
    assert dataset.comparable
    assert len(dataset.examples) >= 5


def test_ids_are_unique_and_groups_are_named(dataset: Dataset) -> None:
    assert len({example.id for example in dataset.examples}) == len(dataset.examples)
    assert all(example.group for example in dataset.examples)


def test_every_example_has_the_same_dimensions(dataset: Dataset) -> None:
    assert len({tuple(sorted(example.tags)) for example in dataset.examples}) == 1
    for dimensions in dataset.task.card.splits["test"].counts:
        assert dimensions in dataset.examples[0].tags


def test_what_a_perfect_model_writes_is_read_as_the_target(dataset: Dataset) -> None:
    task = dataset.task
    for example in dataset.examples:
        assert task.parse(Response(text=task.say(example.target)), example.input) == example.target


def test_targets_are_among_the_choices(dataset: Dataset) -> None:
    for example in dataset.examples:
        if example.input.choices:
            named = example.target.split("; ") if dataset.task.card.facts.get("multi_label") else [example.target]
            assert set(named) <= {*example.input.choices, ""}
            assert example.input.choices == dataset.task.card.labels


def test_choices_are_scored_where_there_are_any(dataset: Dataset) -> None:
    assert dataset.task.decoding.score_choices == bool(dataset.examples[0].input.choices)


def _targets_shuffled(dataset: Dataset) -> tuple[list[Example[Any]], list[Example[Any]]]:
    """The examples, and those of the same rows with the fields that hold the answer exchanged between them.

    Which fields these are is found out, not declared: a field belongs to the answer if changing it changes a target.
    """
    task, given = dataset.task, rows(dataset)
    before = [task.example(row) for row in given]
    order = list(range(len(given)))
    random.Random(7).shuffle(order)
    names = [name for name in given[0] if all(name in row for row in given)]
    answers = [
        name
        for name in names
        if any(_target(task, _with(given[i], {name: given[j][name]})) not in (None, before[i].target) for i, j in enumerate(order))
    ]
    assert answers, "no field of the rows changes a target"
    after = [task.example(_with(given[i], {name: given[j][name] for name in answers})) for i, j in enumerate(order)]
    return before, after


def _with(row: Row, changes: dict[str, Any]) -> Row:
    return Row({**dict(row), **changes}, where=row.where, picture=row._picture)


def _target(task: Any, row: Row) -> Any:
    try:
        return task.example(row).target
    except Exception:  # noqa: BLE001  an exchange that the adapter refuses changes no target
        return None


def test_inputs_do_not_change_when_targets_are_shuffled(dataset: Dataset) -> None:
    before, after = _targets_shuffled(dataset)
    assert [example.target for example in before] != [example.target for example in after]
    assert [fingerprint(example.input) for example in before] == [fingerprint(example.input) for example in after]
    prompts = [[dataset.task.prompt(example.input) for example in examples] for examples in (before, after)]
    assert prompts[0] == prompts[1]


def test_ids_do_not_give_the_answer_away(dataset: Dataset) -> None:
    """No last character, and no part, of an id tells the label."""
    labels = {example.target for example in dataset.examples}
    if not dataset.task.card.labels or len(labels) < 2:
        pytest.skip("the answers are no labels")
    endings: list[Callable[[str], str]] = [lambda name: name[-1], lambda name: re.split(r"[_.-]", name)[-1]]
    for reveal in endings:
        seen: dict[str, set[str]] = {}
        for example in dataset.examples:
            seen.setdefault(reveal(example.id), set()).add(example.target)
        pure = sum(len(targets) == 1 for targets in seen.values())
        shared = [targets for key, targets in seen.items() if sum(reveal(e.id) == key for e in dataset.examples) > 3]
        assert not shared or any(len(targets) > 1 for targets in shared), f"{pure} endings stand for one label each"


def test_no_name_of_a_file_reaches_a_prompt(dataset: Dataset) -> None:
    for example in dataset.examples:
        text = dataset.task.prompt(example.input) + json.dumps(dict(example.input.context))
        for image in example.input.images:
            assert Path(image.name).stem not in text


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk_is_read_as_text_or_refused_and_never_as_a_label(dataset: Dataset, junk: str) -> None:
    item = dataset.examples[0].input
    read = dataset.task.parse(Response(text=junk), item)
    assert read is None or isinstance(read, str)
    if item.choices:
        assert read is None
    if not junk.strip():
        assert read is None


def test_prompts_are_the_golden_ones(dataset: Dataset) -> None:
    """A changed prompt is a changed experiment. Accept one with UPDATE_GOLDEN=1, and say so in the changelog."""
    name = dataset.task.card.full_name
    golden = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    prompt = dataset.task.prompt(dataset.examples[0].input)
    decoding = {key: value for key, value in dataclasses.asdict(dataset.task.decoding).items() if value}
    found = {"prompt": prompt, "decoding": {key: list(value) if isinstance(value, tuple) else value for key, value in decoding.items()}}
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps({**golden, name: found}, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        assert golden[name] == found


def test_every_split_of_the_sample_is_one_of_the_cards(dataset: Dataset) -> None:
    card = dataset.task.card
    sample = cards.with_sample(card, loading.SAMPLES / card.folder / "sample.toml")
    assert set(sample.splits) <= set(card.splits)
    for split in sample.splits:
        assert loading.load(dataset.task, split=split).examples
