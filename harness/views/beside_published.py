"""A run beside published numbers: whether each may be compared with ours, and if so whether they differ.

Whether two numbers compare is computed from the two protocols: split, examples, metric and variant, slice, judge, how open answers
were scored, resolution. What a publication leaves unsaid is no agreement: an unknown split or metric variant does not compare.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from harness.base.names import meant
from harness.cards import Card
from harness.metrics.units import FRACTION
from harness.runs.record import Record
from harness.stats.intervals import wilson
from harness.types import Estimate
from harness.views.published import Reported

Judgement = Literal["consistent", "higher", "lower", "reproduced", "not reproduced", "not comparable"]
"""Of our value against the published one. *Reproduced* and *not reproduced* are said of the published system's own checkpoint alone."""

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
_RELATED = (
    frozenset({"accuracy", "exact_match", "token_recall", "token_f1", "token_precision", "weighted_f1"}),
    frozenset({"accuracy", "macro_f1", "weighted_f1", "f1", "balanced_accuracy"}),
    frozenset({"auc", "auprc"}),
)
"""Metrics that publications print under each other's names or instead of one another; any other metric is related to itself alone."""
_PROPORTIONS = frozenset({"accuracy", "exact_match"})
"""Shares of examples that are right: their sampling error follows from n."""
_WORDS_ALONE = frozenset({"med_palm_m"})
"""Metric variants whose publication has no public code; computed under its name, with our normalisation in the place of its own."""
_MEDMNIST_SIDE = "28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One of a run's scores beside one published number."""

    metric: str
    """Ours, with its variant and slice."""
    metric_variant: str
    slice: str
    value: float
    low: float | None
    high: float | None
    half_width: float | None
    """Half of our interval."""
    n: int
    unit: str
    published: Reported
    difference: float | None
    """Ours minus theirs; None where the two are different quantities."""
    difference_low: float | None
    difference_high: float | None
    judgement: Judgement
    reasons: tuple[str, ...]
    """Why the two do not compare; empty where they do."""

    def as_json(self) -> dict[str, Any]:
        """The verdict as ``--json`` prints it."""
        content = asdict(self)
        content["published"]["retrieved"] = self.published.retrieved.isoformat()
        return content


def compare(record: Record, card: Card, published: Iterable[Reported], *, metric: str = "", checkpoint_of: str = "") -> list[Verdict]:
    """Each published number beside the run's score that is nearest to it: the same metric, variant and slice where the run has it.

    Args:
        record: The run.
        card: Its task's.
        published: Numbers on the task, whatever their variant.
        metric: Only the metrics of this name, or of this ``name/variant``, of the run and of the publications alike; empty puts a number
            beside a related metric too where the run lacks its own, to say why the two do not compare.
        checkpoint_of: The published system whose own checkpoint the run evaluated, as the user declares; only of that one is
            *reproduced* or *not reproduced* said.

    Returns:
        Those that compare first, then by metric, slice and system. Numbers whose metric the run has nothing related to are left out.
    """
    ours = [estimate for estimate in record.estimates if estimate.value is not None and matches(metric, estimate.metric, estimate.variant)]
    verdicts = []
    for number in published:
        if metric and number.metric != metric.partition("/")[0]:
            continue
        estimate = _nearest(ours, number)
        if estimate is not None:
            verdicts.append(_verdict(record, card, estimate, number, checkpoint_of))
    return sorted(
        verdicts, key=lambda v: (v.judgement == "not comparable", v.metric, v.slice != "all", v.slice, v.published.system, v.metric_variant)
    )


def matches(metric: str, name: str, variant: str) -> bool:
    """Whether a metric is the one asked for: any where that is empty, else the one of this name or ``name/variant``, in any spelling."""
    return not metric or meant(metric, (name, f"{name}/{variant}")) in (name, f"{name}/{variant}")


def _nearest(ours: Sequence[Estimate], number: Reported) -> Estimate | None:
    """The estimate that comes closest to being what was published; on the same slice, or there is none."""
    candidates = [estimate for estimate in ours if estimate.slice == number.slice and _related(estimate.metric, number.metric)]
    return max(
        candidates,
        key=lambda e: (e.metric == number.metric, e.variant == number.metric_variant, -ours.index(e)),
        default=None,
    )


def _related(ours: str, theirs: str) -> bool:
    return ours == theirs or any({ours, theirs} <= group for group in _RELATED)


def reasons(record: Record, card: Card, estimate: Estimate, number: Reported) -> tuple[str, ...]:
    """Why a score of a run and a published number do not compare, the weightiest first; empty where they do."""
    no_interval = "no interval: the run has fewer than two groups, or was scored without resamples"
    return (
        *(f"this run: {why}" for why in record.not_ranked),
        *protocol_reasons(record, card, estimate, number),
        *([no_interval] if estimate.low is None or estimate.high is None else ()),
    )


