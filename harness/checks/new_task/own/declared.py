"""What a user declares of a table or folder, and the question that is asked where it can be read in several ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is declared beside the path; what is left empty is proposed, or asked."""

    id: str = ""
    question: tuple[str, ...] = ()
    """Columns of what is asked, one after the other."""
    answer: str = ""
    image: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    """A column that holds the options, or one column for each."""
    group: str = ""
    split: str = ""
    test: str = ""
    """What the rows to be asked are called in the column of splits, or the file or folder that holds them."""
    pictures: Path | None = None
    """The folder that names of pictures are below."""
    family: str = ""
    labels: tuple[str, ...] = ()
    """The classes in their order; of two the last is the positive one."""
    tags: tuple[str, ...] = ()
    """Columns that make slices."""
    ask: str = ""
    """The question, where the table has none."""
    access: str = "credentialed"
    own_rows: bool = False
    """Whether the sample is of the user's own rows, and not invented."""


def amount(n: int, what: str) -> str:
    """``1 picture``, ``2,000 pictures``."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


class Unclear(UsageError):
    """The data can be read in several ways; which is meant is not guessed."""

    def __init__(self, what: str, option: str, candidates: Sequence[str]) -> None:
        """Ask.

        Args:
            what: What is not clear, a sentence.
            option: The option that says it, without its dashes.
            candidates: What it may be.
        """
        self.what, self.option, self.candidates = what, option, tuple(candidates)
        listed = ", ".join(self.candidates[:_MOST]) + (", …" if len(self.candidates) > _MOST else "")
        super().__init__(f"{what} Say it with --{option}" + (f": {listed}." if listed else "."))
