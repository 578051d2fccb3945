"""A record against the release: whether it was scored against these targets, who may have answered, and what its replies are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data.examples import Dataset
from harness.errors import HarnessError, MissingData, PrerequisiteError
from harness.runs import authorship, claims, privacy, pseudonyms, scoring
from harness.runs.journal import reply_digest
from harness.runs.pseudonyms import Naming
from harness.runs.recomputed import Check, claimed_metrics, compared
from harness.runs.record import Record
from harness.runs.releases import Releases
from harness.types import Estimate, Example, Response, Scene, Task


def from_data(
    record: Record,
    task: Task[Any],
    replies: dict[str, list[Response]],
    data_root: Path | None,
    named: Naming | None,
    releases: Releases,
) -> Iterator[Check]:
    """Whether the targets are the ones scored against, and the statistics follow from replies and targets.

    Args:
        record: The run's.
        task: Its task.
        replies: By sample id; a sample asked under several prompts has several.
        data_root: Folder of releases, or None.
        named: How the record calls its samples; None where the secret is not here.
        releases: Those that were read for other runs.
    """
    synthetic = record.data.kind == "synthetic"
    if data_root is None and not synthetic:
        yield Check(name="targets", status="not checked", detail="no data root given; pass --data-root to check against the release")
        return
    try:
        dataset, train = releases.of(task, record.split, None if synthetic else data_root)
    except MissingData as error:
        yield Check(name="targets", status="not checked", detail=str(error).splitlines()[0])
        return
    except PrerequisiteError as error:
        yield Check(name="targets", status="fails", detail=str(error))
        return
    examples = record.data.excerpt.of(dataset.examples)
    same = pseudonyms.are(record.samples, record.data, [example.id for example in examples], named)
    if claims.fingerprint(dataset, record) != record.data.fingerprint or same is False or len(examples) != len(record.samples):
        yield Check(
            name="targets", status="fails", detail="the examples or targets of the release are not those the run was scored against"
        )
        return
    wrong = claims.against(record, dataset) or _facts(record, examples, named)
    if wrong:
        yield Check(name="targets", status="fails", detail=wrong)
        return
    told = "" if named is not None else f"; {'told by their order' if same else 'their order was not checked'}, for want of the secret"
    yield Check(name="targets", status="holds", detail=f"{len(examples)} examples and targets are those of the release{told}")
    if record.data.pictures:
        yield _pictures(record, dataset, examples, releases)
    scene = Scene(task=task, split=record.split, examples=examples, ids=frozenset(e.id for e in dataset.examples), train=train)
    answered = authorship.answered_by(record, scene)
    yield answered.check
    if answered.check.status == "fails":
        return
    scored = _matched(record, examples, replies) or answered.replies
    whole = pseudonyms.is_whole(record.data.excerpt, record.data)
    if scored is None or (named is None and not whole):
        lacking = "all replies" if scored is None else "the secret, which the scoring ids of a part of a release are made with,"
        yield Check(name="statistics", status="not checked", detail=f"without {lacking} the statistics cannot be measured again")
        return
    try:
        with privacy.staying(task.card, synthetic=synthetic, allowed=False):
            again = scoring.score(
                replace(task, metrics=tuple(claimed_metrics(record, task))),  # a task may have gained metrics since the run
                examples,
                scored,
                split=record.split,
                info=record.model,
                complete=record.status == "complete",
                train=train,
                plan=record.bootstrap,
                called=(named or pseudonyms.PLAIN).in_digests(whole=whole),
            )
    except HarnessError as error:
        yield Check(name="statistics", status="fails", detail=str(error))
        return
    claimed, anew, left_out = _both_computed(record.estimates, again.estimates)
    rest = f"; not checked, because one of the two machines could not compute it: {', '.join(left_out)}" if left_out else ""
    yield from compared("statistics", record, claimed, anew, f"every number follows from replies and targets, measured anew{rest}")


def _facts(record: Record, examples: Sequence[Example[Any]], named: Naming | None) -> str:
    """Which sample's group or tags are not the release's; empty where all are. Without the secret, groups must be as many and alike."""
    known: dict[str, str] = {}
    alone = len({sample.group for sample in record.samples}) == len({example.group for example in examples})
    for example, sample in zip(examples, record.samples, strict=True):
        group = named(example.group) if named is not None else known.setdefault(example.group, sample.group if alone else "")
        tags = {name: value for name, value in sample.tags.items() if value}
        if sample.group != group or tags != {name: value for name, value in example.tags.items() if value}:
            return f"sample '{sample.id}': its group or tags are not those of the release"
    return ""


def _pictures(record: Record, dataset: Dataset, examples: Sequence[Example[Any]], releases: Releases) -> Check:
    """Whether the pictures of the release are those that the model saw."""
    try:
        digest = releases.pictures(dataset, record.data.excerpt, examples, complete=dataset.complete and record.data.complete)
    except MissingData as error:
        return Check(name="pictures", status="not checked", detail=str(error).splitlines()[0])
    except PrerequisiteError as error:
        return Check(name="pictures", status="fails", detail=str(error))
    if digest != record.data.pictures:
        return Check(name="pictures", status="fails", detail="the pictures of the release differ from those that the model was shown")
    return Check(name="pictures", status="holds", detail="the pictures are those of the release")


def _both_computed(claimed: Sequence[Estimate], again: Sequence[Estimate]) -> tuple[list[Estimate], list[Estimate], list[str]]:
    """The estimates of metrics that were computed then and can be computed here, and the names of the others.

    What a machine lacks (Java, weights) is no fault of a record; nor is what stands in for it there.
    """
    computed = [{(e.metric, e.variant) for e in estimates if not e.note.startswith("not computed")} for estimates in (claimed, again)]
    present = [{(e.metric, e.variant) for e in estimates} for estimates in (claimed, again)]
    left_out = (computed[0] ^ computed[1]) | (present[0] ^ present[1])
    kept = [[e for e in estimates if (e.metric, e.variant) not in left_out] for estimates in (claimed, again)]
    return kept[0], kept[1], sorted("/".join(key) for key in left_out)


def _matched(record: Record, examples: Sequence[Example[Any]], replies: dict[str, list[Response]]) -> list[Response] | None:
    """The reply that was scored for each example, found by its hash; None where one is absent."""
    scored = []
    for example, sample in zip(examples, record.samples, strict=True):
        same = [response for response in replies.get(example.id, ()) if reply_digest(response) == sample.reply_sha256]
        if not same:
            return None
        scored.append(same[0])
    return scored
