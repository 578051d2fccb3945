"""Checkpoints whose weights were quantised before they were published: which packages read them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from harness.errors import MissingTool, UsageError

_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "bitsandbytes": ("bitsandbytes", "accelerate"),
    "gptq": ("gptqmodel", "optimum", "accelerate"),
    "awq": ("gptqmodel", "accelerate"),
    "fp8": ("accelerate",),
    "fbgemm_fp8": ("fbgemm-gpu", "accelerate"),
    "compressed-tensors": ("compressed-tensors", "accelerate"),
    "mxfp4": ("kernels", "triton", "accelerate"),
    "torchao": ("torchao", "accelerate"),
    "quanto": ("optimum-quanto", "accelerate"),
    "hqq": ("hqq", "accelerate"),
    "aqlm": ("aqlm", "accelerate"),
    "eetq": ("kernels", "accelerate"),
    "auto-round": ("auto-round", "accelerate"),
    "vptq": ("vptq", "accelerate"),
    "spqr": ("spqr_quant", "accelerate"),
    "quark": ("amd-quark", "accelerate"),
}
"""By the ``quant_method`` of the settings: what must be installed, by the name that pip knows."""
_MODULES = {"fbgemm-gpu": "fbgemm_gpu", "optimum-quanto": "optimum.quanto", "amd-quark": "quark"}


def method_of(config: Any) -> str:
    """How the weights were quantised, as the settings say it; empty where they were not."""
    quantisation = getattr(config, "quantization_config", None)
    if quantisation is None:
        return ""
    name = quantisation.get("quant_method", "") if isinstance(quantisation, Mapping) else getattr(quantisation, "quant_method", "")
    if not name and isinstance(quantisation, Mapping) and (quantisation.get("load_in_4bit") or quantisation.get("load_in_8bit")):
        return "bitsandbytes"
    return str(getattr(name, "value", name))


def check(name: str, method: str, asked: str) -> None:
    """Refuse what would fail further on.

    Args:
        name: The checkpoint's.
        method: `method_of` its settings, not empty.
        asked: What ``quantize`` was given.

    Raises:
        UsageError: They are to be quantised once more.
        MissingTool: A package that reads them is not installed.
    """
    if asked != "none":
        raise UsageError(f"{name}: its weights are quantised already, by {method}; leave out -a quantize={asked}.")
    absent = [package for package in _PACKAGES.get(method, ()) if not _is_here(package)]
    if absent:
        raise MissingTool(f"{name}: its weights are quantised by {method}, which needs {', '.join(absent)}; pip install {' '.join(absent)}")


def _is_here(package: str) -> bool:
    module = _MODULES.get(package, package.replace("-", "_"))
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
