"""Sources: from a release on disk, in its official layout, to rows. An explicit table from a card's reader to its module."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from harness.base import user_code
from harness.cards import Card, Split
from harness.errors import AdapterError
from harness.rows import Row

_OURS = Path(__file__).parents[2]
READERS: Mapping[str, str] = {
    "json": "harness.data.readers.tables:read_json",
    "jsonl": "harness.data.readers.tables:read_jsonl",
    "csv": "harness.data.readers.tables:read_csv",
    "xlsx": "harness.data.readers.tables:read_xlsx",
    "parquet_table": "harness.data.readers.parquet:read_table",
    "folders": "harness.data.readers.class_folders:read",
    "npz": "harness.data.readers.npz:read",
    "openi": "harness.data.readers.openi:read",
    "r2gen": "harness.data.readers.openi:read_r2gen",
    "rexrank": "harness.data.readers.rexrank:read",
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
        AdapterError: The card names a reader that does not exist, or does not tell it what it needs.
        MissingData, CorruptData: A file is absent or not what it should be.
    """
    name = card.source.get("reader", "")
    if not isinstance(name, str) or name not in READERS:
        raise AdapterError(f"{card.path}: source.reader is '{name}'; the readers are {', '.join(READERS)}.")
    module, function = READERS[name].split(":")
    reader: Reader = getattr(importlib.import_module(module), function)
    if card.path.is_relative_to(_OURS):
        return reader(card, split, root)
    with _of_card(card, name):
        source = _Words(card.source, f"{card.path}: source", name)
        release = reader(replace(card, source=source), replace(split, select=_Words(split.select, f"{card.path}: select", name)), root)
    return dataclasses.replace(release, rows=_read(card, name, release.rows))


class _Words(dict[str, Any]):
    """What a card tells its reader, of which an absent one is an error of the card's."""

    def __init__(self, content: Mapping[str, Any], where: str, reader: str) -> None:
        super().__init__(content)
        self._where, self._reader = where, reader

    def __missing__(self, name: str) -> Any:
        raise AdapterError(f"{self._where} lacks '{name}', which the reader '{self._reader}' needs; tasks/README.md says what each takes.")


@contextmanager
def _of_card(card: Card, reader: str) -> Iterator[None]:
    """Hold a reader's work by the words of a card that is not ours: of what kind they are, no reader asks before it uses them."""
    try:
        yield
    except (TypeError, AttributeError, ValueError, LookupError) as error:
        raise AdapterError(
            f"{card.path}: what it tells the reader '{reader}' in 'source' and 'select' is of another kind than it takes"
            f" ({user_code.told(error)}); tasks/README.md says what each takes."
        ) from error


def _read(card: Card, reader: str, rows: Iterable[Row]) -> Iterator[Row]:
    with _of_card(card, reader):
        yield from rows
