"""Model-card metadata of the Hugging Face Hub: the ``model-index`` of one system, from its complete runs on real data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.base import extras
from harness.base.visible import visible_all, visible_line
from harness.cards import Card
from harness.errors import UsageError
from harness.runs.record import Record
from harness.views.naming import names_of

_TASKS = {
    "vqa": "visual-question-answering",
    "captioning": "image-to-text",
    "classification": "image-classification",
    "understanding": "text-classification",
    "summarization": "summarization",
}
"""The Hub's names of our families."""


def model_index(runs: Iterable[tuple[Record, Card]], labels: Sequence[str] = ()) -> str:
    """The YAML header of a model card, between its two lines of dashes.

    Fractions stand as they are. The variant of a metric is its ``config``, and its arguments hold the interval and what makes two
    numbers comparable.

    Args:
        runs: Record and card of each run.
        labels: What the runs are called, in their order; from `naming` where it is empty.

    Raises:
        UsageError: The runs are of several systems, or several of one task and split; or none of them is complete and on real data.
    """
    extras.required("a model card", "huggingface_hub")
    from huggingface_hub import EvalResult, ModelCardData

    given = list(runs)
    called = dict(zip((id(record) for record, _ in given), labels or names_of([record for record, _ in given]), strict=True))
    kept = [(record, card) for record, card in given if not record.not_ranked and record.data.kind == "real"]
    names = sorted({record.model.name for record, _ in kept})
    if not names:
        raise UsageError("no complete run on real data among these; a model card holds nothing else.")
    if len(names) > 1:
        raise UsageError(f"a model card is of one system, and these are runs of {', '.join(names)}; name the runs of one.")
    by_task: dict[tuple[str, str], list[str]] = {}
    for record, _ in kept:
        by_task.setdefault((record.full_name, record.split), []).append(called[id(record)])
    for (task, split), same in by_task.items():
        if len(same) > 1:
            raise UsageError(
                f"a model card holds one value of each metric, and {task} has {len(same)} runs on the {split} split: {'; '.join(same)}."
                " Name the folder of one."
            )
    results = [
        EvalResult(
            task_type=_TASKS[card.family],
            dataset_type=card.folder,
            dataset_name=card.title,
            dataset_config=record.full_name,
            dataset_split=record.split,
            dataset_revision=record.data.fingerprint[:16],
            metric_type=estimate.metric,
            metric_name=f"{estimate.metric}/{estimate.variant}",
            metric_config=estimate.variant,
            metric_value=estimate.value,
            metric_args=_arguments(estimate.as_json()),
        )
        for record, card in kept
        for estimate in record.estimates
        if estimate.slice == "all" and estimate.value is not None
    ]
    return f"---\n{ModelCardData(model_name=visible_line(names[0]), eval_results=results).to_yaml()}\n---\n"


def _arguments(estimate: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: visible_all(estimate[name]) for name in ("low", "high", "level", "method", "n", "n_groups", "unit", "signature", "scoring_id")
    }
