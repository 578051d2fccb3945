"""How a value, an interval and the name of a score are written, wherever people read them."""

from __future__ import annotations

from harness.metrics import units
from harness.types import Estimate


def value(number: float | None, unit: str) -> str:
    """``88.78``: fractions as percent with two decimals, other scales with three; a dash where there is none."""
    if number is None:
        return "–"
    known = units.of(unit)
    return f"{known.scale * number:.{known.digits}f}"


def signed(number: float | None, unit: str) -> str:
    """The same for a difference, with its sign."""
    return value(None, unit) if number is None else ("+" if number >= 0 else "−") + value(abs(number), unit)


def interval(low: float | None, high: float | None, unit: str, *, difference: bool = False) -> str:
    """``[86.06, 91.19]``; empty where there is none."""
    write = signed if difference else value
    return "" if low is None or high is None else f"[{write(low, unit)}, {write(high, unit)}]"


def bracketed(number: float, low: float | None, high: float | None, unit: str) -> str:
    """A value with its interval, where it has one."""
    return f"{value(number, unit)} {interval(low, high, unit)}".rstrip()


def cell(estimate: Estimate | None) -> str:
    """``88.78 [86.06, 91.19]``; a dash where there is no value."""
    if estimate is None or estimate.value is None:
        return "–"
    return bracketed(estimate.value, estimate.low, estimate.high, estimate.unit)


def score(metric: str, variant: str, part: str = "all") -> str:
    """``accuracy/closed-set``, and the slice where it is not the whole set."""
    return f"{metric}/{variant}" + ("" if part == "all" else f" {part}")


def many(number: int, what: str) -> str:
    """``1 group``, ``1,203 groups``."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def chance(p: float) -> str:
    """``p = 0.034``, ``p < 0.001``."""
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, with an ellipsis where it is longer."""
    return text if len(text) <= most else text[: most - 1] + "…"


def size(parameters: int) -> str:
    """``182 M``, ``1.3 B``: a number of parameters to three digits."""
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if parameters >= unit * 0.9995:
            return f"{parameters / unit:.3g} {letter}"
    return str(parameters)
