"""Image classifiers that the transformers library saved: ViT, Swin, ConvNeXt, ResNet and their kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from harness.errors import CorruptData
from harness.images.pixels import decode
from harness.models.classifiers.backend import Classifier, labels_of
from harness.models.classifiers.loading import Network
from harness.models.classifiers.settings import Settings
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.labels import Labelling
from harness.models.hf.loading import load
from harness.types import Image, Model, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureClassifier(Labelling):
    """A loaded network before its task."""

    processor: Any

    def for_task(self, scene: Scene) -> Model:
        """The network with its outputs under the task's labels.

        Raises:
            UsageError: The task asks for no label of a picture, or for others than the network knows.
        """
        wanted, task = labels_of(scene, self.checkpoint.name), scene.task.card.full_name
        labels, info = self.labelled(wanted, task, {"image_processor": type(self.processor).__name__}, images=1)
        model = self.loaded.model
        network = Network(
            forward=lambda pictures: torch.as_tensor(model(pixel_values=pictures).logits),
            parameters=self.loaded.parameters,
            dtype=model.dtype,
            device=self.loaded.device,
        )
        # The processor prepares the pictures: of what a file beside other weights declares, labels and output alone are read.
        output = "sigmoid" if info.scores == "independent" else "logits"
        settings = Settings(height=0, width=0, channels=3, mean=(), std=(), output=output, labels=labels)
        return Classifier(info=info, settings=settings, network=network, transform=self._prepared)

    def _prepared(self, image: Image) -> torch.Tensor:
        """A picture by the checkpoint's own preprocessing, [channels, height, width]."""
        return torch.as_tensor(self.processor(images=decode(image, "RGB"), return_tensors="pt")["pixel_values"][0])


def open_classifier(checkpoint: Checkpoint, arguments: Arguments) -> PictureClassifier:
    """Read the weights and how pictures are prepared.

    Raises:
        CorruptData: The folder lacks either.
    """
    from transformers import AutoImageProcessor

    try:
        processor = AutoImageProcessor.from_pretrained(checkpoint.folder.path, trust_remote_code=arguments.trust_remote_code)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise CorruptData(f"{checkpoint.folder.name}: how it prepares pictures cannot be read: {str(error).strip()[:400]}") from error
    loaded = load(checkpoint, arguments, words=0)
    return PictureClassifier(
        checkpoint=checkpoint, arguments=arguments, loaded=loaded, processor=processor, digest=checkpoint.parts.digest()
    )
