"""Train the two shipped checkpoints: a small convolutional network for 28 x 28 grey pictures, on a CPU, from a seed.

    python examples/train_classifier.py --data DIR/medmnist/pneumoniamnist.npz --out examples/pneumoniamnist.pt2
    python examples/train_classifier.py --data tasks/samples/medmnist/pneumoniamnist.npz --out examples/phantoms.pt2

The epoch is chosen on the validation split; the test split is looked at once, at the end. See examples/README.md for the bands of
accuracy within which another machine reproduces them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
LABELS = ("normal", "pneumonia")
BATCH = 64


def network() -> nn.Sequential:
    """Three convolutions, two linear layers; about 30,000 parameters."""

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(
        *block(1, 16), *block(16, 32), *block(32, 64), nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 3 * 3, 16), nn.ReLU(), nn.Linear(16, 2)
    )  # fmt: skip


def tensors(archive: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures scaled to -1…1, [n, 1, 28, 28], and class numbers, [n]."""
    with np.load(archive, allow_pickle=False) as arrays:
        images: NDArray[np.uint8] = arrays[f"{split}_images"]
        labels: NDArray[np.uint8] = arrays[f"{split}_labels"]
    values = (images.astype(np.float32) / 255 - 0.5) / 0.5
    return torch.from_numpy(values[:, None]), torch.from_numpy(labels[:, 0].astype(np.int64))


def shifted(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each picture moved by up to two pixels: the only augmentation, because a chest has a left and a right side."""
    padded = nn.functional.pad(images, (2, 2, 2, 2), mode="replicate")
    places = torch.randint(0, 5, (len(images), 2), generator=generator).tolist()
    return torch.stack([picture[:, y : y + SIDE, x : x + SIDE] for picture, (y, x) in zip(padded, places, strict=True)])


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Accuracy and mean cross-entropy."""
    model.eval()
    with torch.inference_mode():
        out = model(images)
    return float((out.argmax(1) == labels).float().mean()), float(nn.functional.cross_entropy(out, labels))


def train(archive: Path, seed: int, epochs: int) -> nn.Module:
    """The network of the epoch with the lowest validation loss."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    images, labels = tensors(archive, "train")
    held_out = tensors(archive, "val")
    model = network()
    # The classes are weighted equally: the validation and test splits do not share the train split's balance.
    share = torch.bincount(labels, minlength=2).float()
    loss_of = nn.CrossEntropyLoss(weight=share.sum() / (2 * share), label_smoothing=0.05)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, epochs=epochs, steps_per_epoch=-(-len(images) // BATCH))
    best, kept = float("inf"), model.state_dict()
    for epoch in range(epochs):
        model.train()
        for chosen in torch.randperm(len(images), generator=generator).split(BATCH):  # type: ignore[no-untyped-call]
            optimiser.zero_grad()
            loss = loss_of(model(shifted(images[chosen], generator)), labels[chosen])
            loss.backward()
            optimiser.step()
            schedule.step()
        right, loss_held_out = accuracy(model, *held_out)
        if loss_held_out < best:
            best, kept = loss_held_out, {name: value.clone() for name, value in model.state_dict().items()}
        print(f"epoch {epoch + 1:2d}  validation accuracy {right:.4f}  loss {loss_held_out:.4f}")
    model.load_state_dict(kept)
    return model.eval()


def save(model: nn.Module, target: Path, name: str, setting: str) -> None:
    """The network as a torch.export archive, and beside it what must be declared about it."""
    batch = torch.export.Dim("batch", min=1, max=4096)
    program = torch.export.export(model, (torch.zeros(2, 1, SIDE, SIDE),), dynamic_shapes=({0: batch},))
    for node in program.graph.nodes:  # the trace of this script's own folders on the machine that trained it
        for key in ("stack_trace", "nn_module_stack", "source_fn_stack", "from_node"):
            node.meta.pop(key, None)
    torch.export.save(program, target)
    lines = [
        f'name = "{name}"',
        f'setting = "{setting}"',
        f"size = {SIDE}",
        "channels = 1",
        "mean = [0.5]",
        "std = [0.5]",
        'output = "logits"',
        f"labels = {json.dumps(LABELS)}",
    ]
    target.with_suffix(".toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Train, save, and say what the test split says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="")
    parser.add_argument("--setting", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    given = parser.parse_args()
    model = train(given.data, given.seed, given.epochs)
    right, _ = accuracy(model, *tensors(given.data, "test"))
    save(model, given.out, given.name or given.out.stem, given.setting)
    size = given.out.stat().st_size
    print(f"{given.out}: {sum(p.numel() for p in model.parameters()):,} parameters, {size:,} bytes, test accuracy {right:.4f}")


if __name__ == "__main__":
    main()
