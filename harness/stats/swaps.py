"""Swaps of whole groups between two systems: how many are drawn, which, and when a difference after one counts as large."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from harness.metrics.base import Floats
from harness.stats.bootstrap import Bootstrap, Counts

Differences = Iterator[tuple[int, Floats, int]]
"""Place of a test, absolute differences after swaps, and how many of these have a value."""

ALPHA = 0.05
"""Of two-sided tests, after adjustment."""
UNDECIDED = 5
"""Swaps as large as the observed difference below which more of them are drawn, where a family of tests asks for more."""
_CELLS_PER_CALL = 4_000_000
_MOST_PERMUTATIONS = 100_000


def nearly(observed: Floats) -> Floats:
    """From where on a swap's difference is as large as the observed one: one that equals it up to rounding is."""
    return np.asarray(np.abs(observed) - 1e-12 * np.maximum(1.0, np.abs(observed)))


def most_swaps(plan: Bootstrap, family: int) -> int:
    """How many swaps a test that nothing decides before draws."""
    return max(plan.resamples, min(_MOST_PERMUTATIONS, math.ceil(2 * family / ALPHA)))


def swaps(m: int, plan: Bootstrap, family: int, *, of: Counts | None = None, groups: int | None = None) -> Iterator[Counts]:
    """Blocks of how much of each of m rows is swapped, [b, m], or which groups are, [b, G].

    The first `Bootstrap.resamples`, then as many as a family asks for.

    Equal for equal arguments, and so for all pairs of systems on the same groups.

    Args:
        m: Rows.
        plan: Number of swaps and seed.
        family: As in `compare`.
        of: [m], how many equal samples each row stands for; of these it matters only how many are swapped.
        groups: How many there are where several rows are swapped together; None swaps row by row.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, 0x9E37))))
    step = max(1, _CELLS_PER_CALL // max(2 * m, 1))
    most, done = most_swaps(plan, family), 0
    while done < most:
        size = min(step, (plan.resamples if done < plan.resamples else most) - done)
        if of is not None:
            yield generator.binomial(of, 0.5, size=(size, m))
        else:
            yield generator.integers(0, 2, size=(size, m if groups is None else groups))
        done += size


def drawn_out(
    observed: Floats, blocks: Iterator[Counts], differences: Callable[[Counts, list[int]], Differences], plan: Bootstrap
) -> Floats:
    """The p of each test: the share of swaps whose difference is as large, where the observed one counts as a draw of its own.

    Swaps without a difference are left out: counted as small ones, they would make chance look smaller than it is.

    Args:
        observed: [N]; the differences themselves.
        blocks: Of swaps; after the first `Bootstrap.resamples` only tests that are `UNDECIDED` go on.
        differences: Of a block and the places of the tests under way.
        plan: Number of swaps.
    """
    least = nearly(observed)
    as_large, known, done = np.zeros(len(observed), dtype=np.int64), np.zeros(len(observed), dtype=np.int64), 0
    under_way = list(range(len(observed)))
    while under_way and (swapped := next(blocks, None)) is not None:
        for place, difference, n in differences(swapped, under_way):
            as_large[place] += np.count_nonzero(difference >= least[place])
            known[place] += n
        done += len(swapped)
        if done >= plan.resamples:
            under_way = [place for place in under_way if as_large[place] < UNDECIDED]
    return np.asarray((1 + as_large) / (1 + known))
