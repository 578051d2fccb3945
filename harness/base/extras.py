"""Packages that a plain installation does not bring: imported where they are used, and asked for by the extra that brings them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from harness.errors import MissingTool

EXTRAS: Mapping[str, str] = {
    "datasets": "evaluate",
    "evaluate": "evaluate",
    "huggingface_hub": "hub",
    "pyarrow": "hub",
    "tqdm": "hub",
}
"""Package to extra."""


def is_here(package: str) -> bool:
    """Whether a package is installed; it is not imported."""
    return importlib.util.find_spec(package) is not None


def folder(package: str) -> Path | None:
    """Where a package is installed, found without importing it; None where it is not."""
    spec = importlib.util.find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def installing(package: str) -> str:
    """What to type for a package that is absent."""
    return f"pip install 'biomed-harness[{EXTRAS[package]}]'"


def required(what: str, *packages: str) -> None:
    """Refuse what needs a package that is not installed.

    Args:
        what: What needs them: a file, an option.
        packages: Their names, of `EXTRAS`.

    Raises:
        MissingTool: One is absent; the message says what to type.
    """
    for package in packages:
        if not is_here(package):
            raise MissingTool(f"{what}: needs the package {package}; {installing(package)}")
