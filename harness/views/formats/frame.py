"""Results as a data frame: one row per estimate of every run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.base.visible import visible_all, visible_line
from harness.errors import UsageError
from harness.files import folders, refusals
from harness.files.cells import cell
from harness.runs import record as records
from harness.runs.record import Record
from harness.views import selection
from harness.views.naming import names_of

if TYPE_CHECKING:
    import pandas as pd


@refusals.told()
def load_results(root: Path | str = "results") -> pd.DataFrame:
    """Every estimate of every run under a folder.

    Args:
        root: A results folder, or the folder of one run.

    Returns:
        As `of_runs`; ``run`` is the folder relative to the root.

    Raises:
        UsageError: There is no run under it.
        CorruptData, VerificationError: A record cannot be read or was changed.
    """
    if not isinstance(root, str | Path) or not folders.can_be_named(str(root)):
        raise UsageError(f"a results folder is a path, not a {type(root).__name__}, without a NUL or half a character in it.")
    root = Path(root)
    return of_runs({folder.relative_to(root).as_posix(): records.read(folder) for folder in selection.run_folders(root)})


def to_csv(runs: Mapping[str, Record]) -> str:
    """`of_runs` as a CSV file that a spreadsheet shows as it is."""
    frame = of_runs(runs)
    texts = frame.select_dtypes(exclude=["number", "bool"]).columns
    frame[texts] = frame[texts].map(lambda value: cell(visible_line(value)) if isinstance(value, str) else value)
    text: str = frame.to_csv(index=False)
    return text


def of_runs(runs: Mapping[str, Record]) -> pd.DataFrame:
    """The estimates of runs that have names.

    Returns:
        One row per run, metric, variant and slice: ``task``, ``task_variant``, ``split``, ``system``, ``label`` (the system's name and what
        tells the run from others of that name), ``status``, ``data`` (real or
        synthetic), ``not_ranked``, ``run`` (the name), and the fields of `harness.types.Estimate`.
    """
    import pandas as pd

    rows = []
    for (name, record), label in zip(runs.items(), names_of(list(runs.values())), strict=True):
        facts = {
            "task": record.task,
            "task_variant": record.task_variant,
            "split": record.split,
            "system": record.model.name,
            "label": label,
            "status": record.status,
            "data": record.data.kind,
            "not_ranked": "; ".join(record.not_ranked),
            "run": name,
        }
        rows += [visible_all({**facts, **estimate.as_json()}) for estimate in record.estimates]  # a frame takes no half a character
    return pd.DataFrame(rows)
