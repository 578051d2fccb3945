"""Pictures by what they show: a copy that was scaled down or packed anew is known by the same 256 bits, or nearly."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from harness.images.image import Image
from harness.images.pixels import decode

_SIDE = 16
NEAR = 16
"""Bits of the 256 in which a copy may differ; pictures of two scenes differ in about half."""
_PLAIN = 3.0
"""Grey levels: a picture that varies by less has no likeness of its own."""


def exact(content: bytes) -> str:
    """What a file is known by where it was copied as it is."""
    return hashlib.sha256(content).hexdigest()


def of(image: Image) -> NDArray[np.uint8] | None:
    """For each of 16 x 16 places whether the picture grows lighter to its right, as 32 bytes; None for one that shows nothing.

    Raises:
        CorruptData: It cannot be decoded.
        MissingData: Its file is not there.
        MissingTool: What decodes it is not installed.
    """
    grey = decode(image, "L")
    if float(np.asarray(grey, dtype=np.float64).std()) < _PLAIN:
        return None
    small = np.asarray(grey.resize((_SIDE + 1, _SIDE)), dtype=np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1])


def is_among(known: NDArray[np.uint8], likeness: NDArray[np.uint8]) -> bool:
    """Whether a picture is one of those whose likenesses are the rows of ``known``, or a copy of it."""
    bits = np.unpackbits(known ^ likeness, axis=1).sum(axis=1)
    return bool((bits <= NEAR).any())
