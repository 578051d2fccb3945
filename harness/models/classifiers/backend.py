"""Image classifiers in PyTorch: pictures in, one log-probability per label out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import logsigmoid

from harness.base import identity
from harness.errors import HarnessError, MissingData, UsageError
from harness.images.pixels import array
from harness.models import devices, in_threads
from harness.models.batching import in_order
from harness.models.classifiers.loading import Network, load_network
from harness.models.classifiers.settings import CANNOT_CHANGE_A_REPLY, Settings, read_settings
from harness.models.code import code_of
from harness.models.folders import sha256
from harness.types import Image, Model, ModelInfo, Request, Response, Scene

Floats: TypeAlias = NDArray[np.float32]

_BATCH = 16
"""Pictures in a forward pass where nobody says how many: another number would move the last digits of scores."""
_SUM_TOLERANCE = 1e-2
"""By how much probabilities in half precision miss 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Requests whose pictures are being read."""

    requests: Sequence[Request]
    pictures: Sequence[Future[torch.Tensor | str]]
    """Each picture, or why there is none."""
    batch: torch.Tensor | None
    """What holds the pictures once they are read, [n, channels, height, width]; None where each is a tensor of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """A loaded network with its settings; one batch, one forward pass."""

    info: ModelInfo
    settings: Settings
    network: Network
    transform: Callable[[Image], torch.Tensor] | None = None
    """The network's own preprocessing, [channels, height, width]; None is that of the settings."""

    def for_task(self, scene: Scene) -> Model:
        """Itself, where its labels are the task's.

        Raises:
            UsageError: The task asks for no choice among labels, or for others than the network gives.
        """
        labels, name = labels_of(scene, self.info.name), scene.task.card.full_name
        own = set(self.settings.labels)
        if own != set(labels) and not (len(own) == 1 and len(labels) == 2 and labels[-1] in own):
            raise UsageError(
                f"{self.info.name} tells apart {', '.join(self.settings.labels)}; {name} asks for {', '.join(labels)}. The labels in its"
                " settings must be the task's, in the order of the network's outputs."
            )
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Scores for each picture; one that cannot be read fails alone."""
        return self.answer(self.prepare(requests))

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """In their order: all pictures take as long."""
        return in_order(len(requests), size or _BATCH)

    def prepare(self, requests: Sequence[Request]) -> Prepared:
        """Pictures that threads decode, resize and normalise; nothing waits for them here, so that no thread waits for the next batch."""
        images = [request.item.images[0] for request in requests]
        if self.transform is not None:
            return Prepared(requests=requests, pictures=in_threads.begun(partial(_read, self.transform), images), batch=None)
        # One array for all of them: PyTorch would stack them in threads of its own, which spin on the cores where the next ones are read.
        size = (self.settings.channels, self.settings.height, self.settings.width)
        batch = np.empty((len(requests), *size), dtype=np.float32)
        pictures = in_threads.begun(lambda place: _read(partial(self._normalised, out=batch[place]), images[place]), range(len(images)))
        return Prepared(requests=requests, pictures=pictures, batch=torch.from_numpy(batch))

    def answer(self, prepared: Prepared) -> Sequence[Response]:
        """One forward pass; a picture that could not be read has its reason."""
        read = [picture.result() for picture in prepared.pictures]
        pictures = [picture for picture in read if isinstance(picture, torch.Tensor)]
        whole = prepared.batch if len(pictures) == len(read) else None
        outputs = iter(self._outputs(pictures if whole is None else whole))
        return [
            Response(error=picture) if isinstance(picture, str) else self._response(request, next(outputs))
            for request, picture in zip(prepared.requests, read, strict=True)
        ]

    def _normalised(self, image: Image, out: Floats) -> torch.Tensor:
        """The picture as the settings have it, written to [channels, height, width]."""
        mode = "L" if self.settings.channels == 1 else "RGB"
        pixels = array(image, mode, (self.settings.width, self.settings.height), draft=self.settings.draft)  # type: ignore[arg-type]
        mean, std = (np.array(values, dtype=np.float32)[:, None, None] for values in (self.settings.mean, self.settings.std))
        np.divide(np.atleast_3d(pixels).transpose(2, 0, 1), np.float32(255), out=out)
        out -= mean
        out /= std
        return torch.from_numpy(out)

    def _outputs(self, pictures: torch.Tensor | Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The network's numbers for each picture, one per label, in double precision."""
        size = 1 if self.network.one_by_one else max(len(pictures), 1)
        numbers: list[torch.Tensor] = []
        with torch.inference_mode(), _exact(self.network.device):
            for start in range(0, len(pictures), size):
                part = pictures[start : start + size]
                batch = (part if isinstance(part, torch.Tensor) else torch.stack(list(part))).to(self.network.device, self.network.dtype)
                numbers += self.network.forward(batch).reshape(len(batch), -1).cpu().double().unbind()
        return numbers

    def _response(self, request: Request, output: torch.Tensor) -> Response:
        wrong = self._wrong(output)
        if wrong:
            return Response(error=wrong)
        labels, choices = self.settings.labels, request.item.choices
        if len(labels) == 1:  # one output: the probability of its label; the rest is the other one's
            labels = (*(choice for choice in choices if choice not in labels), *labels)
        by_label = dict(zip(labels, self._logs(output).tolist(), strict=True))
        return Response(choice_log_probs=tuple(by_label[choice] for choice in choices))

    def _wrong(self, output: torch.Tensor) -> str:
        """Why the output gives no probabilities; empty where it does."""
        low, high, total = output.min().item(), output.max().item(), output.sum().item()
        if output.isnan().any():
            return "the network's output is not a number"
        if self.settings.output != "probabilities":
            return "the network's output is infinite" if output.isinf().any() else ""
        if low < -1e-6 or high > 1 + 1e-6:
            return f"its settings declare probabilities, and the network's output holds {low if low < 0 else high:.4g}; is it logits?"
        if len(output) > 1 and abs(total - 1) > _SUM_TOLERANCE:
            return f"its settings declare probabilities, and the network's output sums to {total:.4g}; they must sum to 1"
        return ""

    def _logs(self, output: torch.Tensor) -> torch.Tensor:
        """Natural logarithms of the probabilities, one per label; of a single output: that it does not hold, and that it does."""
        single = len(output) == 1
        if self.settings.output == "probabilities":
            output = output.clamp(0, 1)
            return torch.cat([torch.log1p(-output), output.log()]) if single else output.log()
        if single:
            return torch.cat([logsigmoid(-output), logsigmoid(output)])
        return logsigmoid(output) if self.settings.output == "sigmoid" else torch.log_softmax(output, dim=0)


