"""What METEOR is asked and answers, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from harness.text import one_line

N_STATISTICS = 23
"""Columns of METEOR's sufficient statistics."""


def encodable(text: str) -> str:
    """One line without lone surrogates, which no encoder takes, and without NUL."""
    return one_line(text.replace("\0", " ")).encode("utf-8", "replace").decode()


def question(hypothesis: str, references: Sequence[str]) -> str:
    """The request for the statistics of one hypothesis; also what they are remembered by."""
    return " ||| ".join(["SCORE", *map(_field, references), _field(hypothesis)])


def _field(text: str) -> str:
    return one_line(encodable(text).replace("|||", ""))


def statistics(answer: str) -> tuple[float, ...] | None:
    """23 finite numbers, or None for anything else."""
    with suppress(ValueError):
        values = tuple(map(float, answer.split()))
        if len(values) == N_STATISTICS and all(0 <= value < float("inf") for value in values):
            return values
    return None
