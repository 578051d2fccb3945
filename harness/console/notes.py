"""Footnotes of a table, each said once."""

from __future__ import annotations

from harness.console.base import line


class Notes:
    """Notes by number: the cells of a table have the numbers, the lines below it the notes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, *notes: str) -> str:
        """The numbers of notes, as a cell; empty ones have none."""
        numbers = {self._numbers.setdefault(note, len(self._numbers) + 1) for note in notes if note}
        return ",".join(map(str, sorted(numbers)))

    def show(self) -> None:
        """Print them below each other."""
        for note, number in self._numbers.items():
            line(f"{number}  {note}", indent=2, style="dim")
