"""Charts as SVG text. Colour is the page's to choose by class; shape and words carry the meaning without it."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.base.visible import visible_line
from harness.metrics import units
from harness.views import wording

WIDTH = 760
_LEFT, _RIGHT, _ROW, _TOP = 260, 165, 22, 26
_MARKS = ("circle", "square", "triangle", "diamond", "plus", "cross")
_DASHES = ("none", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value with its interval."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "measured"
    """``measured``, ``published`` (compares) or ``other`` (does not)."""
    title: str = ""
    """Shown when the pointer rests on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve in the unit square."""

    label: str
    points: tuple[tuple[float, float], ...]


def intervals(points: Sequence[Point], *, unit: str, name: str) -> str:
    """Values as marks with their intervals as whiskers, one row each.

    Args:
        points: From top to bottom.
        unit: Of the values.
        name: What is plotted, for people who hear the page.
    """
    known = [bound for point in points for bound in (point.value, point.low, point.high) if bound is not None]
    low, high = _range(min(known), max(known))
    height = _TOP + _ROW * len(points) + 6

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    parts = [_grid(low, high, x, height, units.of(unit).scale)]
    for row, point in enumerate(points):
        y = _TOP + _ROW * row + _ROW / 2
        whisker = ""
        if point.low is not None and point.high is not None:
            ends = "".join(f"M{x(end):.1f} {y - 4}v8" for end in (point.low, point.high))
            whisker = f'<path class="whisker" d="M{x(point.low):.1f} {y}H{x(point.high):.1f}{ends}"/>'
        number = wording.bracketed(point.value, point.low, point.high, unit)
        shape = {"measured": "circle", "published": "diamond"}.get(point.kind, "cross")
        parts.append(
            f'<g class="{point.kind}"><title>{escape(point.title or point.label)}</title>'
            f'<text class="label" x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(_short(point.label, 36))}</text>'
            f"{whisker}{mark(shape, x(point.value), y)}"
            f'<text class="number" x="{WIDTH - _RIGHT + 12}" y="{y + 4}">{number}</text></g>'
        )
    return _svg(height, name, "".join(parts))


def profile(tasks: Sequence[str], systems: Sequence[tuple[str, Sequence[float | None]]], *, name: str) -> str:
    """Tasks as rows, systems as marks of different shapes on one scale from 0 to 100."""
    height = _TOP + _ROW * len(tasks) + 10

    def x(value: float) -> float:
        return _LEFT + value * (WIDTH - _LEFT - 30)

    parts = [_grid(0.0, 1.0, x, height, 100)]
    for row, task in enumerate(tasks):
        y = _TOP + _ROW * row + _ROW / 2
        parts.append(f'<text class="label" x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(_short(task, 36))}</text>')
        parts += [
            f'<g class="series s{number % 6}"><title>{escape(f"{system}: {wording.value(value, units.FRACTION.name)}")}</title>'
            f"{mark(_MARKS[number % 6], x(value), y)}</g>"
            for number, (system, values) in enumerate(systems)
            if (value := values[row]) is not None
        ]
    return _svg(height, name, "".join(parts)) + legend([system for system, _ in systems])


def radar(tasks: Sequence[str], systems: Sequence[tuple[str, Sequence[float | None]]], *, name: str) -> str:
    """The paper's chart: one axis per task, a polygon per system; a task that a system lacks breaks its polygon."""
    centre, reach, height = WIDTH / 2, 170, 440

    def at(axis: int, value: float) -> tuple[float, float]:
        angle = 2 * math.pi * axis / len(tasks) - math.pi / 2
        return centre + reach * value * math.cos(angle), height / 2 + reach * value * math.sin(angle)

    rings = "".join(f'<circle class="grid" cx="{centre}" cy="{height / 2}" r="{reach * part}"/>' for part in (0.25, 0.5, 0.75, 1.0))
    parts = [rings]
    for axis, task in enumerate(tasks):
        (x, y), (text_x, text_y) = at(axis, 1.0), at(axis, 1.08)
        anchor = "middle" if abs(text_x - centre) < 8 else "start" if text_x > centre else "end"
        parts.append(f'<path class="grid" d="M{centre} {height / 2}L{x:.1f} {y:.1f}"/>')
        parts.append(f'<text class="label" x="{text_x:.1f}" y="{text_y + 4:.1f}" text-anchor="{anchor}">{escape(_short(task, 26))}</text>')
    for number, (system, values) in enumerate(systems):
        steps, pen = [], "M"
        for axis in (*range(len(tasks)), 0):
            value = values[axis]
            if value is None:
                pen = "M"
                continue
            x, y = at(axis, value)
            steps.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        marks = "".join(mark(_MARKS[number % 6], *at(axis, value)) for axis, value in enumerate(values) if value is not None)
        line = f'<path class="curve" stroke-dasharray="{_DASHES[number % 6]}" d="{"".join(steps)}"/>'
        parts.append(f'<g class="series s{number % 6}"><title>{escape(system)}</title>{line}{marks}</g>')
    return _svg(height, name, "".join(parts)) + legend([system for system, _ in systems])


