"""How a model may write an answer behind a prompt: in which letters, and after which blanks."""

from __future__ import annotations

from collections.abc import Sequence

LEADS = ("", " ", "\n", "\n\n")
"""What a model may write before the first letter: templates end in a line break, a blank or neither, and reading strips all of it."""


def forms(choice: str, choices: Sequence[str]) -> list[str]:
    """A choice as it stands and with a capital, unless that makes it another of the choices."""
    capital = choice[:1].upper() + choice[1:]
    return [choice] if capital in choices else [choice, capital]
