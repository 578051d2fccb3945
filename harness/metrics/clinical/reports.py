"""Clinical metrics of reports: what a radiologist would check, read by models whose weights the user has.

One folder, named in ``HARNESS_CLINICAL``, holds what each of them needs under its released name (`WEIGHTS`). Without it they are *not
computed: weights absent*, and no other number takes their place.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.base import extras
from harness.metrics.base import Metric
from harness.metrics.clinical import annotating, bertscore, chexbert, green, radcliq, radgraph, ratescore

WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "CheXbert": (chexbert.CHECKPOINT, chexbert.BACKBONE),
    "RadGraph-XL": ("radgraph-xl.tar.gz",),
    "RadCliQ-v1": ("radgraph.tar.gz", chexbert.CHECKPOINT, chexbert.BACKBONE, "distilroberta-base"),
    "GREEN": (green.MODEL,),
    "RaTEScore": (ratescore.TAGGER, ratescore.ENCODER),
    "BERTScore": ("roberta-large",),
}
"""Family to the files and folders that it reads. An archive of RadGraph also needs the folder of the encoder that its config names."""

_FAMILIES = (chexbert.METRICS, radgraph.METRICS, radcliq.METRICS, green.METRICS, ratescore.METRICS, bertscore.METRICS)

REPORTS: tuple[Metric, ...] = tuple(family[0] for family in _FAMILIES)
"""What report tasks compute beside their text metrics: one of each family, so that a machine without weights prints six lines that say
so and not seventeen. The others are computed where they are named."""

OF_ANY_MODALITY: tuple[Metric, ...] = tuple(metric for metric in REPORTS if metric.name not in ("chexbert_f1", "radcliq"))
"""Of `REPORTS`, those that are not made from a chest X-ray labeller."""

VARIANTS: tuple[Metric, ...] = (*(metric for family in _FAMILIES for metric in family[1:]), *radcliq.REXRANK)
"""Averages, levels, models and rescalings beside `REPORTS`."""


def ready() -> tuple[str, ...]:
    """The families whose weights are all here."""
    return tuple(family for family, names in WEIGHTS.items() if not annotating.missing(names))


def readiness() -> str:
    """Which families have their weights here and what the others lack, or what to set: a line for ``harness doctor``."""
    folder = annotating.named_folder()
    if folder is None:
        return f"no weights: set {annotating.VARIABLE} to a folder that holds chexbert.pth, radgraph-xl.tar.gz, … (harness metrics)"
    if not folder.is_dir():
        return f"{annotating.VARIABLE} names {folder}, which is not there"
    lines = [
        f"{family} {'lacks ' + ', '.join(lacks) if (lacks := annotating.missing(names)) else 'found'}" for family, names in WEIGHTS.items()
    ]
    absent = [name for name in ("torch", "transformers") if not extras.is_here(name)]
    return "; ".join([*lines, *([f"without {' and '.join(absent)}: {annotating.EXTRA}"] if absent else [])])
