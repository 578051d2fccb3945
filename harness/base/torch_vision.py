"""Torchvision beside a PyTorch that it was not compiled for."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys

import torch

from harness.errors import MissingTool

_UNKNOWN = re.compile(r"operator torchvision::(\w+) does not exist")
_kept: list[torch.library.Library] = []
"""What was declared lasts as long as the object that declared it."""


def ready() -> bool:
    """Make ``import torchvision`` work, and say whether there is one.

    A torchvision whose compiled part is for another build of PyTorch (its GPU build beside a CPU build of PyTorch, most often) fails to
    import, because it describes operators that were never registered. Transforms and layers, all that preprocessing and classifiers
    need, are Python; so the missing names are declared, without an implementation: one that is called says that it has none.

    Raises:
        MissingTool: It cannot be imported for another reason.
    """
    if importlib.util.find_spec("torchvision") is None:
        return False
    declared: set[str] = set()
    while True:
        try:
            importlib.import_module("torchvision")
        except (RuntimeError, ImportError) as error:
            unregistered = _UNKNOWN.search(str(error))
            if unregistered is None or unregistered[1] in declared:
                raise MissingTool(
                    f"the installed torchvision does not fit PyTorch {torch.__version__}: {error}. Install the one of its release."
                ) from error
            for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
                del sys.modules[name]
            _declare(unregistered[1])
            declared.add(unregistered[1])
        else:
            return True


def _declare(name: str) -> None:
    if not _kept:
        _kept.append(torch.library.Library("torchvision", "FRAGMENT"))  # type: ignore[no-untyped-call]
    _kept[0].define(f"{name}() -> ()")  # type: ignore[no-untyped-call]
