"""The parts of a proposal that stand for themselves: splits, classes, the id and the group, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.checks.new_task.own.columns import Column, Kind, called, is_blank, letters
from harness.checks.new_task.own.declared import Declared, Unclear, amount
from harness.checks.new_task.own.pictures import Pictures
from harness.checks.new_task.own.sources import Source, split_of
from harness.errors import UsageError, unknown
from harness.rows import Row
from harness.text import one_line, plain

MOST_LABELS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What something is taken for, and why."""

    role: str
    what: str
    why: str


_WORDS = "texts or whole numbers"
_TEXTS: tuple[tuple[Kind, ...], str] = (("text", "number", "pictures"), _WORDS)
_HELD: Mapping[str, tuple[tuple[Kind, ...], str]] = {
    **dict.fromkeys(("question", "answer", "split"), (("text", "number"), _WORDS)),
    "image": (("pictures", "text", "number", "list"), "names of pictures"),
    "choices": (("list", "mapping", "text", "number"), "options"),
}
"""What columns that are said may hold, where these are not texts or numbers."""
_ONE_OF = ("question", "answer", "image", "choices", "split")
"""What a column is no more than one of."""


def check_declared(columns: Mapping[str, Column], declared: Declared) -> None:
    """Refuse columns that are not there, hold something else than they are said to, or are said to be two things."""
    taken: dict[str, str] = {}
    for role in ("id", "group", "tags", *_ONE_OF):
        kinds, words = _HELD.get(role, _TEXTS)
        for name in _named(declared, role):
            if name not in columns:
                raise unknown("column", name, columns)
            kind = columns[name].kind
            if kind not in kinds:
                held = {"nothing": kind, "pictures": "names of pictures", "other": "cells of several kinds"}.get(kind, f"a {kind}")
                raise UsageError(f"--{role}: '{name}' holds {held} where {words} are expected; write it as text.")
            if role in _ONE_OF and taken.setdefault(name, role) != role:
                raise UsageError(f"--{taken[name]} and --{role} name one column, '{name}'; it is one of them.")


def left_for(role: str, columns: Mapping[str, Column], declared: Declared) -> dict[str, Column]:
    """The columns but those that are said to be something else."""
    others = {name for other in _ONE_OF if other != role for name in _named(declared, other)}
    return {name: column for name, column in columns.items() if name not in others}


def _named(declared: Declared, role: str) -> tuple[str, ...]:
    names = getattr(declared, role)
    return names if isinstance(names, tuple) else (names,) if names else ()


def splits_of(source: Source, columns: Mapping[str, Column], declared: Declared, notes: list[Taken]) -> dict[str, Mapping[str, Any]]:
    """What selects each split: the files' own names, or a column of words for splits."""
    if list(source.splits) != [""]:
        notes.append(Taken(role="splits", what=", ".join(source.splits), why="by the files' names"))
        return dict(source.splits)
    readable = {name: own for name, own in columns.items() if own.kind in _HELD["split"][0]}
    names = (declared.split,) if declared.split else called(readable, "split")
    name = next((name for name in names if declared.split or declared.test or all(split_of(value) for value in columns[name].values)), "")
    if not name and (meant := [own for own in names if letters(own) == "split"]):
        raise Unclear(f"'{meant[0]}' holds no word for test: which of its values is to be asked?", "test", _values(columns[meant[0]]))
    if not name:
        notes.append(Taken(role="splits", what="all rows are asked", why="no column of splits"))
        return {"test": {}}
    column, by_split = columns[name], dict[str, list[Any]]()
    for value in dict.fromkeys(column.values):
        split = "test" if str(value) == declared.test else split_of(value)
        if split and not (split == "test" and declared.test and str(value) != declared.test):
            by_split.setdefault(split, []).append(value)
    if "test" not in by_split:
        raise Unclear(f"no row is of the split test: which value of '{name}' is to be asked?", "test", _values(column))
    if column.lacking:
        raise UsageError(f"'{name}' says the split, and some rows do not have it; write it in every row.")
    why = ", ".join(f"{split}: {', '.join(map(str, values))}" for split, values in by_split.items())
    notes.append(Taken(role="splits", what=name, why=why))
    placed = {str(value) for values in by_split.values() for value in values}
    left = [str(value) for value in column.values if str(value) not in placed]
    if n := len(left) + column.blanks:
        held = ", ".join([*dict.fromkeys(left), *(["nothing"] if column.blanks else [])])
        notes.append(Taken(role="left out", what=amount(n, "row"), why=f"'{name}' holds {held}"))
    return {split: {"field": name, "values": by_split[split]} for split in ("test", "train", "val") if split in by_split}


