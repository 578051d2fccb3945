"""Runs as people read them: scores with intervals, and what to know before believing them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from harness.console.base import line, out, quoted, say
from harness.console.grid import Content, Notes, columns, show
from harness.metrics.units import FRACTION, KNOWN
from harness.runs.record import Record
from harness.types import Estimate, Outcome
from harness.views import wording
from harness.views.headline import every, few
from harness.views.naming import names_of
from harness.views.repeats import Spread

OUTCOMES: tuple[Outcome, ...] = ("answered", "unparsed", "empty", "refused", "failed")
"""What can become of a reply."""
_COUNTS: dict[str, str] = {"unparsed_rate": "counts every sample without an answer: unparsed, empty, refused or failed"}
"""What a metric counts whose name is also an outcome's."""


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


def print_outcome(
    runs: Sequence[tuple[Path, Record]],
    failures: Sequence[tuple[str, str]],
    spreads: Sequence[Spread],
    *,
    of: int,
    results: Path,
    everything: bool,
) -> None:
    """What a command over tasks ends with: the run's headline, or a line for each of several.

    Args:
        runs: Each with its folder.
        failures: Tasks without a run, with the reason.
        spreads: Over seeds.
        of: How many tasks were ordered.
        results: The folder under which the runs lie.
        everything: Print every score of every run.
    """
    several = of > 1 or len(runs) > 1
    for folder, record in runs if everything or not several else ():
        print_run(record, folder, everything=everything)
    if several and (runs or failures):
        print_summary(runs, failures, results)
    _print_spreads(spreads, everything=everything)


def print_run(record: Record, folder: Path, *, everything: bool = False) -> None:
    """One run: what to know before believing it, the score that ranks and the few beside it, what failed, and where it lies.

    Args:
        record: The run.
        folder: Where it lies.
        everything: Print every score, as publications compute them too.
    """
    leading = record.estimates[0]
    out().print()
    line(f"{record.full_name} · {record.split} · {record.model.name}", style="bold")
    score, shown = wording.score(leading.metric, leading.variant), wording.cell(leading)
    n = f"n = {leading.n:,}" + (f" in {wording.many(leading.n_groups, 'group')}" if leading.n_groups != leading.n else "")
    line(Text.assemble(f"{score} ", (shown, "bold green"), f" · {n} · {record.status}"), indent=2)
    for told in warnings_of(record):
        line(f"! {told}", indent=2, style="yellow")
    ours, published = every(record)
    first = few(record)
    notes = Notes()
    out().print()
    _print_scores(ours if everything else first, notes)
    if everything and published:
        out().print()
        line("for comparison with publications alone: harness metrics VARIANT", style="dim")
        _print_scores(published, notes)
    notes.show()
    out().print()
    if became := outcomes(record):
        line(became, indent=2)
        for flag in _to_look_at(record):
            say(f"  see what {_LOOKED_AT[flag]}: harness samples {quoted(folder)} --{flag}")
    if not everything and (left := len(ours) + len(published) - len(first)) > 0:
        line(f"{wording.many(left, 'more score')}, on slices and as publications compute them: --all", indent=2, style="dim")
    if tokens := record.prompting.tokens:
        cost = f", cost {tokens.cost:.4f}" if tokens.cost else ""
        line(f"tokens: {tokens.prompt:,} read, {tokens.completion:,} written{cost}", indent=2, style="dim")
    say(f"  {folder}")


_LOOKED_AT = {"unread": "could not be read", "refused": "was refused", "failed": "failed"}
"""Option of ``harness samples`` to what it shows."""


def _to_look_at(record: Record) -> list[str]:
    """The options that show samples of this run."""
    counts = record.counts
    of = {"unread": counts.unparsed + counts.empty, "refused": counts.refused, "failed": counts.failed}
    return [flag for flag, n in of.items() if n]


_SCORES = columns("metric", "variant", "slice", "value", "95 % interval", "n (groups)", "note",
                  right=("value", "n (groups)"), leaves=("n (groups)",))  # fmt: skip


