"""A run's record: run.json (what was measured, how, with what result) and samples.csv (what each sample contributed).

Both are small, hold no text and no pixels, and are enough to recompute every number of the run. Replies stay beside them in
``replies.jsonl``, on the machine that made them.

The two change as one, and run.json decides: it names its table by hash. A new table first stands beside the old one as
``samples.new.csv``, then run.json is replaced, then the table takes its place. Ended between any two steps, the folder holds the old
record or the new one, whole; whoever reads meanwhile gets one or the other.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.base import environment
from harness.errors import CorruptData, VerificationError
from harness.metrics.base import Statistics
from harness.metrics.measuring import Measured
from harness.stats.bootstrap import Bootstrap
from harness.types import Estimate

SCHEMA_VERSION = 2
TABLE, NEW_TABLE = "samples.csv", "samples.new.csv"
_LEFTOVERS = (".run.json.*", ".samples.csv.*", ".samples.new.csv.*")
_LOOKS = 6
"""How often an unchanged run.json is looked at again before its table counts as absent or changed."""
_FIXED_COLUMNS = ("id", "group", "outcome", "reply_sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """What one sample contributed, without its text."""

    id: str
    group: str
    outcome: str
    reply_sha256: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One reason why requests failed."""

    reason: str
    n: int
    first: str
    """The id of the first sample that met it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A finished run."""

    task: str
    """``name`` without its variant."""
    task_variant: str
    card_version: int
    split: str
    status: str
    """``complete`` or ``partial``."""
    not_ranked: tuple[str, ...]
    """Why the run is never ranked; empty for one that is."""
    model: Mapping[str, Any]
    data: Mapping[str, Any]
    """``kind`` (real or synthetic), layout, fingerprint, pictures, limit, notes; ``schema`` 1 where the fingerprint is that schema's."""
    counts: Mapping[str, int]
    prompting: Mapping[str, Any]
    bootstrap: Bootstrap
    measures: Mapping[str, Measured]
    estimates: tuple[Estimate, ...]
    samples: tuple[SampleRow, ...]
    failures: tuple[Failure, ...] = ()
    """Why requests failed, the commonest reason first."""
    environment: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    """Date of the scoring, ISO 8601, UTC."""

    @property
    def full_name(self) -> str:
        """``task@variant``."""
        return f"{self.task}@{self.task_variant}" if self.task_variant else self.task

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The tags of the samples, sorted."""
        return tuple(sorted({name for sample in self.samples for name in sample.tags}))

    def as_json(self, path: Path | None = None) -> dict[str, Any]:
        """The run as ``--json`` prints it."""
        return {
            "task": self.task,
            "task_variant": self.task_variant,
            "split": self.split,
            "model": self.model["name"],
            "status": self.status,
            "synthetic": self.data["kind"] == "synthetic",
            "not_ranked": list(self.not_ranked),
            "path": None if path is None else str(path),
            "counts": dict(self.counts),
            "failures": [asdict(failure) for failure in self.failures],
            "prompting_id": self.prompting["prompting_id"],
            "estimates": [estimate.as_json() for estimate in self.estimates],
        }


def keep(folder: Path, record: Record) -> None:
    """Write the record, unless the folder holds it already: a second run then changes no file."""
    _settle(folder)
    if not is_current(folder, record):
        write(folder, record)


def write(folder: Path, record: Record) -> None:
    """Put run.json and samples.csv into the folder, in the place of the record that may be there.

    Versions of packages that made the replies, and that this process has not loaded, are taken over from that record.
    """
    _settle(folder)
    with contextlib.suppress(CorruptData, VerificationError):
        record = replace(record, environment=environment.taken_over(read_body(folder / "run.json")["environment"], record.environment))
    table = _samples_csv(record)
    body = _body(record, hashlib.sha256(table).hexdigest())
    body["record_sha256"] = body_digest(body)
    content = (json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "backslashreplace")
    replace_file(folder / NEW_TABLE, table)
    replace_file(folder / "run.json", content)
    (folder / NEW_TABLE).replace(folder / TABLE)


def _settle(folder: Path) -> None:
    """Bring a write that was interrupted to its end, or take back what it had begun; for the one process that writes here."""
    new = folder / NEW_TABLE
    if new.exists():
        named = ""
        with contextlib.suppress(CorruptData, VerificationError):
            named = read_body(folder / "run.json")["samples"]["sha256"]
        if hashlib.sha256(new.read_bytes()).hexdigest() == named:
            new.replace(folder / TABLE)
        else:
            new.unlink()
    for pattern in _LEFTOVERS:
        for leftover in folder.glob(pattern):
            leftover.unlink(missing_ok=True)


def is_current(folder: Path, record: Record) -> bool:
    """Whether the folder already holds this record, apart from its date and versions."""
    try:
        known, table = _read_both(folder)
    except (CorruptData, VerificationError):
        return False
    fresh = _samples_csv(record)
    volatile = {"created", "environment", "record_sha256"}
    body = json.loads(json.dumps(_body(record, hashlib.sha256(fresh).hexdigest())))
    return table == fresh and {k: v for k, v in known.items() if k not in volatile} == {k: v for k, v in body.items() if k not in volatile}


def read(folder: Path) -> Record:
    """The record in a run's folder, after checking that both of its files are the ones that were written.

    Raises:
        CorruptData: A file is absent, truncated or of a schema this version does not know.
        VerificationError: A file's content is not what its hash says.
    """
    body, table = _read_both(folder)
    try:
        return _record(body, table, folder)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _incomplete(folder / "run.json", error) from error


def _read_both(folder: Path) -> tuple[dict[str, Any], bytes]:
    """run.json and the table that it names.

    While run.json stays the same, its table is in one of two places and moves at most once, from the new name to the old: looking at
    old, new and old again finds it. Where it is not found, run.json has been replaced meanwhile, or the table is not what was written.
    """
    path, before, looks = folder / "run.json", b"", 0
    while looks < _LOOKS:
        content = _read_bytes(path)
        body = _parsed(path, content)
        for name in (TABLE, NEW_TABLE, TABLE):
            try:
                table = (folder / name).read_bytes()
            except OSError:
                continue
            if hashlib.sha256(table).hexdigest() == body["samples"]["sha256"]:
                return body, table
        looks = looks + 1 if content == before else 0
        before = content
    _read_bytes(folder / TABLE)
    raise VerificationError(f"{folder / TABLE}: its content differs from the hash in run.json; a statistic or a row was changed.")


def read_body(path: Path) -> dict[str, Any]:
    """The JSON of a run.json whose own hash holds."""
    return _parsed(path, _read_bytes(path))


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError as error:
        raise CorruptData(f"{path}: not JSON ({error}); the file is truncated or was edited. Run or score again.") from error
    if not isinstance(body, dict) or body.get("schema_version") not in (1, SCHEMA_VERSION):
        raise CorruptData(f"{path}: no run record of schema version 1 to {SCHEMA_VERSION}.")
    if body.get("record_sha256") != body_digest(body):
        raise VerificationError(f"{path}: its content differs from its own hash (record_sha256); a number or a fact in it was changed.")
    try:
        found = lifted(body)
        found["samples"]["sha256"], found["environment"]
    except (KeyError, TypeError, ValueError) as error:
        raise _incomplete(path, error) from error
    return found


def _incomplete(path: Path, error: Exception) -> CorruptData:
    return CorruptData(f"{path}: not a complete record ({type(error).__name__}: {error}); score the run again.")


def lifted(body: Mapping[str, Any]) -> dict[str, Any]:
    """A record of an older schema in the present one; what it did not say is left empty, never filled in."""
    found = dict(body)
    if found["schema_version"] == 1:
        found |= {"schema_version": 2, "failures": [], "estimates": [{"method": "", **entry} for entry in found["estimates"]]}
        found["counts"] = {**found["counts"], "refused": 0}
        found["data"] = {"pictures": "", **found["data"], "schema": 1}
    return found


def body_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a record, its own hash left out."""
    content = {key: value for key, value in body.items() if key != "record_sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False).encode()).hexdigest()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        _sync(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Bring a folder's names to disk, so that names change in the same order after a power failure; where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def find(root: Path) -> list[Path]:
    """All run folders under a results folder, sorted."""
    return sorted(path.parent for path in root.rglob("run.json"))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorruptData(f"{path}: cannot be read ({error.strerror}). A run's folder holds run.json and samples.csv.") from error


def _body(record: Record, samples_sha256: str) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "task": record.task,
        "task_variant": record.task_variant,
        "card_version": record.card_version,
        "split": record.split,
        "status": record.status,
        "not_ranked": list(record.not_ranked),
        "model": dict(record.model),
        "data": dict(record.data),
        "counts": dict(record.counts),
        "failures": [asdict(failure) for failure in record.failures],
        "prompting": dict(record.prompting),
        "bootstrap": asdict(record.bootstrap),
        "estimates": [estimate.as_json() for estimate in record.estimates],
        "measures": {
            name: {
                "columns": None if measured.statistics is None else list(measured.statistics.names),
                "fixed": {} if measured.statistics is None else dict(measured.statistics.fixed),
                "note": measured.note,
            }
            for name, measured in record.measures.items()
        },
        "samples": {"rows": len(record.samples), "sha256": samples_sha256},
        "environment": dict(record.environment),
        "created": record.created,
    }


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _samples_csv(record: Record) -> bytes:
    measured = [(name, found.statistics) for name, found in record.measures.items() if found.statistics is not None]
    out = io.StringIO()
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write_row(cells: Sequence[str]) -> None:
        # Readers end a row at a carriage return too, and the writer quotes it only where it ends its own rows.
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)

    header = [*_FIXED_COLUMNS, *(f"tag.{name}" for name in record.dimensions)]
    write_row([*header, *(f"{name}.{column}" for name, statistics in measured for column in statistics.names)])
    tables = [statistics.table.tolist() for _, statistics in measured]
    for number, sample in enumerate(record.samples):
        facts = [sample.id, sample.group, sample.outcome, sample.reply_sha256]
        tags = [sample.tags.get(name, "") for name in record.dimensions]
        write_row([*facts, *tags, *(_number(value) for table in tables for value in table[number])])
    return out.getvalue().encode("utf-8", "surrogatepass")


