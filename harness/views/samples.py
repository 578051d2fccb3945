"""The text of samples on which two runs differ, from the release and the replies on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.data import contract
from harness.runs.record import Record
from harness.types import Response, Task
from harness.views import at_hand, pairing
from harness.views.changes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A changed sample in words; None for what is not at hand."""

    change: Change
    prompt: str | None
    reference: str | None
    first: str | None
    """What the first system replied."""
    second: str | None

    def as_json(self) -> dict[str, Any]:
        """The sample as ``--json`` prints it."""
        return asdict(self)


def told(
    changes: Sequence[Change],
    task: Task[Any],
    runs: tuple[tuple[Path, Record], tuple[Path, Record]],
    *,
    data_root: Path | None,
) -> list[Told]:
    """Each change with prompt, reference and replies, as far as these are here.

    Args:
        changes: From `changes.changes`.
        task: Of both runs.
        runs: Folder and record of the first and the second.
        data_root: Folder of releases; None for runs on the invented sample.
    """
    record = runs[0][1]
    found_examples, _ = at_hand.examples(record, task, data_root)
    replied = [replies(folder, other, task, data_root) for folder, other in runs]
    theirs = pairing.names(*(other for _, other in runs))
    found = []
    for change in changes:
        example = found_examples.get(change.id)
        found.append(
            Told(
                change=change,
                prompt=None if example is None else contract.prompt_of(task, example.input, example.id),
                reference=None if example is None else contract.said_of(task, example.target, example.id),
                first=replied[0].get(change.id),
                second=replied[1].get(theirs.get(change.id, "")),
            )
        )
    return found


def replies(folder: Path, record: Record, task: Task[Any], data_root: Path | None) -> Mapping[str, str]:
    """What was replied to each sample, where the reply that was scored is in the journal and its sample can be named here."""
    return {name: said(response) for name, response in at_hand.responses(folder, record, task, data_root)[0].items()}


def said(response: Response) -> str:
    """A reply on one sheet with others: its text, what it failed of, or its scores where it has no text."""
    if response.error is not None:
        return f"(failed: {response.error})"
    if response.text.strip() or response.choice_log_probs is None:
        return response.text
    return f"(scores: {', '.join(f'{score:.3f}' for score in response.choice_log_probs)})"
