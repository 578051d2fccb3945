"""Many systems on the same samples, each set against others: the same p-values as pair by pair, from sums made once a system.

All pairs of a test set swap the same groups in the same draws. What a system contributes to a draw is therefore made once, and what is
left for a pair is a subtraction where the metric is a mean, or one evaluation of the metric on sums where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import quiet
from harness.stats import paired, permutation, sums, swaps
from harness.stats.bootstrap import Bootstrap, Counts, Weights, function, group_index
from harness.stats.paired import Difference
from harness.stats.sums import Field, Pair
from harness.stats.swaps import Differences

_CELLS_AT_ONCE = 4_000_000
_SHARES_AT_ONCE = 16_000_000


def compare(
    metric: Metric, systems: Sequence[Statistics], pairs: Sequence[Pair], *, groups: Sequence[Hashable], plan: Bootstrap, family: int = 1
) -> list[Difference]:
    """The difference and the permutation test's p of each pair, on the whole set; neither intervals nor McNemar's test.

    Args:
        metric: What turns statistics into a value.
        systems: The statistics of each system, [n, k], of the same samples in the same order.
        pairs: Which two are compared: places in ``systems``.
        groups: The resampled unit of each sample.
        plan: Number of permutations, and the seed.
        family: Tests among which the p-values will be adjusted; as in `paired.compare`.
    """
    if not pairs:
        return []
    index, n_groups = group_index(groups)
    field = sums.field_of(metric, systems, index, n_groups)
    if field is None and metric.swap is not None and len({own.table.shape for own in systems}) == 1:
        values, p = _from_shares(quiet(metric), systems, pairs, index, n_groups, plan, family)
    elif field is None:
        return [_alone(metric, systems, pair, groups, plan, family) for pair in pairs]
    else:
        values, p = field.values, _from_sums(field, pairs, plan, family)
    return [
        Difference(
            first=paired.finite(values[a]),
            second=paired.finite(values[b]),
            value=paired.finite(values[b] - values[a]),
            p=p[a, b],
            n=len(groups),
            n_groups=n_groups,
        )
        if (a, b) in p
        else _alone(metric, systems, (a, b), groups, plan, family)
        for a, b in pairs
    ]


def _alone(
    metric: Metric, systems: Sequence[Statistics], pair: Pair, groups: Sequence[Hashable], plan: Bootstrap, family: int
) -> Difference:
    """A pair that shares nothing with others."""
    first, second = (systems[place] for place in pair)
    rows = np.ones(len(groups), dtype=np.bool_)
    return paired.compare(metric, first, second, rows=rows, groups=groups, plan=plan, family=family, whole=False)


def _testable(values: Floats, pairs: Sequence[Pair], n_groups: int, plan: Bootstrap) -> list[Pair]:
    """The pairs with a difference that swaps can say something of."""
    return [(a, b) for a, b in pairs if math.isfinite(values[b] - values[a]) and n_groups > 1 and plan.resamples]


def _from_sums(field: Field, pairs: Sequence[Pair], plan: Bootstrap, family: int) -> dict[Pair, float | None]:
    """The p of each pair of systems that are sums."""
    tested = _testable(field.values, pairs, len(field.statistics[0].table), plan)
    observed = np.array([field.values[b] - field.values[a] for a, b in tested])
    blocks = swaps.swaps(len(field.statistics[0].table), plan, family)
    with np.errstate(all="ignore"):
        weights = sums.as_mean(field, next(swaps.swaps(len(field.statistics[0].table), plan, 1)))

        def of(swapped: Counts, places: list[int]) -> Differences:
            return sums.of_sums(field, swapped, places, tested) if weights is None else sums.of_mean(weights, swapped, places, tested)

        return dict.fromkeys(pairs) | dict(zip(tested, swaps.drawn_out(observed, blocks, of, plan).tolist(), strict=True))


def _from_shares(
    metric: Metric,
    systems: Sequence[Statistics],
    pairs: Sequence[Pair],
    index: NDArray[np.intp],
    n_groups: int,
    plan: Bootstrap,
    family: int,
) -> tuple[Floats, dict[Pair, float | None]]:
    """The values of the systems, and the p of each pair whose difference is a sum over groups of what each adds by changing sides."""
    ones = Weights(np.ones((1, len(index)), dtype=np.int64))
    with np.errstate(all="ignore"):
        values = np.array([float(function(metric, own)(ones)[0]) for own in systems])
    tested = _testable(values, pairs, n_groups, plan)
    p_of_pair: dict[Pair, float | None] = dict.fromkeys(set(pairs) - set(tested))
    step = max(1, _SHARES_AT_ONCE // n_groups)
    for start in range(0, len(tested), step):
        known = {
            (a, b): shares
            for a, b in tested[start : start + step]
            if (shares := permutation.swap_shares(metric, systems[a], systems[b], index)) is not None
        }
        if known:
            observed = np.array([values[b] - values[a] for a, b in known])
            matrix = np.stack(list(known.values()))
            blocks = swaps.swaps(len(index), plan, family, groups=n_groups)
            p = swaps.drawn_out(observed, blocks, lambda *given: _of_shares(observed, matrix, *given), plan)  # noqa: B023  called here
            p_of_pair |= zip(known, p.tolist(), strict=True)
    return values, p_of_pair


def _of_shares(observed: Floats, shares: Floats, swapped: Counts, places: list[int]) -> Differences:
    """Of what each group adds to each pair's difference, [pairs, G]."""
    block = np.ascontiguousarray(swapped.T, dtype=np.float64)
    step = max(1, _CELLS_AT_ONCE // max(1, len(swapped)))
    for start in range(0, len(places), step):
        some = places[start : start + step]
        for place, row in zip(some, np.abs(observed[some, None] + shares[some] @ block), strict=True):
            yield place, row, len(row)
