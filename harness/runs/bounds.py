"""What the options of a run may be, whoever gives them: the command line, a suite's file or a notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields

from harness.errors import UsageError, unknown
from harness.stats.bootstrap import MOST_RESAMPLES
from harness.types import Decoding

_COUNTED = 2**63 - 1
"""What every library takes for a number."""
_LONGEST = 1_000
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "limit": (1, _COUNTED),
    "draw": (1, _COUNTED),
    "draw_seed": (0, _COUNTED),
    "batch_size": (1, _COUNTED),
    "give_up_after": (0, _COUNTED),
    "resamples": (0, MOST_RESAMPLES),
    "bootstrap_seed": (0, _COUNTED),
    "max_new_tokens": (1, _COUNTED),
    "temperature": (0, math.inf),
    "top_p": (0, 1),
    "seed": (0, _COUNTED),
    "beams": (1, _COUNTED),
}
"""The least and the most of what is counted or measured."""


def check(numbers: Mapping[str, object], decoding: Mapping[str, object], *, words: Mapping[str, str], images: str, refusals: str) -> None:
    """Refuse what no run can have.

    Args:
        numbers: By the names of the options.
        decoding: Instead of the task's own, by field.
        words: What a record says as it is given, by the names of the options.
        images: What is done with pictures beyond those that the model takes.
        refusals: What a refused reply makes of a run.

    Raises:
        UsageError: A number is out of its bounds, a text is too long, a choice is none, or a setting of how a model writes is not known.
    """
    for name, value in {**numbers, **decoding}.items():
        low, high = _BOUNDS.get(name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not low <= value <= high:
            shown = value if isinstance(value, float) or value.bit_length() <= 64 else "of a number too large for any library"
            raise UsageError(
                f"{name} {shown}: must be at least {low}" + (f" and at most {high:,}." if high < _COUNTED or value > high else ".")
            )
    for name, text in words.items():
        if len(text) > _LONGEST:
            raise UsageError(f"{name}: has {len(text):,} characters; a scoreboard shows at most {_LONGEST:,}.")
    known = [field.name for field in fields(Decoding)]
    for name in decoding:
        if name not in known:
            raise unknown("setting of how a model writes", name, known)
    if images not in ("", "first"):
        raise UsageError(f"--images {images}: the only choice is 'first'.")
    if refusals not in ("partial", "wrong"):
        raise UsageError(f"--refusals {refusals}: must be partial or wrong.")
