"""The versions that a run was made with: recorded beside its numbers, and no part of what makes them comparable."""

from __future__ import annotations

import contextlib
import platform
import sys
from importlib import metadata

import harness

_PACKAGES = {
    "numpy": "numpy",
    "scikit-learn": "sklearn",
    "pycocoevalcap": "pycocoevalcap",
    "rouge-score": "rouge_score",
    "rapidfuzz": "rapidfuzz",
    "pillow": "PIL",
    "torch": "torch",
    "torchvision": "torchvision",
    "transformers": "transformers",
    "tokenizers": "tokenizers",
    "peft": "peft",
    "timm": "timm",
    "open_clip_torch": "open_clip",
}


def versions() -> dict[str, str]:
    """Python's version, ours, and those of the packages that this process has imported."""
    found = {"harness": harness.__version__, "python": platform.python_version()}
    for distribution, module in _PACKAGES.items():
        if module in sys.modules:
            with contextlib.suppress(metadata.PackageNotFoundError):
                found[distribution] = metadata.version(distribution)
    return found
