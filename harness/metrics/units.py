"""Units of values: how each is shown, and between what its values lie. A metric, a record and a file of numbers hold its name."""

from __future__ import annotations

from msgspec import Struct


class Unit(Struct, frozen=True):
    """What a value is counted in."""

    name: str
    low: float | None = None
    high: float | None = None
    """Between which values lie; None where that is not known."""
    scale: float = 1.0
    """What a value is multiplied by to be shown: 100 for percent."""
    digits: int = 3
    """Decimals that are shown."""


FRACTION = Unit("fraction", 0.0, 1.0, scale=100.0, digits=2)
CIDER = Unit("CIDEr (0-10)", 0.0, 10.0)
KAPPA = Unit("kappa (-1 to 1)", -1.0, 1.0)
SQUARED_TO_1 = Unit("squared distance (0-1)", 0.0, 1.0)
SQUARED_TO_2 = Unit("squared distance (0-2)", 0.0, 2.0)
KNOWN = {unit.name: unit for unit in (FRACTION, CIDER, KAPPA, SQUARED_TO_1, SQUARED_TO_2)}


def of(name: str) -> Unit:
    """The unit of that name; of any other scale of a metric's own nothing is known."""
    return KNOWN.get(name, Unit(name))
