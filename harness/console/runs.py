"""Runs as people read them: scores with intervals, what to know before believing them, and what verification found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.console.base import out
from harness.metrics.registry import PUBLISHED, registered
from harness.metrics.units import FRACTION
from harness.runs.recomputed import Check
from harness.runs.record import Record
from harness.types import Estimate, Outcome
from harness.views import wording
from harness.views.naming import names_of

OUTCOMES: tuple[Outcome, ...] = ("answered", "unparsed", "empty", "refused", "failed")
"""What can become of a reply."""
_COUNTS: dict[str, str] = {"unparsed_rate": "counts every sample without an answer: unparsed, empty, refused or failed"}
"""What a metric counts whose name is also an outcome's."""
_MARKS = {"holds": ("holds", "green"), "fails": ("FAILS", "bold red"), "not checked": ("not checked", "yellow")}


def warnings_of(record: Record) -> list[str]:
    """What a reader must know before believing a number of this run."""
    lines = []
    if record.data.kind == "synthetic":
        lines.append("SYNTHETIC SAMPLE: invented data; these numbers say nothing about a model. Pass --data-root for real ones.")
    if reasons := [reason for reason in record.not_ranked if reason != "synthetic sample"]:
        lines.append(f"not ranked: {'; '.join(reasons)}")
    lines += failures_of(record)
    unread, refused, n = record.counts.unparsed + record.counts.empty, record.counts.refused, record.counts.examples
    if refused and record.prompting.refusals == "wrong":
        lines.append(f"{refused} of {n} requests were refused; they count as wrong")
    elif refused:
        lines.append("refused replies are kept; --refusals wrong counts them as wrong answers, and the run as complete")
    if unread:
        lines.append(f"{unread} of {n} replies could not be read as an answer; they count as wrong")
    if cut := record.prompting.cut:
        limit = record.prompting.limit or f"{record.prompting.decoding.max_new_tokens} tokens; --max-new-tokens gives them more"
        lines.append(f"{cut} of {n} replies ended at the limit of {limit}")
    lines += [f"{way}: {count} of {n} replies" for way, count in record.prompting.adapted.items()]
    return [*lines, *record.data.notes, *([record.model.note] if record.model.note else [])]


_MOST_REASONS = 3
"""Reasons of failure that are told one by one."""


def failures_of(record: Record) -> list[str]:
    """Why requests failed: the commonest reasons, a line each, with the first sample that met it."""
    told = [f"{failure.n} failed: {failure.reason} (first: {failure.first})" for failure in record.failures[:_MOST_REASONS]]
    left = record.failures[_MOST_REASONS:]
    more = sum(failure.n for failure in left)
    return [*told, *([f"{more} failed for {len(left)} other reasons: see failures in run.json"] if left else [])]


def outcomes(record: Record) -> str:
    """What became of the replies, by number; nothing where all were answered."""
    counts = {name: getattr(record.counts, name) for name in OUTCOMES}
    return " · ".join(f"{name} {n}" for name, n in counts.items()) if any(counts[name] for name in OUTCOMES[1:]) else ""


def print_run(record: Record, folder: Path | None = None) -> None:
    """One run's scores: every metric on the whole set, the one that ranks on its slices, then what compares with publications alone."""
    console = out()
    head = f"{record.full_name} · {record.split} · {record.model.name}"
    counts = record.counts
    became = outcomes(record)
    console.print(
        Text(f"\n{head}", style="bold"),
        Text(f"n {counts.examples} · {record.status}{f' · {became}' if became else ''}", style="dim"),
        soft_wrap=True,
    )
    for line in warnings_of(record):
        console.print(Text(f"  ! {line}", style="yellow"), soft_wrap=True)
    ranking = record.estimates[0].metric, record.estimates[0].variant
    ours = [e for e in record.estimates if e.variant not in PUBLISHED and (e.slice == "all" or (e.metric, e.variant) == ranking)]
    published = _published(record.estimates)
    everything = [_cells(estimate) for estimate in (*ours, *published)]
    widths = [max(len(text) for text in (name, *(cells[column] for cells in everything))) for column, name in enumerate(_COLUMNS)]
    _print_scores(console, ours, widths)
    if published:
        console.print(Text("\nfor comparison with publications alone: harness metrics VARIANT", style="dim"), soft_wrap=True)
        _print_scores(console, published, widths)
    tokens = record.prompting.tokens
    if tokens:
        cost = f", cost {tokens.cost:.4f}" if tokens.cost else ""
        console.print(Text(f"  tokens: {tokens.prompt:,} read, {tokens.completion:,} written{cost}", style="dim"))
    if folder is not None:
        console.print(Text(f"  {folder}", style="dim"), soft_wrap=True)


