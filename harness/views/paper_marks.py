"""Which values of a paper's column are best, and which of the others cannot be told from the best one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.data import catalog
from harness.runs.record import Record
from harness.stats import paired, swaps
from harness.types import Estimate
from harness.views import cells, pairing
from harness.views.board_parts import Mark


def marks(runs: Mapping[str, Record], own: Mapping[str, Estimate], ranked: Mapping[str, int], task_dirs: Sequence[Any]) -> dict[str, Mark]:
    """The marks of a column: none where fewer than two runs compete in it.

    Args:
        runs: Of one column.
        own: Each run's value of one metric on one slice.
        ranked: From `standings.ranks`: it decides where the metric is the one that ranks, and a test against the best run elsewhere.
        task_dirs: Folders of the user's own tasks.
    """
    competing = {
        run: estimate
        for run, estimate in own.items()
        if estimate.value is not None and not runs[run].not_ranked and runs[run].data.kind == "real"
    }
    if len(competing) < 2:
        return {}
    higher = next(iter(competing.values())).higher_is_better
    best = (max if higher else min)(competing, key=lambda run: float(competing[run].value or 0.0))
    if any(runs[run].estimates[0] is estimate for run, estimate in own.items()):  # the metric that ranks, on the whole set
        tied = {run for run in competing if ranked.get(run) == 1}
    else:
        tied = _not_worse(runs, list(competing), best, own[best], task_dirs)
    marked: dict[str, Mark] = {run: "tied" for run in competing if run in tied}
    return marked | {run: "best" for run in competing if competing[run].value == competing[best].value}


def _not_worse(runs: Mapping[str, Record], names: Sequence[str], best: str, column: Estimate, task_dirs: Sequence[Any]) -> set[str]:
    """The runs that cannot be told from the best one by the paired test, adjusted (Holm) over the tests of the column."""
    rivals = [run for run in names if run != best]
    task = catalog.task(runs[best].full_name, task_dirs)
    p_values: dict[str, float | None] = {}
    for run in rivals:
        first, second = runs[best], runs[run]
        p_values[run] = None
        for cell in () if pairing.refusal(first, second) else cells.cells(first, second, task, f"{column.metric}/{column.variant}"):
            if cell.slice == column.slice:
                groups = [sample.group for sample in first.samples]
                [made] = paired.compare_all([cell.test], groups=groups, plan=first.bootstrap, family=len(rivals), whole=False)
                p_values[run] = made.p
    adjusted = zip(p_values, paired.holm(list(p_values.values())), strict=True)
    return {run for run, p in adjusted if p is not None and p > swaps.ALPHA}
