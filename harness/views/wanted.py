"""Which samples of runs are wanted: by what became of them, by name, by slice, or because two runs differ on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base.names import meant
from harness.errors import UsageError, unknown
from harness.metrics.base import Floats, Metric
from harness.runs.record import Record
from harness.runs.table import by_dimension
from harness.stats.estimates import slices
from harness.types import Task
from harness.views import browsing, pairing
from harness.views.browsing import Told
from harness.views.same_data import same_pictures, same_texts

Mask = NDArray[np.bool_]
_UNREAD = ("unparsed", "empty")
BEST = 1 - 1e-6
"""What a sample must reach under the metric that decides; BLEU's smoothing keeps a perfect reply a hair below 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The samples to show: of what became of them any that is named, and all of the rest."""

    wrong: bool = False
    """The metric that decides gives less than 1."""
    unread: bool = False
    """No answer could be read in the reply, or there was none in it."""
    refused: bool = False
    failed: bool = False
    ids: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    """Each named as in scores, or ``dimension=value``; a sample is in all of them."""
    differs: bool = False
    """The last run differs from one of the others."""


def partners(first: Record, other: Record) -> Mapping[str, str]:
    """What another run calls the samples of the first, as far as both have them: a limited run has some.

    Raises:
        UsageError: The two are not of the same data.
    """
    for name, ours, theirs in (
        ("tasks", first.full_name, other.full_name),
        ("splits", first.split, other.split),
        ("kinds of data", first.data.kind, other.data.kind),
        ("versions of the card", first.card_version, other.card_version),
    ):
        if ours != theirs:
            raise UsageError(
                f"the runs are of different {name}: {ours} ({first.model.name}) and {theirs} ({other.model.name}). Name runs of one."
            )
    called = pairing.names(first, other)
    if not called and first.data.ids == other.data.ids:
        known = {sample.id for sample in other.samples}
        called = {sample.id: sample.id for sample in first.samples if sample.id in known}
    if not called or not same_texts(first, other) or (len(called) == len(other.samples) and not same_pictures(first, other)):
        raise UsageError(f"{first.model.name} and {other.model.name} are not known to be of the same samples; score both on one release.")
    return called


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The samples that are wanted."""

    ids: tuple[str, ...]
    """As the first run has them, in its order; where wrong ones are wanted, the worst first, and where differing ones, the widest apart."""
    metric: Metric | None
    """What says which samples are wrong; None where no metric has a value on single samples."""


def choose(task: Task[Any], runs: Sequence[Told], wanted: Wanted, called: Mapping[str, str]) -> Chosen:
    """Choose among the samples of the first run.

    Args:
        task: Of the runs.
        runs: Those to show.
        wanted: Which samples.
        called: Other names that samples may be asked for by, to the first run's ids.

    Raises:
        UsageError: There is no such slice, or no metric says which samples are wrong.
    """
    record = runs[0].record
    ids = [sample.id for sample in record.samples]
    metric = browsing.deciding_metric(task, record)
    keep = _in_slices(record, wanted.slices)
    if wanted.ids:
        asked = {called.get(name, name) for name in wanted.ids}
        keep &= np.array([name in asked for name in ids], dtype=np.bool_)
    values = np.array([_values(run, metric, ids) for run in runs])
    outcomes = np.array([_outcomes(run, ids) for run in runs], dtype=object)
    any_of = [np.isin(outcomes, names).any(axis=0) for names in _became(wanted)]
    if wanted.wrong:
        if metric is None:
            raise UsageError(f"{record.full_name}: none of its metrics has a value on single samples, so none says which are wrong.")
        any_of.append((values < BEST).any(axis=0))
    if any_of:
        keep &= np.logical_or.reduce(any_of)
    if wanted.differs:
        others, last = slice(None, -1), slice(-1, None)
        unlike = (values[others] != values[last]) & ~(np.isnan(values[others]) & np.isnan(values[last]))
        here = outcomes[last] != ""
        keep &= ((unlike | (np.isnan(values[others]) & (outcomes[others] != outcomes[last]))) & here).any(axis=0)
    places = np.flatnonzero(keep)
    if wanted.wrong:
        places = places[np.argsort(np.where(np.isnan(values), np.inf, values).min(axis=0)[places], kind="stable")]
    elif wanted.differs:
        apart = np.nan_to_num(np.abs(values[:-1] - values[-1:])).max(axis=0)
        places = places[np.argsort(-apart[places], kind="stable")]
    return Chosen(ids=tuple(ids[place] for place in places.tolist()), metric=metric)


def _became(wanted: Wanted) -> list[tuple[str, ...]]:
    return [names for flag, names in ((wanted.unread, _UNREAD), (wanted.refused, ("refused",)), (wanted.failed, ("failed",))) if flag]


def _in_slices(record: Record, names: Iterable[str]) -> Mask:
    """The samples that are in all slices named."""
    places = slices(by_dimension(record.samples), len(record.samples))
    by_name = {f"{dimension}={name.removeprefix(f'{dimension}=')}": rows for name, (dimension, rows) in places.items()}
    by_name |= {name: rows for name, (_, rows) in places.items()}
    keep = np.ones(len(record.samples), dtype=np.bool_)
    for name in names:
        spelled = meant(name, by_name)
        if spelled not in by_name:
            raise unknown(f"slice of {record.full_name}", name, set(places))
        keep &= by_name[spelled]
    return keep


def _values(run: Told, metric: Metric | None, ids: Sequence[str]) -> Floats:
    """The metric on each of these samples, NaN where it has no value or the run has no such sample."""
    values = np.full(len(ids), np.nan)
    if metric is not None:
        own = browsing.all_values(metric, run.record)
        for number, name in enumerate(ids):
            if name in run.places:
                values[number] = own[run.places[name]]
    return values


def _outcomes(run: Told, ids: Sequence[str]) -> list[str]:
    samples = run.record.samples
    return [samples[run.places[name]].outcome if name in run.places else "" for name in ids]
