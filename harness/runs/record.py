"""A run's record: run.json (what was measured, how, with what result) and samples.csv (what each sample contributed).

Both are small, hold no text and no pixels, and are enough to recompute every number of the run. Replies stay beside them in
``replies.jsonl``, on the machine that made them.

The two change as one, and run.json decides: it names its table by hash. A new table first stands beside the old one as
``samples.new.csv``, then run.json is replaced, then the table takes its place. Ended between any two steps, the folder holds the old
record or the new one, whole; whoever reads meanwhile gets one or the other.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from harness.base import environment
from harness.errors import CorruptData, MissingData, VerificationError
from harness.files import checksum, folders, json_text, writing
from harness.files import content as contents
from harness.files.reading import decode
from harness.files.refusals import RESULTS
from harness.metrics.measuring import Measured
from harness.runs import made_with
from harness.runs import table as tables
from harness.runs.facts import SCHEMA_VERSION, MeasureFacts, RunFacts, RunFile, TableFacts, flaw, lifted
from harness.runs.table import SampleRow

TABLE, NEW_TABLE = "samples.csv", "samples.new.csv"
FILES = ("run.json", TABLE, NEW_TABLE, "verified.json")
"""What of a run's folder may be shared; everything else in it stays."""
_LEFTOVERS = (".run.json.*", ".samples.csv.*", ".samples.new.csv.*")
_LOOKS = 6
"""How often an unchanged run.json is looked at again before its table counts as absent or changed."""


class Record(RunFacts, frozen=True, kw_only=True):
    """A finished run."""

    measures: Mapping[str, Measured]
    samples: Sequence[SampleRow]

    @property
    def full_name(self) -> str:
        """``task@variant``."""
        return f"{self.task}@{self.task_variant}" if self.task_variant else self.task

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The tags of the samples, sorted."""
        return tables.dimensions(self.samples)

    def as_json(self, path: Path | None = None) -> dict[str, Any]:
        """The run as ``--json`` prints it."""
        return {
            "task": self.task,
            "task_variant": self.task_variant,
            "split": self.split,
            "model": self.model.name,
            "status": self.status,
            "synthetic": self.data.kind == "synthetic",
            "not_ranked": list(self.not_ranked),
            "path": None if path is None else str(path),
            "counts": to_builtins(self.counts),
            "failures": to_builtins(self.failures),
            "prompting_id": self.prompting.prompting_id,
            "estimates": [estimate.as_json() for estimate in self.estimates],
        }


def keep(folder: Path, record: Record) -> None:
    """Write the record, unless the folder holds it already: a second run then changes no file."""
    _settle(folder)
    if not is_current(folder, record):
        write(folder, record)
    made_with.clear(folder)


def write(folder: Path, record: Record) -> None:
    """Put run.json and samples.csv into the folder, in the place of the record that may be there.

    Versions of packages that made the replies, and that this process has not loaded, are taken over from that record and from what is kept
    beside the replies.
    """
    _settle(folder)
    record = replace(record, environment=environment.taken_over(made_with.read(folder), record.environment))
    with contextlib.suppress(CorruptData, VerificationError):
        record = replace(record, environment=environment.taken_over(read_file(folder / "run.json").environment, record.environment))
    table = tables.content(record.samples, record.measures)
    body = to_builtins(_file(record, table))
    body["record_sha256"] = body_digest(body)
    content = (json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "backslashreplace")
    writing.replace_file(folder / NEW_TABLE, table, RESULTS)
    writing.replace_file(folder / "run.json", content, RESULTS)
    writing.move(folder / NEW_TABLE, folder / TABLE, RESULTS)


def _settle(folder: Path) -> None:
    """Bring a write that was interrupted to its end, or take back what it had begun; for the one process that writes here."""
    new = folder / NEW_TABLE
    if os.path.lexists(new):
        named = ""
        with contextlib.suppress(CorruptData, VerificationError):
            named = read_file(folder / "run.json").samples.sha256
        if named and _digest(new) == named:
            writing.move(new, folder / TABLE, RESULTS)
        else:
            writing.remove(new, RESULTS)
    for pattern in _LEFTOVERS:
        for leftover in folder.glob(pattern):
            writing.remove(leftover, RESULTS)


def _digest(path: Path) -> str:
    """Of a file's content; empty where it cannot be read."""
    with contextlib.suppress(CorruptData):
        return hashlib.sha256(read_bytes(path)).hexdigest()
    return ""


