"""ReXrank's submission: its own split file with a ``model_prediction`` in each study, as its evaluation script reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.data import examples
from harness.data.readers.files import read_text, required
from harness.errors import MissingData, UsageError
from harness.files import json_text
from harness.runs import privacy
from harness.runs.record import Record
from harness.types import Task
from harness.views import samples

COLUMN = "model_prediction"
"""The field of a reply; ``harness score FILE --text model_prediction`` reads such a file."""


def submission(folder: Path, record: Record, task: Task[Any], data_root: Path | None) -> str:
    """One run's replies as ReXrank takes them.

    Args:
        folder: The run's, with its replies.
        record: A finished run of a task that reads ReXrank's file.
        task: The run's.
        data_root: Where the release is; the invented sample needs none.

    Raises:
        UsageError: The run is of another task, or of reports that may not leave.
        MissingData: Replies or the split file are not here.
    """
    card, synthetic = task.card, record.data.kind == "synthetic"
    if card.source.get("reader") != "rexrank":
        raise UsageError(f"{record.full_name} is no test of ReXrank's: a submission is made of a run of iu_xray@rexrank.")
    if privacy.is_private(card, synthetic=synthetic):
        raise UsageError(
            f"{record.full_name}: a submission repeats every reference report, and these may not leave. ReXrank asks for the scores of this"
            " test alone: harness export-results RUN --to csv"
        )
    unanswered = [sample.id for sample in record.samples if sample.outcome in ("failed", "skipped")]
    if unanswered:
        raise MissingData(f"{folder}: {len(unanswered)} requests have no reply (first: {unanswered[0]}); run it again to ask them.")
    replies = samples.replies(folder, record, task, data_root)
    absent = [sample.id for sample in record.samples if sample.id not in replies]
    if absent:
        raise MissingData(f"{folder}: {len(absent)} replies are not here (first: {absent[0]}); write it on the machine that made the run.")
    card, root = examples.place(card, data_root, synthetic=synthetic)
    path = required(card, root, card.source["file"])
    studies = json_text.parse(read_text(path), str(path), constants=True)
    made = {study: {**item, COLUMN: replies[study]} for study, item in studies.items() if study in replies}
    return json.dumps(made, indent=4, ensure_ascii=False) + "\n"
