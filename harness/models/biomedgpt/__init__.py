"""BiomedGPT checkpoints (Zhang et al., 2024), natively: read from the trainer's files, asked as the official evaluation asks.

The way through: `container` and `weights` read a file, `vocabulary` its text, `trunk`, `layers`, `encoder` and `decoder` are the
network, `search` and `candidates` let it answer, `protocols`, `wording` and `asking` word the tasks, `backend` and `answerer` serve
the harness.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.types import Backend


def open_model(location: str, arguments: Mapping[str, str]) -> Backend:
    """Open a checkpoint.

    Args:
        location: A ``.pt`` file of the BiomedGPT trainer, or a folder in the transformers layout.
        arguments: The ``--model-arg`` pairs; `biomedgpt.arguments.Arguments` lists them.

    Raises:
        HarnessError: The file, an argument, the vocabulary, the list of answers or the device is not what it must be.
    """
    from harness.models.biomedgpt.backend import open_checkpoint

    return open_checkpoint(location, arguments)