def _published(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The scores under the definitions of publications, variant by variant: on the whole set, and on the parts these are published for."""
    order = {variant: position for position, variant in enumerate(PUBLISHED)}
    split = {metric.signature for metric in registered() if metric.slices}
    found = [e for e in estimates if e.variant in order and (e.slice == "all" or e.signature in split)]
    return sorted(found, key=lambda estimate: order[estimate.variant])


_COLUMNS = ("metric", "variant", "slice", "value", "95 % interval", "n (groups)")
_NOTE = 32
"""The narrowest column that a note can be read in, in characters."""


def _print_scores(console: Console, estimates: Sequence[Estimate], widths: Sequence[int]) -> None:
    """Scores in columns of given widths; their notes in a column where there is room, else below."""
    room = console.width - sum(widths) - 2 * len(widths) >= _NOTE
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, width in zip(_COLUMNS, widths, strict=True):
        table.add_column(name, justify="right" if name in ("value", "n (groups)") else "left", no_wrap=True, min_width=width)
    if room:
        table.add_column("note", style="dim", overflow="fold")
    for estimate in estimates:
        cells = _cells(estimate)
        table.add_row(*(cells if room else cells[:-1]))
    console.print(table, crop=False)
    for estimate in estimates:
        note = _cells(estimate)[-1]
        if note and not room:
            console.print(Text(f"  {estimate.metric}/{estimate.variant} {estimate.slice}: {note}", style="dim"))


def _cells(estimate: Estimate) -> tuple[str, ...]:
    unit = "" if estimate.unit == FRACTION.name else f" {estimate.unit}"
    return (
        estimate.metric + unit,
        estimate.variant,
        estimate.slice,
        wording.value(estimate.value, estimate.unit),
        wording.interval(estimate.low, estimate.high, estimate.unit),
        f"{estimate.n} ({estimate.n_groups})",
        "; ".join(part for part in (_COUNTS.get(estimate.metric, "") if estimate.value else "", estimate.note) if part),
    )


def print_summary(runs: Sequence[Record], failures: Sequence[tuple[str, str]]) -> None:
    """One line per task: the metric that ranks, or why there is none."""
    table = Table(title="\nsummary", title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("task", "system", "metric", "value", "95 % interval", "n", "status"):
        table.add_column(name, no_wrap=name != "status", header_style="dim", justify="right" if name in ("value", "n") else "left")
    for record, name in zip(runs, names_of(runs), strict=True):
        first = record.estimates[0]
        status = record.status if not record.not_ranked else f"{record.status}: {'; '.join(record.not_ranked)}"
        metric = wording.score(first.metric, first.variant)
        value, bounds = wording.value(first.value, first.unit), wording.interval(first.low, first.high, first.unit)
        table.add_row(record.full_name, name, metric, value, bounds, str(first.n), status)
    for failed, message in failures:
        table.add_row(failed, "", "", "", "", "", Text(message.splitlines()[0], style="red"))
    out().print(table)


def print_checks(found: Sequence[tuple[Path, Sequence[Check]]]) -> None:
    """Each run's checks, a line each."""
    console = out()
    for folder, checks in found:
        console.print(Text(str(folder), style="bold"), soft_wrap=True)
        for check in checks:
            mark, style = _MARKS[check.status]
            console.print(Text.assemble("  ", (f"{mark:<12}", style), f"{check.name:<12}", check.detail), soft_wrap=True)
