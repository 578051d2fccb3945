"""Single samples as people read them: what was asked, replied, read and scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.padding import Padding
from rich.text import Text

from harness.base.visible import visible
from harness.console.base import Screen, out
from harness.console.drawing import drawn
from harness.errors import HarnessError
from harness.metrics.registry import PUBLISHED
from harness.views.browse_runs import Table
from harness.views.browsing import Reply, Sample
from harness.views.wanted import BEST

MOST = 10
"""Samples of a table that are printed where nobody says how many."""
_SHORT = 400
"""Characters of a text that are printed unless all of it is asked for."""
_NAMES = 11
"""Characters of the longest name before a text, and a gap."""
Row = tuple[str, Text]


def print_table(table: Table, *, full: bool, draw: bool) -> None:
    """The wanted samples of one task, and how many more there are.

    Args:
        table: What to print.
        full: Texts whole, and the metrics that serve comparison with publications too.
        draw: Pictures as coloured characters.
    """
    console = out()
    by = "" if table.metric is None else f"; ✓ and ✗ by {table.metric.name}/{table.metric.variant}"
    console.print(Text(f"\n{table.task} · {table.split} · {', '.join(table.systems)}", style="bold"), soft_wrap=True)
    console.print(Text(f"{table.total:,} of {table.n:,} samples{by}", style="dim"), soft_wrap=True)
    if table.metric is not None and table.metric.summary:
        console.print(Text(f"  {table.metric.summary}", style="dim"), soft_wrap=True)
    for line in table.missing:
        console.print(Text(f"  ! {line}", style="yellow"), soft_wrap=True)
    if draw and console.color_system is None and any(sample.images for sample in table.samples):
        console.print(Text("  ! nothing is drawn: what reads this shows no colours (FORCE_COLOR=1 draws all the same)"), soft_wrap=True)
    for sample in table.samples:
        _print_sample(console, sample, table, full=full, draw=draw)
    left = table.total - len(table.samples)
    if left:
        console.print(Text(f"\n  and {left:,} more: --limit {table.total}, or --limit 0 for all", style="dim"), soft_wrap=True)


def _print_sample(console: Screen, sample: Sample, table: Table, *, full: bool, draw: bool) -> None:
    tags = " · ".join(f"{name}: {value}" for name, value in sample.tags.items())
    console.print(Text.assemble("\n", (sample.id, "bold cyan"), (f"  {tags}" if tags else "", "dim")), soft_wrap=True)
    _print_rows(console, _asked(sample, full=full))
    if draw and console.color_system is not None:
        for image in sample.images or ():
            try:
                console.print(Padding(drawn(image, console.width - 4), (0, 0, 0, 4), expand=False))
            except HarnessError as error:
                console.print(Text(f"    {error}", style="yellow"), soft_wrap=True)
    for reply in sample.replies:
        key = "" if table.metric is None else f"{table.metric.name}/{table.metric.variant}"
        console.print(Text.assemble("  ", _mark(reply.values.get(key)), " ", (reply.system, "bold"), (f"  {reply.outcome}", "dim")))
        _print_rows(console, _replied(reply, full=full))


def _asked(sample: Sample, *, full: bool) -> Iterator[Row]:
    if sample.question is not None:
        yield "question", _text(sample.question, full=full)
    for picture in sample.pictures or ():
        yield "picture", Text(picture)
    if sample.references is not None:
        yield from (("reference", _text(reference, full=full)) for reference in sample.references)


def _replied(reply: Reply, *, full: bool) -> Iterator[Row]:
    if reply.error:
        yield "said" if reply.outcome == "refused" else "error", _text(reply.error, full=full)
    if full and reply.thinking:
        yield "thoughts", _text(reply.thinking, full=full)
    if reply.text:
        yield "reply", _text(reply.text, full=full)
    if reply.scores is not None:
        yield "scores", Text(" · ".join(f"{name} {value:.3f}" for name, value in reply.scores.items()))
    if reply.read is not None:
        read = Text("nothing", style="italic")
        if reply.read.prediction is not None:
            read = Text("as it stands") if reply.read.as_it_stands else _text(reply.read.prediction, full=full)
        yield "read", Text.assemble(read, (f"  ({reply.read.why})", "dim"))
    else:
        yield "record", Text(_numbers(reply.statistics), style="dim")
    own = {name: value for name, value in reply.values.items() if value is not None and name.partition("/")[2] not in PUBLISHED}
    yield "values", Text(_numbers(reply.values if full else own))


def _print_rows(console: Screen, rows: Iterator[Row]) -> None:
    for name, text in rows:
        lines = text.wrap(console, max(20, console.width - 4 - _NAMES), overflow="fold")
        for number, line in enumerate(lines):
            line.rstrip()
            head = ("" if number else name).ljust(_NAMES)
            console.print(Text.assemble("    ", (head, "dim"), line) if line or not number else "", soft_wrap=True)


def _mark(value: float | None) -> tuple[str, str]:
    """Whether a value is the best: a sign and its colour; a number where it lies between."""
    if value is None:
        return "–", "dim"
    return ("✓", "green") if value > BEST else ("✗", "red") if value == 0 else (f"{value:.2f}", "yellow")


def _numbers(values: Mapping[str, float | None]) -> str:
    return " · ".join(f"{name} {'–' if value is None else _short(value)}" for name, value in values.items()) or "none"


def _short(value: float) -> str:
    """Three decimals, and none that are zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _text(text: str, *, full: bool) -> Text:
    """A text; where it is long, its beginning and how much there is."""
    if full or len(text) <= _SHORT:
        return Text(visible(text))
    return Text.assemble(visible(text[:_SHORT]), (f" … ({len(text):,} characters; --full)", "dim"))
