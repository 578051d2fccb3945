"""Marks: what stands for a system in every chart. Shape and fill tell forty apart without colour; later ones carry their number."""

from __future__ import annotations

_SHAPES = (
    '<circle r="4.6"/>',
    '<path d="M-4.2-4.2h8.4v8.4h-8.4z"/>',
    '<path d="M0-5.4l5.2 9.2h-10.4z"/>',
    '<path d="M0-5.8l5.8 5.8l-5.8 5.8l-5.8-5.8z"/>',
    '<path d="M0 5.4l-5.2-9.2h10.4z"/>',
    '<path d="M-1.8-5.2h3.6v3.4h3.4v3.6h-3.4v3.4h-3.6v-3.4h-3.4v-3.6h3.4z"/>',
    '<path d="M0-6l1.5 4.1 4.3.1-3.4 2.7 1.2 4.2-3.6-2.4-3.6 2.4 1.2-4.2-3.4-2.7 4.3-.1z"/>',
    '<path d="M5.4 0l-9.2 5.2v-10.4z"/>',
    '<path d="M-3.9-5.7l3.9 3 3.9-3 1.8 1.8-3 3.9 3 3.9-1.8 1.8-3.9-3-3.9 3-1.8-1.8 3-3.9-3-3.9z"/>',
    '<path d="M-5.4 0l9.2 5.2v-10.4z"/>',
)
_FILLS = ("solid", "hollow", "dotted", "barred")
_INSIDE = {"dotted": '<circle class="pip" r="1.7"/>', "barred": '<path class="stripe" d="M-3.4 0h6.8"/>'}
COLOURS = 8
"""How many there are; the classes ``c0`` … of the page's style."""
DISTINCT = len(_SHAPES) * len(_FILLS)


def symbols(systems: int) -> str:
    """The definitions of the marks of so many systems, for the page's beginning; `place` and the scripts refer to them."""
    drawn = "".join(f'<symbol id="m{system}" overflow="visible">{_drawn(system)}</symbol>' for system in range(systems))
    drawn += '<symbol id="published" overflow="visible"><path class="hollow" d="M0-5.8l5.8 5.8l-5.8 5.8l-5.8-5.8z"/></symbol>'
    drawn += '<symbol id="other" overflow="visible"><path class="curve" d="M-4-4l8 8M-4 4l8-8"/></symbol>'
    return f'<svg width="0" height="0" class="defs" aria-hidden="true">{drawn}</svg>'


def _drawn(system: int) -> str:
    if system >= DISTINCT:
        return f'<g class="hollow"><circle r="8"/></g><text class="ordinal" y="3.2" text-anchor="middle">{system + 1}</text>'
    fill = _FILLS[system // len(_SHAPES)]
    return f'<g class="{"solid" if fill == "solid" else "hollow"}">{_SHAPES[system % len(_SHAPES)]}</g>{_INSIDE.get(fill, "")}'


def place(system: int, x: str = "8", y: str = "8") -> str:
    """A system's mark around a point; coordinates may be percentages."""
    return f'<use href="#m{system}" x="{x}" y="{y}"/>'


def colour(system: int) -> str:
    """The class that gives a system its colour."""
    return f"c{system % COLOURS}"
