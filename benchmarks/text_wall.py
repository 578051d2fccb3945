"""METEOR beside the other metrics of captions: how long all of them take together beside METEOR alone, in elapsed time.

python -m benchmarks.text_wall alone|all     (what the table runs, each in a process of its own with a cache of its own)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.lines import Line
from benchmarks.sides import spent
from benchmarks.text_metrics import pairs
from harness.metrics.base import Context
from harness.metrics.measuring import measure
from harness.metrics.texts import java
from harness.metrics.texts.captions import CAPTIONS
from harness.metrics.texts.summaries import SUMMARIES

_PAIRS = 6000


def lines(work: Path, _: str) -> Iterator[Line | str]:
    """Elapsed time of either."""
    if java.java() is None:
        yield "METEOR was not measured: Java is absent."
        return
    command = [sys.executable, "-m", "benchmarks.text_wall"]
    taken = {
        what: min(
            (spent([*command, what], {"XDG_CACHE_HOME": str(work / f"{what}-{number}"), "OMP_NUM_THREADS": "1"}) for number in range(2)),
            key=lambda found: found.wall,
        )
        for what in ("alone", "all")
    }
    yield Line(
        what=f"METEOR, BLEU, CIDEr and ROUGE of {_PAIRS:,} reports, elapsed; beside it METEOR alone",
        ours=taken["all"].shown,
        beside=taken["alone"].shown,
        ratio=taken["all"].wall / taken["alone"].wall,
        bar=1.1,
        why="METEOR's Java compiles itself on the second core while the others compute",
    )


if __name__ == "__main__":
    wanted = [metric for metric in CAPTIONS if metric.name == "meteor"] if sys.argv[1] == "alone" else [*CAPTIONS, *SUMMARIES]
    start = time.perf_counter()
    found = measure(wanted, pairs(_PAIRS), Context())
    absent = [name for name, measured in found.items() if measured.statistics is None]
    print(f"{time.perf_counter() - start:.1f} s", *absent)
