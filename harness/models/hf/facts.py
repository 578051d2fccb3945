"""A loaded checkpoint before its task, and what it says of itself for the record, whatever it answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.models.hf.arguments import Arguments, changes
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.loading import Loaded
from harness.types import ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A checkpoint, its network and what was asked for."""

    checkpoint: Checkpoint
    arguments: Arguments
    loaded: Loaded
    digest: str
    """Of all files."""

    def info(self, facts: Mapping[str, str], **own: Any) -> ModelInfo:
        """Its facts.

        Args:
            facts: What else can change an answer beside what was asked for: what came of what was left to the harness.
            own: Further fields of a `ModelInfo`.
        """
        parts, asked, loaded = self.checkpoint.parts, changes(self.arguments), self.loaded
        asked.pop("tokenizer", None)
        if parts.whose_words:
            asked["tokenizer"] = parts.whose_words
        if parts.adapter is not None:
            asked.pop("adapter", None)  # a place, which may be anywhere; the digest has its content
            asked["adapter_of"] = "the weights in its own folder" if parts.adapter == parts.folder else parts.folder.name
            asked["adapter_kind"] = loaded.adapter
        kind = str(self.checkpoint.config.model_type)
        return ModelInfo(
            name=self.checkpoint.name,
            kind="hf",
            revision=self.checkpoint.folder.revision,
            digest=self.digest,
            parameters=loaded.parameters,
            precision=loaded.precision,
            device=loaded.device.type,
            arguments={**asked, "family": self.checkpoint.family, "model_type": kind, "dtype": loaded.precision, **facts},
            **own,
        )
