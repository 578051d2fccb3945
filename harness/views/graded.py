"""Published values that no run compares with, in groups: what people graded first, then what was measured in another way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.views.published import Other, other_for_task

BY_PEOPLE = "graded by people; not comparable by program"
ELSE = "other published values, which no run compares with"
_PEOPLE = "graded by people"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The values of one metric on one data set, those with the highest numbers first."""

    dataset: str
    metric: str
    why: str
    """Why no run compares with them."""
    values: tuple[Other, ...]

    @property
    def by_people(self) -> bool:
        """Whether people decided what is right."""
        return self.why == _PEOPLE

    @property
    def called(self) -> str:
        """``accuracy manual (VQA-RAD)``."""
        return f"{self.metric.replace('_', ' ')} ({self.dataset})"

    def as_json(self) -> dict[str, Any]:
        """The group as ``--json`` prints it."""
        return {"dataset": self.dataset, "metric": self.metric, "why": self.why, "by_people": self.by_people, "values": self.values}


def groups(task: str) -> list[Group]:
    """The groups of a task's own data, what people graded first."""
    grouped: dict[tuple[str, str, str], list[Other]] = {}
    for other in other_for_task(task):
        grouped.setdefault((other.dataset, other.metric, other.why), []).append(other)
    return [
        Group(dataset=dataset, metric=metric, why=why, values=tuple(sorted(own, key=_number, reverse=True)))
        for (dataset, metric, why), own in grouped.items()
    ]


def graded(task: str) -> list[Group]:
    """Those that people graded alone."""
    return [group for group in groups(task) if group.by_people]


def written(other: Other) -> str:
    """``54.7 % (+-5.7)``, ``32 of 60``, ``1.75 points``."""
    return f"{other.value} {other.unit.removeprefix('count ')}"


def _number(other: Other) -> float:
    number = _NUMBER.search(other.value)
    return float(number.group()) if number else 0.0
