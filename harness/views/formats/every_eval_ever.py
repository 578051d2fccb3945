"""The interchange format of every_eval_ever, schema 0.3: one JSON object per run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.base.version import __version__
from harness.cards import Card
from harness.metrics import units
from harness.runs.record import Record
from harness.stats import intervals
from harness.types import Estimate

SCHEMA_VERSION = "0.3.0"


def every_eval_ever(record: Record, card: Card, label: str = "") -> dict[str, Any]:
    """One run; what its schema calls an evaluation result is one of our estimates, slices included.

    Args:
        record: The run.
        card: Its task's.
        label: What the run is called beside others of its system; the system's name where it is empty.
    """
    created = int(datetime.fromisoformat(record.created).replace(tzinfo=UTC).timestamp())
    name = record.model.name
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": f"{record.full_name}/{label or name}/{created}",
        "evaluation_timestamp": str(created),
        "retrieved_timestamp": str(created),
        "source_metadata": {
            "source_name": "biomed-harness",
            "source_type": "evaluation_run",
            "source_organization_name": "not stated",
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": "biomed-harness", "version": record.environment.get("harness", __version__)},
        "model_info": {
            "name": name,
            "id": name,
            "additional_details": {
                "deployment_type": "externally_managed" if record.model.remote else "self_deployed",
                "model_availability": "unknown",
                **_texts({key: getattr(record.model, key) for key in ("kind", "digest", "revision", "precision", "setting", "note")}),
            },
        },
        "evaluation_results": [_result(record, card, estimate) for estimate in record.estimates if estimate.value is not None],
    }


def _result(record: Record, card: Card, estimate: Estimate) -> dict[str, Any]:
    unit = units.of(estimate.unit)
    uncertainty: dict[str, Any] = {"num_samples": estimate.n}
    if estimate.low is not None and estimate.high is not None:
        if not estimate.method or "bootstrap" in estimate.method:
            uncertainty["num_bootstrap_samples"] = record.bootstrap.resamples
        uncertainty["confidence_interval"] = {
            "lower": estimate.low,
            "upper": estimate.high,
            "confidence_level": estimate.level,
            "method": f"{estimate.method or intervals.NOT_STATED}; {estimate.n_groups} groups in the set ({card.group})",
        }
    return {
        "evaluation_result_id": f"{estimate.scoring_id}/{estimate.slice}",
        "evaluation_name": f"{record.full_name}/{record.split}/{estimate.slice}",
        "source_data": {
            "dataset_name": card.title,
            **({"source_type": "url", "url": [card.homepage]} if card.homepage else {"source_type": "other"}),
            "additional_details": _texts({"split": record.split, "fingerprint": record.data.fingerprint, "kind": record.data.kind}),
        },
        "metric_config": {
            "metric_id": f"{estimate.metric}/{estimate.variant}",
            "metric_name": estimate.metric,
            "metric_unit": "proportion" if unit is units.FRACTION else unit.name,
            "lower_is_better": not estimate.higher_is_better,
            "score_type": "continuous",
            "min_score": unit.low,
            "max_score": unit.high,
            "additional_details": _texts({"signature": estimate.signature, "scoring_id": estimate.scoring_id}),
        },
        "score_details": {
            "score": estimate.value,
            "details": _texts({"status": record.status, "not_ranked": "; ".join(record.not_ranked), "note": estimate.note}),
            "uncertainty": uncertainty,
        },
        "generation_config": {
            "generation_args": {
                "temperature": record.prompting.decoding.temperature,
                "top_p": record.prompting.decoding.top_p,
                "max_tokens": record.prompting.decoding.max_new_tokens,
            },
            "additional_details": _texts({"prompting_id": record.prompting.prompting_id}),
        },
    }


def _texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """The format takes texts alone here; what is empty is left out."""
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}
