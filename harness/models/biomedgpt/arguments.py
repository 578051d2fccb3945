"""What ``--model-arg`` may say to a BiomedGPT checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.models.arguments import Count, Precision

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "bpe": "there is one vocabulary, known by its checksums wherever it lies",
    "device": "another device rounds differently, and a run may move on to another one",
    "compile": "the same network, rounded differently",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Each beside the file's own setting; None leaves that in force."""

    bpe: str = ""
    """Folder of the vocabulary."""
    answers: Path | None = None
    """A list of answers to choose from."""
    weights: Literal["auto", "ema", "model"] = "auto"
    """``ema``, ``model``, or what the official script of the task uses."""
    device: str = "auto"
    dtype: Precision = "auto"
    compile: bool = False
    image_size: Count | None = None
    imagenet: bool | None = None
    """Whether pictures are normalised by ImageNet's statistics."""
    recompress_jpeg: bool = True
    prompt_type: Literal["none", "src", "prev_output"] | None = None
    add_object: bool | None = None
    zero_shot: bool | None = None
    """Neither a list of answers nor a prefix."""
    inference: Literal["beam", "candidates"] | None = None
    """``beam`` or ``candidates``: how one answer of the list is found."""
    max_words: Count | None = None
    """Words of the source that are kept."""
    words: tuple[str, ...] | None = None
    """What the checkpoint was trained to say for each of the task's choices, in their order."""
    beams: Count | None = None
    max_len: Count | None = None
    length_penalty: float | None = None
    no_repeat_ngram: int | None = None