def _read(call: Callable[[Image], torch.Tensor], image: Image) -> torch.Tensor | str:
    """The picture, or why it cannot be read."""
    try:
        return call(image)
    except HarnessError as error:
        return str(error)


def labels_of(scene: Scene, name: str) -> tuple[str, ...]:
    """The labels of a task of pictures.

    Raises:
        UsageError: It asks for no label of one; the message names the classifier.
    """
    card = scene.task.card
    if not card.labels or not scene.examples[0].input.images:
        raise UsageError(f"{name} is an image classifier; {card.full_name} asks for no label of a picture.")
    return card.labels


def open_model(location: str, arguments: Mapping[str, str]) -> Classifier:
    """Load a classifier.

    Args:
        location: Path of the checkpoint.
        arguments: Settings that stand on top of those in the file beside it (`settings.Arguments`).

    Raises:
        MissingData: No such file.
        UsageError: A setting is missing or wrong, or a state dict came without a factory.
        CorruptData: The file is not what it should be.
        MissingTool: The device asked for is not there.
    """
    path = Path(location)
    if not path.is_file():
        raise MissingData(f"{path}: no such checkpoint.")
    settings = read_settings(path, arguments)
    network = load_network(path, settings)
    info = ModelInfo(
        name=settings.name or path.stem,
        kind="torch",
        digest=sha256(path),
        parameters=network.parameters,
        precision=devices.name_of(network.dtype),
        device=network.device.type,
        arguments=_declared(settings) | ({"weights": network.where} if network.where else {}),
        scores=settings.scores,
        reads_prompt=False,
        images=1,
        setting=settings.setting,
        identity=_identity(settings),
    )
    return Classifier(info=info, settings=settings, network=network)


def _identity(settings: Settings) -> str:
    """What the weights are asked by: the settings, and the factory's code with what it imports."""
    file, _, function = settings.factory.rpartition(":")
    changed = identity.changes(settings, without=("name", "factory", *CANNOT_CHANGE_A_REPLY))
    return identity.digest(changed, function, sorted(code_of(Path(file)).values()) if file else [])


def _declared(settings: Settings) -> dict[str, str]:
    """What can change an answer. The device does not, and would split a run's folder in two; nor does the folder of a factory."""
    declared = {**settings.shown(), "factory": Path(settings.factory).name}
    return declared | ({"factory_sha256": sha256(Path(settings.factory.rpartition(":")[0]))} if settings.factory else {})


def _exact(device: torch.device) -> contextlib.AbstractContextManager[None]:
    """On a GPU: convolutions in full precision, the same every time."""
    if device.type != "cuda":
        return contextlib.nullcontext()
    flags: contextlib.AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return flags
