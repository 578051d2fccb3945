"""Telling what a file is by its first bytes and its table of contents; nothing in it is run."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from harness.errors import UsageError
from harness.models.biomedgpt.recognise import recognise as is_biomedgpt


def kind_of(path: Path) -> str:
    """The kind of backend that a path is for.

    Raises:
        UsageError: It is none that is known; the message says what was looked for.
    """
    if is_biomedgpt(path):
        return "biomedgpt"
    if path.is_file():
        if zipfile.is_zipfile(path):
            names = _names(path)
            if any(name.endswith(("data.pkl", "models/model.json", "constants.pkl", "serialized_exported_program.json")) for name in names):
                return "torch"
        elif _is_replies(path):
            return "predictions"
    raise UsageError(
        f"{path}: not recognised. Looked for: a BiomedGPT checkpoint, a torch.export or TorchScript archive, a PyTorch state dict, a JSONL"
        " file of replies (one object with 'id' per line). Name the kind to skip recognition: biomedgpt:…, torch:…, predictions:…"
    )


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _is_replies(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = json.loads(file.readline(10_000_000))
    except (ValueError, OSError):
        return False
    return isinstance(first, dict) and "id" in first
