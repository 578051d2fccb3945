"""Checkpoint files: the reference trainer's containers and folders in the transformers layout, read without running anything in them.

A container is a pickle that names classes. PyTorch's restricted reader builds tensors and plain values, and beyond those only what
`_ALLOWED` lists: the record that holds a trainer's options, and the numpy scalars in which it keeps scores.
"""

from __future__ import annotations

import argparse
import importlib
import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.errors import CorruptData, MissingData, UsageError
from harness.files import content
from harness.models import tensors
from harness.models.biomedgpt.port import reference_name, reference_settings
from harness.models.biomedgpt.settings import Architecture, Training, architecture, training
from harness.models.classifiers.parts import check_sizes
from harness.models.folders import json_object
from harness.models.tensors import plain

Tensors = Mapping[str, torch.Tensor]

_NUMPY = importlib.import_module("numpy._core.multiarray" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else "numpy.core.multiarray")
_ALLOWED: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    argparse.Namespace,
    np.ndarray,
    np.dtype,
    type(np.dtype(np.float64)),
    type(np.dtype(np.int64)),
    *(
        (getattr(_NUMPY, name), f"{module}.{name}")
        for module in ("numpy.core.multiarray", "numpy._core.multiarray")  # as numpy 1 and numpy 2 write it
        for name in ("scalar", "_reconstruct")
    ),
]
_WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A file that was understood; its tensors stay on disk until they are used."""

    path: Path
    layout: str
    """``fairseq`` or ``transformers``."""
    architecture: Architecture
    training: Training
    weights: Mapping[str, Tensors]
    """``model``, and ``ema`` where the file holds averaged weights; by the reference's names."""


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file or a folder.

    Raises:
        MissingData: There is nothing at the path.
        CorruptData: It is damaged, is no BiomedGPT checkpoint, or holds something that is not allowed.
        UsageError: It is built in a way that is not served.
    """
    if path.is_dir():
        return _transformers(path)
    if not path.is_file():
        raise MissingData(f"{path}: no such checkpoint.")
    if path.name in _WEIGHT_FILES and (path.parent / "config.json").is_file():
        raise UsageError(f"{path}: the weights of a folder in the layout of transformers; name the folder: biomedgpt:{path.parent}")
    stored = _load(path)
    if not isinstance(stored, dict) or not isinstance(stored.get("model"), dict):
        raise CorruptData(f"{path}: {_what_else(stored)}")
    values, task = _settings(stored, path)
    weights = {"model": _tensors(stored["model"], "model", path)}
    extra = stored.get("extra_state")
    if isinstance(extra, dict) and extra.get("ema"):
        weights["ema"] = _tensors(extra["ema"], "extra_state.ema", path)
    return Checkpoint(
        path=path,
        layout="fairseq",
        architecture=architecture(values, str(path)),
        training=training({**values, **task}, str(task.get("_name") or values.get("task") or "")),
        weights=weights,
    )


_STRIPPED = (
    "the model's settings (args, or cfg with model and task) were stripped from it. They say how the weights are to be used and are not"
    " guessed: take the file that the trainer wrote, or put its 'cfg' back beside 'model'."
)


def _what_else(stored: Any) -> str:
    """What a file without the trainer's entries is, and what to do."""
    if not isinstance(stored, dict):
        return f"holds a {type(stored).__name__}, not what the BiomedGPT trainer writes."
    if "encoder.embed_tokens.weight" in stored:
        return f"holds BiomedGPT's weights alone; {_STRIPPED}"
    there = ", ".join(sorted(map(str, stored))[:8])
    return f"no entry 'model' (there are: {there}); this is not a checkpoint of the BiomedGPT trainer."


def _load(path: Path) -> Any:
    """What the file holds. A zip archive is mapped into memory, so that what is not used is not read."""
    content.refuse_no_weights(path)
    check_sizes(path)
    try:
        with torch.serialization.safe_globals(_ALLOWED):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        # PyTorch words it in two ways, for names that nobody allowed and for modules that nobody may.
        refused = re.search(r"unsupported (?:global: )?GLOBAL (\S+)", str(error), re.IGNORECASE)
        if refused:
            raise CorruptData(
                f"{path}: its pickle asks for {refused.group(1)}, which no BiomedGPT checkpoint needs and which is not run. Get the file"
                " from its authors again."
            ) from error
        # PyTorch's own first line advises to read the file without protection; the last one with words says what is wrong.
        raise CorruptData(f"{path}: holds something that is no tensor and no plain value; copy or download it again.") from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError, AttributeError, TypeError, IndexError, AssertionError) as error:
        raise CorruptData(
            f"{path}: not a whole PyTorch file ({type(error).__name__}: {plain(error)}); it has {path.stat().st_size:,} bytes."
            " Compare with the original and copy or download it again."
        ) from error


def _settings(stored: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model's settings and the task's, from either of the two places where trainers kept them."""
    if stored.get("args") is not None:
        return _values(stored["args"], "args", path), {}
    cfg = stored.get("cfg")
    if not isinstance(cfg, dict) or cfg.get("model") is None:
        raise CorruptData(f"{path}: neither 'args' nor cfg['model'] is there: {_STRIPPED}")
    task = cfg.get("task")
    return _values(cfg["model"], "cfg['model']", path), _values(task, "cfg['task']", path) if task is not None else {}


def _values(record: Any, where: str, path: Path) -> dict[str, Any]:
    if isinstance(record, argparse.Namespace):
        return vars(record)
    if isinstance(record, dict):
        return record
    raise CorruptData(f"{path}: {where} is a {type(record).__name__}, not a record of settings.")


def _tensors(entry: Any, where: str, path: Path) -> Tensors:
    if not isinstance(entry, dict) or not all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in entry.items()):
        raise CorruptData(f"{path}: '{where}' is not a table of tensors.")
    return entry


def _transformers(folder: Path) -> Checkpoint:
    for name in ("config.json", *_WEIGHT_FILES):
        if (folder / name).is_file():
            content.refuse_no_weights(folder / name)
    weight_files = [folder / name for name in _WEIGHT_FILES if (folder / name).is_file()]
    if not weight_files or not (folder / "config.json").is_file():
        raise MissingData(f"{folder}: needs config.json and one of {', '.join(_WEIGHT_FILES)}.")
    config = json_object(folder / "config.json")
    file = weight_files[0]
    stored = tensors.read(file) if file.suffix == ".safetensors" else _tensors(_load(file), "the whole file", file)
    weights = {reference_name(name): tensor for name, tensor in stored.items()}
    return Checkpoint(
        path=folder,
        layout="transformers",
        architecture=architecture(reference_settings(config), str(folder / "config.json")),
        training=Training(),
        weights={"model": weights},
    )


def choose_weights(checkpoint: Checkpoint, asked: str, *, official: str) -> str:
    """Which weights answer: those asked for by name, or those of the official script where the file holds them.

    Args:
        checkpoint: The file.
        asked: ``ema``, ``model`` or ``auto``.
        official: What the official evaluation of the task uses.

    Raises:
        UsageError: Averaged weights were asked for and there are none.
    """
    if asked == "auto":
        return official if official in checkpoint.weights else "model"
    if asked not in checkpoint.weights:
        raise UsageError(
            f"{checkpoint.path}: -a weights=ema was given, and the file holds no averaged weights (no extra_state['ema']); leave it out"
            " to use the plain ones. Files that were slimmed or trained without --store-ema have none."
        )
    return asked
