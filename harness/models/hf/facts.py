"""What a loaded checkpoint says of itself for the record, whatever it answers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.models.hf.arguments import Arguments, changes
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.loading import Loaded
from harness.types import ModelInfo


def info_of(checkpoint: Checkpoint, loaded: Loaded, given: Arguments, digest: str, facts: Mapping[str, str], **own: Any) -> ModelInfo:
    """Its facts.

    Args:
        checkpoint: The folders.
        loaded: The network.
        given: What was asked for; what of it can change an answer is among the arguments.
        digest: Of all files.
        facts: What else can change one: what came of what was left to the harness.
        own: Further fields of a `ModelInfo`.
    """
    parts, asked = checkpoint.parts, changes(given)
    asked.pop("tokenizer", None)
    if parts.whose_words:
        asked["tokenizer"] = parts.whose_words
    if parts.adapter is not None:
        asked.pop("adapter", None)  # a place, which may be anywhere; the digest has its content
        asked["adapter_of"] = "the weights in its own folder" if parts.adapter == parts.folder else parts.folder.name
        asked["adapter_kind"] = loaded.adapter
    known = {"family": checkpoint.family, "model_type": str(checkpoint.config.model_type), "dtype": loaded.precision}
    return ModelInfo(
        name=checkpoint.name,
        kind="hf",
        revision=checkpoint.folder.revision,
        digest=digest,
        parameters=loaded.parameters,
        precision=loaded.precision,
        device=loaded.device.type,
        arguments={**asked, **known, **facts},
        **own,
    )
