"""What is made of a table or folder: the role of each column, the family and how it is asked, with the reason for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from harness.checks.new_task.own import columns as of_columns
from harness.checks.new_task.own import options as of_options
from harness.checks.new_task.own import pictures as of_pictures
from harness.checks.new_task.own import roles
from harness.checks.new_task.own.columns import NAMES, PAIRS, Column, called, letters
from harness.checks.new_task.own.declared import Declared, Unclear, amount
from harness.checks.new_task.own.options import Options
from harness.checks.new_task.own.pictures import Pictures
from harness.checks.new_task.own.roles import Taken
from harness.checks.new_task.own.sources import Source
from harness.errors import UsageError, unknown
from harness.rows import Row

Shape = Literal["answer", "options", "labels", "report", "caption", "summary", "folders"]
"""How it is asked and read: a short answer, one of a row's options, one of the classes, a report, a caption, a summary; class folders."""
_FAMILIES: Mapping[str, tuple[Shape, ...]] = {
    "vqa": ("options", "answer"),
    "captioning": ("report", "caption"),
    "classification": ("labels",),
    "understanding": ("options", "labels", "answer"),
    "summarization": ("summary",),
}


_OF_TABLES = ("id", "question", "answer", "image", "choices", "group", "split", "pictures", "tags")
"""What can be said of a table alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """All that a card, an adapter and a sample are written from."""

    source: Source
    family: str
    shape: Shape
    answer: str = ""
    texts: tuple[str, ...] = ()
    """Columns of what is asked."""
    ask: str = ""
    """The question itself, where no column holds one."""
    id: str = ""
    """Empty for the row's number."""
    group: str = ""
    """A column; empty for the row itself."""
    pictures: Pictures | None = None
    options: Options | None = None
    labels: tuple[str, ...] = ()
    splits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    """Columns of which some rows hold nothing; those rows are left out, and counted."""
    numbers: frozenset[str] = frozenset()
    """Columns that hold whole numbers."""
    lacking: frozenset[str] = frozenset()
    """Columns that some rows do not have at all."""
    taken: tuple[Taken, ...] = ()

    @property
    def used(self) -> set[str]:
        """The columns that are read; a name is empty where there is none."""
        several = [part.columns for part in (self.pictures, self.options) if part is not None]
        return set().union(self.texts, self.tags, (self.answer, self.id, self.group), _of_splits(self.splits), *several)


