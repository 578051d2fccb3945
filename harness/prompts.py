"""The words that adapters ask with: neutral, zero-shot, the same for every task of a kind."""

from __future__ import annotations

import string
from collections.abc import Sequence

from harness.parsing import LETTERS


def short_answer(question: str) -> str:
    """A question to be answered in a word or a phrase."""
    return f"{question}\nAnswer with a single word or a short phrase."


def choose(question: str, choices: Sequence[str]) -> str:
    """A question with lettered options, to be answered by one of them; without letters where the alphabet does not reach."""
    return f"{question}\n{options(choices)}\nAnswer with exactly one of the options."


def options(choices: Sequence[str]) -> str:
    """Lettered options, one a line; without letters where the alphabet does not reach."""
    letters = [f"{letter}. " for letter in string.ascii_uppercase] if len(choices) <= LETTERS else [""] * len(choices)
    return "\n".join(f"{letter}{option}" for letter, option in zip(letters, choices, strict=False))


def describe(what: str) -> str:
    """A picture to be reported on."""
    return f"Write {what} for this image. Give the report only."


def caption(what: str) -> str:
    """A picture to be captioned."""
    return f"Write {what} for this image. Give the caption only."


def describe_views(what: str) -> str:
    """Several pictures of one study to be reported on."""
    return f"Write {what} for these images of one study. Give the report only."


def summarise(text: str, what: str) -> str:
    """A text to be shortened to one kind of summary."""
    return f"{text}\n\n{what} Give the summary only."


def choose_all(question: str, choices: Sequence[str], nothing: str) -> str:
    """A question whose answer is any number of the options."""
    return f"{question}\n{', '.join(choices)}\nName all that apply, separated by commas, or answer '{nothing}'."
