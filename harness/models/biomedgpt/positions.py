"""Where tokens and patches stand towards each other: integer tables, computed, never learned."""

from __future__ import annotations

import math

import torch

LONGEST = 1024
"""Positions that the token table covers; also the longest source and the longest target."""


def token_buckets(size: int) -> torch.Tensor:
    """Bucket of (row - column), int64 [1024, 1024]: exact up to half the size, logarithmic beyond.

    Args:
        size: ``token_bucket_size``; values lie in 0 to 2 · size - 2, the diagonal is size - 1.
    """
    middle = size // 2
    place = torch.arange(LONGEST)
    offset = place[:, None] - place[None, :]
    # Single precision throughout: a double rounds some distances into the next bucket.
    distance = offset.abs().clamp(min=1).float()
    scaled = torch.log(distance / middle) / math.log((LONGEST - 1) / middle) * (middle - 1)
    far = (middle + scaled.ceil().long()) * offset.sign()
    return torch.where(offset.abs() <= middle, offset, far) + size - 1


def n_image_buckets(side: int) -> int:
    """How many buckets the offsets of a grid need, three for "no patch" included."""
    return (2 * side - 1) ** 2 + 3


def image_buckets(side: int) -> torch.Tensor:
    """Bucket of a pair of patches, int64 [side² + 1, side² + 1]; row and column 0 stand for "no patch".

    Args:
        side: ``image_bucket_size``, the grid's width and height in patches.
    """
    row, column = torch.arange(side * side) // side, torch.arange(side * side) % side
    span = 2 * side - 1
    last = n_image_buckets(side)
    table = torch.empty(side * side + 1, side * side + 1, dtype=torch.long)
    table[0, :] = last - 3
    table[:, 0] = last - 2
    table[0, 0] = last - 1
    table[1:, 1:] = (row[:, None] - row[None, :] + side - 1) * span + (column[:, None] - column[None, :] + side - 1)
    return table


def patch_ids(height: int, width: int, side: int) -> torch.Tensor:
    """Ids of the patches of a height × width feature map, row by row; the grid's own width counts, not the picture's."""
    return (torch.arange(height)[:, None] * side + torch.arange(width)[None, :] + 1).flatten()
