"""Models whose code is not ours, a user's file or an installed package: run because they were named, and known by their code."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from harness.base import identity, user_code
from harness.errors import MissingData, ModelError, UsageError
from harness.models import contract
from harness.models.code import code_of
from harness.models.kinds import Kind
from harness.models.named import last_part, named, spelled
from harness.types import Backend, Model, ModelInfo, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class _Foreign:
    """A backend whose code is not ours: what it says of itself, and what is known of where it came from."""

    backend: Backend
    code: str
    """Its code's revision, for the record."""
    identity: str
    """Digest of its code, its name and its arguments; beside whatever digest or revision it gives of its own."""
    arguments: Mapping[str, str]

    def for_task(self, scene: Scene) -> Model:
        model = contract.model_of(self.backend, scene)
        own = contract.info_of(model)
        info = replace(
            own,
            revision=", ".join(part for part in (own.revision, self.code) if part),
            identity=identity.digest(own.identity, self.identity),
            arguments={**self.arguments, **own.arguments},
        )
        return cast("Model", _Named(model, info))


class _Named:
    """A model under facts of our own, with everything else that it can do."""

    def __init__(self, model: Model, info: ModelInfo) -> None:
        self._model, self.info = model, info
        # Bound to the instance: a runtime-checkable protocol does not look through __getattr__.
        for name in _ABILITIES:
            if hasattr(model, name):
                setattr(self, name, getattr(model, name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


_ABILITIES = ("generate", "partition", "prepare", "answer", "stream", "close")
"""What the runner asks a model to do, where it can."""


def from_package(kind: Kind, location: str, arguments: Mapping[str, str]) -> Backend:
    """A plug-in's backend under what is known of its package, its location and its arguments.

    Raises:
        ModelError: It cannot be loaded, raises, or makes what is no backend.
    """
    name, _, function = kind.factory.partition(":")
    with user_code.guarded(
        f"plug-in {kind.factory} cannot be loaded: it", ModelError, "Reinstall or remove the package that announces it."
    ):
        module = importlib.import_module(name)
        factory = getattr(module, function)
    with user_code.guarded(f"plug-in {kind.factory}", ModelError):
        backend = factory(location, arguments)
        serves = callable(getattr(backend, "for_task", None))
    if not serves:
        raise ModelError(f"plug-in {kind.factory} returned {contract.kind(backend)}; it must return an object with for_task(scene).")
    file = getattr(module, "__file__", None)
    words = {"factory": kind.factory, "package": kind.package, "location": spelled(location), "code": code_of(Path(file)) if file else {}}
    known = identity.digest({**words, "at": named([location]), **_given(arguments)})
    return _Foreign(backend=backend, code=kind.package, identity=known, arguments=_shown(arguments))


def from_file(path: Path, name: str, arguments: Mapping[str, str]) -> Backend:
    """A user's own backend. Their file runs because they named it.

    Raises:
        MissingData: The file does not exist.
        UsageError: It defines no such function, or what that returns is no backend.
        ModelError: Importing or calling it fails.
    """
    factory = load_function(path, name)
    with user_code.guarded(f"{path}:{name}({', '.join(arguments)})", ModelError):
        made = factory(**arguments) if callable(factory) else None
        serves = callable(getattr(made, "for_task", None)) and not isinstance(made, type)
    if not serves:
        raise UsageError(
            f"{path}:{name} returned {type(made).__name__}; it must return an object with for_task(scene) (see harness.types.Backend)."
        )
    backend = cast("Backend", made)
    digests = code_of(path)
    return _Foreign(
        backend=backend,
        code=f"{path.name}@{identity.digest(sorted(digests.values()))[:12]}",
        identity=identity.digest({"path": path.absolute(), "function": name, "code": digests, **_given(arguments)}),
        arguments=_shown(arguments),
    )


def _given(arguments: Mapping[str, str]) -> dict[str, Any]:
    """What tells the arguments of foreign code from others: their words, where they were said, and the content of what they name."""
    words = {name: spelled(word) for name, word in arguments.items()}
    return {"arguments": words, "folder": Path.cwd(), "files": named(arguments.values())}


def _shown(arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments for the record, where no folder of this machine belongs."""
    return {name: last_part(word) for name, word in arguments.items()}


def load_function(path: Path, name: str) -> object:
    """A function of a Python file that the user has named.

    Raises:
        MissingData: The file does not exist.
        UsageError: It defines no such function.
        ModelError: Importing it fails.
    """
    if not path.is_file():
        raise MissingData(f"{path}: no such file.")
    with user_code.guarded(f"{path}: importing it", ModelError):
        module = user_code.load(path, "harness_user", again=True)
    if not hasattr(module, name):
        raise UsageError(f"{path} defines no '{name}'; name a function that it defines: {path.name}:function")
    return getattr(module, name)