def _values(column: Column) -> list[str]:
    return sorted({str(value) for value in column.values})


def labels_of(column: Column, declared: Declared) -> tuple[str, ...]:
    """The classes of a column, in the order that is said or that of the alphabet."""
    classes = sorted({one_line(str(value)) for value in column.values})
    if declared.labels and set(declared.labels) != set(classes):
        raise UsageError(f"--labels {','.join(declared.labels)}: the values of '{column.name}' are {', '.join(classes[:20])}.")
    if not 2 <= len(classes) <= MOST_LABELS:
        raise UsageError(f"'{column.name}' has {len(classes):,} different values; classes are 2 to {MOST_LABELS}.")
    refuse_alike(classes)
    return declared.labels or tuple(classes)


def refuse_alike(labels: Sequence[str]) -> None:
    """Refuse classes that a reader of replies would not tell apart."""
    alike: dict[str, str] = {}
    for label in labels:
        other = alike.setdefault(plain(label), label)
        if other != label:
            raise UsageError(f"the classes '{other}' and '{label}' differ in capitals or marks alone; write one of them throughout.")


def tell_positive(labels: Sequence[str], notes: list[Taken]) -> None:
    """Say which of two classes counts as the positive one."""
    if len(labels) == 2:
        notes.append(Taken(role="positive class", what=labels[1], why="the last of the two; --labels says another order"))


def id_of(
    free: Mapping[str, Column], rows: Mapping[str, Sequence[Row]], declared: Declared, answer: str, texts: Sequence[str], notes: list[Taken]
) -> str:
    """The column of ids; empty where the row's number is one."""
    if declared.id == answer:
        raise UsageError(f"--id {declared.id}: that column is the answer, which an id must not give away.")
    names = (declared.id,) if declared.id else called({name: column for name, column in free.items() if name not in (answer, *texts)}, "id")
    for name in names:
        twice = next((reason for own in rows.values() if (reason := _repeated(own, name))), "")
        if not twice:
            notes.append(Taken(role="id", what=name, why="every row has its own"))
            return name
        if declared.id:
            raise UsageError(f"--id {name}: {twice}; an id is every row's own. Without --id the row's number is one.")
        notes.append(Taken(role="no id", what=name, why=twice))
    notes.append(Taken(role="id", what="the row's number", why="from 1, over the whole file"))
    return ""


def _repeated(rows: Sequence[Row], name: str) -> str:
    """Why a column is no id; empty where it is one."""
    seen: dict[str, str] = {}
    for row in rows:
        value = row.get(name)
        if is_blank(value) or not isinstance(value, str | int) or isinstance(value, bool):
            return f"{row.where} holds none"
        first = seen.setdefault(str(value), row.where)
        if first != row.where:
            return f"{first} and {row.where} hold the same"
    return ""


def group_of(free: Mapping[str, Column], pictures: Pictures | None, declared: Declared, used: set[str], notes: list[Taken]) -> str:
    """The column of what belongs together; empty where every row stands alone."""
    whole = {name: column for name, column in free.items() if name not in used and column.kind in ("text", "number") and not column.blanks}
    names = (declared.group,) if declared.group else called(whole, "group")
    if declared.group and declared.group in free and free[declared.group].blanks:
        n = free[declared.group].blanks
        raise UsageError(
            f"--group {declared.group}: {amount(n, 'row')} {'holds' if n == 1 else 'hold'} none; fill them, or leave the option out."
        )
    if len(names) > 1:
        raise Unclear("several columns may say which rows belong together.", "group", names)
    if names:
        n = free[names[0]].distinct if names[0] in free else 0
        why = f"{amount(n, 'group')} {'is' if n == 1 else 'are'} resampled" if n else "said"
        notes.append(Taken(role="group", what=names[0], why=why))
        return names[0]
    if pictures is not None and len(pictures.columns) == 1 and not pictures.lists:
        why = f"questions on one picture belong together; {amount(pictures.n, 'picture')}"
        notes.append(Taken(role="group", what=pictures.columns[0], why=why))
        return pictures.columns[0]
    notes.append(Taken(role="group", what="each row", why="nothing says that rows belong together; --group COLUMN where they do"))
    return ""