def confusion(labels: Sequence[str], counts: Sequence[Sequence[int]], unread: Sequence[int], *, name: str) -> str:
    """Rows are what is right, columns what was said; each cell's shade is its share of the row, its count stands in it."""
    columns = [*labels, "no answer"] if any(unread) else list(labels)
    cell = max(30, min(64, (WIDTH - 200) // len(columns)))
    left, top = 190, 90
    height = top + cell * len(labels) + 24
    parts = [
        f'<text class="axis" x="{left}" y="14">said →</text>',
        f'<text class="axis" x="{left - 10}" y="{top - 8}" text-anchor="end">right ↓</text>',
    ]
    for place, label in enumerate(columns):
        x = left + cell * place + cell / 2
        parts.append(f'<text class="label" transform="translate({x:.1f} {top - 8}) rotate(-40)">{escape(_short(label, 16))}</text>')
    for row, label in enumerate(labels):
        y = top + cell * row
        parts.append(f'<text class="label" x="{left - 10}" y="{y + cell / 2 + 4}" text-anchor="end">{escape(_short(label, 26))}</text>')
        cells = [*counts[row], unread[row]][: len(columns)]
        total = sum(cells) or 1
        for place, count in enumerate(cells):
            share = count / total
            classes = "cell right" if place == row else "cell"
            parts.append(
                f'<g class="{classes}"><title>{escape(label)}: {count} of {total} said {escape(columns[place])}</title>'
                f'<rect x="{left + cell * place}" y="{y}" width="{cell - 1}" height="{cell - 1}" fill-opacity="{share:.3f}"/>'
                f'<text class="{"light" if share > 0.55 else "dark"}" x="{left + cell * place + cell / 2}" y="{y + cell / 2 + 4}"'
                f' text-anchor="middle">{count}</text></g>'
            )
    return _svg(height, name, "".join(parts))


def square(lines: Sequence[Line], *, horizontal: str, vertical: str, name: str) -> str:
    """Curves in the unit square with its diagonal: ROC and reliability."""
    side, left, top = 300, 60, 10
    height = top + side + 44

    def at(x: float, y: float) -> str:
        return f"{left + side * x:.1f} {top + side * (1 - y):.1f}"

    parts = [
        f'<rect class="frame" x="{left}" y="{top}" width="{side}" height="{side}"/>',
        f'<path class="grid" d="M{at(0, 0)}L{at(1, 1)}"/>',
        *(f'<text class="tick" x="{left + side * t}" y="{top + side + 16}" text-anchor="middle">{t:g}</text>' for t in (0, 0.5, 1)),
        *(f'<text class="tick" x="{left - 8}" y="{top + side * (1 - t) + 4}" text-anchor="end">{t:g}</text>' for t in (0, 0.5, 1)),
        f'<text class="axis" x="{left + side / 2}" y="{top + side + 36}" text-anchor="middle">{escape(horizontal)}</text>',
        f'<text class="axis" transform="translate(18 {top + side / 2}) rotate(-90)" text-anchor="middle">{escape(vertical)}</text>',
    ]
    for number, line in enumerate(lines):
        path = "M" + "L".join(at(x, y) for x, y in line.points)
        y = top + 14 + 18 * number
        parts.append(
            f'<g class="series s{number % 6}"><title>{escape(line.label)}</title>'
            f'<path class="curve" stroke-dasharray="{_DASHES[number % 6]}" d="{path}"/>'
            f'<path class="curve" stroke-dasharray="{_DASHES[number % 6]}" d="M{left + side + 24} {y - 4}h34"/>'
            f'<text class="label" x="{left + side + 66}" y="{y}">{escape(_short(line.label, 44))}</text></g>'
        )
    return _svg(max(height, top + 24 + 18 * len(lines)), name, "".join(parts))


def legend(systems: Sequence[str]) -> str:
    """Which mark is which system, as a list."""
    items = "".join(
        f'<li class="series s{number % 6}"><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">'
        f"{mark(_MARKS[number % 6], 8, 8)}</svg> {escape(system)}</li>"
        for number, system in enumerate(systems)
    )
    return f'<ul class="legend">{items}</ul>'


def mark(shape: str, x: float, y: float) -> str:
    """A mark of about ten units around a point."""
    paths = {
        "square": f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z",
        "triangle": f"M{x:.1f} {y - 5:.1f}l5 9h-10z",
        "diamond": f"M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
        "plus": f"M{x - 5:.1f} {y:.1f}h10M{x:.1f} {y - 5:.1f}v10",
        "cross": f"M{x - 4:.1f} {y - 4:.1f}l8 8M{x - 4:.1f} {y + 4:.1f}l8 -8",
    }
    if shape == "circle":
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    return f'<path class="mark" d="{paths[shape]}"/>'


def _svg(height: float, name: str, body: str) -> str:
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(name)}">{body}</svg>'


def _grid(low: float, high: float, x: Callable[[float], float], height: float, scale: float) -> str:
    ticks = [low + (high - low) * part / 4 for part in range(5)]
    digits = 0 if (high - low) * scale >= 20 else 1 if (high - low) * scale >= 2 else 2
    return "".join(
        f'<path class="grid" d="M{x(tick):.1f} {_TOP - 4}V{height - 4:g}"/>'
        f'<text class="tick" x="{x(tick):.1f}" y="14" text-anchor="middle">{scale * tick:.{digits}f}</text>'
        for tick in ticks
    )


def _range(low: float, high: float) -> tuple[float, float]:
    """A little more than the values need; never nothing."""
    room = (high - low) * 0.06 or abs(high) * 0.1 or 0.5
    return low - room, high + room


def escape(text: str) -> str:
    """A text as an element of a page shows it."""
    return html.escape(visible_line(text))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
