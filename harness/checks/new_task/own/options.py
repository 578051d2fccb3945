"""Questions with options of their own: how a table writes the options, and how its answers name one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.checks.new_task.own.columns import Column, is_blank, option_columns
from harness.checks.new_task.own.columns import called as named
from harness.checks.new_task.own.declared import Declared
from harness.errors import UsageError
from harness.rows import Row
from harness.rows.values import listed
from harness.text import one_line

Named = Literal["letter", "text", "from 0", "from 1"]
"""How an answer says which option is right: by its letter, by its words, by its number."""
Held = Literal["columns", "list", "mapping", "delimited"]
LETTERS = "ABCDEFGHIJ"
_MARKS = ("|", ";", "\n")
_NUMBER = {"from 0": 0, "from 1": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of each question."""

    columns: tuple[str, ...]
    """One for each option, or the one that holds them all."""
    held: Held
    mark: str = ""
    """What stands between delimited ones."""
    named: Named = "text"

    def of(self, row: Row) -> tuple[str, ...]:
        """A row's options in their places, empty ones included."""
        if self.held == "columns":
            return tuple("" if is_blank(row.get(name)) else one_line(str(row[name])) for name in self.columns)
        value = row.get(self.columns[0])
        if self.held == "mapping":
            return tuple(one_line(str(text)) for text in (value or {}).values() if not is_blank(text))
        parts = str(value or "").split(self.mark) if self.held == "delimited" else listed(value)
        return tuple(one_line(part) for part in parts)

    def right(self, row: Row, answer: str) -> str:
        """The option that an answer names; empty where it names none."""
        options, value = self.of(row), row.get(answer)
        if is_blank(value):
            return ""
        if self.named == "text":
            return one_line(str(value)) if one_line(str(value)) in options else ""
        place = LETTERS.find(bare(value)) if self.named == "letter" else _number(value) - _NUMBER[self.named]
        return options[place] if 0 <= place < len(options) and (self.named != "letter" or len(bare(value)) == 1) else ""


def bare(value: object) -> str:
    """A letter without what may stand around it: ``(b).`` is B."""
    return str(value).strip(" ().:").upper()


def of_table(columns: Mapping[str, Column], declared: Declared) -> Options | None:
    """The options that a table holds; None where it holds none.

    Raises:
        UsageError: The column that is said or called so holds no options.
    """
    names = declared.choices or named(columns, "choices")[:1] or option_columns(columns)
    if not names:
        return None
    column = columns[names[0]]
    if len(names) > 1 or column.kind in ("list", "mapping"):
        held: Held = "columns" if len(names) > 1 else "list" if column.kind == "list" else "mapping"
        return Options(columns=tuple(names), held=held)
    texts = [str(value) for value in column.values]
    mark = next((mark for mark in _MARKS if column.kind == "text" and all(mark in text.strip() for text in texts)), "")
    if not mark:
        raise UsageError(
            f"'{column.name}' is taken for the options, and is neither a list (['a', 'b']), nor an object, nor texts between | or ; in"
            " every row. Name the columns with --choices COLUMN[,COLUMN…]."
        )
    return Options(columns=tuple(names), held="delimited", mark=mark)


def how_named(options: Options, rows: Sequence[Row], answer: str) -> Options:
    """The options with how answers name them: in the one way in which every answer, or all but one in ten words, is an option.

    Raises:
        UsageError: There is no such way, or numbers may count from 0 or from 1.
    """
    answered = [row for row in rows if not is_blank(row.get(answer))]
    ways: tuple[Named, ...] = ("letter", "text", "from 0", "from 1")
    fitting: dict[Named, Options] = {}
    for way in ways:
        trial = replace(options, named=way)
        n = sum(trial.right(row, answer) != "" for row in answered)
        if answered and (n == len(answered) or (way == "text" and n >= 0.9 * len(answered))):
            fitting[way] = trial
    if clear := fitting.get("text") or fitting.get("letter") or (next(iter(fitting.values())) if len(fitting) == 1 else None):
        return clear
    if fitting:
        raise UsageError(
            f"'{answer}' numbers the options, and whether from 0 or from 1 its values do not show. Write letters, or the options' words."
        )
    first = answered[0] if answered else rows[0]
    raise UsageError(
        f"{first.where}: '{answer}' names none of the options in every row: not by letter, by word or by number. Name the right column with"
        " --answer."
    )


def _number(value: object) -> int:
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) < 3 else -1
