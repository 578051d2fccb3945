"""From a name to something that answers: an explicit table from kind to the factory that opens it, imported when asked for."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from harness.base import identity, plug_ins, pointers, user_code
from harness.errors import HarnessError, MissingData, MissingTool, ModelError, PrerequisiteError, UsageError, unknown
from harness.models.code import code_of
from harness.models.named import last_part, named, spelled
from harness.models.recognise import kind_of
from harness.types import Backend, Model, ModelInfo, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One backend."""

    factory: str
    """``module:function``; the function takes a location and the ``--model-arg`` mapping and returns a `Backend`."""
    summary: str
    example: str
    requires: str = ""
    """A module that must be importable."""
    extra: str = ""
    """The extra that brings it."""
    package: str = ""
    """Name and version of the installed package that announced it; empty for ours."""


KINDS: Mapping[str, Kind] = {
    "baseline": Kind(
        factory="harness.models.baselines:open_model",
        summary="majority, constant, random, lead, copy, nearest, oracle: the floor and the ceiling of a task",
        example="baseline:majority",
    ),
    "predictions": Kind(
        factory="harness.models.predictions:open_model",
        summary="replies from a JSONL file: id, text, optionally choice_log_probs or error",
        example="predictions:replies.jsonl",
    ),
    "torch": Kind(
        factory="harness.models.classifiers.backend:open_model",
        summary="image classifiers: torch.export, TorchScript, or a state dict with -a factory=file.py:function",
        example="torch:model.pt2",
        requires="torch",
        extra="torch",
    ),
    "hf": Kind(
        factory="harness.models.hf:open_model",
        summary="transformers checkpoints, from a folder or the Hub: vision-language, causal and sequence-to-sequence models",
        example="hf:organisation/model",
        requires="transformers",
        extra="hf",
    ),
    "clip": Kind(
        factory="harness.models.contrastive.backend:open_model",
        summary="contrastive zero-shot classification: CLIP, SigLIP and their kin, and folders of open_clip such as BiomedCLIP",
        example="clip:organisation/model",
        requires="torch",
        extra="hf",
    ),
    "timm": Kind(
        factory="harness.models.classifiers.timm:open_model",
        summary="image classifiers of any timm architecture, from a folder, the Hub or a file with -a architecture=NAME",
        example="timm:organisation/model",
        requires="timm",
        extra="timm",
    ),
    "biomedgpt": Kind(
        factory="harness.models.biomedgpt:open_model",
        summary="BiomedGPT checkpoints, natively, each task as its official evaluation asks it",
        example="biomedgpt:vqa_rad_fixed.pt",
        requires="torch",
        extra="torch",
    ),
    "openai": Kind(
        factory="harness.models.server:open_model",
        summary="any OpenAI-compatible server, by its model's name or its address: vLLM, SGLang, a hosted service",
        example="openai:http://127.0.0.1:8000/v1",
        requires="openai",
        extra="api",
    ),
    "worker": Kind(
        factory="harness.models.worker.backend:open_model",
        summary="another process that reads and writes JSON lines, for code that cannot be imported",
        example="worker:'python my_worker.py'",
    ),
}


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
        model = self.backend.for_task(scene)
        own = model.info
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
        return _user_factory(Path(head), location, arguments)
    if colon and (head in KINDS or not Path(spec).exists()):
        plug_ins = {} if head in KINDS else _plug_ins()
        if head not in KINDS and head not in plug_ins:
            known = [*KINDS, *plug_ins]
            raise unknown("kind of model", head, known, remedy=f"A model is a path, file.py:factory, or one of: {_examples()}.")
        return _open(KINDS.get(head) or plug_ins[head], location, arguments)
    path = Path(spec)
    if not path.exists():
        raise MissingData(f"{spec}: no such file. A model is a path, file.py:factory, or kind:location: {_examples()}.")
    pointers.refuse(path)
    if path.suffix == ".py":
        raise UsageError(f"{path}: Python code runs only by the name of a function that returns the model: {path}:function")
    return _open(KINDS[kind_of(path)], spec, arguments)


def _open(kind: Kind, location: str, arguments: Mapping[str, str]) -> Backend:
    pointers.refuse(Path(location))
    if kind.requires and importlib.util.find_spec(kind.requires) is None:
        raise MissingTool(f"{kind.example.split(':')[0]}: needs the package {kind.requires}; pip install 'biomed-harness[{kind.extra}]'")
    module, function = kind.factory.split(":")
    try:
        factory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        if kind in KINDS.values():
            raise
        raise ModelError(f"plug-in {kind.factory} cannot be loaded: {error}. Reinstall or remove the package that announces it.") from error
    backend: Backend = factory(location, arguments)
    if kind in KINDS.values():
        return backend
    file = getattr(importlib.import_module(module), "__file__", None)
    words = {"factory": kind.factory, "package": kind.package, "location": spelled(location), "code": code_of(Path(file)) if file else {}}
    known = identity.digest({**words, "at": named([location]), **_given(arguments)})
    return _Foreign(backend=backend, code=kind.package, identity=known, arguments=_shown(arguments))


def _examples() -> str:
    return ", ".join(kind.example for kind in KINDS.values())


def _plug_ins() -> dict[str, Kind]:
    """Kinds announced by installed packages under ``harness.models``; they never replace one of ours, and a broken one costs a warning."""
    found: dict[str, Kind] = {}
    for point, package in plug_ins.announced("harness.models"):
        if point.name in found:
            raise PrerequisiteError(
                f"kind of model {point.name}: {found[point.name].package} and {package} both bring one; uninstall one of them."
            )
        if ":" not in point.value:
            warnings.warn(f"plug-in '{point.name}': '{point.value}' is no module:function; it is left out", stacklevel=2)
        else:
            found[point.name] = Kind(factory=point.value, summary=f"plug-in {point.value}", example=f"{point.name}:…", package=package)
    return found


def _user_factory(path: Path, name: str, arguments: Mapping[str, str]) -> Backend:
    """A user's own backend. Their file runs because they named it."""
    factory = load_function(path, name)
    try:
        made = factory(**arguments) if callable(factory) else None
    except HarnessError:
        raise
    except Exception as error:
        raise ModelError(f"{path}:{name}({', '.join(arguments)}) raised {type(error).__name__}: {error}") from error
    if made is None or not hasattr(made, "for_task"):
        raise UsageError(
            f"{path}:{name} returned {type(made).__name__}; it must return an object with for_task(scene) (see harness.types.Backend)."
        )
    backend: Backend = made
    found = code_of(path)
    return _Foreign(
        backend=backend,
        code=f"{path.name}@{identity.digest(sorted(found.values()))[:12]}",
        identity=identity.digest({"path": path.absolute(), "function": name, "code": found, **_given(arguments)}),
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
    try:
        module = user_code.load(path, "harness_user", again=True)
    except Exception as error:
        raise ModelError(f"{path}: importing it raised {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        raise UsageError(f"{path} defines no '{name}'; name a function that it defines: {path.name}:function")
    return getattr(module, name)
