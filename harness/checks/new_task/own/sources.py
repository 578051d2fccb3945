"""What a path of the user's holds: a table, a table for each split, or a folder of pictures for each class."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.checks.new_task.own.declared import Unclear
from harness.data import readers
from harness.data.readers.class_folders import SUFFIXES as PICTURES
from harness.data.readers.files import is_data
from harness.errors import CorruptData, MissingData, UsageError
from harness.files import content
from harness.rows import Row

TABLES: Mapping[str, str] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet_table",
}  # fmt: skip
"""What a file is called, and what reads it; of text also with ``.gz`` behind it."""
_SPLITS: Mapping[str, str] = {
    **dict.fromkeys(("test", "tests", "testing", "testset"), "test"),
    **dict.fromkeys(("train", "training", "trainset", "trainingset"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "validationset", "valset", "dev", "development", "devset"), "val"),
}
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?:-[0-9a-f]+)?")
_LOOKED_AT = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows of the user's, as a reader finds them."""

    path: Path
    """As the user named it."""
    root: Path
    """The folder that the reader reads in."""
    reader: str
    """Of `harness.data.readers.READERS`; ``folders`` for classes."""
    files: tuple[str, ...]
    """Those that are read, below the root; none for class folders."""
    splits: Mapping[str, Mapping[str, Any]]
    """Split to what selects it; one of no name where the files say nothing of splits."""
    labels: tuple[str, ...] = ()
    """The classes that folders are called after."""
    notes: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """What a card's ``[source]`` says of it, but for pictures."""
        alone = self.reader != "folders" and list(self.splits) == [""]
        return {"reader": self.reader, **({"file": self.files[0]} if alone else {})}


def split_of(name: object) -> str:
    """The split that a word means, in any spelling: ``Testing``, ``valid``; empty for any other word."""
    return _SPLITS.get(re.sub(r"[\W_]+", "", str(name)).casefold(), "")


def look(path: Path, test: str = "") -> Source:
    """What lies at a path.

    Args:
        path: A file, or a folder.
        test: The file or folder that holds the test split, where its name does not say so.

    Raises:
        MissingData: There is nothing.
        UsageError: It is nothing that a task can be made of; `Unclear` where it may be several things.
    """
    if not path.exists():
        raise MissingData(f"{path}: no such file or folder. Name the table, or the folder of pictures, that the task is to be made of.")
    if not path.is_dir():
        reader = _reader(path)
        beside = [other.name for other in _tables(path.parent) if other != path and split_of(_stem(other)) and split_of(_stem(path))]
        notes = (f"{', '.join(beside)} beside it: not looked at; name the folder to take all splits",) if beside else ()
        return Source(path=path, root=path.parent, reader=reader, files=(path.name,), splits={"": {}}, notes=notes)
    tables = _tables(path)
    shards = [other for folder in (path / "data", path) if folder.is_dir() for other in _tables(folder) if other.suffix == ".parquet"]
    if shards and all(split_of(_part(other)) or _part(other) == test for other in shards):
        splits = _named({part: {"part": part} for part in map(_part, shards)}, test, path)
        files = tuple(other.relative_to(path).as_posix() for other in shards)
        return Source(path=path, root=path, reader="parquet_table", files=files, splits=splits)
    if len(tables) == 1:
        return replace(look(tables[0]), path=path)
    of_splits = all(split_of(_stem(other)) or _stem(other) == test for other in tables)
    if tables and of_splits and len(kinds := {_reader(other) for other in tables}) == 1:
        splits = _named({_stem(other): {"file": other.name} for other in tables}, test, path)
        return Source(path=path, root=path, reader=kinds.pop(), files=tuple(other.name for other in tables), splits=splits)
    if tables:
        raise Unclear(f"{path} holds {len(tables)} tables.", "from", [str(other) for other in tables])
    return _of_classes(path, test)


