"""Runs that differ by their seed alone: how far their scores lie apart."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from harness.runs.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One metric over all seeds, on the whole set."""

    task: str
    metric: str
    metric_variant: str
    unit: str
    mean: float
    sd: float
    """Of single runs, with n - 1 in the denominator: what the seed alone does. The interval of a run is about the sample of questions."""
    seeds: tuple[int, ...]


def spreads(records: Sequence[Record]) -> list[Spread]:
    """Mean and standard deviation of each metric that is defined in all runs of a task; tasks with one run have none."""
    of_metrics = []
    for name in dict.fromkeys(record.full_name for record in records):
        runs = [record for record in records if record.full_name == name]
        if len(runs) < 2:
            continue
        seeds = tuple(run.prompting.decoding.seed for run in runs)
        for estimate in runs[0].estimates:
            same = [one for run in runs for one in run.estimates if (one.scoring_id, one.slice) == (estimate.scoring_id, "all")]
            values = [one.value for one in same if one.value is not None]
            if len(values) == len(runs) and estimate.slice == "all":
                of_metrics.append(
                    Spread(
                        task=name,
                        metric=estimate.metric,
                        metric_variant=estimate.variant,
                        unit=estimate.unit,
                        mean=statistics.fmean(values),
                        sd=statistics.stdev(values),
                        seeds=seeds,
                    )
                )
    return of_metrics
