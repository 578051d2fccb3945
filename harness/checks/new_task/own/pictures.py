"""Where the pictures of a table lie: in its cells, or in a folder below which its rows name them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.checks.new_task.own.columns import Column, called, letters
from harness.checks.new_task.own.declared import Declared, Unclear, amount
from harness.checks.new_task.own.sources import Source
from harness.data.readers.class_folders import SUFFIXES
from harness.data.readers.files import is_data
from harness.data.readers.parquet_rows import DIGEST
from harness.errors import MissingData, UsageError
from harness.rows import Row
from harness.rows.values import listed, numbered

_FIRST = 50
"""Pictures that are looked for before a folder is believed to hold them."""
_DEPTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The pictures of a table."""

    columns: tuple[str, ...]
    folder: Path | None
    """What the names are below; None where the pictures are in the cells."""
    prefix: str = ""
    """What stands before each name and is no part of it below the folder: ``/home/me/scans/``, ``../scans/``."""
    suffix: str = ""
    """What the names lack: ``.png``."""
    backslashes: bool = False
    blanks: bool = False
    """Whether some rows have no picture."""
    lists: bool = False
    """Whether a cell may hold several."""
    n: int = 0
    """Different names."""
    absent: tuple[str, ...] = ()
    """Those of which there is no file."""

    @property
    def plain(self) -> bool:
        """Whether the names are used as they are."""
        return not (self.prefix or self.suffix or self.backslashes)

    @property
    def numbered(self) -> str:
        """The name that numbered columns share (``image`` of ``image_1``, ``image_2``), or that of the one column; else empty."""
        if len(self.columns) == 1:
            return self.columns[0]
        stem = self.columns[0].rpartition("_")[0]
        return stem if stem and numbered(self.columns, stem) == list(self.columns) else ""


def of_table(source: Source, rows: Sequence[Row], columns: Mapping[str, Column], declared: Declared) -> Pictures | None:
    """The pictures that rows name or hold; None where there are none.

    Raises:
        Unclear: Several columns, or several folders, may be meant.
        MissingData: None of the pictures is there.
    """
    names = declared.image or _columns(columns)
    if not names:
        return None
    blanks = any(columns[name].blanks for name in names)
    lists = any(columns[name].kind == "list" or _several(columns[name]) for name in names)
    cells = dict.fromkeys(item for name in names for value in columns[name].values for item in _items(value))
    if far := [cell for cell in cells if cell.startswith(("http://", "https://"))]:
        row, name = next((row, name) for row in rows for name in names if far[0] in _items(row.get(name)))
        raise UsageError(f"{row.where}: '{name}' holds addresses; download the pictures, and name their files instead.")
    if cells and all(DIGEST.fullmatch(cell) for cell in cells) and source.reader == "parquet_table":
        return Pictures(columns=names, folder=None, n=len(cells), blanks=blanks, lists=lists)
    if pictures := _located(source, names, list(cells), declared.pictures):
        if lists and not pictures.plain:
            raise UsageError(f"{source.path}: '{names[0]}' holds lists of pictures; write their names as they are below {pictures.folder}.")
        return replace(pictures, blanks=blanks, lists=lists)
    if not declared.image and columns[names[0]].kind != "pictures":
        return None  # called as pictures are, and no file is called so
    where = declared.pictures or source.root
    first = next(iter(cells), "")
    raise MissingData(
        f"{source.path}: '{names[0]}' names {amount(len(cells), 'picture')}, and none is below {where} (first: {first}). Name the"
        " folder that they lie in with --pictures DIR."
    )


def _columns(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """By what they hold, or by what they are called."""
    held = tuple(name for name, column in columns.items() if column.kind == "pictures")
    known = tuple(name for name in called(columns, "image") if columns[name].kind in ("text", "number", "list", "pictures"))
    if len(held) < 2:
        return held or known[:1]
    stems = {letters(name).rstrip("0123456789") for name in held}
    if len(stems) == 1:
        return held
    if len(both := tuple(name for name in known if name in held)) == 1:
        return both
    raise Unclear(f"{len(held)} columns hold names of pictures; which ones belong to the question?", "image", held)


def _several(column: Column) -> bool:
    return any(isinstance(value, list | tuple) or listed(value) for value in column.values)


def _items(value: object) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list | tuple) else listed(value) or [value])]


def _located(source: Source, names: tuple[str, ...], cells: Sequence[str], given: Path | None) -> Pictures | None:
    """The folder in which most of the pictures lie, and how their names lead there."""
    backslashes = any("\\" in cell for cell in cells) and not any("/" in cell for cell in cells)
    paths = [cell.replace("\\", "/") for cell in cells] if backslashes else list(cells)
    prefix = _above(paths)
    above = [Path(os.path.normpath(source.root / prefix))] if prefix else []
    folders = [given] if given else [*above, *_folders(source.root)]
    own = [path.removeprefix(prefix) for path in paths]
    for suffix in ("", *sorted(SUFFIXES)):
        if suffix and all(Path(path).suffix.lower() in SUFFIXES for path in own):
            break
        holding = [folder for folder in folders[:1] if _holds(folder, own, suffix)]
        holding = holding or [folder for folder in folders[1:] if _holds(folder, own, suffix)]
        if len(holding) > 1:
            raise Unclear(f"{source.path}: pictures of these names lie in several folders.", "pictures", list(map(str, holding)))
        if holding:
            absent = tuple(name + suffix for name in own if not _is_there(holding[0], name + suffix))
            return Pictures(
                columns=names, folder=holding[0], prefix=prefix, suffix=suffix, backslashes=backslashes, n=len(own), absent=absent
            )
    return None


def _above(paths: Sequence[str]) -> str:
    """What stands before names that lead out of the folder: of absolute ones and of those that begin with ``..``, the folder they share."""
    if not paths or not all(path.startswith(("/", "../")) or Path(path).is_absolute() for path in paths):
        return ""
    return os.path.commonpath([path.rpartition("/")[0] or "/" for path in paths]).rstrip("/") + "/"


def _folders(root: Path) -> list[Path]:
    """A folder and those below it, the nearest first."""
    folders, level = [root], [root]
    for _ in range(_DEPTH):
        level = [folder for above in level for folder in _below(above)]
        folders += level
    return folders


def _below(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_dir() and is_data(path.name)]
    except OSError:  # one that may not be entered holds nothing that could be read
        return []


def _holds(folder: Path, names: Sequence[str], suffix: str) -> bool:
    return any(_is_there(folder, name + suffix) for name in names[:_FIRST])


def _is_there(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):  # a text that is no name of a file
        return False
