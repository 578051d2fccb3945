"""What ``--model-arg`` may say to a BiomedGPT checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.models import check_arguments

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "bpe": "there is one vocabulary, known by its checksums wherever it lies",
    "device": "another device rounds differently, and a run may move on to another one",
    "compile": "the same network, rounded differently",
}

_SWITCH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Each beside the file's own setting; None leaves that in force."""

    bpe: str = ""
    """Folder of the vocabulary."""
    answers: Path | None = None
    """A list of answers to choose from."""
    weights: str = "auto"
    """``ema``, ``model``, or what the official script of the task uses."""
    device: str = "auto"
    dtype: str = "auto"
    compile: bool = False
    image_size: int | None = None
    imagenet: bool | None = None
    """Whether pictures are normalised by ImageNet's statistics."""
    recompress_jpeg: bool = True
    prompt_type: str | None = None
    add_object: bool | None = None
    zero_shot: bool | None = None
    """Neither a list of answers nor a prefix."""
    inference: str | None = None
    """``beam`` or ``candidates``: how one answer of the list is found."""
    max_words: int | None = None
    """Words of the source that are kept."""
    words: tuple[str, ...] | None = None
    """What the checkpoint was trained to say for each of the task's choices, in their order."""
    beams: int | None = None
    max_len: int | None = None
    length_penalty: float | None = None
    no_repeat_ngram: int | None = None


_ONE_OF = {
    "weights": ("auto", "ema", "model"),
    "dtype": ("auto", "float32", "float16", "bfloat16"),
    "prompt_type": ("none", "src", "prev_output"),
    "inference": ("beam", "candidates"),
}


def parse(given: Mapping[str, str]) -> Arguments:
    """The arguments as values.

    Raises:
        UsageError: One is not known, or its value is not what it must be.
    """
    known = tuple(Arguments.__dataclass_fields__)
    check_arguments("biomedgpt", given, known)
    for name, allowed in _ONE_OF.items():
        if name in given and given[name] not in allowed:
            raise UsageError(f"--model-arg {name}={given[name]}: must be one of {', '.join(allowed)}.")
    switches = {name: _switch(name, given[name]) for name in given if name in _SWITCHES}
    numbers = {name: _number(name, given[name]) for name in given if name in ("image_size", "max_words", "beams", "max_len")}
    texts = {name: given[name] for name in ("bpe", "device", *_ONE_OF) if name in given}
    return Arguments(
        **switches,  # type: ignore[arg-type]
        **numbers,  # type: ignore[arg-type]
        **texts,  # type: ignore[arg-type]
        answers=Path(given["answers"]) if "answers" in given else None,
        words=tuple(part.strip() for part in given["words"].split("|")) if "words" in given else None,
        length_penalty=_float("length_penalty", given["length_penalty"]) if "length_penalty" in given else None,
        no_repeat_ngram=_number("no_repeat_ngram", given["no_repeat_ngram"], least=0) if "no_repeat_ngram" in given else None,
    )


_SWITCHES = ("compile", "imagenet", "recompress_jpeg", "add_object", "zero_shot")


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise UsageError(f"--model-arg {name}={text}: must be yes or no.")
    return _SWITCH[text.lower()]


def _number(name: str, text: str, *, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise UsageError(f"--model-arg {name}={text}: must be a whole number of at least {least}.")
    return int(text)


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--model-arg {name}={text}: must be a number.") from None
