"""Two published systems side by side, as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.console import grid
from harness.console.base import line
from harness.views import contradictions, wording
from harness.views.published_pair import Pair


def print_pairs(found: Sequence[Pair], most: int) -> None:
    """A row for each value of both: the values, their difference, and what stands between them."""
    first, second = found[0].first.system, found[0].second.system
    line(f"{second} beside {first}, as published", style="bold")
    of = grid.columns(
        "task",
        "metric",
        first,
        second,
        "difference",
        "sources",
        "protocols",
        right=(first, second, "difference"),
        prose=("sources", "protocols"),
        leaves=("sources", "protocols"),
    )
    rows = [
        [
            pair.task,
            pair.quantity if pair.slice == "all" else f"{pair.quantity} {pair.slice}",
            wording.value(pair.first.value, pair.unit),
            wording.value(pair.second.value, pair.unit),
            wording.signed(pair.change, pair.unit),
            _sources(pair),
            _protocols(pair),
        ]
        for pair in found[:most]
    ]
    grid.show(of, rows, wide="--json")
    if len(found) > most:
        line(f"and {len(found) - most} more: --most {len(found)}, or --json", indent=2, style="dim")
    alike = sum(pair.same_source for pair in found)
    line(f"{alike} of {len(found)} pairs are of one source and protocol; no test can be made: published values have no samples", indent=2)


def _sources(pair: Pair) -> str:
    one, other = pair.first.source_title, pair.second.source_title
    return one if one == other else f"{one} against {other}"


def _protocols(pair: Pair) -> str:
    if pair.same_source:
        return "one source, nothing known to differ"
    known = contradictions.told(pair.known)
    return known or "not known to be the same: " + (", ".join(one.aspect for one in pair.one_sided) or "all silent")
