"""What must be declared about an image classifier before it can be run: nothing about a checkpoint is guessed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from harness.errors import UsageError
from harness.files.reading import decode, read_toml
from harness.models.arguments import Count, parse_arguments
from harness.types import Scores

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "device": "another device rounds differently, and a run may move on to another one",
    "setting": "said by the user for the record",
}

Side = Annotated[int, Meta(ge=1, le=8192, description="1 to 8192 pixels")]

_EXAMPLE = """\
size = 28                      # pixels, or [height, width]
channels = 1                   # 1 grey, 3 RGB
mean = [0.5]                   # of pixels scaled to 0-1, one per channel
std = [0.5]
output = "logits"              # logits (softmax is left to us), probabilities, or sigmoid (logits, each label on its own)
labels = ["normal", "pneumonia"]   # the outputs in their order; one label alone: a single output for the task's last label"""


def _sides(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(side) for side in text.replace("x", ",").split(","))
    except ValueError:
        raise ValueError("a number of pixels, or height and width as in 224x224") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What a sidecar or ``--model-arg`` may say; ``factory`` the latter alone."""

    size: Annotated[tuple[int, ...], _sides] = ()
    """Pixels a side, or height and width as in ``224x192``."""
    channels: Count | None = None
    """``1`` grey, ``3`` RGB."""
    mean: tuple[float, ...] = ()
    """Of pixels scaled to 0-1, one per channel."""
    std: tuple[float, ...] = ()
    """Of pixels scaled to 0-1, one per channel, above 0."""
    output: str = ""
    """``logits`` (softmax is left to us), ``probabilities``, or ``sigmoid`` (logits, each label on its own)."""
    labels: tuple[str, ...] = ()
    """The outputs in their order; one label alone: a single output for the task's last label."""
    name: str = ""
    """The system's name on the scoreboard; without it, the file's."""
    setting: str = ""
    """How it was trained, in words for the record: ``fine-tuned on the train split``."""
    factory: str = ""
    """``file.py:function`` that returns the network which a state dict is loaded into; on the command line alone."""
    weights: str = ""
    """The key under which the weights stand in a trainer's file that holds several mappings of tensors, as in ``model_ema``."""
    draft: bool = False
    """Decodes JPEG files at an eighth, a quarter or a half of their size where that is enough: twice as many a second, and other pixels."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``auto`` is a GPU where there is one."""


class SettingsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A classifier's input and output, as the file beside its weights says them."""

    # A tuple of fixed length in a union with a number that has bounds crashes msgspec 0.23.
    size: Side | Annotated[tuple[Side, ...], Meta(min_length=2, max_length=2)]
    """In pixels; or height and width."""
    channels: Literal[1, 3]
    """Grey, or RGB."""
    mean: tuple[float, ...]
    """Of pixels scaled to 0-1, one per channel."""
    std: tuple[Annotated[float, Meta(gt=0)], ...]
    output: Literal["logits", "probabilities", "sigmoid"]
    """``sigmoid``: logits, each label on its own."""
    labels: Annotated[tuple[str, ...], Meta(min_length=1)]
    """The outputs in their order; one label alone: a single output for the task's last label."""
    name: str = ""
    setting: str = ""
    weights: str = ""
    draft: bool = False
    device: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is declared about a classifier, by its file and on the command line; its digest is the model's."""

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    output: str
    labels: tuple[str, ...]
    name: str = ""
    setting: str = ""
    factory: str = ""
    weights: str = ""
    draft: bool = False
    device: str = "auto"

    @property
    def scores(self) -> Scores:
        """One distribution over the labels, or a probability for each."""
        return "independent" if self.output == "sigmoid" and len(self.labels) > 1 else "softmax"

    def shown(self) -> dict[str, str]:
        """What pictures go in and what comes out, for the record."""
        return {
            "size": f"{self.height}x{self.width}",
            "channels": str(self.channels),
            "mean": ",".join(map(str, self.mean)),
            "std": ",".join(map(str, self.std)),
            "output": self.output,
            "labels": "|".join(self.labels),
            **({"draft": "yes"} if self.draft else {}),
        }


def read_settings(checkpoint: Path, arguments: Mapping[str, str]) -> Settings:
    """The settings in ``<checkpoint>.toml`` beside the checkpoint, with those of the command line on top.

    Raises:
        UsageError: Something that must be declared is not, or a value is of the wrong kind; the message shows how.
        CorruptData: The sidecar is no TOML.
    """
    parsed = parse_arguments("torch", arguments, Arguments)
    sidecar = checkpoint.with_suffix(".toml")
    given = read_toml(sidecar) if sidecar.is_file() else {}
    if "factory" in given:
        raise UsageError(f"{sidecar}: 'factory' names code, and code runs only where you name it yourself: -a factory={given['factory']}")
    where = " and ".join([*([str(sidecar)] if given else []), *(["--model-arg"] if arguments else [])])
    given |= {name: getattr(parsed, name) for name in arguments if name != "factory"}
    if "size" in arguments and len(parsed.size) == 1:
        given["size"] = parsed.size[0]
    missing = [key for key in ("size", "channels", "mean", "std", "output", "labels") if key not in given]
    if missing:
        raise UsageError(
            f"{checkpoint}: nothing says its {', '.join(missing)}. Put {sidecar.name} beside it, or pass -a KEY=VALUE:\n{_EXAMPLE}"
        )
    declared = asdict(decode(SettingsFile, given, where, remedy=f"An example:\n{_EXAMPLE}", error=UsageError))
    size = declared.pop("size")
    height, width = (size, size) if isinstance(size, int) else size
    settings = Settings(height=height, width=width, factory=parsed.factory, **declared)
    numbers = (*settings.mean, *settings.std)
    if not len(settings.mean) == len(settings.std) == settings.channels or not all(map(math.isfinite, numbers)):
        raise UsageError(f"{where}: mean and std need {settings.channels} numbers each, std above 0.")
    if len(set(settings.labels)) != len(settings.labels):
        raise UsageError(f"{where}: labels must be different from each other.")
    return settings
