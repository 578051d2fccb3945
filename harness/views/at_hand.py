"""What of a run's samples is on this machine: the release's examples and the replies, and what is missing of them and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import examples as loading
from harness.errors import HarnessError
from harness.images.digests import combined, digesting
from harness.runs import privacy, pseudonyms
from harness.runs.journal import Journal, reply_digest
from harness.runs.record import Record
from harness.types import Example, Response, Task

NO_ROOT = "question, reference and picture are in the release: pass --data-root (HARNESS_DATA) to show them"
OTHER = "the release under the data root is another than the run's, so no text of it is shown"
NO_REPLIES = "replies.jsonl is not in the run's folder: replies stay on the machine that made them"
OTHER_PICTURES = "the pictures under the data root are not those that the run was shown, so none is named"
OTHER_NAMES = "the samples are named by a secret that is not under this data root: pass --data-root with the root of that run"
WITHHELD = "text and pictures of this credentialed dataset are withheld: --allow-credentialed prints them"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """What is here of runs on the same samples, by the ids that their records use."""

    examples: Mapping[str, Example[Any]]
    """By the first run's ids; empty where the release is not here, or another one is."""
    responses: tuple[Mapping[str, Response], ...]
    """Of each run those that were scored."""
    pictures: bool
    """Whether the pictures that are here are those that the first run was shown."""
    digests: Mapping[str, Sequence[str]]
    """Of each sample's pictures, where they had to be read to tell."""
    missing: tuple[str, ...] = ()
    """What is not here, a sentence each."""


def look(runs: Sequence[tuple[Path, Record]], task: Task[Any], data_root: Path | None, *, allow_credentialed: bool) -> AtHand:
    """All that is here of runs; nothing of a credentialed dataset unless that is allowed."""
    first = runs[0][1]
    if privacy.is_private(task.card, synthetic=first.data.kind == "synthetic") and not allow_credentialed:
        return AtHand(examples={}, responses=tuple({} for _ in runs), pictures=False, digests={}, missing=(WITHHELD,))
    known, no_examples = examples(first, task, data_root)
    replies = [responses(folder, record, task, data_root) for folder, record in runs]
    pictures = pictures_shown(first, known)
    names: dict[str, list[str]] = {}
    for (_, record), (_, why) in zip(runs, replies, strict=True):
        names.setdefault(why, []).append(record.model.name)
    missing = [no_examples, *(f"{', '.join(dict.fromkeys(own))}: {why}" for why, own in names.items() if why)]
    return AtHand(
        examples=known,
        responses=tuple(scored for scored, _ in replies),
        pictures=pictures is not None,
        digests=pictures or {},
        missing=tuple(dict.fromkeys(filter(None, (*missing, OTHER_PICTURES if pictures is None else "")))),
    )


def examples(record: Record, task: Task[Any], data_root: Path | None) -> tuple[Mapping[str, Example[Any]], str]:
    """The examples by the ids that records use, or why there are none."""
    synthetic = record.data.kind == "synthetic"
    if data_root is None and not synthetic:
        return {}, NO_ROOT
    try:
        dataset = loading.load(task, split=record.split, data_root=data_root, sample=synthetic, accept_different=True)
    except HarnessError as error:
        return {}, str(error).splitlines()[0]
    # The first schema took its fingerprint of less than is taken now.
    if record.data.schema != 1 and dataset.fingerprint != record.data.fingerprint:
        return {}, OTHER
    named = pseudonyms.of_record(task.card, record.data, data_root)
    if named is not None:
        return {named(example.id): example for example in dataset.examples}, ""
    if pseudonyms.are(record.samples, record.data, [example.id for example in dataset.examples], None):
        return {sample.id: example for sample, example in zip(record.samples, dataset.examples, strict=True)}, ""
    return {}, OTHER_NAMES


def responses(folder: Path, record: Record, task: Task[Any], data_root: Path | None) -> tuple[Mapping[str, Response], str]:
    """The reply to each sample where the one that was scored is in the journal and its sample can be named here, or why there is none."""
    named = pseudonyms.of_record(task.card, record.data, data_root)
    if named is None:
        return {}, OTHER_NAMES
    hashes = {sample.id: sample.reply_sha256 for sample in record.samples}
    scored = {}
    for (sample, _), response in Journal(folder).read().items():
        name = named(sample)
        if hashes.get(name) == reply_digest(response):
            scored[name] = response
    lacking = len(hashes) - len(scored)
    if not scored:
        return {}, NO_REPLIES
    return scored, f"the replies to {lacking:,} of {len(hashes):,} samples are not those that were scored, or absent" if lacking else ""


def pictures_shown(record: Record, known: Mapping[str, Example[Any]]) -> Mapping[str, Sequence[str]] | None:
    """The digests of each sample's pictures, where those that are here are the run's; None where they are not.

    Empty where the record says nothing of pictures, such as that of a model that looks at none.
    """
    if not record.data.pictures or not known:
        return {}
    evaluated = {sample.id: known[sample.id] for sample in record.samples if sample.id in known}
    try:
        with digesting() as digests:
            by_sample = {name: [digests.of(image, complete=False) for image in e.input.images] for name, e in evaluated.items()}
    except HarnessError:
        return None
    return by_sample if combined((evaluated[name].id, own) for name, own in by_sample.items()) == record.data.pictures else None
