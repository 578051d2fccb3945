"""Image classifiers that the transformers library saved: ViT, Swin, ConvNeXt, ResNet and their kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from harness.errors import CorruptData, UsageError
from harness.images.pixels import decode
from harness.models.classifiers.backend import Classifier
from harness.models.classifiers.loading import Network
from harness.models.classifiers.settings import Settings
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.facts import info_of
from harness.models.hf.labels import is_sigmoid, matched, own_labels
from harness.models.hf.loading import Loaded, load
from harness.types import Image, Model, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureClassifier:
    """A loaded network before its task."""

    checkpoint: Checkpoint
    arguments: Arguments
    loaded: Loaded
    processor: Any
    digest: str

    def for_task(self, scene: Scene) -> Model:
        """The network with its outputs under the task's labels.

        Raises:
            UsageError: The task asks for no label of a picture, or for others than the network knows.
        """
        name, card = self.checkpoint.name, scene.task.card
        if not card.labels or not scene.examples[0].input.images:
            raise UsageError(f"{name} is an image classifier; {card.full_name} asks for no label of a picture.")
        labels = matched(name, own_labels(self.checkpoint.config, self.arguments.labels), card.labels, card.full_name)
        sigmoid = is_sigmoid(self.checkpoint.config)
        facts = {
            "image_processor": type(self.processor).__name__,
            "output": "sigmoid" if sigmoid else "softmax",
            "labels": "|".join(labels),
        }
        info = info_of(
            self.checkpoint,
            self.loaded,
            self.arguments,
            self.digest,
            facts,
            scores="independent" if sigmoid else "softmax",
            reads_prompt=False,
            images=1,
        )
        model = self.loaded.model
        network = Network(
            forward=lambda pictures: torch.as_tensor(model(pixel_values=pictures).logits),
            parameters=self.loaded.parameters,
            dtype=model.dtype,
            device=self.loaded.device,
        )
        # The processor prepares the pictures: of what a file beside other weights declares, labels and output alone are read.
        settings = Settings(height=0, width=0, channels=3, mean=(), std=(), output="sigmoid" if sigmoid else "logits", labels=labels)
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
