"""What promises are asked of: a task, with the rows of its test split and what they become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.cards import Card
from harness.data import contract, readers
from harness.data import examples as loading
from harness.rows import Row, Unusable
from harness.types import Example, Task

MOST = 200
"""Rows of a real release that are looked at; the invented sample is looked at whole."""


class Subject(Struct, frozen=True, kw_only=True):
    """A task with the rows that its functions are tried on."""

    task: Task[Any]
    card: Card
    """The task's; of the sample, with the sample's splits."""
    root: Path
    """The release's folder."""
    rows: tuple[Row, ...]
    """Those of the test split that can be used."""
    examples: tuple[Example[Any], ...]
    """What the rows become."""
    synthetic: bool


class Property(Struct, frozen=True, kw_only=True):
    """One promise."""

    name: str
    says: str
    """What is promised, a sentence."""
    broken: Callable[[Subject], str]
    """How it is broken, and where; empty where it holds. An exception of the adapter's is a breach as well."""


def subject_of(task: Task[Any], data_root: Path | None = None) -> Subject:
    """The rows of a task's test split, each made an example.

    Args:
        task: From `catalog.task`.
        data_root: Folder of releases; None takes the invented sample.

    Raises:
        HarnessError: The release or the sample cannot be read, or `example` fails on a row.
    """
    card, root = loading.place(task.card, data_root, synthetic=data_root is None)
    release = readers.open_release(card, card.splits["test"], root)
    rows: list[Row] = []
    examples: list[Example[Any]] = []
    for row in release.rows:
        try:
            examples.append(contract.example_of(task, row))
        except Unusable:
            continue
        rows.append(row)
        if data_root is not None and len(rows) == MOST:
            break
    return Subject(task=task, card=card, root=root, rows=tuple(rows), examples=tuple(examples), synthetic=data_root is None)


def short(value: object) -> str:
    """A value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
