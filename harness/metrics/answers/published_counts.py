"""What the published evaluations count in each reply, side by side: one row of statistics per question."""

from __future__ import annotations

from msgspec import Struct

from harness.metrics.answers import published_rules as rules
from harness.metrics.answers.published_rules import Closed
from harness.metrics.base import Context, NotComputed, Samples, Statistics
from harness.metrics.columns import of_rows

_COLUMNS = (
    "n", "biomedgpt", "llava_med_recall", "llava_med_right", "llava_med_v1_right", "llava_med_v1_counted",
    "multimedeval_f1", "multimedeval_recall", "multimedeval_bleu_1", "multimedeval_right", "medevalkit_right",
)  # fmt: skip


class Release(Struct, frozen=True, kw_only=True):
    """Where the scripts treat releases differently."""

    name: str
    biomedgpt_lower: bool
    """Whether BiomedGPT's preprocessing lower-cases the answers."""
    medevalkit_closed: Closed


def written(samples: Samples) -> list[str]:
    """Each reply as it was written; a classifier's choice where there is no text."""
    return [reply if reply.strip() else str(choice or "") for reply, choice in zip(samples.replies, samples.predictions, strict=True)]


def run(samples: Samples, context: Context, *, release: Release) -> Statistics:  # noqa: ARG001  the answers alone decide
    """The statistics of each reply, [n, 11].

    Raises:
        NotComputed: The task does not say which questions are closed.
    """
    kinds = samples.tags.get("answer_type")
    if kinds is None:
        raise NotComputed("the task does not say which questions are closed (no answer_type)")
    rows = []
    for reply, target, kind in zip(written(samples), samples.targets, kinds, strict=True):
        answer, closed = str(target), kind == "closed"
        first = rules.llava_med_v1(reply, answer) if closed else None
        rows.append(
            [
                1.0,
                rules.biomedgpt(reply, answer, lower=release.biomedgpt_lower),
                rules.llava_med_recall(reply, answer),
                bool(reply.strip()) and rules.llava_med(reply, answer),
                first is True,
                first is not None,
                *rules.multimedeval(reply, answer),
                rules.medevalkit(reply, answer, closed=closed, by=release.medevalkit_closed),
            ]
        )
    return of_rows(_COLUMNS, rows)
