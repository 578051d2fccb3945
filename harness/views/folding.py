"""Long lists of published numbers, folded: of one source's many values of one metric the best, and how many it stands for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.metrics import registry
from harness.views.published import Reported

MOST = 6
"""Values of one source and metric that are listed singly."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded(Generic[T]):
    """One item of a list, and how many it stands for, itself among them."""

    item: T
    of: int

    @property
    def more(self) -> str:
        """``best of 30``; empty where it stands for itself alone."""
        return f"best of {self.of}" if self.of > 1 else ""


def folded(
    items: Iterable[T], number: Callable[[T], Reported], *, apart: Callable[[T], Hashable] = lambda _: None, most: int = MOST
) -> list[Folded[T]]:
    """The items in their order, those of one source, task, metric and slice in the place of the first where they are too many.

    Args:
        items: What is listed.
        number: The published number of an item.
        apart: What must not be folded together besides.
        most: Items of one source up to which each stands for itself.
    """
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault((_group(number(item)), apart(item)), []).append(item)
    placed: list[Folded[T]] = []
    for own in groups.values():
        placed += [Folded(item=item, of=1) for item in own] if len(own) <= most else [Folded(item=_best(own, number), of=len(own))]
    return placed


def _group(number: Reported) -> Hashable:
    return (number.task, number.task_variant, number.metric, number.metric_variant, number.slice, number.source_title, number.source_table)


def _best(items: Sequence[T], number: Callable[[T], Reported]) -> T:
    higher = registry.higher_is_better(number(items[0]).metric) is not False
    return (max if higher else min)(items, key=lambda item: number(item).value)
