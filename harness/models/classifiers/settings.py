"""What must be declared about an image classifier before it can be run: nothing about a checkpoint is guessed."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from harness.errors import CorruptData, UsageError, unknown
from harness.models.arguments import parse_arguments

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "device": "another device rounds differently, and a run may move on to another one",
    "setting": "said by the user for the record",
}

_LARGEST = 8192

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
    channels: int = 0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    output: str = ""
    labels: tuple[str, ...] = ()
    name: str = ""
    setting: str = ""
    factory: str = ""
    device: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A classifier's input and output."""

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
    device: str = "auto"


def read_settings(checkpoint: Path, arguments: Mapping[str, str]) -> Settings:
    """The settings in ``<checkpoint>.toml`` beside the checkpoint, with those of the command line on top.

    Raises:
        UsageError: Something that must be declared is not; the message shows how.
        CorruptData: The sidecar is no TOML, or a value of the wrong kind.
    """
    parsed = parse_arguments("torch", arguments, Arguments)
    sidecar = checkpoint.with_suffix(".toml")
    given: dict[str, Any] = _toml(sidecar) if sidecar.is_file() else {}
    if "factory" in given:
        raise UsageError(f"{sidecar}: 'factory' names code, and code runs only where you name it yourself: -a factory={given['factory']}")
    where = " and ".join([*([str(sidecar)] if given else []), *(["--model-arg"] if arguments else [])])
    given |= {name: getattr(parsed, name) for name in arguments}
    for name in given:
        if name not in Arguments.__dataclass_fields__:
            raise unknown(f"setting in {sidecar}", name, Arguments.__dataclass_fields__)
    missing = [key for key in ("size", "channels", "mean", "std", "output", "labels") if key not in given]
    if missing:
        raise UsageError(
            f"{checkpoint}: nothing says its {', '.join(missing)}. Put {sidecar.name} beside it, or pass -a KEY=VALUE:\n{_EXAMPLE}"
        )
    sides = given["size"] if isinstance(given["size"], list | tuple) else [given["size"]]
    size = [*sides, *sides][:2] if len(sides) == 1 else sides
    if len(size) != 2:
        raise UsageError(f"{where}: size must be one number, or height and width.")
    try:
        settings = Settings(
            height=int(size[0]),
            width=int(size[1]),
            channels=int(given["channels"]),
            mean=tuple(float(value) for value in given["mean"]),
            std=tuple(float(value) for value in given["std"]),
            output=str(given["output"]),
            labels=tuple(_texts(given["labels"])),
            **{key: str(given[key]) for key in ("name", "setting", "factory", "device") if key in given},
        )
    except (TypeError, ValueError, IndexError) as error:
        raise CorruptData(f"{where}: a setting has the wrong kind of value ({error}); an example:\n{_EXAMPLE}") from error
    _check(settings, where)
    return settings


def _texts(given: Any) -> Sequence[str]:
    if not isinstance(given, list | tuple) or not all(isinstance(label, str) for label in given):
        raise TypeError("labels must be a list of texts")
    return given


def _check(settings: Settings, where: str) -> None:
    if not (1 <= settings.height <= _LARGEST and 1 <= settings.width <= _LARGEST):
        raise UsageError(f"{where}: size is {settings.height} x {settings.width}; each side must be 1 to {_LARGEST} pixels.")
    if settings.channels not in (1, 3):
        raise UsageError(f"{where}: channels is {settings.channels}; it must be 1 or 3.")
    if not len(settings.mean) == len(settings.std) == settings.channels or not all(
        math.isfinite(mean) and 0 < std < math.inf for mean, std in zip(settings.mean, settings.std, strict=True)
    ):
        raise UsageError(f"{where}: mean and std need {settings.channels} numbers each, std above 0.")
    if settings.output not in ("logits", "probabilities", "sigmoid"):
        raise UsageError(f"{where}: output is '{settings.output}'; it must be logits, probabilities or sigmoid.")
    if len(set(settings.labels)) != len(settings.labels) or not settings.labels:
        raise UsageError(f"{where}: labels must be different from each other, at least one.")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CorruptData(f"{path}: not a TOML file ({error}).") from error
