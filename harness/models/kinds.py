"""The kinds of models: an explicit table from kind to the factory that opens it, and the kinds that installed packages announce."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from harness.base import plug_ins
from harness.errors import PrerequisiteError


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One backend."""

    factory: str
    """``module:function``; the function takes a location and the ``--model-arg`` mapping and returns a `Backend`."""
    summary: str
    example: str
    requires: str = ""
    """A module that must be importable."""
    extra: str = ""
    """The extra that brings it."""
    package: str = ""
    """Name and version of the installed package that announced it; empty for ours."""


BASELINES = ("majority", "constant", "random", "lead", "copy", "nearest", "oracle")
"""Names behind ``baseline:``."""

KINDS: Mapping[str, Kind] = {
    kind: Kind(factory=f"harness.models.{module}:open_model", summary=summary, example=f"{kind}:{place}", requires=needs, extra=extra)
    for kind, module, needs, extra, place, summary in (
        ("baseline", "baselines", "", "", "majority",
         f"{', '.join(BASELINES)}: the floor and the ceiling of a task"),
        ("predictions", "predictions", "", "", "replies.jsonl",
         "replies from a file (JSONL, JSON, CSV, TSV, Parquet, Excel; gzipped): id, and text or scores or error"),
        ("torch", "classifiers.backend", "torch", "torch", "model.pt2",
         "image classifiers: torch.export, TorchScript, or a state dict with -a factory=file.py:function"),
        ("hf", "hf", "transformers", "hf", "organisation/model",
         "transformers checkpoints, from a folder or the Hub: vision-language, causal and sequence-to-sequence models"),
        ("clip", "contrastive.backend", "torch", "hf", "organisation/model",
         "contrastive zero-shot classification: CLIP, SigLIP and their kin, and folders of open_clip such as BiomedCLIP"),
        ("timm", "classifiers.timm", "timm", "timm", "organisation/model",
         "image classifiers of any timm architecture, from a folder, the Hub or a file with -a architecture=NAME"),
        ("biomedgpt", "biomedgpt", "torch", "torch", "vqa_rad_fixed.pt",
         "BiomedGPT checkpoints, natively, each task as its official evaluation asks it"),
        ("openai", "server", "openai", "api", "http://127.0.0.1:8000/v1",
         "any OpenAI-compatible server, by its model's name or its address: vLLM, SGLang, a hosted service"),
        ("worker", "worker.backend", "", "", "'python my_worker.py'",
         "another process that reads and writes JSON lines, for code that cannot be imported"),
    )
}  # fmt: skip
"""Each: where it is opened, what must be importable and the extra that brings that, something to open, and what it runs."""


def examples() -> str:
    """One spelling of each kind, for messages."""
    return ", ".join(kind.example for kind in KINDS.values())


def announced() -> dict[str, Kind]:
    """Kinds announced by installed packages under ``harness.models``; they never replace one of ours, and a broken one costs a warning."""
    kinds: dict[str, Kind] = {}
    for point, package in plug_ins.announced("harness.models"):
        if point.name in kinds:
            raise PrerequisiteError(
                f"kind of model {point.name}: {kinds[point.name].package} and {package} both bring one; uninstall one of them."
            )
        if ":" not in point.value:
            warnings.warn(f"plug-in '{point.name}': '{point.value}' is no module:function; it is left out", stacklevel=2)
        else:
            kinds[point.name] = Kind(factory=point.value, summary=f"plug-in {point.value}", example=f"{point.name}:…", package=package)
    return kinds
