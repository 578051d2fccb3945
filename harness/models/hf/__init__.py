"""Checkpoints of the transformers library: vision-language, causal and sequence-to-sequence models.

The way through: `checkpoint` says what a folder holds, `loading` reads it, `prompting` words and encodes requests, `generation` writes
answers, `choices` scores them, `thinking` sets a reasoning model's thoughts apart, `backend` serves the harness.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.models.opening import with_library
from harness.types import Backend


@with_library("transformers")
def open_model(location: str, arguments: Mapping[str, str]) -> Backend:
    """Open a checkpoint.

    Args:
        location: A folder, of a model or of a PEFT adapter, or a name on the Hugging Face Hub.
        arguments: The ``--model-arg`` pairs; `hf.arguments.Arguments` lists them.

    Raises:
        HarnessError: The folder, an argument or the device is not what it must be.
    """
    from harness.models.hf.backend import open_checkpoint

    return open_checkpoint(location, arguments)
