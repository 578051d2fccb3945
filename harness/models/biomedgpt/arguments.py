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
    """Folder of the vocabulary; without it, beside the checkpoint, in the clone that it lies in, or in the cache."""
    answers: Path | None = None
    """A list of answers to choose from; for a task with labels, of the classes' names as the checkpoint was trained to say them."""
    weights: Literal["auto", "ema", "model"] = "auto"
    """``ema``, ``model``, or what the official script of the task uses."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``; ``auto`` is a GPU where there is one, this process's own under a launcher."""
    dtype: Precision = "auto"
    """``auto``: single precision on a CPU, half on a GPU."""
    compile: bool = False
    """Whether ``torch.compile`` builds the network."""
    image_size: Count | None = None
    """Pixels a side."""
    imagenet: bool | None = None
    """Whether pictures are normalised by ImageNet's statistics."""
    recompress_jpeg: bool = True
    """Whether a JPEG is saved again before it is read, as the official preprocessing does."""
    prompt_type: Literal["none", "src", "prev_output"] | None = None
    """What an answer begins with: nothing, the source, or the source without its end."""
    add_object: bool | None = None
    """Whether the objects of a picture stand behind the question."""
    zero_shot: bool | None = None
    """For questions: neither a list of answers nor a beginning; without it, so where the file was not trained for a task."""
    inference: Literal["beam", "candidates"] | None = None
    """``beam`` or ``candidates``: how one answer of the list is found."""
    max_words: Count | None = None
    """Words of the source that are kept."""
    words: tuple[str, ...] | None = None
    """What the checkpoint was trained to say for each of the task's choices, in their order."""
    beams: Count | None = None
    """Hypotheses that a search keeps."""
    max_len: Count | None = None
    """Tokens of an answer, at most."""
    length_penalty: float | None = None
    """The power of its length by which a hypothesis is divided."""
    no_repeat_ngram: int | None = None
    """Forbid repeating n-grams of this length; 0 forbids none."""
