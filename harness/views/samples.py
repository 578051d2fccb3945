"""The text of samples on which two runs differ, from the release and the replies on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.data import contract
from harness.data import examples as loading
from harness.errors import HarnessError
from harness.runs import pseudonyms
from harness.runs.journal import Journal, reply_digest
from harness.runs.record import Record
from harness.types import Example, Response, Task
from harness.views import pairing
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
        changes: From `versus.changes`.
        task: Of both runs.
        runs: Folder and record of the first and the second.
        data_root: Folder of releases; None for runs on the invented sample.
    """
    record = runs[0][1]
    found_examples = examples(record, task, data_root)
    said = [replies(folder, other, task, data_root) for folder, other in runs]
    theirs = pairing.names(*(other for _, other in runs))
    found = []
    for change in changes:
        example = found_examples.get(change.id)
        found.append(
            Told(
                change=change,
                prompt=None if example is None else contract.prompt_of(task, example.input, example.id),
                reference=None if example is None else contract.said_of(task, example.target, example.id),
                first=said[0].get(change.id),
                second=said[1].get(theirs.get(change.id, "")),
            )
        )
    return found


def examples(record: Record, task: Task[Any], data_root: Path | None) -> Mapping[str, Example[Any]]:
    """The examples by the ids that records use; empty where the release is not here, or another one is."""
    synthetic = record.data.kind == "synthetic"
    if data_root is None and not synthetic:
        return {}
    try:
        dataset = loading.load(task, split=record.split, data_root=data_root, sample=synthetic, accept_different=True)
    except HarnessError:
        return {}
    # The first schema took its fingerprint of less than is taken now.
    if record.data.schema != 1 and dataset.fingerprint != record.data.fingerprint:
        return {}
    named = pseudonyms.of_record(task.card, record.data, data_root)
    if named is not None:
        return {named(example.id): example for example in dataset.examples}
    if pseudonyms.are(record.samples, record.data, [example.id for example in dataset.examples], None):
        return {sample.id: example for sample, example in zip(record.samples, dataset.examples, strict=True)}
    return {}


def replies(folder: Path, record: Record, task: Task[Any], data_root: Path | None) -> Mapping[str, str]:
    """What was replied to each sample, where the reply that was scored is in the journal and its sample can be named here."""
    named = pseudonyms.of_record(task.card, record.data, data_root)
    if named is None:
        return {}
    hashes = {sample.id: sample.reply_sha256 for sample in record.samples}
    found = {}
    for (sample, _), response in Journal(folder).read().items():
        name = named(sample)
        if hashes.get(name) == reply_digest(response):
            found[name] = _said(response)
    return found


def _said(response: Response) -> str:
    if response.error is not None:
        return f"(failed: {response.error})"
    if response.text.strip() or response.choice_log_probs is None:
        return response.text
    return f"(scores: {', '.join(f'{score:.3f}' for score in response.choice_log_probs)})"
