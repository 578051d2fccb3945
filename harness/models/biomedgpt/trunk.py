"""The image front end: a residual network without its last stage, 1024 features per 16 × 16 pixels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEATURES = 1024
STRIDE = 16
"""Pixels per patch, each way."""
_EXPANSION = 4


class Block(nn.Module):
    """1 × 1, 3 × 3 and 1 × 1 convolutions beside a shortcut; the stride is the 3 × 3 convolution's."""

    def __init__(self, wide_in: int, width: int, stride: int, epsilon: float, *, first: bool) -> None:
        super().__init__()
        wide_out = width * _EXPANSION
        self.conv1 = nn.Conv2d(wide_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width, epsilon)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, epsilon)
        self.conv3 = nn.Conv2d(width, wide_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(wide_out, epsilon)
        shortcut = (nn.Conv2d(wide_in, wide_out, 1, stride, bias=False), nn.BatchNorm2d(wide_out, epsilon)) if first else ()
        self.downsample = nn.Sequential(*shortcut)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, wide_in, h, w] to [B, wide_out, h / stride, w / stride]."""
        inner = torch.relu(self.bn1(self.conv1(x)))
        inner = torch.relu(self.bn2(self.conv2(inner)))
        return torch.relu(self.bn3(self.conv3(inner)) + self.downsample(x))

    def fold(self) -> None:
        """As `Trunk.fold`."""
        for number in (1, 2, 3):
            _fold(self, f"conv{number}", f"bn{number}")
        if len(self.downsample):
            _fold(self.downsample, "0", "1")


class Trunk(nn.Module):
    """ResNet v1.5 up to its third stage, batch norms with their stored statistics."""

    def __init__(self, blocks: Sequence[int], epsilon: float) -> None:
        """Lay out the stages.

        Args:
            blocks: How many blocks each of the three stages has.
            epsilon: What the batch norms add to a variance.
        """
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64, epsilon)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(64, 64, blocks[0], 1, epsilon)
        self.layer2 = _stage(256, 128, blocks[1], 2, epsilon)
        self.layer3 = _stage(512, 256, blocks[2], 2, epsilon)

    def fold(self) -> None:
        """Let every convolution do what the batch norm after it does, in the memory order that convolutions are fastest in.

        The same numbers up to rounding; the network must be in evaluation, and in single precision so that nothing more is lost.
        """
        _fold(self, "conv1", "bn1")
        for module in self.modules():
            if isinstance(module, Block):
                module.fold()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures [B, 3, s, s] to features [B, 1024, s / 16, s / 16]; on a CPU one by one, whose features fit into its caches."""
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        if pictures.device.type == "cpu" and len(pictures) > 1:
            return torch.cat([self._features(picture[None]) for picture in pictures])
        return self._features(pictures)

    def _features(self, pictures: torch.Tensor) -> torch.Tensor:
        x: torch.Tensor = self.maxpool(torch.relu(self.bn1(self.conv1(pictures))))
        for stage in (self.layer1, self.layer2, self.layer3):
            x = stage(x)
        return x


def _fold(within: nn.Module, convolution: str, norm: str) -> None:
    """Replace a convolution by one with its norm inside, and the norm by nothing."""
    setattr(within, convolution, fuse_conv_bn_eval(getattr(within, convolution), getattr(within, norm)))
    setattr(within, norm, nn.Identity())


def _stage(wide_in: int, width: int, n: int, stride: int, epsilon: float) -> nn.Sequential:
    blocks = [Block(wide_in, width, stride, epsilon, first=True)]
    blocks += [Block(width * _EXPANSION, width, 1, epsilon, first=False) for _ in range(n - 1)]
    return nn.Sequential(*blocks)
