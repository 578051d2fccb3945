"""Files of tensors: what is in one, read as tensors alone; of a safetensors file, names and shapes without the content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import CorruptData
from harness.files import content
from harness.models.classifiers.parts import check_sizes

_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST = 300
_SAFE = (
    "Save the tensors alone, where the class is at hand: torch.save(net.state_dict(), 'net.pt'), or"
    " safetensors.torch.save_file(net.state_dict(), 'net.safetensors')"
)


def shapes(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Name to shape of every tensor of a file.

    Raises:
        CorruptData: It cannot be read, or holds anything else.
    """
    from safetensors import SafetensorError, safe_open

    if path.suffix != ".safetensors":
        return {name: tuple(tensor.shape) for name, tensor in read(path).items() if hasattr(tensor, "shape")}
    try:
        with safe_open(path, "pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  no mapping
    except (SafetensorError, OSError) as error:
        raise CorruptData(f"{path}: not a readable file of weights ({error}). Copy or download it again.") from error


def names_of(path: Path) -> Iterable[str]:
    """The names of a file's tensors."""
    return shapes(path).keys()


def read(path: Path) -> dict[str, Any]:
    """What a file holds, which must be a mapping; nothing in it is run.

    Raises:
        CorruptData: It cannot be read, holds no mapping, or needs objects of a class; the message names that.
    """
    import pickle

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    content.refuse_no_weights(path)
    check_sizes(path)
    try:
        state_dict: Any = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = ", ".join(classes(path)) or ", ".join(_GLOBAL.findall(str(error)))
        raise CorruptData(unsafe(path, named)) from error
    except (SafetensorError, OSError, EOFError) as error:
        raise CorruptData(f"{path}: not a readable file of weights ({plain(error)}). Copy or download it again.") from error
    except Exception as error:  # PyTorch meets a damaged archive with whatever it stumbles over: RuntimeError, AssertionError, KeyError
        raise CorruptData(f"{path}: cannot be loaded ({plain(error)}). Is the file whole, and made for this version of PyTorch?") from error
    if not isinstance(state_dict, dict):
        raise CorruptData(f"{path}: holds a {type(state_dict).__name__}, not a state dict. {_SAFE}")
    return state_dict


def classes(path: Path) -> list[str]:
    """The classes whose objects a zipped PyTorch file holds beside tensors; none of them is imported, and none of an older file known."""
    import torch

    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except Exception:  # noqa: BLE001  whoever reads the file says why it cannot
        return []


def unsafe(path: Path, named: str) -> str:
    """Why a file of objects is not read, and how its tensors are saved."""
    of = f" of {named}" if named else ""
    return f"{path}: it holds pickled objects{of}, which can run code as they are read, so it was not loaded. {_SAFE}"


def plain(error: BaseException) -> str:
    """A library's message in one line, without its colours, and without the advice to load a file all the same."""
    if "TorchScript archive" in str(error):
        return "it is a TorchScript program, no file of tensors"
    if "Weights only load failed" in str(error):
        named = _GLOBAL.findall(str(error))
        return f"it holds pickled objects{f' of {named[0]}' if named else ''}, which can run code as they are read"
    text = " ".join(_COLOUR.sub("", str(error)).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
