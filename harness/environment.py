"""The versions that a run was made with: recorded beside its numbers, and no part of what makes them comparable."""

from __future__ import annotations

import contextlib
import platform
import sys
from importlib import metadata

import harness

_SCORING = ("numpy", "scikit-learn", "scipy", "pycocoevalcap", "rouge-score", "nltk", "rapidfuzz", "sacrebleu", "evaluate")
"""Packages that scores are made with, or proven against: recorded whether this run came to need them or not."""
_PACKAGES = {
    "pillow": "PIL",
    "torch": "torch",
    "torchvision": "torchvision",
    "transformers": "transformers",
    "tokenizers": "tokenizers",
    "peft": "peft",
    "timm": "timm",
    "open_clip_torch": "open_clip",
    "radeval": "RadEval",
}


def versions() -> dict[str, str]:
    """Python's version, ours, those of the packages that scores are made with, and of the others that this process has imported."""
    found = {"harness": harness.__version__, "python": platform.python_version()}
    for distribution in _SCORING:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[distribution] = metadata.version(distribution)
    for distribution, module in _PACKAGES.items():
        if module in sys.modules:
            with contextlib.suppress(metadata.PackageNotFoundError):
                found[distribution] = metadata.version(distribution)
    return found
