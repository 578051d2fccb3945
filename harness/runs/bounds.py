"""What the options of a run may be, whoever gives them: the command line, a suite's file or a notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from harness.errors import UsageError, unknown
from harness.types import Decoding

if TYPE_CHECKING:
    from harness.runs.plan import Options

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "limit": (1, math.inf),
    "batch_size": (1, math.inf),
    "give_up_after": (0, math.inf),
    "resamples": (0, math.inf),
    "bootstrap_seed": (0, math.inf),
    "max_new_tokens": (1, math.inf),
    "temperature": (0, math.inf),
    "top_p": (0, 1),
    "seed": (0, math.inf),
    "beams": (1, math.inf),
}
"""The least and the most of what is counted or measured."""


def check(options: Options) -> None:
    """Refuse what no run can have.

    Raises:
        UsageError: A number is out of its bounds, a choice is none, or a setting of how a model writes is not known.
    """
    own = {"limit": options.limit, "batch_size": options.batch_size, "give_up_after": options.give_up_after}
    bootstrap = {"resamples": options.plan.resamples, "bootstrap_seed": options.plan.seed}
    for name, value in {**own, **bootstrap, **options.decoding}.items():
        low, high = _BOUNDS.get(name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not low <= value <= high:
            raise UsageError(f"{name} {value}: must be at least {low}" + (f" and at most {high}." if high < math.inf else "."))
    known = [field.name for field in fields(Decoding)]
    for name in options.decoding:
        if name not in known:
            raise unknown("setting of how a model writes", name, known)
    if options.images not in ("", "first"):
        raise UsageError(f"--images {options.images}: the only choice is 'first'.")
    if options.refusals not in ("partial", "wrong"):
        raise UsageError(f"--refusals {options.refusals}: must be partial or wrong.")
