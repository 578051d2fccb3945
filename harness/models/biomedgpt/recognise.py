"""Is it a BiomedGPT checkpoint? Told from the words in a file; nothing in it is run and PyTorch is not needed."""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path
from typing import IO

from harness.errors import CorruptData
from harness.models.folders import json_object

_TELLING = frozenset({"encoder.embed_images.conv1.weight", "encoder.image_rel_pos_table_list.0.weight"})
"""Tensors that OFA and BiomedGPT alone have."""
_MOST_WORDS = 200_000
_PICKLES = 4
"""The old format of PyTorch puts three short pickles before the content."""


def recognise(path: Path) -> bool:
    """Whether a path is a checkpoint of the BiomedGPT trainer, or a folder in OFA's transformers layout."""
    try:
        if path.is_dir():
            return json_object(path / "config.json").get("model_type") == "ofa"
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.endswith("/data.pkl") or name == "data.pkl"]
                if len(names) != 1:
                    return False
                with archive.open(names[0]) as file:
                    return _names_telling(file, pickles=1)
        with path.open("rb") as file:
            return file.read(1) == b"\x80" and file.seek(0) == 0 and _names_telling(file, pickles=_PICKLES)
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, CorruptData):
        return False


def _names_telling(file: IO[bytes], *, pickles: int) -> bool:
    missing = set(_TELLING)
    seen = 0
    for _ in range(pickles):
        for _, argument, _ in pickletools.genops(file):
            if isinstance(argument, str):
                seen += 1
                missing.discard(argument)
                if not missing:
                    return True
                if seen > _MOST_WORDS:
                    return False
    return False
