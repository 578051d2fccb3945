"""A Python file that a user has named, as a module: what it says now, under a name that no other file has."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType


def load(path: Path, prefix: str, *, again: bool) -> ModuleType:
    """Run a file as a module. Whatever it raises comes through; the module is then forgotten.

    Args:
        path: A file of Python source.
        prefix: What its name in `sys.modules` begins with; the rest follows from where it lies and what it says.
        again: Run it anew even where it was run before, unchanged.

    Raises:
        ValueError: It is no file of Python source.
    """
    content = path.read_bytes()
    unique = hashlib.sha256(str(path.absolute()).encode() + b"\0" + content).hexdigest()[:16]
    name = f"{prefix}_{path.stem}_{unique}"
    if name in sys.modules and not again:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise ValueError("not a file of Python source")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        # What was read, not compiled code beside it: that is told by size and second, and an edit may leave both.
        exec(spec.loader.source_to_code(content, str(path)), module.__dict__)  # noqa: S102  the user named this file
    except BaseException:
        del sys.modules[name]
        raise
    return module
