"""From a name to something that answers: an explicit table from kind to the factory that opens it, imported when asked for."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import MissingData, MissingTool, UsageError, unknown
from harness.files import content, pointers
from harness.files.folders import is_there
from harness.models import kinds
from harness.models.kinds import KINDS as KINDS
from harness.models.kinds import Kind as Kind

if TYPE_CHECKING:
    from harness.types import Backend


def open_model(spec: str, arguments: Mapping[str, str]) -> Backend:
    """The backend that a user names.

    Args:
        spec: ``kind:location``, a path whose format is recognised by its content, or ``file.py:factory``.
        arguments: The ``--model-arg`` pairs.

    Raises:
        UsageError: The kind, an argument or the file's format is not known.
        MissingData: The path does not exist.
        MissingTool: A package the backend needs is not installed.
    """
    head, colon, location = spec.partition(":")
    if colon and head.endswith(".py"):
        from harness.models import foreign

        return foreign.from_file(Path(head), location, arguments)
    if colon and (head in KINDS or not is_there(Path(spec))):
        known = KINDS if head in KINDS else {**KINDS, **kinds.announced()}
        if head not in known:
            raise unknown("kind of model", head, known, remedy=f"A model is a path, file.py:factory, or one of: {kinds.examples()}.")
        return _open(known[head], location, arguments)
    path = Path(spec)
    if not is_there(path):
        raise MissingData(f"{spec:.200}: no such file. A model is a path, file.py:factory, or kind:location: {kinds.examples()}.")
    content.refuse_special(path)
    pointers.refuse(path)
    if path.suffix == ".py":
        raise UsageError(f"{path}: Python code runs only by the name of a function that returns the model: {path}:function")
    from harness.models.recognise import kind_of

    return _open(KINDS[kind_of(path)], spec, arguments)


def _open(kind: Kind, location: str, arguments: Mapping[str, str]) -> Backend:
    content.refuse_special(Path(location))
    pointers.refuse(Path(location))
    if kind.requires and importlib.util.find_spec(kind.requires) is None:
        raise MissingTool(f"{kind.example.split(':')[0]}: needs the package {kind.requires}; pip install 'biomed-harness[{kind.extra}]'")
    module, function = kind.factory.split(":")
    if kind in KINDS.values():
        backend: Backend = getattr(importlib.import_module(module), function)(location, arguments)
        return backend
    from harness.models import foreign

    return foreign.from_package(kind, location, arguments)