def protocol_reasons(record: Record, card: Card, estimate: Estimate, number: Reported) -> Iterator[str]:
    """In what the two protocols differ, whatever became of this one run."""
    if number.split != record.split:
        yield f"other split: {number.split}, ours is {record.split}"
    elif number.task_variant != record.task_variant:
        yield f"other form of the task: {number.task_variant or 'the default'}, ours is {record.task_variant or 'the default'}"
    elif not number.split_known:
        yield "unknown split: the publication does not settle which examples were scored"
    elif number.n is not None and number.n != estimate.n:
        yield f"other examples: {number.n:,} were scored, ours are {estimate.n:,}"
    if number.judge:
        yield f"judge-scored: a {number.judge} decided what is right"
    yield from _metric_reasons(estimate, number)
    if number.unit != estimate.unit:
        yield f"other unit: {number.unit}"
    if card.folder == "medmnist":
        side = record.task_variant if record.task_variant.isdecimal() else _MEDMNIST_SIDE
        if not number.resolution:
            yield "unknown resolution: which of the released sizes was read is not said"
        elif number.resolution != side:
            yield f"other resolution: {number.resolution}, ours is {side}"


def _metric_reasons(estimate: Estimate, number: Reported) -> Iterator[str]:
    ours, theirs = f"{estimate.metric}/{estimate.variant}", f"{number.metric}/{number.metric_variant}"
    if number.metric != estimate.metric:
        yield f"other metric: {theirs}, ours is {ours}"
    elif number.metric_variant == "unknown":
        yield "unknown metric variant: the publication does not define it"
    elif number.metric_variant != estimate.variant:
        yield f"other metric variant: {theirs}, ours is {ours}"
    elif number.metric_variant in _WORDS_ALONE:
        yield "described in words alone: the publication's code and normalisation are not public, ours stand in"
    if number.judge or number.slice in ("closed", "yes_no"):
        return
    if number.open_metric == "token_recall" and estimate.metric != "token_recall":
        yield "open answers were scored by token recall"
    elif estimate.metric == "token_recall" and number.open_metric not in ("token_recall", ""):
        yield f"our open answers are scored by token recall, theirs by {number.open_metric.replace('_', ' ')}"


def _verdict(record: Record, card: Card, estimate: Estimate, number: Reported, checkpoint_of: str) -> Verdict:
    why = reasons(record, card, estimate, number)
    value = float(estimate.value or 0.0)
    same_quantity = number.metric == estimate.metric and number.unit == estimate.unit
    difference = value - number.value if same_quantity else None
    low, high = _difference_interval(estimate, number) if difference is not None else (None, None)
    judgement: Judgement
    if why or difference is None or low is None or high is None:
        judgement = "not comparable"
    else:
        judgement = "consistent" if low <= 0 <= high else "higher" if difference > 0 else "lower"
        if number.system == checkpoint_of:
            judgement = "reproduced" if judgement == "consistent" else "not reproduced"
    return Verdict(
        metric=estimate.metric,
        metric_variant=estimate.variant,
        slice=estimate.slice,
        value=value,
        low=estimate.low,
        high=estimate.high,
        half_width=None if estimate.low is None or estimate.high is None else (estimate.high - estimate.low) / 2,
        n=estimate.n,
        unit=estimate.unit,
        published=number,
        difference=difference,
        difference_low=low,
        difference_high=high,
        judgement=judgement,
        reasons=why,
    )


def _difference_interval(estimate: Estimate, number: Reported) -> tuple[float | None, float | None]:
    """A 95 % interval of the difference from the two single ones (Newcombe, 1998; the square-and-add method).

    It takes the systems for independent. On the same examples they seldom are, and the interval is then wider than it need be.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None, None
    their_low, their_high = published_interval(number)
    difference = estimate.value - number.value
    return (
        difference - math.hypot(estimate.value - estimate.low, their_high - number.value),
        difference + math.hypot(estimate.high - estimate.value, number.value - their_low),
    )


def published_interval(number: Reported) -> tuple[float, float]:
    """What a published value can be: by its sampling error where it is a proportion of a known n, by its spread, by its rounding."""
    reach = max(_rounding(number), _Z * (number.spread or 0.0))
    share = number.n if number.metric in _PROPORTIONS and number.unit == FRACTION.name else None
    low, high = wilson(number.value, share, 0.95) if share else (number.value, number.value)
    return min(number.value - reach, low), max(number.value + reach, high)


def _rounding(number: Reported) -> float:
    """Half a unit of the last digit that was printed, in the unit of the value."""
    digits = len(number.original_value.partition(".")[2])
    scale = 1.0 if number.original_unit == "fraction" else 0.01  # the others are printed as a hundredfold
    return 0.5 * 10.0**-digits * scale