def rows(source: Source) -> dict[str, list[Row]]:
    """All rows of each split.

    Raises:
        CorruptData: A file cannot be read; the message gives the line.
    """
    card = Card(
        name="own", version=1, family="vqa", adapter="own", title="own", modality="own", folder="own", source=source.facts,
        splits={name: Split(select=select) for name, select in source.splits.items()}, group="row", labels=source.labels, licence="own",
        access="open", obtain="Name a file or folder that is there.", citation="own", path=source.path,
    )  # fmt: skip
    by_split = {name: list(readers.open_release(card, split, source.root).rows) for name, split in card.splits.items()}
    if not any(by_split.values()):
        raise CorruptData(f"{source.path}: no row in it.")
    return by_split


def _named(selects: Mapping[str, Mapping[str, Any]], test: str, path: Path) -> dict[str, Mapping[str, Any]]:
    """Splits by what they are called here; one of them is the test split."""
    if test and test not in selects:
        raise UsageError(f"--test {test}: there is no such file or folder in {path} (there are: {', '.join(selects)}).")
    named: dict[str, Mapping[str, Any]] = {}
    for name, select in selects.items():
        split = "test" if name == test else split_of(name)
        if split in named:
            raise Unclear(f"{path}: two of {', '.join(selects)} would be the split '{split}'.", "from", [])
        named[split] = select
    if "test" not in named:
        raise Unclear(f"{path}: none of {', '.join(selects)} is called test; which one is to be asked?", "test", list(selects))
    return {name: named[name] for name in ("test", "train", "val") if name in named}


def _of_classes(path: Path, test: str) -> Source:
    inner = _folders(path)
    deeper = {folder.name: _folders(folder) for folder in inner}
    of_splits = inner and all(deeper.values()) and all(split_of(folder.name) or folder.name == test for folder in inner)
    classes = [name.name for folder in inner for name in deeper[folder.name]] if of_splits else [folder.name for folder in inner]
    labels = tuple(sorted(dict.fromkeys(classes)))
    if len(labels) < 2 or not _any_picture(path):
        raise UsageError(
            f"{path}: neither a table ({', '.join(TABLES)}) nor a folder of pictures for each of two or more classes lies in it."
            " Name the table itself, or a folder such as DIR/normal/*.png, DIR/pneumonia/*.png, with test/ and train/ above or without."
        )
    splits = _named({folder.name: {"folder": folder.name} for folder in inner}, test, path) if of_splits else {"": {}}
    return Source(path=path, root=path, reader="folders", files=(), splits=splits, labels=labels)


def _folders(path: Path) -> list[Path]:
    return [folder for folder in sorted(path.iterdir()) if folder.is_dir() and is_data(folder.name)]


def _any_picture(path: Path) -> bool:
    return any(other.suffix.lower() in PICTURES for other in path.rglob("*"))


def _tables(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and is_data(path.name) and _suffix(path) in TABLES]


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem


def _part(path: Path) -> str:
    return _SHARD.sub("", path.stem)


def _reader(path: Path) -> str:
    suffix = _suffix(path)
    if suffix not in TABLES:
        old = " An .xls is Excel's old format: save it as .xlsx or CSV." if suffix == ".xls" else ""
        raise UsageError(f"{path}: a table is called {_listed(TABLES)}; this is none by its name.{old}")
    if suffix == ".json" and _begins_with_an_object(path):
        return "jsonl"
    return TABLES[suffix]


def _begins_with_an_object(path: Path) -> bool:
    """Whether the first line is a JSON object of its own: one per line, whatever the file is called."""
    with content.opened(path) as file:
        first, _, rest = file.read(_LOOKED_AT).lstrip().partition(b"\n")
    try:
        return isinstance(json.loads(first), dict) and bool(rest.strip())
    except (ValueError, RecursionError):
        return False


def _listed(names: Iterable[str]) -> str:
    words: Sequence[str] = list(names)
    return f"{', '.join(words[:-1])} or {words[-1]}"
