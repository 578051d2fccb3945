"""The demonstration: evaluate what this machine has, and print the scoreboard beside published numbers.

With HARNESS_DATA set to a folder of releases, the checkpoint trained on PneumoniaMNIST answers the real test split; without it, the
checkpoint trained on drawn phantoms answers the invented sample. The baselines answer all five tasks. Everything lands in
demo-results/; run again, nothing is asked twice.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from board import print_board

import harness
from harness.api.results import Run
from harness.console import base
from harness.data import catalog
from harness.errors import HarnessError, MissingData
from harness.views import published as reported

HERE = Path(__file__).resolve().parent
RESULTS = Path("demo-results")
TASKS = ("vqa_rad", "iu_xray", "pneumoniamnist", "trec_ct_2022", "meqsum")
BASELINES = {
    "vqa_rad": ("majority", "nearest", "oracle"),
    "iu_xray": ("constant", "nearest", "oracle"),
    "pneumoniamnist": ("majority", "nearest", "oracle"),
    "trec_ct_2022": ("majority", "random", "oracle"),
    "meqsum": ("lead", "copy", "nearest", "oracle"),
}


def main() -> int:
    """Run everything, print one scoreboard per task; returns the exit code."""
    given = os.environ.get("HARNESS_DATA")
    data_root = Path(given) if given else None
    code = 0
    for name in TASKS:
        runs, notes = _runs(name, data_root)
        code = max(code, *(0 if run.record.counts.failed == 0 else 1 for run in runs), 0)
        published = reported.for_task(name, "")
        print_board(name, [run.record for run in runs], published)
        for note in notes:
            base.say(f"  {note}")
    base.say(f"\nrecords in {RESULTS}; the same scoreboard with: make demo")
    return code


def _runs(name: str, data_root: Path | None) -> tuple[list[Run], list[str]]:
    """The runs of one task: the trained checkpoint where it fits, and the baselines; on real data where it is at hand."""
    folder = catalog.card(name).folder
    notes: list[str] = []
    root = data_root
    if root is not None and not (root / folder).is_dir():
        notes.append(f"{root / folder} is not there: the invented sample stands in. See: harness show {name}")
        root = None
    specs = [f"baseline:{baseline}" for baseline in BASELINES[name]]
    if name == "pneumoniamnist":
        specs.insert(0, str(HERE / ("pneumoniamnist.pt2" if root is not None else "phantoms.pt2")))
    runs = []
    for spec in specs:
        try:
            runs.append(harness.evaluate(spec, name, data_root=root, sample=root is None, results=RESULTS, batch_size=64)[name])
        except MissingData as error:
            notes.append(f"{spec}: {error}")
    return runs, notes


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
