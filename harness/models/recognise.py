"""Telling what a file is by its first bytes and its table of contents; nothing in it is run."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from harness.errors import CorruptData, UsageError
from harness.files import content
from harness.models.biomedgpt.recognise import recognise as is_biomedgpt
from harness.models.classifiers.parts import names_of_parts
from harness.models.folders import json_object
from harness.models.replies.files import SUFFIXES

_SETTINGS = ("config.json", "adapter_config.json", "open_clip_config.json")
CONTRASTIVE = ("clip", "metaclip_2", "chinese_clip", "altclip", "siglip", "siglip2")
"""The transformers models of two towers that `clip:` runs, by the ``model_type`` in their config.json."""


def kind_of(path: Path) -> str:
    """The kind of backend that a path is for.

    Raises:
        UsageError: It is none that is known; the message says what was looked for.
        CorruptData: It is a page or another kind of file that was saved in the place of one, or an archive that was cut off.
        MissingData: It is a Git LFS pointer.
    """
    if is_biomedgpt(path):
        return "biomedgpt"
    kind = _kind_of_folder(path) if path.is_dir() else _kind_of_file(path)
    if kind:
        return kind
    if path.is_dir():
        for name in _SETTINGS:
            if (path / name).is_file():
                content.refuse_no_weights(path / name)
        raise UsageError(
            f"{path}: a folder that is not recognised. Looked for: a config.json with model_type (transformers: hf, clip or BiomedGPT) or"
            " architecture (timm), an adapter_config.json (PEFT), an open_clip_config.json. Name the kind to skip recognition:"
            " biomedgpt:…, hf:…, clip:…, timm:…"
        )
    content.refuse_no_weights(path)
    _refuse_cut_off(path)
    raise UsageError(
        f"{path}: not recognised. Looked for: a BiomedGPT checkpoint, a torch.export or TorchScript archive, a PyTorch state dict, a"
        " safetensors file, a file of replies (.jsonl, .json, .csv, .tsv, .parquet, .xlsx). Name the kind to skip recognition: biomedgpt:…,"
        " torch:…, timm:…, predictions:…"
    )


def _refuse_cut_off(path: Path) -> None:
    """Refuse an archive without its end, where the table of its contents stands."""
    with path.open("rb") as file:
        begins = file.read(4) == b"PK\x03\x04"
    if begins and not zipfile.is_zipfile(path):
        raise CorruptData(
            f"{path}: not a whole file: it begins as PyTorch's files do and was cut off after {path.stat().st_size:,} bytes. Compare with"
            " the original and copy or download it again."
        )


def _kind_of_folder(path: Path) -> str:
    """The kind that a folder's settings are for; empty where they are for none."""
    if (path / "open_clip_config.json").is_file():
        return "clip"
    config = _settings(path / "config.json")
    if isinstance(config.get("model_type"), str):
        return "clip" if config["model_type"] in CONTRASTIVE else "hf"
    if isinstance(config.get("architecture"), str):
        return "timm"
    return "hf" if _settings(path / "adapter_config.json").get("peft_type") else ""


def _kind_of_file(path: Path) -> str:
    """The kind that a file's content is for; empty where it is for none."""
    if zipfile.is_zipfile(path) and path.suffix != ".xlsx":
        parts = ("data.pkl", "models/model.json", "constants.pkl", "serialized_exported_program.json")
        return "torch" if any(name.endswith(parts) for name in names_of_parts(path)) else ""
    return "timm" if _is_safetensors(path) else "predictions" if _is_replies(path) else ""


def _settings(path: Path) -> dict[str, Any]:
    try:
        return json_object(path)
    except CorruptData:
        return {}


def _is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors files do: the length of a JSON object, and that object."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and start[8:] == b"{" and 2 <= int.from_bytes(start[:8], "little") < path.stat().st_size


def _is_replies(path: Path) -> bool:
    """Whether a file is called a table or JSON of replies, or begins with an object that has an id."""
    if path.name.removesuffix(".gz").endswith(SUFFIXES):
        return True
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = json.loads(file.readline(10_000_000))
    except (ValueError, OSError, RecursionError):
        return False
    return isinstance(first, dict) and "id" in first
