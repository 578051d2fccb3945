"""SEER: a user's own export, its columns declared in ``columns.toml`` beside it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import inside, read_text, required
from harness.errors import CorruptData
from harness.rows import Row

FOLDS = 10
"""Patients are dealt into so many parts by a digest of their number: no split was ever published."""
TREATMENTS = ("surgery", "radiation", "chemotherapy")
_TELLING = re.compile(r"\bRX\b|surg|radiat|chemo|therap|treat", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """What ``columns.toml`` declares."""

    file: str
    patient: str
    record: str
    facts: Mapping[str, str]
    """The name that a model reads, to the column."""
    treatments: Mapping[str, Mapping[str, Any]]
    """Surgery, radiation, chemotherapy: their ``column`` and the values that mean ``yes``, ``no``, ``unknown``."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per record: ``patient``, ``record``, ``facts`` and, for each treatment, ``yes``, ``no`` or ``unknown``."""
    path = required(card, root, "columns.toml")
    columns = _columns(path)
    export = required(card, root, columns.file)
    return Release(rows=_rows(export, columns, path, frozenset(split.select["folds"])), layout=f"{columns.file} by columns.toml")


def fold(patient: str) -> int:
    """The part of the export that a patient belongs to, 0 to 9; the same in every export."""
    return int(hashlib.sha256(patient.encode()).hexdigest(), 16) % FOLDS


def _rows(export: Path, columns: _Columns, path: Path, folds: frozenset[int]) -> Iterator[Row]:
    needed = [columns.patient, columns.record, *columns.facts.values(), *(given["column"] for given in columns.treatments.values())]
    for where, row in delimited.read(export, *needed):
        patient = row[columns.patient].strip()
        if not patient:
            raise CorruptData(f"{where}: no '{columns.patient}'; every record needs its patient. Export the column again.")
        if fold(patient) not in folds:
            continue
        given = {name: _given(row[rule["column"]].strip(), rule, where, path) for name, rule in columns.treatments.items()}
        facts = {name: row[column] for name, column in columns.facts.items()}
        yield Row({"patient": patient, "record": row[columns.record].strip(), "facts": facts, **given}, where=where)


def _given(value: str, rule: Mapping[str, Any], where: str, path: Path) -> str:
    found = [answer for answer in ("yes", "no", "unknown") if value in rule.get(answer, ())]
    if len(found) == 1:
        return found[0]
    problem = "in no list" if not found else f"in the lists {' and '.join(found)}"
    raise CorruptData(f"{where}: '{value}' of the column '{rule['column']}' is {problem} of {path.name}; declare it as yes, no or unknown.")


def _columns(path: Path) -> _Columns:
    """The declaration, refused where a fact that a model reads could tell the treatment."""
    try:
        content = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise CorruptData(f"{path}: not a TOML file ({error}); harness show seer_treatment describes it.") from error
    for key in ("file", "patient", "record", "facts", *TREATMENTS):
        kind = str if key in ("file", "patient", "record") else dict
        if not isinstance(content.get(key), kind) or not content[key]:
            raise CorruptData(
                f"{path}: '{key}' must be {'a text' if kind is str else 'a table'}; harness show seer_treatment describes it."
            )
    for name in TREATMENTS:
        if not isinstance(content[name].get("column"), str):
            raise CorruptData(f"{path}: [{name}] has no 'column'; harness show seer_treatment describes it.")
    for name, column in content["facts"].items():
        if _TELLING.search(str(column)) or column in {content[treatment]["column"] for treatment in TREATMENTS}:
            raise CorruptData(f"{path}: the fact '{name}' is the column '{column}', which tells the treatment; leave it out of [facts].")
    inside(path.parent, content["file"], path.name)
    return _Columns(
        file=content["file"],
        patient=content["patient"],
        record=content["record"],
        facts={str(name): str(column) for name, column in content["facts"].items()},
        treatments={name: content[name] for name in TREATMENTS},
    )
