"""Which examples of a split a run asks: all, the first so many, or so many drawn in proportion to the slices of the split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.types import Example

_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part of a split, or all of it."""

    first: int | None = None
    """Only the first so many."""
    drawn: int | None = None
    """Only so many, drawn by the seed."""
    seed: int = 0

    @property
    def is_said(self) -> bool:
        """Whether anything but all is asked for; there may be no more than that."""
        return self.first is not None or self.drawn is not None

    def is_all(self, whole: int) -> bool:
        """Whether it is every one of so many examples."""
        return all(number is None or number >= whole for number in (self.first, self.drawn))

    def of(self, examples: Sequence[Example[Any]]) -> tuple[Example[Any], ...]:
        """The examples that are asked, in the order of the release.

        A draw follows from the seed and the examples' ids and tags, in whatever order the release has them: within each slice any example
        is as likely as any other, and each slice has its share of the draw but for less than one example.
        """
        if self.is_all(len(examples)):
            return tuple(examples)
        if self.drawn is None:
            return tuple(examples[: self.first])
        order = sorted(range(len(examples)), key=lambda place: (*examples[place].tags.values(), _digest(self.seed, examples[place].id)))
        start = int.from_bytes(_digest(self.seed, "")[: _BITS // 8], "big")
        # Every so-manieth of the examples that stand slice by slice, in whole numbers, so that no machine rounds otherwise.
        steps = (((number << _BITS) + start) * len(examples) // (self.drawn << _BITS) for number in range(self.drawn))
        chosen = {order[step] for step in steps}
        return tuple(example for place, example in enumerate(examples) if place in chosen)

    def words(self, whole: int) -> str:
        """What is missing from so many examples, for the record and for people."""
        if self.drawn is not None:
            return f"drawn by seed {self.seed}: {self.drawn} of {whole} examples"
        return f"limited to the first {self.first} of {whole} examples"

    @property
    def facts(self) -> dict[str, int]:
        """What of it belongs into the name of a run."""
        first = {"limit": self.first} if self.first is not None else {}
        return first | ({"draw": self.drawn, "draw_seed": self.seed} if self.drawn is not None else {})

    @property
    def slug(self) -> str:
        """What a run's folder is called for it."""
        if self.drawn is not None:
            return f"-draw{self.drawn}-{self.seed}"
        return f"-first{self.first}" if self.first is not None else ""


def _digest(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
