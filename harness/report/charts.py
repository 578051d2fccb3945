"""Charts over all tasks: a strip for each task, and the paper's radar. Colour is the page's to choose; shape and words do without it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.base.visible import visible_line
from harness.metrics import units
from harness.report import axes, marks
from harness.views import wording

_WIDTH, _HEIGHT, _REACH = 560, 420, 165
_DASHES = ("none", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A system's values on some tasks, between 0 and 1; None where it has none."""

    system: int
    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A task, and where each system stands on it from 0 to 100."""

    task: str
    points: tuple[tuple[int, float, str], ...]
    """System, percent of the way, and what is said of it."""


SCALE = tuple(axes.Tick(at=float(at), label=str(at)) for at in range(0, 101, 20))


def strips(tasks: Sequence[str], systems: Sequence[Values]) -> list[Strip]:
    """Tasks as strips with a mark for each system."""
    return [
        Strip(
            task=task,
            points=tuple(
                (one.system, round(100 * value, 2), f"{one.name}: {wording.value(value, units.FRACTION.name)}")
                for one in systems
                if (value := one.values[row]) is not None
            ),
        )
        for row, task in enumerate(tasks)
    ]


def radar(tasks: Sequence[str], systems: Sequence[Values], *, name: str) -> str:
    """The paper's chart: one axis per task, a polygon per system; a task that a system lacks breaks its polygon."""
    middle, centre = _WIDTH / 2, _HEIGHT / 2

    def at(axis: int, value: float) -> tuple[float, float]:
        angle = 2 * math.pi * axis / len(tasks) - math.pi / 2
        return middle + _REACH * value * math.cos(angle), centre + _REACH * value * math.sin(angle)

    parts = [f'<circle class="grid" cx="{middle}" cy="{centre}" r="{_REACH * part}"/>' for part in (0.25, 0.5, 0.75, 1.0)]
    for axis, task in enumerate(tasks):
        (x, y), (text_x, text_y) = at(axis, 1.0), at(axis, 1.08)
        anchor = "middle" if abs(text_x - middle) < 8 else "start" if text_x > middle else "end"
        parts.append(f'<path class="grid" d="M{middle} {centre}L{x:.1f} {y:.1f}"/>')
        parts.append(f'<text x="{text_x:.1f}" y="{text_y + 4:.1f}" text-anchor="{anchor}">{_escape(wording.cut(task, 18))}</text>')
    for one in systems:
        steps, pen = [], "M"
        for axis in (*range(len(tasks)), 0):
            value = one.values[axis]
            if value is None:
                pen = "M"
                continue
            x, y = at(axis, value)
            steps.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        points = [at(axis, value) for axis, value in enumerate(one.values) if value is not None]
        placed = "".join(marks.place(one.system, f"{x:.1f}", f"{y:.1f}") for x, y in points)
        line = f'<path class="curve" stroke-dasharray="{_DASHES[one.system % len(_DASHES)]}" d="{"".join(steps)}"/>'
        group = f'<g class="{marks.colour(one.system)}" data-system="{one.system}"><title>{_escape(one.name)}</title>{line}{placed}</g>'
        parts.append(group)
    return f'<svg class="radar" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{_escape(name)}">{"".join(parts)}</svg>'


def _escape(text: str) -> str:
    return html.escape(visible_line(text))