def propose(source: Source, rows: Mapping[str, Sequence[Row]], declared: Declared) -> Proposal:
    """What the rows are taken for.

    Raises:
        Unclear: They can be taken for several things.
        UsageError: What is said does not fit them.
    """
    if source.reader == "folders":
        return _of_folders(source, declared)
    everything = [row for split_rows in rows.values() for row in split_rows]
    columns = of_columns.of_rows(everything)
    roles.check_declared(columns, declared)
    if declared.family and declared.family not in _FAMILIES:
        raise unknown("family", declared.family, _FAMILIES)
    notes: list[Taken] = []
    splits = roles.splits_of(source, roles.left_for("split", columns, declared), declared, notes)
    free = {name: column for name, column in columns.items() if column.kind != "nothing" and name not in _of_splits(splits)}
    pictures = of_pictures.of_table(source, everything, roles.left_for("image", free, declared), declared)
    if pictures is not None:
        there = f"{pictures.n - len(pictures.absent):,} of {pictures.n:,} are there, under {pictures.folder}"
        why = "in the cells" if pictures.folder is None else there
        notes.append(Taken(role="picture", what=", ".join(pictures.columns), why=why))
        free = {name: column for name, column in free.items() if name not in pictures.columns}
    options = of_options.of_table(roles.left_for("choices", free, declared), declared)
    if options is not None:
        free = {name: column for name, column in free.items() if name not in options.columns}
    try:
        shape, family, texts, answer = _asked(free, pictures, options, declared)
    except Unclear as unclear:
        if source.reader not in ("csv", "xlsx") or any(called(columns, role) for role in NAMES):
            raise
        told = f"{unclear.what} No column is called as a part of a task is: is the header missing? The first line is taken for it."
        raise Unclear(told, unclear.option, unclear.candidates) from unclear
    if shape != "options":
        options = None
    elif options is not None:
        options = of_options.how_named(options, everything, answer)
        notes.append(Taken(role="options", what=", ".join(options.columns), why=f"answers name them by {options.named}"))
    labels = roles.labels_of(columns[answer], declared) if shape == "labels" else ()
    if texts or declared.ask:
        notes.append(
            Taken(role="question", what=", ".join(texts) or f'"{declared.ask}"', why="said" if declared.question else "by its name")
        )
    what = f"{columns[answer].distinct:,} different" + (f": {', '.join(labels[:8])}{', …' if len(labels) > 8 else ''}" if labels else "")
    notes.append(Taken(role="answer", what=answer, why=what))
    roles.tell_positive(labels, notes)
    id_column = roles.id_of(free, rows, declared, answer, texts, notes)
    group = roles.group_of(free, pictures, declared, {answer, *texts, id_column}, notes)
    needed = tuple(name for name in (*texts, answer) if columns[name].blanks)
    numbers = frozenset(name for name, column in columns.items() if any(isinstance(value, int) for value in column.values))
    made = Proposal(
        source=source, family=family, shape=shape, answer=answer, texts=texts, ask=declared.ask, id=id_column, group=group,
        pictures=pictures, options=options, labels=labels, splits=splits, tags=declared.tags, needed=needed, numbers=numbers,
        lacking=frozenset(name for name, column in columns.items() if column.lacking),
    )  # fmt: skip
    if rest := [name for name in columns if name not in made.used]:
        notes.append(Taken(role="not used", what=", ".join(rest), why="--question, --group, --tags and the like use them"))
    return replace(made, taken=tuple(notes))


def _of_folders(source: Source, declared: Declared) -> Proposal:
    if of_tables := next((name for name in _OF_TABLES if getattr(declared, name)), ""):
        raise UsageError(f"--{of_tables}: {source.path} holds a folder of pictures for each class, and no table with columns.")
    labels = declared.labels or source.labels
    if set(labels) != set(source.labels):
        raise UsageError(f"--labels {','.join(labels)}: the folders are called {', '.join(source.labels)}.")
    if declared.family not in ("", "classification"):
        raise UsageError(f"--family {declared.family}: {source.path} holds a folder of pictures for each class; that is a classification.")
    roles.refuse_alike(labels)
    notes = [Taken(role="classes", what=", ".join(labels), why="the folders' names")]
    roles.tell_positive(labels, notes)
    notes.append(Taken(role="id", what="the beginning of a hash of the picture's path", why="a path gives its class away"))
    splits = {name or "test": select for name, select in source.splits.items()}
    return Proposal(
        source=source, family="classification", shape="folders", ask=declared.ask, labels=labels, splits=splits, group="group",
        taken=tuple(notes),
    )  # fmt: skip


