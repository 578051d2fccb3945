"""Audits: what is in a release, counted from its rows: repeated rows, what test and train share, balance, lengths."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.checks.overlap import COMPARISON, Overlap, Pictures, key_of, overlap_with_train
from harness.data import contract
from harness.data import examples as loading
from harness.images.digests import digesting
from harness.metrics.labels.multilabel import labels_of
from harness.text import one_line
from harness.types import Example, Task

_LISTED = 10
_WORD = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003fa1f]|[^\s\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003fa1f]+")
"""A run between blanks; each character of Chinese and Japanese by itself, because these write no blanks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Words between blanks; of scripts that write none, characters."""

    shortest: int
    median: float
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many have a value, and which part of all that is."""

    value: str
    n: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the task's card says of the official release."""

    examples: int | None
    groups: int | None
    counts: Mapping[str, Mapping[str, int]]
    majority: Share | None
    """Of the labels, over the whole release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One split of one release, counted."""

    task: str
    split: str
    synthetic: bool
    complete: bool
    layout: str
    notes: tuple[str, ...]
    group: str
    """What a group is: image, patient, …"""
    examples: int
    skipped: int
    """Rows that no evaluation can use."""
    groups: int
    pictures: int
    """Distinct ones, among those at hand."""
    pictures_absent: int
    """Examples with a picture that is named and not at hand; they are compared by the name."""
    duplicates: int
    """Examples that repeat the pictures, text and target of an earlier one."""
    distinct_targets: int
    balance: tuple[Share, ...]
    """Labels in their order, or the most frequent targets; empty where targets are a credentialed dataset's texts."""
    majority: Share | None
    """The most frequent target: what a constant answer scores. None where no target occurs twice."""
    counts: Mapping[str, Mapping[str, int]]
    """Per dimension of the tags."""
    telling: Mapping[str, int]
    """Phrases that give the answer away, by the card's own list, and how many examples' texts hold each; empty where the card has none."""
    input_words: Lengths
    target_words: Lengths
    overlap: Overlap | None
    no_overlap: str
    """Why nothing is compared with train."""
    expected: Expected

    def as_json(self) -> dict[str, Any]:
        """The audit as ``--json`` prints it."""
        return {**asdict(self), "comparison": COMPARISON}


def audit(task: Task[Any], *, split: str = "test", data_root: Path | None = None, sample: bool = False) -> Audit:
    """Count one split and compare it with train.

    A release that differs from its card is counted all the same: that it differs is then one of the notes.

    Args:
        task: From `catalog.task`.
        split: A split of the card.
        data_root: Folder of releases; None counts the invented sample.
        sample: Count the invented sample even where a data root is given.

    Raises:
        HarnessError: As `loading.load`.
    """
    dataset = loading.load(task, split=split, data_root=data_root, sample=sample, accept_different=True)
    examples = dataset.examples
    with digesting() as digests:
        pictures = Pictures(digests)
        keys = [key_of(example, pictures) for example in examples]
    absent, seen = pictures.absent, frozenset(pictures.digests)
    overlap, why_not = overlap_with_train(dataset, keys, seen, data_root=data_root, sample=sample)
    shown = bool(task.card.labels) or dataset.synthetic or not task.card.credentialed
    targets = Counter(_answer(task, example) for example in examples)
    most = _most_frequent(targets, len(examples))
    return Audit(
        task=task.card.full_name,
        split=split,
        synthetic=dataset.synthetic,
        complete=dataset.complete,
        layout=dataset.layout,
        notes=dataset.notes,
        group=task.card.group,
        examples=len(examples),
        skipped=len(dataset.skipped),
        groups=len({example.group for example in examples}),
        pictures=len(seen),
        pictures_absent=absent,
        duplicates=len(keys) - len(set(keys)),
        distinct_targets=len({key[2] for key in keys}),
        balance=_balance(task, examples, targets) if shown else (),
        majority=most if most is None or shown else Share(value="(not shown: credentialed)", n=most.n, share=most.share),
        counts=_counts(examples),
        telling=_telling(task, examples),
        input_words=_lengths([example.input.text for example in examples]),
        target_words=_lengths([_say(task, example) for example in examples]),
        overlap=overlap,
        no_overlap=why_not,
        expected=_expected(task, split),
    )


def _say(task: Task[Any], example: Example[Any]) -> str:
    return contract.said_of(task, example.target, example.id)


def _answer(task: Task[Any], example: Example[Any]) -> str:
    """A label as the card spells it; a free answer as it is compared."""
    answer = _say(task, example)
    return answer if task.card.labels else one_line(answer).casefold()


def _most_frequent(targets: Counter[str], n: int) -> Share | None:
    value, count = _ordered(targets)[0]
    return Share(value=value, n=count, share=count / n) if count > 1 else None


def _balance(task: Task[Any], examples: Sequence[Example[Any]], targets: Counter[str]) -> tuple[Share, ...]:
    """Every label in the card's order, those without an example included; of free answers the most frequent ones that recur."""
    n = len(examples)
    if task.card.labels:
        several = task.decide is not None  # any number of labels may hold
        counts = Counter(label for example in examples for label in (labels_of(example.target) if several else [example.target]))
        return tuple(Share(value=label, n=counts[label], share=counts[label] / n) for label in task.card.labels)
    return tuple(Share(value=value, n=count, share=count / n) for value, count in _ordered(targets)[:_LISTED] if count > 1)


def _counts(examples: Sequence[Example[Any]]) -> dict[str, dict[str, int]]:
    dimensions = sorted({name for example in examples for name in example.tags})
    return {name: dict(_ordered(Counter(example.tags.get(name, "") for example in examples))) for name in dimensions}


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first, those of one number by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _telling(task: Task[Any], examples: Sequence[Example[Any]]) -> dict[str, int]:
    phrases = task.card.facts.get("telling", ())
    # "Did the patient die" is asked of everyone: the question is the task's own, and holds none of the phrases.
    return {phrase: sum(phrase in example.input.text.casefold() for example in examples) for phrase in phrases}


def _lengths(texts: Sequence[str]) -> Lengths:
    words = [len(_WORD.findall(text)) for text in texts]
    return Lengths(shortest=min(words), median=float(statistics.median(words)), longest=max(words))


def _expected(task: Task[Any], split: str) -> Expected:
    """The official release's facts, whatever part of it, or sample in its place, was counted."""
    facts = task.card.splits[split]
    labels = facts.counts.get("label", {})
    total = sum(labels.values())
    majority = None
    if total:
        value, n = max(labels.items(), key=lambda item: item[1])
        majority = Share(value=value, n=n, share=n / total)
    return Expected(examples=facts.n, groups=facts.groups, counts=facts.counts, majority=majority)
