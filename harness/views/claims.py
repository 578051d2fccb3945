"""What is claimed of BiomedGPT, answered by rows: where it is best, what people graded, how large it is; where rows are silent, that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.metrics import registry
from harness.views.published import Other, Reported

SYSTEM = "BiomedGPT-B"
_FAMILY = "BiomedGPT"
_ABSTRACT = "BiomedGPT (Nature Medicine 2024), abstract"
_FOLLOW_ON = (900_000_000, 960_000_000)
"""Sizes that would be called about 930 million parameters."""
Place = Literal["best", "tied", "not best", "alone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The system on one test, beside the best value that was published for another."""

    task: str
    metric: str
    slice: str
    value: float
    source: str
    rival: str
    """The system with the best other value; empty where there is none."""
    rival_value: float | None
    rival_source: str
    place: Place
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim, and what the rows say of it."""

    claim: str
    source: str
    answer: str
    rows: tuple[str, ...]
    """The rows that the answer rests on, a line each."""


def standings(numbers: Sequence[Reported], system: str = SYSTEM) -> list[Standing]:
    """Each test of a system: one task, form, split, metric and slice; of several own values the best.

    Other checkpoints of the same family are no rivals. Protocols may differ, and later systems are among the rivals.
    """
    groups: dict[tuple[str, ...], list[Reported]] = {}
    for number in numbers:
        key = (number.task, number.task_variant, number.split, number.metric, number.slice, number.unit)
        groups.setdefault(key, []).append(number)
    tests = []
    for (task, variant, _, metric, part, unit), rows in groups.items():
        higher = registry.higher_is_better(metric) is not False
        own = _best((row for row in rows if row.system == system), higher=higher)
        rival = _best((row for row in rows if _FAMILY not in row.system), higher=higher)
        if own is not None:
            place: Place = "alone"
            if rival is not None:
                ahead = (own.value - rival.value) * (1 if higher else -1)
                place = "best" if ahead > 0 else "tied" if ahead == 0 else "not best"
            tests.append(
                Standing(
                    task=f"{task}@{variant}" if variant else task,
                    metric=metric,
                    slice=part,
                    value=own.value,
                    source=own.source_title,
                    rival="" if rival is None else rival.system,
                    rival_value=None if rival is None else rival.value,
                    rival_source="" if rival is None else rival.source_title,
                    place=place,
                    unit=unit,
                )
            )
    return tests


def _best(rows: Iterable[Reported], *, higher: bool) -> Reported | None:
    return (max if higher else min)(rows, key=lambda row: row.value, default=None)


def claims(numbers: Sequence[Reported], others: Sequence[Other]) -> list[Claim]:
    """What the publication claims, each with the rows that answer it."""
    return [_tally(numbers), *_graded(others), _sizes(numbers, others), _follow_on(numbers, others)]


def _tally(numbers: Sequence[Reported]) -> Claim:
    tests = standings(numbers)
    rivalled = [one for one in tests if one.place != "alone"]
    best = [one for one in rivalled if one.place == "best"]
    rows = tuple(
        f"{one.task} {one.metric} {one.slice}: {one.value:g} ({one.source})"
        + (f", {one.place}: {one.rival} {one.rival_value:g} ({one.rival_source})" if one.rival else ", no other system's value")
        for one in tests
    )
    answer = (
        f"best in {len(best)} of {len(rivalled)} tests for which another system's value is among the rows, later systems and other"
        " protocols included. No source that was read lists the 25 experiments, so the rows do not give the count of 16."
    )
    return Claim(claim="state of the art in 16 of 25 experiments", source=_ABSTRACT, answer=answer, rows=rows)


_GRADED = {
    "error_rate": "error rate of 3.8 % in question answering, graded by people",
    "significant_error_rate": "error rate of 8.3 % in report generation, graded by people",
}


def _graded(others: Sequence[Other]) -> list[Claim]:
    gradings = []
    for metric, words in _GRADED.items():
        rows = [other for other in others if other.metric == metric and other.system == SYSTEM]
        values = ", ".join(f"{other.value} {other.unit}" for other in rows)
        answer = f"{values}: stated, not computed; no program can" if rows else "no row has it"
        lines = tuple(f"{other.dataset}: {other.value} {other.unit} ({other.source_title}, {other.confidence})" for other in rows)
        gradings.append(Claim(claim=words, source=_ABSTRACT, answer=answer, rows=lines))
    return gradings


def _of_family(numbers: Sequence[Reported], others: Sequence[Other]) -> dict[str, int]:
    """Each system of the family that has a stated size."""
    rows: list[Reported | Other] = [*numbers, *others]
    return {row.system: row.parameters for row in rows if _FAMILY in row.system and row.parameters is not None}


def _sizes(numbers: Sequence[Reported], others: Sequence[Other]) -> Claim:
    parameters = _of_family(numbers, others)
    sizes = ", ".join(f"{size / 1e6:g} million" for size in sorted(set(parameters.values())))
    lines = tuple(f"{system}: {size:,}" for system, size in sorted(parameters.items(), key=lambda pair: (pair[1], pair[0])))
    return Claim(
        claim="sizes S, M and B of 33, 93 and 182 million parameters", source="BiomedGPT", answer=f"the rows have {sizes}", rows=lines
    )


def _follow_on(numbers: Sequence[Reported], others: Sequence[Other]) -> Claim:
    low, high = _FOLLOW_ON
    of_that_size = {system: size for system, size in _of_family(numbers, others).items() if low <= size <= high}
    answer = ", ".join(of_that_size) or "no row is of a system of that size: nothing published on these tasks was found"
    lines = tuple(f"{system}: {size:,}" for system, size in of_that_size.items())
    return Claim(claim="a follow-on of about 930 million parameters", source="BiomedGPT repository", answer=answer, rows=lines)
