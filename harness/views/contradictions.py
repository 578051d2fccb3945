"""Values that were published for one system on what is called the same test, and in what their protocols are known to differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.views import protocol, wording
from harness.views.beside_published import published_interval
from harness.views.protocol import Difference
from harness.views.published import Reported

_QUANTITY = {"exact_match": "accuracy"}
"""Shares of answers that are right are printed under one name, whatever rule decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Several published values of one system, lowest first."""

    task: str
    system: str
    quantity: str
    """The metric's name; ``accuracy`` for exact match too."""
    slice: str
    unit: str
    values: tuple[Reported, ...]
    differences: tuple[Difference, ...]

    @property
    def spread(self) -> float:
        """Highest minus lowest, in the metric's unit."""
        return self.values[-1].value - self.values[0].value

    @property
    def within_rounding(self) -> bool:
        """Whether the last printed digits, published spreads and sampling errors of the values let them be one value."""
        bounds = [published_interval(number) for number in self.values]
        return max(low for low, _ in bounds) <= min(high for _, high in bounds)

    @property
    def known(self) -> tuple[Difference, ...]:
        """Aspects of which two sources say different things."""
        return tuple(difference for difference in self.differences if difference.known)

    @property
    def one_sided(self) -> tuple[Difference, ...]:
        """Aspects of which some sources say one thing, and others nothing: whether they differ in it is not known."""
        return tuple(difference for difference in self.differences if difference.one_sided)

    @property
    def silent(self) -> tuple[str, ...]:
        """Aspects of which no source says anything."""
        return tuple(difference.aspect for difference in self.differences if not difference.says)

    def as_json(self) -> dict[str, Any]:
        """The contradiction as ``--json`` prints it."""
        return {
            "task": self.task,
            "system": self.system,
            "metric": self.quantity,
            "slice": self.slice,
            "unit": self.unit,
            "spread": self.spread,
            "within_rounding": self.within_rounding,
            "values": [
                {
                    "value": number.value,
                    "printed": number.original_value,
                    "source": number.source_title,
                    "source_id": number.source_id,
                    "source_table": number.source_table,
                    "confidence": number.confidence,
                    "says": protocol.stated(number),
                    "note": number.note,
                }
                for number in self.values
            ],
            "differences": [difference.as_json() for difference in self.differences],
        }


def quantity_of(metric: str) -> str:
    """What values of a metric are values of."""
    return _QUANTITY.get(metric, metric)


def of_numbers(numbers: Iterable[Reported], *, least: int = 2) -> list[Contradiction]:
    """The values of each system side by side, those that lie furthest apart first.

    Args:
        numbers: Of any tasks; those that are a guess are left out. Pictures of another size are another test; forms of a task that differ
            otherwise are called by one name, and stand together.
        least: Values that a system must have.
    """
    groups: dict[tuple[str, ...], list[Reported]] = {}
    for number in numbers:
        if number.confidence != "guess":
            size = number.task_variant if number.task_variant.isdecimal() else ""
            key = (number.task, size, number.split, quantity_of(number.metric), number.unit, number.slice, number.system)
            groups.setdefault(key, []).append(number)
    contradictions = []
    for (task, size, _, name, unit, part, system), own in groups.items():
        if len(own) >= least:
            values = tuple(sorted(own, key=lambda number: number.value))
            full = f"{task}@{size}" if size else task
            differences = protocol.compared(values)
            contradictions.append(
                Contradiction(task=full, system=system, quantity=name, slice=part, unit=unit, values=values, differences=differences)
            )
    return sorted(contradictions, key=lambda one: (-one.spread, one.task, one.system, one.quantity, one.slice))


def told(differences: Iterable[Difference]) -> str:
    """Differences in a line: ``judge: a language model (1) against gpt-5-mini-2025-08-07 (2)``, ``n: 451 (3), 1 and 2 silent``."""
    return "; ".join(_told(one) for one in differences)


def _told(one: Difference) -> str:
    says = " against ".join(f"{words} ({', '.join(map(str, places))})" for words, places in one.says)
    return f"{one.aspect}: {says}" + (f", {_listed(one.silent)} silent" if one.silent else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many contradictions have what to explain them by; the first three kinds are disjoint."""

    of: int
    known: int
    """Two sources say different things of how they measured."""
    one_sided: int
    """No two do, and one side alone says something of it."""
    silent: int
    by_others: int
    """One value is of the system's authors, another of others."""

    def __str__(self) -> str:
        return (
            f"{self.of} systems: of {self.known} two sources state different protocols, of {self.one_sided} one side alone states its own,"
            f" of {self.silent} all are silent; {self.by_others} were measured by their authors and by others"
        )


def tally(contradictions: Sequence[Contradiction]) -> Tally:
    """The count of each kind."""
    known = [one for one in contradictions if _how(one.known)]
    one_sided = [one for one in contradictions if not _how(one.known) and _how(one.one_sided)]
    by_others = [one for one in contradictions if len(_how(one.known)) < len(one.known)]
    return Tally(
        of=len(contradictions),
        known=len(known),
        one_sided=len(one_sided),
        silent=len(contradictions) - len(known) - len(one_sided),
        by_others=len(by_others),
    )


def _how(differences: Iterable[Difference]) -> list[Difference]:
    """The aspects that say how, not by whom, a value was measured."""
    return [one for one in differences if one.aspect != protocol.MEASURED_BY]


def score(one: Contradiction) -> str:
    """``accuracy``, ``token_recall open``."""
    return one.quantity if one.slice == "all" else f"{one.quantity} {one.slice}"


def values(one: Contradiction) -> str:
    """The values in a line, as the table's first column counts them."""
    return ", ".join(wording.value(number.value, number.unit) for number in one.values)


def _listed(places: Sequence[int]) -> str:
    """``1``, ``1 and 2``, ``1, 2 and 3``."""
    *first, last = map(str, places)
    return f"{', '.join(first)} and {last}" if first else last
