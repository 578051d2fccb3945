"""Checkpoints that differ from the tiny ones in a file, and what a model of one answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Tiny = Callable[[str], Path]
Ask = Callable[..., Any]
NO_TAGS = "((|))"
"""What a random network does not write."""


def edited(path: Path, *, without: Sequence[str] = (), **changes: Any) -> None:
    """Other values in a file of settings."""
    known = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in known.items() if name not in without}))


def copied(folder: Path, to: Path, **changes: Any) -> Path:
    """A checkpoint with other values in its config.json."""
    shutil.copytree(folder, to)
    edited(to / "config.json", **changes)
    return to


def not_numbers(folder: Path, tensor: str) -> None:
    """Make the first row or value of a tensor one that is not a number."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights[tensor][0] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def scores(model: Any, requests: Any) -> list[Any]:
    """The log-probabilities of each request's choices."""
    return [response.choice_log_probs for response in model.generate(requests)]


def texts(model: Any, requests: Any) -> list[str]:
    """What is written to each request, none of which fails."""
    found = model.generate(requests)
    assert [response.error for response in found] == [None] * len(requests)
    return [response.text for response in found]
