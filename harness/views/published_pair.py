"""Two published systems side by side: where both have a value of one quantity, how these differ, and in what their protocols do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.views import protocol, published, systems
from harness.views.contradictions import quantity_of
from harness.views.protocol import Difference
from harness.views.published import Reported

PREFIX = "reported:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One value of each."""

    task: str
    quantity: str
    """The metric's name; ``accuracy`` for exact match too."""
    slice: str
    unit: str
    first: Reported
    second: Reported
    differences: tuple[Difference, ...]

    @property
    def same_source(self) -> bool:
        """Whether one source measured or quoted both, and says the same of both protocols."""
        return self.first.source_id == self.second.source_id and not self.known

    @property
    def change(self) -> float:
        """The second value minus the first."""
        return self.second.value - self.first.value

    @property
    def known(self) -> tuple[Difference, ...]:
        """Aspects of how the two were measured of which their sources say different things."""
        return tuple(one for one in self.differences if one.known and one.aspect != protocol.MEASURED_BY)

    @property
    def one_sided(self) -> tuple[Difference, ...]:
        """Aspects of which one source says something, and the other nothing."""
        return tuple(one for one in self.differences if one.one_sided and one.aspect != protocol.MEASURED_BY)

    def as_json(self) -> dict[str, Any]:
        """The pair as ``--json`` prints it."""
        values = {
            name: {"system": number.system, "value": number.value, "printed": number.original_value, "source": number.source_title}
            | {"source_id": number.source_id, "source_table": number.source_table, "says": protocol.stated(number)}
            for name, number in (("first", self.first), ("second", self.second))
        }
        about = {"task": self.task, "metric": self.quantity, "slice": self.slice, "unit": self.unit, "difference": self.change}
        return {**about, **values, "same_source": self.same_source, "differences": [one.as_json() for one in self.differences]}


def are_published(*names: str) -> bool:
    """Whether all of these name published systems."""
    return all(name.startswith(PREFIX) for name in names)


def named(first: str, second: str) -> tuple[str, str]:
    """The two systems that are meant, in any spelling, with or without the prefix ``reported:``.

    Raises:
        UsageError: There is no such published system, or both are one.
    """
    known = {number.system for number in published.read_reported()}
    one, other = (systems.named(name.removeprefix(PREFIX), known) for name in (first, second))
    if one == other:
        raise UsageError(f"{first} and {second} are one system, {one}. Why its values differ: harness why TASK '{one}'")
    return one, other


def pairs(first: str, second: str, *, metric: str = "") -> list[Pair]:
    """The pairs of two systems, those of one source first.

    Where sources have both, each of these is a pair; else each value of the first stands beside each of the second.

    Args:
        first: A system, as the file of published numbers names it.
        second: Another one.
        metric: Only this one; ``accuracy`` includes exact match.

    Raises:
        UsageError: No task and metric has a value of both.
    """
    of_both: dict[tuple[str, ...], tuple[list[Reported], list[Reported]]] = {}
    for number in published.read_reported():
        if number.system in (first, second) and number.confidence != "guess" and metric in ("", quantity_of(number.metric), number.metric):
            key = (number.task, number.task_variant, number.split, quantity_of(number.metric), number.unit, number.slice, number.resolution)
            of_both.setdefault(key, ([], []))[number.system == second].append(number)
    made = [
        Pair(
            task=f"{key[0]}@{key[1]}" if key[1] else key[0],
            quantity=key[3],
            slice=key[5],
            unit=key[4],
            first=one,
            second=other,
            differences=protocol.compared((one, other)),
        )
        for key, (ours, theirs) in of_both.items()
        for one, other in _beside(ours, theirs)
    ]
    if not made:
        of = f" of {metric}" if metric else ""
        raise UsageError(f"no task, form and slice has a published value{of} of both {first} and {second}; harness show TASK lists them.")
    return sorted(made, key=lambda pair: (not pair.same_source, pair.task, pair.quantity, pair.slice != "all", pair.slice))


def _beside(ours: Iterable[Reported], theirs: Iterable[Reported]) -> Iterator[tuple[Reported, Reported]]:
    every = [(one, other) for one in ours for other in theirs]
    together = [(one, other) for one, other in every if (one.source_id, one.source_table) == (other.source_id, other.source_table)]
    alike = [(one, other) for one, other in together if (one.metric, one.metric_variant) == (other.metric, other.metric_variant)]
    yield from alike or together or every