def _record(body: Mapping[str, Any], table: bytes, folder: Path) -> Record:
    header, *rows = list(csv.reader(io.StringIO(table.decode("utf-8", "surrogatepass"), newline="")))
    if len(rows) != body["samples"]["rows"]:
        raise CorruptData(f"{folder / 'samples.csv'}: {len(rows)} rows where run.json says {body['samples']['rows']}.")
    at = {name: number for number, name in enumerate(header)}
    tags = [name for name in header if name.startswith("tag.")]
    samples = tuple(
        SampleRow(
            id=row[at["id"]],
            group=row[at["group"]],
            outcome=row[at["outcome"]],
            reply_sha256=row[at["reply_sha256"]],
            tags={name.removeprefix("tag."): row[at[name]] for name in tags},
        )
        for row in rows
    )
    return Record(
        task=body["task"],
        task_variant=body["task_variant"],
        card_version=body["card_version"],
        split=body["split"],
        status=body["status"],
        not_ranked=tuple(body["not_ranked"]),
        model=body["model"],
        data=body["data"],
        counts=body["counts"],
        prompting=body["prompting"],
        bootstrap=Bootstrap(**body["bootstrap"]),
        measures={name: _measured(name, facts, at, rows) for name, facts in body["measures"].items()},
        estimates=tuple(_estimate(entry) for entry in body["estimates"]),
        samples=samples,
        failures=tuple(Failure(**failure) for failure in body["failures"]),
        environment=body["environment"],
        created=body["created"],
    )


def _measured(name: str, facts: Mapping[str, Any], at: Mapping[str, int], rows: Sequence[Sequence[str]]) -> Measured:
    if facts["columns"] is None:
        return Measured(statistics=None, note=facts["note"])
    places = [at[f"{name}.{column}"] for column in facts["columns"]]
    values = [[float(row[place]) if row[place] else math.nan for place in places] for row in rows]
    table = np.array(values, dtype=np.float64).reshape(len(rows), len(places))
    statistics = Statistics(names=tuple(facts["columns"]), table=table, fixed=facts["fixed"], note=facts["note"])
    return Measured(statistics=statistics, note=facts["note"])


def _estimate(entry: Mapping[str, Any]) -> Estimate:
    fields = dict(entry)
    fields["variant"] = fields.pop("metric_variant")
    return Estimate(**fields)
