"""Image classifiers of the timm library: any architecture, its preprocessing from the checkpoint's own settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from harness.base import identity, torch_vision
from harness.errors import MissingData, UsageError, unknown
from harness.images.pixels import decode
from harness.models import devices
from harness.models.arguments import Precision, parse_arguments
from harness.models.classifiers.backend import Classifier
from harness.models.classifiers.loading import Network
from harness.models.classifiers.settings import CANNOT_CHANGE_A_REPLY as CANNOT_CHANGE_A_REPLY
from harness.models.classifiers.settings import Settings
from harness.models.classifiers.states import fill
from harness.models.folders import Folder, find, sha256
from harness.models.opening import with_library
from harness.types import Image, ModelInfo

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a classifier is loaded; what is empty is the folder's own."""

    architecture: str = ""
    """A name of timm's; needed where a file of weights is given."""
    labels: tuple[str, ...] = ()
    """In the order of the outputs; empty takes the folder's ``label_names``."""
    weights: str = ""
    """The key under which the weights stand in a trainer's file that holds several mappings of tensors, as in ``model_ema``."""
    output: Literal["softmax", "sigmoid"] = "softmax"
    """``sigmoid`` for labels that go together."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``auto`` is a GPU where there is one."""
    dtype: Precision = "float32"
    """The precision that it computes in."""
    revision: str = ""
    """Branch, tag or commit on the Hub."""
    name: str = ""
    """The system's name on the scoreboard; without it, the folder's or the file's."""
    setting: str = ""
    """How it was trained, in words for the record: ``fine-tuned on the train split``."""


@with_library("timm")
def open_model(location: str, arguments: Mapping[str, str]) -> Classifier:
    """Load a classifier.

    Args:
        location: A folder or Hub name with timm's config.json beside the weights, or a file of weights with ``-a architecture=…``.
        arguments: The ``--model-arg`` pairs, `Arguments`.

    Raises:
        HarnessError: The folder, an argument or the device is not what it must be, or a package is missing.
    """
    given = parse_arguments("timm", arguments, Arguments)
    torch_vision.ready()
    import timm
    from timm.data import create_transform, resolve_data_config

    path = Path(location)
    folder = Folder(path=path.parent, name=path.stem) if path.is_file() else find(location, revision=given.revision)
    config = {} if path.is_file() else folder.read_json("config.json")
    architecture = given.architecture or config.get("architecture")
    if not architecture:
        raise UsageError(f"{location}: nothing says its architecture; pass -a architecture=resnet50, a name of timm's.")
    if not timm.is_model(architecture):
        raise unknown("architecture of timm", str(architecture), timm.list_models())
    labels = _labels(location, given.labels, config)
    weights = path if path.is_file() else _weights(folder)
    device = devices.device(given.device)
    dtype = devices.dtype(given.dtype, device)
    network = timm.create_model(architecture, pretrained=False, num_classes=len(labels), **_model_arguments(config))
    where = fill(network, weights, part=given.weights)
    network = network.to(device, dtype).eval()
    data = resolve_data_config(pretrained_cfg={**network.pretrained_cfg, **(config.get("pretrained_cfg") or {})}, model=network)
    steps = create_transform(**data, is_training=False)
    channels, height, width = data["input_size"]

    def transform(image: Image) -> torch.Tensor:
        read: torch.Tensor = steps(decode(image, "L" if channels == 1 else "RGB"))
        return read

    settings = Settings(
        height=height,
        width=width,
        channels=channels,
        mean=tuple(data["mean"]),
        std=tuple(data["std"]),
        output="sigmoid" if given.output == "sigmoid" else "logits",
        labels=labels,
    )
    parameters = sum(tensor.numel() for tensor in network.parameters())
    info = ModelInfo(
        name=given.name or folder.name,
        kind="timm",
        revision=folder.revision,
        digest=sha256(weights),
        parameters=parameters,
        precision=devices.name_of(dtype),
        device=device.type,
        arguments={
            **settings.shown(),
            "architecture": str(architecture),
            "interpolation": str(data["interpolation"]),
            "crop": f"{data['crop_pct']} {data['crop_mode']}",
            "dtype": devices.name_of(dtype),
            **({"weights": where} if where else {}),
        },
        scores=settings.scores,
        reads_prompt=False,
        images=1,
        setting=given.setting,
        # All of both: what builds the network and prepares its pictures has more switches than a record should list.
        identity=identity.digest({key: str(value) for key, value in data.items()}, json.dumps(_model_arguments(config), sort_keys=True)),
    )
    return Classifier(
        info=info,
        settings=settings,
        network=Network(forward=network, parameters=parameters, dtype=dtype, device=device),
        transform=transform,
    )


def _labels(location: str, given: tuple[str, ...], config: Mapping[str, Any]) -> tuple[str, ...]:
    """The outputs in their order."""
    own = config.get("label_names") or (config.get("pretrained_cfg") or {}).get("label_names") or ()
    labels = given or tuple(map(str, own.values() if isinstance(own, dict) else own))
    if not labels:
        raise UsageError(f"{location}: nothing says what its outputs mean; pass them in their order: -a 'labels=normal|pneumonia'")
    if len(set(labels)) < len(labels):
        raise UsageError(f"{location}: two outputs have the same label.")
    return labels


def _weights(folder: Folder) -> Path:
    for name in _WEIGHTS:
        if (folder.path / name).is_file():
            return folder.path / name
    raise MissingData(f"{folder.path}: no weights; looked for {' and '.join(_WEIGHTS)}.")


def _model_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the architecture was built with, where it differs from its defaults: plain values alone."""
    own = config.get("model_args") or {}
    return {name: value for name, value in own.items() if name != "num_classes"}
