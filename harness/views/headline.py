"""What of a run is said first: the metric that ranks, on the parts that publications print, and the task's others on the whole set."""

from __future__ import annotations

from collections.abc import Sequence

from harness.data import catalog
from harness.errors import HarnessError
from harness.metrics.registry import PUBLISHED, registered
from harness.runs.record import Record
from harness.types import Estimate

_MOST = 5
"""Further metrics that are said first."""
_COUNTED = "unparsed_rate"
"""What is told in words, as a count of replies."""


def few(record: Record) -> list[Estimate]:
    """The scores that are said first, the one that ranks before all, those that were asked for last; undefined ones say why."""
    leading = record.estimates[0]
    parts = _parts(record.estimates)
    own = [e for e in record.estimates[1:] if (e.metric, e.variant) == (leading.metric, leading.variant) and e.slice in parts]
    whole = [e for e in record.estimates[1:] if e.slice == "all"]
    asked = _asked_for(record, whole)
    others = [e for e in whole if e not in asked and e.variant not in PUBLISHED and e.metric != _COUNTED]
    return [leading, *own, *others[:_MOST], *asked]


def _asked_for(record: Record, estimates: Sequence[Estimate]) -> list[Estimate]:
    """Those of metrics that are none of the task's own: somebody has named them."""
    try:
        own = {metric.signature for metric in catalog.task(record.full_name).metrics}
    except HarnessError:  # a task of a folder or a plug-in that is not known here
        return []
    return [estimate for estimate in estimates if estimate.signature not in own]


def every(record: Record) -> tuple[list[Estimate], list[Estimate]]:
    """All that is printed of a run: every metric on the whole set and the one that ranks on its slices; what compares with publications."""
    leading = record.estimates[0]
    ranking = leading.metric, leading.variant
    ours = [e for e in record.estimates if e.variant not in PUBLISHED and (e.slice == "all" or (e.metric, e.variant) == ranking)]
    order = {variant: position for position, variant in enumerate(PUBLISHED)}
    split = {metric.signature for metric in registered() if metric.slices}
    published = [e for e in record.estimates if e.variant in order and (e.slice == "all" or e.signature in split)]
    return ours, sorted(published, key=lambda estimate: order[estimate.variant])


def _parts(estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """The slices that the first of the run's metrics to be computed on some alone is computed on."""
    slices = {metric.signature: metric.slices for metric in registered() if metric.slices}
    return next((slices[estimate.signature] for estimate in estimates if estimate.signature in slices), ())
