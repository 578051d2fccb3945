"""Who gave the replies of a run, as far as a record and the release can tell.

A record names its model, and nothing on disk proves that name. Baselines can be asked again: they say the same each time. And replies
that are the targets themselves, word for word, look like those of the baseline that sees them, whatever the record calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness import models
from harness.errors import HarnessError
from harness.models import sameness
from harness.runs.journal import reply_digest
from harness.runs.recomputed import Check, Status
from harness.runs.record import Record
from harness.types import Model, Request, Response, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What is known of who answered."""

    check: Check
    replies: list[Response] | None = None
    """The replies themselves, given anew; None where only the model could."""


def answered_by(record: Record, scene: Scene) -> Answered:
    """Whether the model is the one that the record names."""
    own = _asked_again(record, scene) if record.model.kind == "baseline" else None
    if own is not None and _same(record, own[1]):
        model, replies = own
        if model.info.reads_targets and not record.model.reads_targets:
            return Answered(check=_check("fails", "the model sees the targets, and the record does not say so"))
        return Answered(check=_check("holds", "the baseline says the same when it is asked again"), replies=replies)
    if own is not None and record.model.name == own[0].info.name:
        digest = sameness.of_model(own[0].info)[:16]
        if digest == record.prompting.model_digest:
            return Answered(check=_check("fails", "the baseline says something else when it is asked again"))
    if not record.model.reads_targets and (reason := _like_the_oracle(record, scene)):
        return Answered(check=reason)
    detail = (
        f"nothing on disk proves that {record.model.name} gave these replies, or to which prompts; whoever has the model can ask it again"
    )
    return Answered(check=_check("not checked", detail))


def _like_the_oracle(record: Record, scene: Scene) -> Check | None:
    """What is to be said where every reply is the target itself."""
    oracle = models.open_model("baseline:oracle", {}).for_task(scene)
    replies = list(oracle.generate(_requests(record, scene)))
    if not _same(record, replies):
        return None
    if any(reply.choice_log_probs for reply in replies):
        return _check("fails", "every reply gives the target a probability of 1, as only a model that sees the targets does")
    detail = "every reply is its target word for word, as of the baseline that sees the targets"
    return _check("not checked", f"{detail}; nothing on disk proves that {record.model.name} wrote them")


def _asked_again(record: Record, scene: Scene) -> tuple[Model, list[Response]] | None:
    """The baseline that the record names with its replies; None where there is none of that name, or it cannot answer here."""
    try:
        model = models.open_model(f"baseline:{record.model.name.removesuffix(' (test prior)')}", record.model.arguments).for_task(scene)
        return model, list(model.generate(_requests(record, scene)))
    except HarnessError:
        return None


def _requests(record: Record, scene: Scene) -> Sequence[Request]:
    """What a baseline reads of a request: no prompt."""
    decoding = record.prompting.decoding
    return [Request(id=example.id, prompt="", item=example.input, decoding=decoding) for example in scene.examples]


def _same(record: Record, replies: Sequence[Response]) -> bool:
    return [reply_digest(reply) for reply in replies] == [sample.reply_sha256 for sample in record.samples]


def _check(status: Status, detail: str) -> Check:
    return Check(name="model", status=status, detail=detail)