def is_current(folder: Path, record: Record) -> bool:
    """Whether the folder already holds this record, apart from its date and versions."""
    try:
        known, table = read_both(folder)
    except (CorruptData, VerificationError):
        return False
    fresh = tables.content(record.samples, record.measures)
    return table == fresh and _undated(known) == _undated(_file(record, fresh))


def undated_digest(file: RunFile) -> str:
    """Equal for two records that say the same, apart from their dates and versions."""
    return body_digest(to_builtins(_undated(file)))


def _undated(file: RunFile) -> RunFile:
    return replace(file, created="", environment={}, record_sha256="")


def read(folder: Path) -> Record:
    """The record in a run's folder, after checking that both of its files are the ones that were written.

    Raises:
        CorruptData: A file is absent, truncated or of a schema this version does not know.
        VerificationError: A file's content is not what its hash says.
    """
    run_file, table = read_both(folder)
    samples, measures = tables.read(table, run_file, folder / TABLE)
    return Record(**run_file.facts, samples=samples, measures=measures)


def read_both(folder: Path, parsed: Callable[[Path, bytes], RunFile] | None = None) -> tuple[RunFile, bytes]:
    """run.json and the table that it names.

    While run.json stays the same, its table is in one of two places and moves at most once, from the new name to the old: looking at
    old, new and old again finds it. Where it is not found, run.json has been replaced meanwhile, or the table is not what was written.
    """
    path, before, looks = folder / "run.json", "", 0
    while looks < _LOOKS:
        state = _state(path)  # of two equal records one after the other as well
        content = read_bytes(path)
        run_file = (parsed or parse)(path, content)
        for name in (TABLE, NEW_TABLE, TABLE):
            with contextlib.suppress(CorruptData):
                table = read_bytes(folder / name)
                if hashlib.sha256(table).hexdigest() == run_file.samples.sha256:
                    return run_file, table
        looks = looks + 1 if state == before else 0
        before = state
    read_bytes(folder / TABLE)
    raise VerificationError(f"{folder / TABLE}: its content differs from the hash in run.json; a statistic or a row was changed.")


def _state(path: Path) -> str:
    with contextlib.suppress(OSError):
        return checksum.State.of(path).stamp
    return ""


def read_file(path: Path) -> RunFile:
    """A run.json whose own hash holds.

    Raises:
        CorruptData: It is absent, truncated, of a schema this version does not know, or a field is not what it should be.
        VerificationError: Its content is not what its hash says.
    """
    return parse(path, read_bytes(path))


def parse(path: Path, content: bytes) -> RunFile:
    """A run.json from its bytes; errors as in `read_file`."""
    body = json_text.parse(content, str(path), remedy="the file is truncated or was edited. Run or score again.")
    try:
        digest = body_digest(body) if isinstance(body, dict) else ""
    except (ValueError, RecursionError) as error:
        raise CorruptData(f"{path}: no record ({error}); the file was edited. Run or score again.") from error
    version = body.get("schema_version") if isinstance(body, dict) else None
    if type(version) is not int or version not in (1, SCHEMA_VERSION):
        raise CorruptData(f"{path}: no run record of schema version 1 to {SCHEMA_VERSION}.")
    if body.get("record_sha256") != digest:
        raise VerificationError(f"{path}: its content differs from its own hash (record_sha256); a number or a fact in it was changed.")
    file = decode(RunFile, lifted(body), path, remedy="The record is not complete; score the run again.")
    if wrong := flaw(body):
        raise CorruptData(f"{path}: {wrong}. The record is not complete; score the run again.")
    return file


def body_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a record, its own hash left out."""
    content = {key: value for key, value in body.items() if key != "record_sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False).encode()).hexdigest()


def find(root: Path) -> list[Path]:
    """All run folders under a results folder, sorted."""
    return sorted(folder for folder, names in folders.walk(root) if "run.json" in names)


def read_bytes(path: Path) -> bytes:
    """A file of a run's folder."""
    try:
        return contents.read(path)
    except MissingData as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise CorruptData(
                f"{path}: cannot be read (No such file or directory). A run's folder holds run.json and samples.csv."
            ) from error
        raise


def _file(record: Record, table: bytes) -> RunFile:
    measures = {
        name: MeasureFacts(
            columns=None if measured.statistics is None else measured.statistics.names,
            fixed={} if measured.statistics is None else measured.statistics.fixed,
            note=measured.note,
        )
        for name, measured in record.measures.items()
    }
    samples = TableFacts(rows=len(record.samples), sha256=hashlib.sha256(table).hexdigest())
    return RunFile(**record.facts, measures=measures, samples=samples)
