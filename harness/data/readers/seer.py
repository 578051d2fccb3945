"""SEER: a user's own export, its columns declared in ``columns.toml`` beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from harness.base.withheld import quoted
from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import inside, required
from harness.errors import CorruptData
from harness.files.reading import decode, read_toml
from harness.rows import Row

FOLDS = 10
"""Patients are dealt into so many parts by a digest of their number: no split was ever published."""
_TELLING = re.compile(r"\bRX\b|surg|radiat|chemo|therap|treat", re.IGNORECASE)


Column = Annotated[str, Meta(pattern=r"\S", description="a text")]


class _Treatment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A treatment's column, and what its values mean."""

    column: Column
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class _Columns(Struct, frozen=True, kw_only=True):
    """What ``columns.toml`` declares."""

    file: Column
    patient: Column
    record: Column
    facts: Annotated[Mapping[str, Column], Meta(min_length=1, description="a table")]
    """The name that a model reads, to the column."""
    surgery: _Treatment
    radiation: _Treatment
    chemotherapy: _Treatment

    @property
    def treatments(self) -> Mapping[str, _Treatment]:
        """By their names."""
        return {"surgery": self.surgery, "radiation": self.radiation, "chemotherapy": self.chemotherapy}


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
    needed = [columns.patient, columns.record, *columns.facts.values(), *(given.column for given in columns.treatments.values())]
    for where, row in delimited.read(export, *needed):
        patient = row[columns.patient].strip()
        if not patient:
            raise CorruptData(f"{where}: no '{columns.patient}'; every record needs its patient. Export the column again.")
        if fold(patient) not in folds:
            continue
        given = {name: _given(row[rule.column].strip(), rule, where, path) for name, rule in columns.treatments.items()}
        facts = {name: row[column] for name, column in columns.facts.items()}
        yield Row({"patient": patient, "record": row[columns.record].strip(), "facts": facts, **given}, where=where)


def _given(value: str, rule: _Treatment, where: str, path: Path) -> str:
    answers = [answer for answer in ("yes", "no", "unknown") if value in getattr(rule, answer)]
    if len(answers) == 1:
        return answers[0]
    problem = "in no list" if not answers else f"in the lists {' and '.join(answers)}"
    raise CorruptData(
        f"{where}: {quoted(value)} of the column '{rule.column}' is {problem} of {path.name}; declare it as yes, no or unknown."
    )


def _columns(path: Path) -> _Columns:
    """The declaration, refused where a fact that a model reads could tell the treatment."""
    remedy = "harness show seer_treatment describes the file."
    columns = decode(_Columns, read_toml(path), path, remedy=remedy)
    telling = {treatment.column for treatment in columns.treatments.values()}
    for name, column in columns.facts.items():
        if _TELLING.search(column) or column in telling:
            raise CorruptData(f"{path}: the fact '{name}' is the column '{column}', which tells the treatment; leave it out of [facts].")
    inside(path.parent, columns.file, path.name)
    return columns
