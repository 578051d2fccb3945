"""The records that travel between adapters, models and scoring: frozen, keyword-only, light to import.

What models are made with is imported when it is first asked for: to name a task takes none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.images.image import Image
from harness.types.records import Decoding, Estimate, Example, Input, Outcome, Request, Response, Task

if TYPE_CHECKING:
    from harness.types.facts import ModelFacts, ModelInfo, Scene, Scores
    from harness.types.models import Backend, Model, Pipelined, Streaming

_PLACES = {
    **dict.fromkeys(("ModelFacts", "ModelInfo", "Scene", "Scores"), "harness.types.facts"),
    **dict.fromkeys(("Backend", "Model", "Pipelined", "Streaming"), "harness.types.models"),
}
__all__ = [
    "Backend",
    "Decoding",
    "Estimate",
    "Example",
    "Image",
    "Input",
    "Model",
    "ModelFacts",
    "ModelInfo",
    "Outcome",
    "Pipelined",
    "Request",
    "Response",
    "Scene",
    "Scores",
    "Streaming",
    "Task",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'harness.types' has no attribute '{name}'")
    return globals().setdefault(name, getattr(importlib.import_module(_PLACES[name]), name))
