"""A run as its pairs see it: what says whether two may be compared, and the statistics of the metric that ranks, as small as they go.

Where a metric depends on sums by group alone, the sums are kept and the samples let go: they are what its tests are made from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Metric, Statistics
from harness.metrics.measuring import quiet
from harness.runs.record import Record
from harness.stats.bootstrap import group_index, rows_of

_MOST_CELLS = 200_000
"""Of a table that is written as text; a larger one is as quickly read from its record."""


Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What the paired test says of two runs that may be set against each other."""

    value: float | None = None
    """The second run minus the first; None where that is not defined here."""
    p: float | None = None
    """Not adjusted; None where no test could be made."""


REFUSED = "refused"
"""Of two runs that must not be compared."""
Verdict = Contest | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A run under one metric."""

    kind: str
    """All of it that says whether two runs may be compared."""
    samples: str
    """Equal where the rows of two runs are of the same samples in the same order, resampled alike."""
    statistics: Statistics | None
    """[n, k], or sums by group, [G, k]; None where the record has none."""
    groups: Sequence[int]
    """[n] or [G], the resampled unit of each row."""


def side_of(record: Record, metric: Metric) -> Side:
    """The run's side in its pairs."""
    measured = record.measures.get(metric.measure.name)
    own = None if measured is None else measured.statistics
    columns = None if own is None else own.names
    ids, groups = tuple(sample.id for sample in record.samples), tuple(sample.group for sample in record.samples)
    facts = (record.full_name, record.split, record.card_version, record.status, record.data, record.bootstrap)
    scored = tuple((estimate.signature, estimate.scoring_id) for estimate in record.estimates)
    index, n_groups = group_index(groups)
    measure = quiet(metric).measure
    if own is not None and measure.additive and measure.expand is None:
        with np.errstate(all="ignore"):
            [own] = rows_of(measure, (own,), np.arange(len(index)), index, n_groups).systems
        index = np.arange(n_groups)
    return Side(
        kind=_digest(facts, scored, ids, measured is None, columns),
        samples=_digest(ids, groups, record.bootstrap, columns),
        statistics=own,
        groups=index.tolist(),
    )


def to_text(side: Side) -> str:
    """The side as it is kept; empty for one that is too large to be."""
    facts: dict[str, Any] = {"kind": side.kind, "samples": side.samples, "groups": None, "statistics": None}
    if side.statistics is not None:
        table = side.statistics.table
        if table.size > _MOST_CELLS:
            return ""
        facts["groups"] = _packed(np.asarray(side.groups, dtype="<i4"))
        facts["statistics"] = {
            "names": side.statistics.names,
            "fixed": dict(side.statistics.fixed),
            "note": side.statistics.note,
            "table": _packed(np.ascontiguousarray(table, dtype="<f8")),
        }
    return json.dumps(facts)


def from_text(text: str) -> Side:
    """The side that was kept."""
    facts = json.loads(text)
    own = facts["statistics"]
    if own is None:
        return Side(kind=facts["kind"], samples=facts["samples"], statistics=None, groups=())
    table = np.frombuffer(_unpacked(own["table"]), dtype="<f8").astype(np.float64).reshape(-1, len(own["names"]))
    return Side(
        kind=facts["kind"],
        samples=facts["samples"],
        statistics=Statistics(names=tuple(own["names"]), table=table, fixed=own["fixed"], note=own["note"]),
        groups=np.frombuffer(_unpacked(facts["groups"]), dtype="<i4").tolist(),
    )


def sample_by_sample(record: Record, metric: Metric, order: NDArray[np.intp] | None = None) -> Side:
    """The side with a row for each sample, in another order where that is given."""
    own = record.measures[metric.measure.name].statistics
    assert own is not None
    index, _ = group_index([sample.group for sample in record.samples])
    moved = own if order is None else replace(own, table=own.table[order])
    return Side(kind="", samples="", statistics=moved, groups=index.tolist())


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 1)).decode("ascii")


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _digest(*facts: Any) -> str:
    """Equal for equal facts, short to keep and to compare."""
    return hashlib.sha256(repr(facts).encode("utf-8", "backslashreplace")).hexdigest()
