"""Why a model stopped, in the words of servers and of files that their replies were written to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

FINISHES: Mapping[str, Literal["", "stop", "length"]] = {
    "": "",
    "stop": "stop",
    "complete": "stop",
    "end": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "function_call": "stop",
    "stop_sequence": "stop",
    "tool_calls": "stop",
    "tool_use": "stop",
    "length": "length",
    "max_length": "length",
    "max_tokens": "length",
    "model_length": "length",
}
"""Ends of an answer, by the names that servers have for them."""
REFUSALS = frozenset(
    {
        "blocklist",
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "prohibited_content",
        "recitation",
        "refusal",
        "safety",
        "sensitive",
        "spii",
    }
)
"""Ends by which a model or its service says that it will not answer."""