def _of_splits(splits: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {select["field"] for select in splits.values() if "field" in select}


def _asked(
    free: Mapping[str, Column], pictures: Pictures | None, options: Options | None, declared: Declared
) -> tuple[Shape, str, tuple[str, ...], str]:
    """Shape, family, columns of what is asked, and that of what is right."""
    askable = roles.left_for("question", free, declared)
    pair = next((both for first, second in PAIRS if len(both := _exactly(askable, first, second)) == 2), ())
    question = declared.question or pair or called(_told(askable), "question")
    if len(question) > 1 and not declared.question and not pair:
        raise Unclear("several columns may hold the question.", "question", question)
    context = (
        () if declared.question or pair or pictures else tuple(name for name in called(_told(askable), "context") if name not in question)
    )
    # A text that is said to be asked is no question by that: a note may have a summary or a class.
    is_question = options is not None or bool(pair) or any(name in called(free, "question") for name in question)
    right: tuple[str, ...]
    if is_question:
        right = ("label", "answer") if pair else ("answer", "label")
    else:
        right = ("label", "report", "caption", "answer") if pictures else ("label", "summary", "answer")
    answer, role = _right(free, right, set(question), declared)
    texts = (*context, *question)
    if not texts and not pictures:
        texts = _text(free, answer)
    is_question = is_question or (bool(question) and role in ("answer", ""))
    family, shape = _family(free[answer], role, pictures is not None, bool(options), is_question, bool(pair), declared)
    if not texts and shape in ("options", "answer", "summary"):
        texts = _text(free, answer)
    return shape, family, texts, answer


def _told(free: Mapping[str, Column]) -> dict[str, Column]:
    """The columns that can be asked: of texts or whole numbers."""
    return {name: column for name, column in free.items() if column.kind in ("text", "number")}


def _text(free: Mapping[str, Column], answer: str) -> tuple[str, ...]:
    """The column of a text that is no question."""
    names = tuple(name for name in called(_told(free), "text") if name != answer)
    if len(names) != 1:
        candidates = [name for name, column in free.items() if column.kind == "text" and name != answer]
        raise Unclear("which column holds what is asked?", "question", names or candidates)
    return names


def _exactly(free: Mapping[str, Column], *names: str) -> tuple[str, ...]:
    return tuple(name for wanted in names for name in free if letters(name) == wanted)


def _right(free: Mapping[str, Column], names_of: Sequence[str], used: set[str], declared: Declared) -> tuple[str, str]:
    """The column of what is right, and the role by which it was found."""
    usable = {name: column for name, column in _told(free).items() if name not in used}
    if declared.answer:
        return declared.answer, next((role for role in names_of if declared.answer in called(free, role)), "")
    role_of = {name: role for role in reversed(names_of) for name in called(usable, role)}
    first = [name for name, role in role_of.items() if role == names_of[0]] if len(names_of) == 2 else list(role_of)
    names = first or list(role_of)
    odd = [name for role in names_of for name in called(free, role) if not names and free[name].kind == "other"]
    if odd:
        raise UsageError(f"'{odd[0]}' holds fractions, true and false, or cells of several kinds; write texts or whole numbers.")
    if len(names) != 1:
        several = "several columns may hold what is right." if names else "which column holds what is right?"
        raise Unclear(several, "answer", names or list(usable))
    return names[0], role_of[names[0]]


def _family(
    column: Column, role: str, has_pictures: bool, has_options: bool, has_question: bool, is_pair: bool, declared: Declared
) -> tuple[str, Shape]:
    most = len(column.values) - 1 if role == "label" else len(column.values) // 2
    held = f"'{column.name}' has {amount(column.distinct, 'different value')} in {amount(len(column.values), 'row')}"
    few = 2 <= column.distinct <= min(roles.MOST_LABELS, max(2, most))
    if declared.family:
        shapes = [shape for shape in _FAMILIES[declared.family] if {"options": has_options, "labels": few or is_pair}.get(shape, True)]
        if not shapes:
            raise UsageError(f"--family {declared.family}: {held}.")
        return declared.family, "caption" if role == "caption" and "caption" in shapes else shapes[0]
    if has_options:
        return ("vqa" if has_pictures else "understanding"), "options"
    if role == "label" and few:
        return ("classification" if has_pictures else "understanding"), "labels"
    if has_question:
        return ("vqa" if has_pictures else "understanding"), "answer"
    shapes_of: Mapping[str, tuple[str, Shape]] = {
        "report": ("captioning", "report"), "caption": ("captioning", "caption"), "summary": ("summarization", "summary"),
    }  # fmt: skip
    if role in shapes_of:
        return shapes_of[role]
    families = ("classification", "captioning") if has_pictures else ("understanding", "summarization")
    raise Unclear(f"{held}, and no column is a question.", "family", families)
