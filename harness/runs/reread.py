"""Records read many times: each run.json is taken apart once a process, and checked in full once on a machine.

What was found good is marked in the user's cache under the hash of its bytes, so that of five hundred runs of which one is new one is
checked in full. The hashes that a record holds are checked at every reading.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import overload

import msgspec

from harness.base.version import __version__
from harness.files.cache import Store
from harness.metrics.measuring import Measured
from harness.runs import record as records
from harness.runs import table as tables
from harness.runs.facts import RunFile
from harness.runs.record import Record
from harness.runs.table import SampleRow

_ROOMS = ("base", "metrics", "runs", "stats", "views")
_DECODER = msgspec.json.Decoder(RunFile)


class Reader:
    """Reads records, and remembers what it read."""

    def __init__(self, store: Store | None = None) -> None:
        """Begin.

        Args:
            store: Marks of what was found good by earlier processes, and where new ones go; None checks all of it.
        """
        self._store = store
        self._files: dict[str, tuple[RunFile, str]] = {}
        self._good: set[str] = set()
        self.digests: dict[Path, str] = {}
        """Of each folder's run.json, byte by byte; it names its table by hash."""

    def content_digest(self, folder: Path) -> str:
        """Equal for two folders whose records say the same, apart from their dates and versions."""
        path = folder / "run.json"
        self.parse(path, records.read_bytes(path))
        return self._files[self.digests[folder]][1]

    def parse(self, path: Path, content: bytes) -> RunFile:
        """As `records.parse`, of what was checked before without checking it again."""
        digest = hashlib.sha256(content).hexdigest()
        self.digests[path.parent] = digest
        if digest not in self._files:
            mark = None if self._store is None else self._store.get(self._key(digest))
            if mark is None:
                file = records.parse(path, content)
                self._files[digest] = file, records.undated_digest(file)
            else:
                self._files[digest] = _DECODER.decode(content), mark
                self._good.add(digest)
        return self._files[digest][0]

    def read(self, folder: Path) -> Record:
        """As `records.read`; the table of a record that was found good before is taken apart when it is asked for."""
        run_file, table = records.read_both(folder, self.parse)
        digest, facts = self.digests[folder], run_file.facts
        if digest in self._good:
            later = _Table(table, run_file, folder / records.TABLE)
            return Record(**facts, samples=_Samples(later), measures=_Measures(later))
        samples, measures = tables.read(table, run_file, folder / records.TABLE)
        if self._store is not None and _decodes_alike(records.read_bytes(folder / "run.json"), digest, run_file):
            self._store.put(self._key(digest), self._files[digest][1])
        return Record(**facts, samples=samples, measures=measures)

    def _key(self, digest: str) -> str:
        return f"record {code()} {digest}"


def _decodes_alike(content: bytes, digest: str, run_file: RunFile) -> bool:
    """Whether the quick way of reading gives the same as the one that checks everything."""
    try:
        return hashlib.sha256(content).hexdigest() == digest and _DECODER.decode(content) == run_file
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


@functools.cache
def code() -> str:
    """Changes with whatever of this package decides what a record says and how two compare."""
    root = Path(__file__).parents[1]
    files = sorted(path for room in _ROOMS for path in (root / room).rglob("*.py"))
    states = [(path.relative_to(root).as_posix(), state.st_size, state.st_mtime_ns) for path in files if (state := path.stat())]
    return hashlib.sha256(repr((__version__, states)).encode()).hexdigest()[:16]


class _Table:
    """A samples.csv that is taken apart when it is first asked for."""

    def __init__(self, content: bytes, run_file: RunFile, path: Path) -> None:
        self._content, self.run_file, self._path = content, run_file, path

    @functools.cached_property
    def read(self) -> tuple[tuple[SampleRow, ...], Mapping[str, Measured]]:
        return tables.read(self._content, self.run_file, self._path)


class _Samples(Sequence[SampleRow]):
    """Its rows."""

    def __init__(self, table: _Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return self._table.run_file.samples.rows

    @overload
    def __getitem__(self, place: int) -> SampleRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SampleRow]: ...
    def __getitem__(self, place: int | slice) -> SampleRow | Sequence[SampleRow]:
        return self._table.read[0][place]

    def __iter__(self) -> Iterator[SampleRow]:
        return iter(self._table.read[0])


class _Measures(Mapping[str, Measured]):
    """Its measures."""

    def __init__(self, table: _Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table.run_file.measures)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.run_file.measures)

    def __getitem__(self, name: str) -> Measured:
        return self._table.read[1][name]
