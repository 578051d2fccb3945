"""Devices and precisions of backends on PyTorch."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch

from harness.errors import MissingTool, UsageError

DTYPES: Mapping[str, torch.dtype] = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def device(name: str) -> torch.device:
    """The device of that name; ``auto`` is a GPU where PyTorch sees one.

    Raises:
        UsageError: PyTorch knows no such device.
        MissingTool: It is not on this machine.
    """
    own_gpu()
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        named_device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--model-arg device={name}: no such device; use auto, cpu, cuda, cuda:1 or mps.") from error
    count = torch.cuda.device_count()
    if named_device.type == "cuda" and (named_device.index or 0) >= count:
        raise MissingTool(f"--model-arg device={name}: PyTorch sees {count or 'no'} GPU{'s' if count > 1 else ''} here.")
    if named_device.type == "mps" and not torch.backends.mps.is_available():
        raise MissingTool(f"--model-arg device={name}: PyTorch sees no such device here.")
    return named_device


def own_gpu() -> None:
    """Under torchrun, make the GPU of this rank the one that ``cuda`` means; elsewhere nothing changes."""
    rank, count = os.environ.get("LOCAL_RANK", ""), torch.cuda.device_count()
    if rank.isdecimal() and count:
        torch.cuda.set_device(int(rank) % count)


def dtype(name: str, where: torch.device) -> torch.dtype:
    """The precision of that name; ``auto`` is half on a GPU and single on a CPU, where half is slow."""
    if name != "auto":
        return DTYPES[name]
    if where.type == "cpu":
        return torch.float32
    return torch.bfloat16 if where.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float16


def name_of(precision: torch.dtype) -> str:
    """A precision as records and arguments name it: ``float16``."""
    return str(precision).removeprefix("torch.")


def out_of_memory(error: BaseException) -> bool:
    """Whether a device had no room left; a CPU says so in words alone."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
