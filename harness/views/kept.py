"""Verdicts on pairs of records, and what each record brings to its pairs, kept from one call to the next in the user's cache.

A verdict follows from two records, the metric's definition, how many swaps were drawn and this package's code: all of that is its key.
What a record brings follows from it, the metric and the code. Deleting the cache costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.files.cache import Store
from harness.metrics.base import Metric
from harness.runs import reread
from harness.runs.reread import Reader
from harness.stats import swaps as swapping
from harness.stats.bootstrap import Bootstrap
from harness.views import sides
from harness.views.sides import REFUSED, Contest, Pair, Side, Verdict

_AT_ONCE = 100
_OURS = "harness."


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Where verdicts are kept."""

    store: Store
    digests: Mapping[str, str]
    """Name of a run to the hash of its run.json."""

    def under(self, metric: Metric, family: int, resamples: int) -> Kept | None:
        """The verdicts under one metric; None where its code is not this package's, whose changes alone are noticed.

        Args:
            metric: The one that ranks.
            family: How many tests are adjusted together.
            resamples: The least that a record of theirs was made with; what a family asks for below that changes nothing.
        """
        if not (metric.value.__module__.startswith(_OURS) and metric.value.__module__.partition(_OURS)[2].split(".")[0] != "tasks"):
            return None
        swaps = swapping.most_swaps(Bootstrap(resamples=resamples), family)
        of_metric = f"{reread.code()} {np.__version__} {metric.signature}"
        return Kept(self, of_metric, swaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What this machine knows of records: marks of those found good, and what was found between them."""

    reader: Reader
    """Reads the runs of a view."""
    store: Store

    def keeper(self, folders: Mapping[str, Path]) -> Keeper:
        """Where verdicts are kept on runs that the reader has read, by any name."""
        return Keeper(store=self.store, digests={name: self.reader.digests[folder] for name, folder in folders.items()})


@contextmanager
def remembered() -> Iterator[Memory]:
    """The file of marks and verdicts in the user's cache, let go of at the end."""
    with closing(Store("records", at_once=_AT_ONCE)) as store:
        yield Memory(reader=Reader(store), store=store)


class Kept:
    """The verdicts under one metric and number of swaps: an entry for each first run of a pair, with all second ones."""

    def __init__(self, keeper: Keeper, of_metric: str, swaps: int) -> None:
        self._keeper, self._of_metric, self._swaps = keeper, of_metric, swaps
        self._rows: dict[str, dict[str, list[float | None] | None]] = {}

    def get(self, pair: Pair) -> Verdict | None:
        """The verdict on a pair of runs; None where none is kept."""
        first, second = (self._keeper.digests[name] for name in pair)
        row = self._of(first)
        if second not in row:
            return None
        stored = row[second]
        return REFUSED if stored is None else Contest(value=stored[0], p=stored[1])

    def update(self, fresh: Mapping[Pair, Verdict]) -> None:
        """Keep verdicts."""
        for pair, verdict in fresh.items():
            first, second = (self._keeper.digests[name] for name in pair)
            self._of(first)[second] = None if isinstance(verdict, str) else [verdict.value, verdict.p]
        for first in {self._keeper.digests[pair[0]] for pair in fresh}:
            self._keeper.store.put(self._key("tests", self._swaps, first), json.dumps(self._rows[first]))

    def _of(self, first: str) -> dict[str, list[float | None] | None]:
        if first not in self._rows:
            text = self._keeper.store.get(self._key("tests", self._swaps, first))
            self._rows[first] = {} if text is None else json.loads(text)
        return self._rows[first]

    def side(self, name: str) -> Side | None:
        """What a run brings to its pairs; None where that is not kept."""
        text = self._keeper.store.get(self._key("side", self._keeper.digests[name]))
        return None if text is None else sides.from_text(text)

    def keep(self, name: str, side: Side) -> None:
        """Keep it, unless it is too large for that."""
        if text := sides.to_text(side):
            self._keeper.store.put(self._key("side", self._keeper.digests[name]), text)

    def _key(self, what: str, *of: object) -> str:
        return f"{what} " + hashlib.sha256(" ".join(map(str, (self._of_metric, *of))).encode("utf-8", "backslashreplace")).hexdigest()
