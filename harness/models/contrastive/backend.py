"""Contrastive zero-shot classification: how near a picture is to each label's wordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image as Picture
from torch.nn.functional import logsigmoid, normalize

from harness.errors import CorruptData, UsageError
from harness.images.pixels import decode
from harness.models import devices, in_threads
from harness.models.arguments import Precision, parse_arguments
from harness.models.batching import in_order
from harness.models.contrastive.towers import Towers
from harness.models.contrastive.wordings import Ensemble, ensemble
from harness.models.folders import find
from harness.models.opening import with_library
from harness.types import Image, Model, ModelInfo, Request, Response, Scene

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {"device": "another device rounds differently, and a run may move on to another one"}
_BATCH = {"cpu": 32}
_BATCH_ELSEWHERE = 256
_TEXTS_AT_ONCE = 256
_SIDE = 64
_HOW = {
    (False, False): "softmax over the labels",
    (True, False): "a sigmoid for each label",
    (True, True): "wordings that affirm against wordings that deny, for each label",
}
"""By whether a picture may have several labels, and whether each is denied too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a network is loaded, and what it reads for each label."""

    revision: str = ""
    """Branch, tag or commit on the Hub."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``auto`` is a GPU where there is one."""
    dtype: Precision = "auto"
    """``auto``: single precision on a CPU, half on a GPU."""
    templates: tuple[str, ...] = ()
    """Wordings with ``{label}`` where the label stands; empty leaves them to the card, and then to the harness."""
    templates_absent: tuple[str, ...] = ()
    """Wordings that deny a label, for tasks of several labels per picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Pictures on the host; those that cannot be read apart."""

    requests: Sequence[Request]
    places: Sequence[int]
    inputs: Mapping[str, torch.Tensor]
    failures: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zeroshot:
    """Two towers and the labels of one task."""

    info: ModelInfo
    towers: Towers
    labels: tuple[str, ...]
    present: torch.Tensor
    """[labels, d], of length 1."""
    absent: torch.Tensor | None
    """The same for wordings that deny each label; None where they are not needed."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Scores for each picture; one that cannot be read fails alone."""
        return self.answer(self.prepare(requests))

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """In their order: all pictures take as long."""
        return in_order(len(requests), size or _BATCH.get(self.towers.device.type, _BATCH_ELSEWHERE))

    def prepare(self, requests: Sequence[Request]) -> Prepared:
        """Pictures decoded, in threads, and preprocessed."""
        pictures = in_threads.mapped(lambda request: _decoded(request.item.images[0]), requests)
        failures = {place: picture for place, picture in enumerate(pictures) if isinstance(picture, str)}
        places = [place for place in range(len(requests)) if place not in failures]
        inputs = self.towers.read([pictures[place] for place in places]) if places else {}
        return Prepared(requests=requests, places=places, inputs=inputs, failures=failures)

    def answer(self, prepared: Prepared) -> Sequence[Response]:
        """One log-probability per choice; a batch that the device cannot hold is halved."""
        replies = {place: Response(error=error) for place, error in prepared.failures.items()}
        if prepared.places:
            try:
                rows = self._scores(prepared.inputs)
            except (RuntimeError, MemoryError) as error:
                if not devices.out_of_memory(error) or len(prepared.requests) == 1:
                    raise
                rows = None
            if rows is None:
                half = len(prepared.requests) // 2
                return [*self.generate(prepared.requests[:half]), *self.generate(prepared.requests[half:])]
            for place, row in zip(prepared.places, rows.tolist(), strict=True):
                by_label = dict(zip(self.labels, row, strict=True))
                replies[place] = Response(choice_log_probs=tuple(min(by_label[c], 0.0) for c in prepared.requests[place].item.choices))
        return [replies[place] for place in range(len(prepared.requests))]

    @torch.inference_mode()
    def _scores(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Natural logarithms, [B, labels]."""
        towers = self.towers
        there = {name: tensor.to(towers.device, towers.dtype if tensor.is_floating_point() else None) for name, tensor in inputs.items()}
        seen = normalize(towers.see(there).cpu().double(), dim=-1)
        logits = towers.scale * seen @ self.present.T + towers.bias
        if self.info.scores == "softmax":
            return logits.log_softmax(dim=-1)
        if self.absent is None:
            return logsigmoid(logits)
        return logsigmoid(logits - towers.scale * seen @ self.absent.T)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrastive:
    """A loaded network before its task."""

    towers: Towers
    revision: str
    digest: str
    arguments: Arguments

    def for_task(self, scene: Scene) -> Model:
        """The network with the task's labels embedded.

        Raises:
            UsageError: The task asks for no choice among labels of a picture.
        """
        task, card = scene.task, scene.task.card
        labels = scene.examples[0].input.choices
        if not labels or not scene.examples[0].input.images or any(set(example.input.choices) != set(labels) for example in scene.examples):
            raise UsageError(
                f"{self.towers.name} tells apart labels of a picture; {card.full_name} asks for no choice among labels of one."
            )
        several = task.decide is not None
        wordings = ensemble(card, templates=self.arguments.templates, templates_absent=self.arguments.templates_absent)
        denied = several and not self.towers.sigmoid
        how = _HOW[several, denied]
        info = ModelInfo(
            name=self.towers.name,
            kind="clip",
            revision=self.revision,
            digest=self.digest,
            parameters=self.towers.parameters,
            precision=devices.name_of(self.towers.dtype),
            device=self.towers.device.type,
            arguments={
                **self.towers.facts,
                "dtype": devices.name_of(self.towers.dtype),
                "scores": how,
                "templates": "|".join(wordings.present),
                **({"templates_absent": "|".join(wordings.absent)} if denied else {}),
            },
            scores="independent" if several else "softmax",
            reads_prompt=False,
            images=1,
        )
        return Zeroshot(
            info=info,
            towers=self.towers,
            labels=labels,
            present=self._embedded(wordings, labels, absent=False),
            absent=self._embedded(wordings, labels, absent=True) if denied else None,
        )

    @torch.inference_mode()
    def _embedded(self, wordings: Ensemble, labels: Sequence[str], *, absent: bool) -> torch.Tensor:
        """The mean direction of each label's wordings, [labels, d]."""
        texts = [wordings.texts(label, absent=absent) for label in labels]
        flat = [text for own in texts for text in own]
        parts = [self.towers.understand(flat[start : start + _TEXTS_AT_ONCE]) for start in range(0, len(flat), _TEXTS_AT_ONCE)]
        embedded = normalize(torch.cat(parts).cpu().double(), dim=-1).reshape(len(labels), -1, parts[0].shape[-1])
        return normalize(embedded.mean(dim=1), dim=-1)


@with_library("transformers or open_clip")
def open_model(location: str, arguments: Mapping[str, str]) -> Contrastive:
    """Load a network of two towers.

    Args:
        location: A folder or Hub name: CLIP, SigLIP and their kin as transformers saves them, or a folder of open_clip's.
        arguments: The ``--model-arg`` pairs, `Arguments`.

    Raises:
        HarnessError: The folder, an argument or the device is not what it must be, or a package is missing.
    """
    from harness.base import torch_vision

    given = parse_arguments("clip", arguments, Arguments)
    folder = find(location, revision=given.revision, needs=("open_clip_config.json", "config.json"))
    device = devices.device(given.device)
    dtype = devices.dtype(given.dtype, device)
    torch_vision.ready()
    if (folder.path / "open_clip_config.json").is_file():
        from harness.models.contrastive.open_clip import load as load_open_clip

        towers = load_open_clip(folder, device, dtype)
    else:
        from harness.models.contrastive.clip import load

        towers = load(folder, device, dtype)
    _tried(towers)
    return Contrastive(towers=towers, revision=folder.revision, digest=folder.digest(), arguments=given)


@torch.inference_mode()
def _tried(towers: Towers) -> None:
    """Show both towers something: what settings get wrong that no tensor's shape tells is met here, under the checkpoint's name."""
    grey = towers.read([Picture.new("RGB", (_SIDE, _SIDE), (127, 127, 127))])
    towers.see({name: tensor.to(towers.device, towers.dtype if tensor.is_floating_point() else None) for name, tensor in grey.items()})
    towers.understand(["a"])


def _decoded(image: Image) -> Any:
    """The picture, or why it cannot be read."""
    try:
        return decode(image, "RGB")
    except CorruptData as error:
        return str(error)
