"""Where a run is made: the versions recorded beside its numbers, no part of what makes them comparable."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata

from harness.base.version import __version__

SCORING = ("numpy", "scikit-learn", "scipy", "pycocoevalcap", "rouge-score", "nltk", "rapidfuzz", "sacrebleu", "evaluate")
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
    return {"harness": __version__, "python": platform.python_version()} | _installed(SCORING) | makers()


def loaded() -> frozenset[str]:
    """The packages that can make a reply and that this process has imported."""
    return frozenset(distribution for distribution, module in _PACKAGES.items() if module in sys.modules)


def makers() -> dict[str, str]:
    """The versions of `loaded`."""
    return _installed(sorted(loaded()))


def _installed(packages: Iterable[str]) -> dict[str, str]:
    return {distribution: version for distribution in packages if (version := _version(distribution))}


@cache  # of a package that is replaced meanwhile this process has the earlier one
def _version(distribution: str) -> str:
    """Empty where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def taken_over(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The versions of a record that is written again: those of what scores are now's, what made the replies keeps its own.

    Args:
        before: Of the record that is replaced.
        now: Of this process; it may have read the replies from disk and loaded nothing that made them.

    Returns:
        A package that made replies in two versions has both, ``"2.1.0, 2.2.0"``, the earlier first.
    """
    merged_versions = dict(now)
    for name, version in before.items():
        if name in _PACKAGES and name in now:
            later = now[name].split(", ")
            merged_versions[name] = ", ".join([*(one for one in version.split(", ") if one not in later), *later])
        elif name not in now and name not in SCORING:
            merged_versions[name] = version
    return merged_versions
