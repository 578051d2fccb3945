"""What is counted of a split once it is read: its ids, what could not be used, what is empty, and all in which it differs from the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from harness.base.withheld import quoted
from harness.cards import Card, Split
from harness.errors import AdapterError
from harness.types import Example


class Skipped(Struct, frozen=True, kw_only=True):
    """A row that cannot be used, and why."""

    where: str
    reason: str


def check_ids(card: Card, examples: Sequence[Example[Any]]) -> None:
    """Refuse examples of which two have one id.

    Raises:
        AdapterError: Two have.
    """
    twice = [name for name, n in Counter(example.id for example in examples).items() if n > 1]
    if twice:
        raise AdapterError(f"{card.full_name}: {len(twice)} ids occur more than once ({quoted(twice[0])}); every example needs its own.")


def left_out(skipped: Sequence[Skipped]) -> list[str]:
    """Why rows cannot be used, the commonest reason first, each with the place of its first row."""
    reasons = Counter(row.reason for row in skipped)
    first = {row.reason: row.where for row in reversed(skipped)}
    return [f"{n:,} {'row' if n == 1 else 'rows'} cannot be used: {reason} (first: {first[reason]})" for reason, n in reasons.most_common()]


def empty(blanks: Mapping[str, Sequence[str]]) -> list[str]:
    """Which fields are empty that an example is made of, in how many rows, and where the first of them stands."""
    return [
        f"{len(places):,} {'row has' if len(places) == 1 else 'rows have'} nothing in '{name}' (first: {places[0]})"
        for name, places in blanks.items()
    ]


def differences(expected: Split, examples: Sequence[Example[Any]], skipped: int) -> list[str]:
    """What the card expects and the release does not have, each with both figures."""
    unmet = []
    if expected.n is not None and expected.n != len(examples):
        left_out = f" ({skipped} more cannot be used)" if skipped else ""
        unmet.append(f"{len(examples):,} examples{left_out} where {expected.n:,} are expected")
    groups = len({example.group for example in examples})
    if expected.groups is not None and expected.groups != groups:
        unmet.append(f"{groups:,} groups where {expected.groups:,} are expected")
    for dimension, values in expected.counts.items():
        counted = Counter(example.tags.get(dimension, "") for example in examples)
        unmet += [
            f"{counted[value]:,} with {dimension} {value} where {n:,} are expected" for value, n in values.items() if counted[value] != n
        ]
    return unmet
