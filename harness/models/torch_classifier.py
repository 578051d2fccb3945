"""Image classifiers in PyTorch: a torch.export archive, a TorchScript archive, or a state dict with the user's own factory.

An archive's graph is executed, its pickles are not: tensors are loaded with ``weights_only``. A factory is a Python file that runs
because the user named it.
"""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.errors import CorruptData, HarnessError, MissingData, MissingTool, UsageError
from harness.models import load_function
from harness.models.pixels import array
from harness.models.torch_settings import KEYS, Settings, read_settings
from harness.types import Model, ModelInfo, Request, Response, Scene

Network = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """A loaded network with its settings; one batch, one forward pass."""

    info: ModelInfo
    settings: Settings
    network: Network
    device: torch.device

    def for_task(self, scene: Scene) -> Model:
        """Itself, where its labels are the task's.

        Raises:
            UsageError: The task asks for no choice among labels, or for others than the network gives.
        """
        labels, name = scene.task.card.labels, scene.task.card.full_name
        if not labels or not scene.examples[0].input.images:
            raise UsageError(f"{self.info.name} is an image classifier; {name} asks for no label of a picture.")
        own = set(self.settings.labels)
        if own != set(labels) and not (len(own) == 1 and len(labels) == 2 and labels[-1] in own):
            raise UsageError(
                f"{self.info.name} tells apart {', '.join(self.settings.labels)}; {name} asks for {', '.join(labels)}. The labels in its"
                " settings must be the task's, in the order of the network's outputs."
            )
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Scores for each picture; one that cannot be read fails alone."""
        pictures: list[torch.Tensor] = []
        failures: dict[int, str] = {}
        for position, request in enumerate(requests):
            try:
                pictures.append(self._tensor(request))
            except HarnessError as error:
                failures[position] = str(error)
        scores = iter(self._log_probs(torch.stack(pictures)) if pictures else [])
        return [
            Response(error=failures[position]) if position in failures else self._response(request, next(scores))
            for position, request in enumerate(requests)
        ]

    def _tensor(self, request: Request) -> torch.Tensor:
        mode = "L" if self.settings.channels == 1 else "RGB"
        pixels = array(request.item.images[0], mode, (self.settings.width, self.settings.height))  # type: ignore[arg-type]
        values = np.atleast_3d(pixels).transpose(2, 0, 1).astype(np.float32) / 255
        mean, std = (np.array(values, dtype=np.float32)[:, None, None] for values in (self.settings.mean, self.settings.std))
        return torch.from_numpy((values - mean) / std)

    def _log_probs(self, batch: torch.Tensor) -> list[list[float]]:
        """One natural logarithm per label and picture, in double precision."""
        with torch.inference_mode():
            out = self.network(batch.to(self.device)).double().cpu()
        width = len(self.settings.labels)
        if out.ndim == 1 and width == 1:
            out = out[:, None]
        if out.shape != (len(batch), width):
            raise UsageError(
                f"{self.info.name}: its output has shape {tuple(out.shape)} for {len(batch)} pictures; its settings name {width} labels."
            )
        if self.settings.output == "probabilities":
            logs = out.clamp(min=0).log()
        elif self.settings.output == "sigmoid" or width == 1:
            logs = torch.nn.functional.logsigmoid(out)
        else:
            logs = torch.log_softmax(out, dim=1)
        return [[float(value) for value in row] for row in logs]

    def _response(self, request: Request, logs: Sequence[float]) -> Response:
        if any(np.isnan(value) for value in logs):
            return Response(error="the network's output is not a number")
        by_label = dict(zip(self.settings.labels, (min(value, 0.0) for value in logs), strict=True))
        if len(by_label) == 1:  # one output: the probability of the task's last label
            [positive] = by_label.values()
            negative = float(np.log1p(-np.exp(positive))) if positive < 0 else -np.inf
            return Response(choice_log_probs=(negative, positive))
        return Response(choice_log_probs=tuple(by_label[choice] for choice in request.item.choices))


def open_model(location: str, arguments: Mapping[str, str]) -> Classifier:
    """Load a classifier.

    Args:
        location: Path of the checkpoint.
        arguments: Settings that stand on top of those in the file beside it (`torch_settings.KEYS`).

    Raises:
        MissingData: No such file.
        UsageError: A setting is missing or wrong, or a state dict came without a factory.
        CorruptData: The file is not what it should be.
        MissingTool: The device asked for is not there.
    """
    path = Path(location)
    if not path.is_file():
        raise MissingData(f"{path}: no such checkpoint.")
    misspelt = sorted(set(arguments) - set(KEYS))
    if misspelt:
        raise UsageError(f"--model-arg {misspelt[0]}: unknown; torch takes {', '.join(KEYS)}.")
    settings = read_settings(path, arguments)
    device = _device(settings.device)
    network, parameters = _load(path, settings, device)
    info = ModelInfo(
        name=settings.name or path.stem,
        kind="torch",
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        parameters=parameters,
        precision="float32",
        device=device.type,
        # The device changes no answer that matters and would otherwise split a run's folder in two.
        arguments={key: value for key, value in _declared(settings).items() if key != "device"},
        scores="independent" if settings.output == "sigmoid" and len(settings.labels) > 1 else "softmax",
        images=1,
        setting=settings.setting,
    )
    return Classifier(info=info, settings=settings, network=network, device=device)


def _declared(settings: Settings) -> dict[str, str]:
    return {
        "size": f"{settings.height}x{settings.width}",
        "channels": str(settings.channels),
        "mean": ",".join(map(str, settings.mean)),
        "std": ",".join(map(str, settings.std)),
        "output": settings.output,
        "labels": "|".join(settings.labels),
        "factory": settings.factory,
    }


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise MissingTool(f"--model-arg device={name}: PyTorch sees no GPU here.")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--model-arg device={name}: no such device; use auto, cpu or cuda.") from error


def _load(path: Path, settings: Settings, device: torch.device) -> tuple[Network, int]:
    names = _names(path)
    try:
        if settings.factory:
            return _from_state(path, settings.factory, device)
        if any(name.endswith(("models/model.json", "serialized_exported_program.json")) for name in names):
            return _from_export(path, device)
        if any("/code/" in name for name in names):
            return _from_script(path, device)
    except HarnessError:
        raise
    except Exception as error:  # PyTorch meets a damaged archive with whatever it stumbles over: RuntimeError, AssertionError, KeyError
        raise CorruptData(f"{path}: cannot be loaded ({error}). Is the file whole, and made for this version of PyTorch?") from error
    raise UsageError(
        f"{path}: a state dict needs the code that it belongs to: -a factory=net.py:build, a function that returns the module."
    )


def _from_export(path: Path, device: torch.device) -> tuple[Network, int]:
    program = torch.export.load(path)
    module = program.module().to(device)
    return module, sum(parameter.numel() for parameter in program.parameters())


def _from_script(path: Path, device: torch.device) -> tuple[Network, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the format is deprecated; files in it are not going away
        module: Any = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]
    module.eval()
    return module, sum(parameter.numel() for parameter in module.parameters())


def _from_state(path: Path, factory: str, device: torch.device) -> tuple[Network, int]:
    file, _, name = factory.rpartition(":")
    build = load_function(Path(file), name)
    module = build() if callable(build) else None
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"{factory} returned {type(module).__name__}; it must return a torch.nn.Module.")
    state = torch.load(path, map_location="cpu", weights_only=True)
    module.load_state_dict(state.get("state_dict", state) if isinstance(state, dict) else state)
    module.eval().to(device)
    return module, sum(parameter.numel() for parameter in module.parameters())


def _names(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        raise CorruptData(f"{path}: not a PyTorch archive, or a truncated one; copy or download it again.")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()
