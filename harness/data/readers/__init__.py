"""Sources: from a release on disk, in its official layout, to rows. An explicit table from a card's reader to its module."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.cards import Card, Split
from harness.errors import AdapterError
from harness.rows import Row

READERS: Mapping[str, str] = {
    "json": "harness.data.readers.tables:read_json",
    "jsonl": "harness.data.readers.tables:read_jsonl",
    "csv": "harness.data.readers.tables:read_csv",
    "xlsx": "harness.data.readers.tables:read_xlsx",
    "parquet_table": "harness.data.readers.parquet_table:read",
    "folders": "harness.data.readers.class_folders:read",
    "npz": "harness.data.readers.npz:read",
    "openi": "harness.data.readers.openi:read",
    "r2gen": "harness.data.readers.openi:read_r2gen",
    "trials": "harness.data.readers.trials:read",
    "chest_tb": "harness.data.readers.chest_tb:read",
    "cbis_ddsm": "harness.data.readers.cbis_ddsm:read",
    "captions_tsv": "harness.data.readers.captions_tsv:read",
    "mednli": "harness.data.readers.mednli:read",
    "mimic_cxr": "harness.data.readers.mimic_cxr:read",
    "mimic3_mortality": "harness.data.readers.mimic3:read_mortality",
    "mimic3_radiology": "harness.data.readers.mimic3:read_radiology",
    "seer": "harness.data.readers.seer:read",
    "parquet": "harness.data.readers.parquet:read",
    "path_vqa": "harness.data.readers.path_vqa:read",
    "slake": "harness.data.readers.slake:read",
    "med_dialog": "harness.data.readers.med_dialog:read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The rows of one split of a release."""

    rows: Iterable[Row]
    layout: str
    """Which of the accepted layouts was found."""
    complete: bool = True
    """False where a known part of the release is not at hand; the rows that are there are used and the run is never ranked."""
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    """The files that the rows are read from; those whose checksum the card states are held against it."""


Reader = Callable[[Card, Split, Path], Release]


def open_release(card: Card, split: Split, root: Path) -> Release:
    """The rows of a split, read by the card's reader.

    Args:
        card: Its ``source`` names the reader and the files.
        split: Which rows.
        root: The release's folder.

    Raises:
        AdapterError: The card names a reader that does not exist.
        MissingData, CorruptData: A file is absent or not what it should be.
    """
    name = card.source.get("reader", "")
    if name not in READERS:
        raise AdapterError(f"{card.path}: source.reader is '{name}'; the readers are {', '.join(READERS)}.")
    module, function = READERS[name].split(":")
    reader: Reader = getattr(importlib.import_module(module), function)
    return reader(card, split, root)
