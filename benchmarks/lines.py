"""A line of the table of ratios, and a curve of growth, as the page shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One comparison, both sides of which were taken in one run."""

    what: str
    ours: str
    beside: str
    ratio: float
    """Ours over the other side; less is better."""
    bar: float
    """The most that the ratio may be."""
    why: str = ""
    """Of a line that misses its bar: by what."""

    def __str__(self) -> str:
        held = "holds" if self.ratio <= self.bar else f"**missed by {self.ratio / self.bar - 1:.0%}**{self.why and ': '}{self.why}"
        return f"| {self.what} | {self.ours} | {self.beside} | {self.ratio:.3g} | {self.bar:.3g} | {held} |"


HEAD = "| what | harness | beside | ratio | bar | |\n| --- | ---: | ---: | ---: | ---: | --- |"


def curve(what: str, unit: str, points: Sequence[tuple[int, float]]) -> str:
    """A curve in letters, each point a bar as long as it costs per sample, and its slope between the ends on logarithmic scales.

    Args:
        what: What grows.
        unit: Of a point's cost.
        points: Samples, and what all of them together cost.
    """
    each = [cost / n for n, cost in points]
    scale = 40 / max(each)
    bars = [f"{n:>9,}  {'█' * round(cost * scale):<40}  {cost:.3g} {unit}" for (n, _), cost in zip(points, each, strict=True)]
    (first, low), (last, high) = points[0], points[-1]
    slope = math.log(high / low) / math.log(last / first)
    words = "no faster than the samples" if slope <= 1.02 else "faster than the samples"
    return "\n".join(["```text", f"{what}, per sample", *bars, "```", f"It grows {words}: slope {slope:.2f}."])
