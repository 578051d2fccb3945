"""Examples to show before a question: from the train split alone, and none that is also asked."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from harness.errors import UsageError
from harness.images.digests import Digests, digesting
from harness.models.nearest import nearest_in
from harness.types import Example, Input


class Shots:
    """Chooses the examples of a run.

    A train example with the text and the pictures of an evaluated one is passed over: its answer would be given away. Pictures are
    compared by content, and only where texts are equal.
    """

    def __init__(
        self, train: Sequence[Example[Any]], evaluated: Sequence[Example[Any]], *, count: int, by: str, seed: int, task: str
    ) -> None:
        """Make ready.

        Args:
            train: The train split.
            evaluated: The whole split that is asked, what a limit leaves out included.
            count: Examples for each question.
            by: ``seed`` draws the same ones for every question; ``nearest`` takes those most like each, the nearest last.
            seed: Of the draw.
            task: For messages.

        Raises:
            UsageError: The train split has too few.
        """
        self._train, self._count, self._task = train, count, task
        self._asked: dict[str, list[Input]] = defaultdict(list)
        for example in evaluated:
            self._asked[example.input.text].append(example.input)
        self._pictures: dict[str, frozenset[tuple[str, ...]]] = {}
        self._passed: dict[int, bool] = {}
        if len(train) < count:
            raise UsageError(f"{task}: --few-shot {count} needs a train split, and {len(train)} examples of one are at hand.")
        self._nearest = nearest_in(train) if by == "nearest" else None
        order = list(range(len(train)))
        random.Random(seed).shuffle(order)  # noqa: S311  a draw that can be repeated, no secret
        self._drawn = self._first(order) if self._nearest is None else ()

    def of(self, item: Input) -> Sequence[Example[Any]]:
        """The examples for one question."""
        if self._nearest is None:
            return self._drawn
        return self._first(self._nearest(item))[::-1]

    def _first(self, order: Iterable[int]) -> tuple[Example[Any], ...]:
        unasked: list[Example[Any]] = []
        for place in order:
            if place not in self._passed:
                self._passed[place] = self._is_asked(self._train[place].input)
            if not self._passed[place]:
                unasked.append(self._train[place])
            if len(unasked) == self._count:
                return tuple(unasked)
        raise UsageError(f"{self._task}: --few-shot {self._count}: only {len(unasked)} train examples are not among those that are asked.")

    def _is_asked(self, item: Input) -> bool:
        if item.text not in self._asked:
            return False
        if item.text in self._pictures and not item.images:
            return () in self._pictures[item.text]
        with digesting() as digests:
            if item.text not in self._pictures:
                self._pictures[item.text] = frozenset(_digests(asked, digests) for asked in self._asked[item.text])
            return _digests(item, digests) in self._pictures[item.text]


def _digests(item: Input, digests: Digests) -> tuple[str, ...]:
    return tuple(digests.of(image) for image in item.images)