def _print_scores(estimates: Sequence[Estimate], notes: Notes) -> None:
    """Scores in columns, with the numbers of their notes."""
    whole = all(estimate.slice == "all" for estimate in estimates)
    show(_SCORES, [_cells(estimate, notes, whole=whole) for estimate in estimates], wide="--all")


def _cells(estimate: Estimate, notes: Notes, *, whole: bool) -> tuple[str, ...]:
    unit = "" if estimate.unit == FRACTION.name else f"a {estimate.unit}" if estimate.unit in KNOWN else f"unit: {estimate.unit}"
    counted = _COUNTS.get(estimate.metric, "") if estimate.value else ""
    return (
        estimate.metric,
        estimate.variant,
        "" if whole else estimate.slice,
        wording.value(estimate.value, estimate.unit),
        wording.interval(estimate.low, estimate.high, estimate.unit),
        f"{estimate.n:,} ({estimate.n_groups:,})",
        notes.mark(unit, counted, *estimate.note.split("; ")),
    )


def print_summary(runs: Sequence[tuple[Path, Record]], failures: Sequence[tuple[str, str]], results: Path) -> None:
    """One line per run: the metric that ranks, or why there is none; what to know of several, once.

    Args:
        runs: Each with its folder.
        failures: Tasks without a run, with the reason.
        results: The folder under which the runs lie.
    """
    notes = Notes()
    records = [record for _, record in runs]
    rows: list[tuple[Content, ...]] = []
    for record, name in zip(records, names_of(records), strict=True):
        first, counts = record.estimates[0], record.counts
        rows.append(
            (
                record.full_name,
                name,
                wording.score(first.metric, first.variant),
                wording.value(first.value, first.unit),
                wording.interval(first.low, first.high, first.unit),
                f"{first.n:,}",
                _count(counts.unparsed + counts.empty),
                _count(counts.refused),
                _count(counts.failed),
                record.status,
                notes.mark(*(told for told in warnings_of(record) if not _COUNTED.match(told)), *first.note.split("; ")),
            )
        )
    for failed, message in failures:
        reason = message.splitlines()[0].removeprefix(f"{failed}: ")
        rows.append((failed, *[""] * 8, Text("error", style="red"), notes.mark(reason)))
    out().print()
    show(_SUMMARY, rows, wide="--all")
    notes.show()
    out().print()
    for folder, record in runs:
        if flags := _to_look_at(record):
            say(f"  {record.full_name}: harness samples {quoted(folder)} {' '.join(f'--{flag}' for flag in flags)}")
    if runs:
        say(f"  in {results}; side by side: harness scoreboard {quoted(results)}")


_COUNTED = re.compile(r"\d+ of \d+ (replies could not be read|requests were refused)")
"""What a summary has a column for."""
_SUMMARY = columns("task", "system", "metric", "value", "95 % interval", "n", "unread", "refused", "failed", "status", "note",
                   right=("value", "n", "unread", "refused", "failed"),
                   leaves=("n", "metric", "status", "95 % interval"))  # fmt: skip


def _count(n: int) -> str:
    return f"{n:,}" if n else ""


def _print_spreads(spreads: Sequence[Spread], *, everything: bool) -> None:
    """Mean and standard deviation over seeds: of each task the metric that ranks, or all of them."""
    first = {spread.task: spread for spread in reversed(spreads)}
    shown = [spread for spread in spreads if everything or first[spread.task] is spread]
    if not shown:
        return
    out().print()
    rows = [
        (
            spread.task,
            wording.score(spread.metric, spread.metric_variant),
            wording.value(spread.mean, spread.unit),
            wording.value(spread.sd, spread.unit),
            str(len(spread.seeds)),
        )
        for spread in shown
    ]
    show(columns("task", "metric", "mean", "SD", "seeds", right=("mean", "SD", "seeds")), rows)
    if len(shown) < len(spreads):
        line(f"{len(spreads) - len(shown)} more metrics over the seeds: --all", indent=2, style="dim")
