"""The registry: every metric and variant there is, in one explicit table; what ``harness metrics`` explains and ``--metrics`` names.

A task names its metrics by the tuples of their modules; this table holds the same objects. A metric that is in a task of ours and not
here fails the contract tests. Installed packages add theirs through the entry point ``harness.metrics``, which names a `Metric` or a
tuple of them.
"""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from harness.base import user_code
from harness.base.names import named
from harness.base.plug_ins import OURS, announced
from harness.errors import PrerequisiteError
from harness.metrics import contract
from harness.metrics.answers import chinese, lists, published
from harness.metrics.base import Metric
from harness.metrics.clinical import reports
from harness.metrics.labels import classification, multilabel, ranking
from harness.metrics.texts import captions, summaries

Reads = Literal["text", "class", "label set", "topic"]
"""What a metric compares: free text; one class of several; any number of labels; the trials of a topic by rank."""
_MOST = 10_000
"""Metrics of one plug-in; what has no end is read no further."""


class Family(Struct, frozen=True, kw_only=True):
    """Metrics that belong together."""

    name: str
    reads: Reads
    metrics: tuple[Metric, ...]


TABLE: tuple[Family, ...] = (
    Family(name="answers", reads="text", metrics=(*published.VQA_RAD, *published.SLAKE, *published.PATH_VQA)),
    Family(name="answers in Chinese", reads="text", metrics=(*chinese.VQA, lists.ANY_ORDER_CHINESE)),
    Family(name="captions and reports", reads="text", metrics=(*captions.CAPTIONS, *captions.VARIANTS)),
    Family(name="summaries", reads="text", metrics=(*summaries.SUMMARIES, *summaries.ON_REQUEST)),
    Family(name="clinical, with weights of their own", reads="text", metrics=(*reports.REPORTS, *reports.VARIANTS)),
    Family(
        name="classification",
        reads="class",
        metrics=(
            classification.BRIER_OF_TWO,
            *classification.MEDMNIST,
            *classification.BINARY,
            *classification.MULTICLASS,
            *classification.ORDINAL,
        ),
    ),
    Family(name="several labels", reads="label set", metrics=multilabel.MULTILABEL),
    Family(name="ranking", reads="topic", metrics=(ranking.NDCG, ranking.PRECISION)),
)

PUBLISHED: Mapping[str, str] = {
    "biomedgpt": "BiomedGPT (Zhang et al., 2024), public evaluation",
    "biomedgpt-mean": "BiomedGPT's texts, without its random median",
    "bioclean": "BiomedGPT (Zhang et al., 2024), public evaluation of captions",
    "llava_med": "LLaVA-Med (Li et al., 2023), batch script of its first release",
    "llava_med-v1": "LLaVA-Med (Li et al., 2023), first script",
    "med_palm_m": "Med-PaLM M (Tu et al., 2023), as described",
    "multimedeval": "MultiMedEval (Royer et al., 2024), questions",
    "mme": "MultiMedEval (Royer et al., 2024), reports",
    "medevalkit": "MedEvalKit (Lingshu team, 2025), without its judge",
    "rexrank": "ReXrank (Zhang et al., 2024), its columns of CXR-Report-Metric",
    "r2gen-iu": "R2Gen (Chen et al., 2020), IU X-ray tables",
    "r2gen-mimic": "R2Gen (Chen et al., 2020), MIMIC-CXR tables",
}
"""Variants that reproduce one publication's evaluation and serve comparison with it alone."""


@functools.cache
def registered() -> tuple[Metric, ...]:
    """Every metric once, in the order of the table, then those of plug-ins; equal signatures of ours are one metric.

    Raises:
        PrerequisiteError: A plug-in brings a metric that another package, or this one, brings under the same name and variant.
    """
    ours = {metric.signature: metric for entry in TABLE for metric in entry.metrics}
    owners = {(metric.name, metric.variant): OURS for metric in ours.values()}
    for package, metric in _plug_ins():
        key = metric.name, metric.variant
        if key in owners:
            raise PrerequisiteError(
                f"metric {'/'.join(key)}: {owners[key]} and {package} both bring one of that name and variant; which is meant cannot be"
                " told. Uninstall one of them, or give its metric a variant of its own."
            )
        owners[key] = package
    return (*ours.values(), *(metric for _, metric in _plug_ins()))


@functools.cache
def _plug_ins() -> tuple[tuple[str, Metric], ...]:
    """The metrics that installed packages announce under ``harness.metrics``, with the package; a broken one costs one warning."""
    packaged = []
    for point, package in announced("harness.metrics"):
        try:
            content = point.load()
            metrics = (content,) if isinstance(content, Metric) else tuple(itertools.islice(content, _MOST))
            for metric in metrics:
                if wrong := contract.fault(metric):
                    raise TypeError(f"one of it {wrong}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  it never hides a metric of ours
            warnings.warn(
                f"plug-in '{point.name}' of {package}: {point.value} is no metric and no sequence of metrics"
                f" ({user_code.told(error)}); it is left out",
                stacklevel=2,
            )
        else:
            packaged += [(package, metric) for metric in metrics]
    return tuple(packaged)


def brought_by(metric: Metric) -> str:
    """The package of a plug-in's metric; empty for one of ours or of the user's own."""
    return next((package for package, other in _plug_ins() if other is metric), "")


def higher_is_better(name: str) -> bool | None:
    """Whether more of a metric is better, from its name alone; None for a name that is unknown or whose variants differ in it."""
    directions = {metric.higher_is_better for metric in registered() if metric.name == name}
    return directions.pop() if len(directions) == 1 else None


def family(metric: Metric) -> Family | None:
    """The first family that holds a metric of this signature; None for one of the user's own."""
    return _families().get(metric.signature)


@functools.cache
def _families() -> Mapping[str, Family]:
    return {metric.signature: entry for entry in reversed(TABLE) for metric in entry.metrics}


def find(name: str) -> tuple[Metric, ...]:
    """The metrics of a name (``cider``), of a variant (``llava_med``), or the one of both (``cider/coco-ptb``), in any spelling.

    Raises:
        UsageError: There is none; the message lists close names.
    """
    wanted = spelled(name)
    return tuple(metric for metric in registered() if wanted in _names(metric))


def spelled(name: str) -> str:
    """A metric's name, variant or both as they are written here.

    Raises:
        UsageError: There is none; the message lists close names.
    """
    return named("metric", name, {text for metric in registered() for text in _names(metric)}, remedy="List them with: harness metrics")


def _names(metric: Metric) -> tuple[str, str, str]:
    return metric.name, metric.variant, f"{metric.name}/{metric.variant}"
