"""The columns of a table: what they hold, and which of them is called as what a task is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.data.readers.class_folders import SUFFIXES
from harness.data.readers.parquet_rows import DIGEST
from harness.rows import Row
from harness.rows.values import listed

Kind = Literal["text", "number", "pictures", "list", "mapping", "other", "nothing"]
"""What every cell that holds anything is: a text, a whole number, names of pictures or pictures themselves, a list of texts, options by
their letters; something else, or not the same in all rows; or no cell holds anything."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id", "qid questionid sampleid exampleid itemid rowid uid uuid pairid", "index idx no nr number key",
    ),
    "image": (
        "image images img imgs picture pictures imagename imagepath imagefile imagefilename imgname imgpath",
        "file filename filepath path",
    ),
    "question": ("question questions questiontext", "query prompt stem instruction"),
    "context": ("context passage vignette",),
    "text": ("text note document article dialogue dialog conversation abstract sentence report findings notes input source content body",),
    "answer": (
        "answer", "answers correctanswer goldanswer answertext gold goldlabel target reference expected correct solution answerkey",
        "output response correctoption cop",
    ),
    "label": ("label labels class classes category goldlabel diagnosis", "target"),
    "report": ("report reporttext findings impression",),
    "caption": ("caption captions description",),
    "summary": ("summary highlights impression",),
    "choices": ("choices options answerchoices candidates alternatives",),
    "group": (
        "patient patientid subject subjectid pid mrn", "study studyid visit visitid case caseid",
        "group groupid document documentid docid articleid",
    ),
    "split": ("split", "set subset fold partition phase usage"),
}  # fmt: skip
"""What columns are called, by what they are taken for; those of an earlier text are looked for first."""
PAIRS: tuple[tuple[str, str], ...] = (("premise", "hypothesis"), ("sentence1", "sentence2"), ("text1", "text2"), ("texta", "textb"))
"""Two texts of which one is judged by the other."""
_ENDINGS = tuple(SUFFIXES)
_OPTION = re.compile(r"(?P<head>|option|choice|opt|op|alternative)(?P<mark>[a-j]|\d{1,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    name: str
    kind: Kind
    values: Sequence[Any]
    """The cells that hold anything, in their order."""
    blanks: int
    """Rows in which it holds nothing."""
    lacking: bool
    """Whether some rows, of lines of JSON, do not have it at all."""

    @property
    def distinct(self) -> int:
        """How many different values it has."""
        return len({str(value) for value in self.values})


def letters(name: str) -> str:
    """A name without capitals, blanks and marks."""
    return re.sub(r"[\W_]+", "", name).casefold()


def is_blank(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value != value or (isinstance(value, str) and not value.strip()) or value in ([], {})


def of_rows(rows: Sequence[Row]) -> dict[str, Column]:
    """The columns of some rows, in the order in which they are met."""
    names = dict.fromkeys(name for row in rows for name in row if name != "row_number")
    columns = {}
    for name in names:
        cells = [row.get(name) for row in rows]
        held = [cell for cell in cells if not is_blank(cell)]
        lacking = any(name not in row for row in rows)
        columns[name] = Column(name=name, kind=_kind(held), values=held, blanks=len(cells) - len(held), lacking=lacking)
    return columns


def called(columns: Mapping[str, Column], role: str) -> tuple[str, ...]:
    """The columns that are called as a role is, of the first of its names that any is called."""
    for names in NAMES[role]:
        if matches := tuple(name for name in columns if letters(name) in names.split()):
            return matches
    return ()


def option_columns(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Columns that hold an option each, in their order: ``A``, ``B``, ``C``; ``option_1``, ``option_2``; ``opa``, ``opb``."""
    groups: dict[str, dict[int, str]] = {}
    for name in columns:
        match = _OPTION.fullmatch(letters(name))
        if match and (match["head"] or match["mark"].isalpha()):
            mark = match["mark"]
            groups.setdefault(match["head"], {})[int(mark) if mark.isdecimal() else ord(mark) - ord("a") + 1] = name
    for by_place in groups.values():
        places = sorted(by_place)
        if len(places) > 1 and places[0] in (0, 1) and places == list(range(places[0], places[0] + len(places))):
            return tuple(by_place[place] for place in places)
    return ()


def _kind(held: Sequence[Any]) -> Kind:
    if not held:
        return "nothing"
    if all(_is_picture(cell) for cell in held):
        return "pictures"
    if all(isinstance(cell, str) for cell in held):
        return "list" if all(listed(cell) for cell in held) else "text"
    if all(isinstance(cell, int) and not isinstance(cell, bool) for cell in held):
        return "number"
    if all(isinstance(cell, str | int) and not isinstance(cell, bool) for cell in held):
        return "text"
    if all(listed(cell) for cell in held):
        return "list"
    if all(isinstance(cell, Mapping) and all(isinstance(value, str | None) for value in cell.values()) for cell in held):
        return "mapping"
    return "other"


def _is_picture(cell: Any) -> bool:
    names = cell if isinstance(cell, list | tuple) else [cell]
    return bool(names) and all(isinstance(name, str) and (name.lower().endswith(_ENDINGS) or DIGEST.fullmatch(name)) for name in names)
