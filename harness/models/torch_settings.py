"""What must be declared about an image classifier before it can be run: nothing about a checkpoint is guessed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import CorruptData, UsageError

KEYS = ("size", "channels", "mean", "std", "output", "labels", "name", "setting", "factory", "device")
"""What a sidecar or ``--model-arg`` may say."""

_EXAMPLE = """\
size = 28                      # pixels, or [height, width]
channels = 1                   # 1 grey, 3 RGB
mean = [0.5]                   # of pixels scaled to 0-1, one per channel
std = [0.5]
output = "logits"              # logits, probabilities, or sigmoid (one independent probability per label)
labels = ["normal", "pneumonia"]   # the outputs in their order; one label alone: a single output for the task's last label"""


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
    sidecar = checkpoint.with_suffix(".toml")
    given: dict[str, Any] = _toml(sidecar) if sidecar.is_file() else {}
    where = str(sidecar) if given else "--model-arg"
    given |= {key: _value(key, text) for key, text in arguments.items()}
    missing = [key for key in ("size", "channels", "mean", "std", "output", "labels") if key not in given]
    if missing:
        raise UsageError(
            f"{checkpoint}: nothing says its {', '.join(missing)}. Put {sidecar.name} beside it, or pass -a KEY=VALUE:\n{_EXAMPLE}"
        )
    unknown_keys = sorted(set(given) - set(KEYS))
    if unknown_keys:
        raise UsageError(f"{where}: unknown setting {', '.join(unknown_keys)}; known are {', '.join(KEYS)}.")
    size = given["size"] if isinstance(given["size"], list) else [given["size"]] * 2
    try:
        settings = Settings(
            height=int(size[0]),
            width=int(size[1]),
            channels=int(given["channels"]),
            mean=tuple(float(value) for value in given["mean"]),
            std=tuple(float(value) for value in given["std"]),
            output=str(given["output"]),
            labels=tuple(str(label) for label in given["labels"]),
            **{key: str(given[key]) for key in ("name", "setting", "factory", "device") if key in given},
        )
    except (TypeError, ValueError, IndexError) as error:
        raise CorruptData(f"{where}: a setting has the wrong kind of value ({error}); an example:\n{_EXAMPLE}") from error
    _check(settings, where)
    return settings


def _check(settings: Settings, where: str) -> None:
    if settings.channels not in (1, 3):
        raise UsageError(f"{where}: channels is {settings.channels}; it must be 1 or 3.")
    if not len(settings.mean) == len(settings.std) == settings.channels or any(value <= 0 for value in settings.std):
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


def _value(key: str, text: str) -> Any:
    """A command-line value: lists are separated by commas, labels by ``|`` because some hold commas."""
    if key == "labels":
        return [part.strip() for part in text.split("|")]
    if key in ("mean", "std"):
        return text.split(",")
    if key == "size" and "," in text:
        return text.split(",")
    return text
