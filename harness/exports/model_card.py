"""Model-card metadata of the Hugging Face Hub: the ``model-index`` of one system, from its complete runs on real data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.cards import Card
from harness.errors import UsageError
from harness.records import Record

_TASKS = {
    "vqa": "visual-question-answering",
    "captioning": "image-to-text",
    "classification": "image-classification",
    "understanding": "text-classification",
    "summarization": "summarization",
}
"""The Hub's names of our families."""


def model_index(runs: Iterable[tuple[Record, Card]]) -> str:
    """The YAML header of a model card, between its two lines of dashes.

    Fractions stand as they are. The variant of a metric is its ``config``, and its arguments hold the interval and what makes two
    numbers comparable.

    Raises:
        UsageError: The runs are of several systems, or none of them is complete and on real data.
    """
    from huggingface_hub import EvalResult, ModelCardData

    kept = [(record, card) for record, card in runs if not record.not_ranked and record.data["kind"] == "real"]
    names = sorted({str(record.model["name"]) for record, _ in kept})
    if not names:
        raise UsageError("no complete run on real data among these; a model card holds nothing else.")
    if len(names) > 1:
        raise UsageError(f"a model card is of one system, and these are runs of {', '.join(names)}; name the runs of one.")
    results = [
        EvalResult(
            task_type=_TASKS[card.family],
            dataset_type=card.folder,
            dataset_name=card.title,
            dataset_config=record.full_name,
            dataset_split=record.split,
            dataset_revision=str(record.data["fingerprint"])[:16],
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
    return f"---\n{ModelCardData(model_name=names[0], eval_results=results).to_yaml()}\n---\n"


def _arguments(estimate: Mapping[str, Any]) -> dict[str, Any]:
    return {name: estimate[name] for name in ("low", "high", "level", "method", "n", "n_groups", "unit", "signature", "scoring_id")}
