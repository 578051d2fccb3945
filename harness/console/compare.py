"""Comparisons as people read them: beside published numbers, and runs against runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.console.base import out
from harness.views import wording
from harness.views.folding import folded

if TYPE_CHECKING:
    from harness.runs.record import Record
    from harness.views.beside_board import Beside
    from harness.views.beside_published import Verdict
    from harness.views.between_runs import Contrast
    from harness.views.samples import Told

_STYLES = {"consistent": "green", "reproduced": "bold green", "higher": "cyan", "lower": "magenta", "not reproduced": "bold red"}
_SHORT = 160


def print_verdicts(record: Record, name: str, verdicts: Sequence[Verdict], most: int) -> None:
    """Each published number beside ours; those that compare first."""
    console = out()
    console.print(Text(f"\n{record.full_name} · {record.split} · {name}", style="bold"), Text("beside published numbers", style="dim"))
    if not verdicts:
        console.print("  no published number is related to this run's metrics")
        return
    rows = folded(verdicts, lambda verdict: verdict.published, apart=lambda verdict: (verdict.judgement, verdict.metric_variant))
    ours = ""
    table = _published()
    for row in rows[:most]:
        verdict, number = row.item, row.item.published
        if _ours(verdict) != ours:
            _show(table)
            ours, table = _ours(verdict), _published()
            console.print(Text(f"  {ours}", style="cyan"), soft_wrap=True)
        source = f"{number.system} ({number.source_title}{', ' + row.more if row.more else ''})"
        table.add_row(
            wording.value(number.value, number.unit),
            "" if verdict.difference is None else wording.signed(verdict.difference, verdict.unit),
            Text(verdict.judgement, style=_STYLES.get(verdict.judgement, "dim")),
            Text.assemble(source, (f"\n{'; '.join(verdict.reasons)}" if verdict.reasons else "", "dim")),
        )
    _show(table)
    hidden = len(verdicts) - len(rows[:most])
    if hidden:
        console.print(Text(f"  and {hidden} more: --most {len(rows)}, or --json for those of one source too", style="dim"))
    counted = Counter(verdict.judgement for verdict in verdicts)
    console.print(Text("  " + ", ".join(f"{n} {judgement}" for judgement, n in counted.most_common()), style="dim"))
    console.print(Text("  each verdict stands for itself, at 95 %; none is adjusted for how many there are", style="dim"))


def _ours(verdict: Verdict) -> str:
    """Our score, as the heading of the published numbers beside it."""
    score = wording.score(verdict.metric, verdict.metric_variant, verdict.slice)
    width = f" (± {wording.value(verdict.half_width, verdict.unit)})" if verdict.half_width is not None else ""
    return f"{score}: {wording.bracketed(verdict.value, verdict.low, verdict.high, verdict.unit)}{width}, n = {verdict.n:,}"


def _published() -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _show(table: Table) -> None:
    if table.row_count:
        out().print(Padding(table, (0, 0, 0, 4)))


def print_contrasts(contrasts: Sequence[Contrast]) -> None:
    """The differences of runs, second minus first."""
    console = out()
    heads = {(contrast.task, contrast.first, contrast.second) for contrast in contrasts}
    for task, first, second in sorted(heads, key=lambda head: [(c.task, c.first, c.second) for c in contrasts].index(head)):
        console.print(Text(f"\n{task} · {second} minus {first}", style="bold"))
        own = [c for c in contrasts if (c.task, c.first, c.second) == (task, first, second)]
        for refused in (contrast.refused for contrast in own if contrast.refused):
            console.print(Text(f"  not comparable: {refused}", style="yellow"), soft_wrap=True)
        if all(contrast.refused for contrast in own):
            continue
        table = _table(
            "metric", "slice", "first", "second", "difference", "95 % interval", "p", "p (Holm)", "McNemar p", "n (groups)", "better"
        )
        for contrast in own:
            found = contrast.difference
            if found is None:
                continue
            table.add_row(
                wording.score(contrast.metric, contrast.metric_variant) + ("" if contrast.higher_is_better else " ↓"),
                contrast.slice,
                wording.value(found.first, contrast.unit),
                wording.value(found.second, contrast.unit),
                wording.signed(found.value, contrast.unit),
                wording.interval(found.low, found.high, contrast.unit, difference=True),
                _p(found.p),
                _p(contrast.p_holm),
                _p(found.mcnemar_p),
                f"{found.n} ({found.n_groups})",
                contrast.better,
            )
        console.print(table)
    if all(contrast.p_holm is None for contrast in contrasts):
        return
    console.print(Text(f"  p: permutation of whole groups; {_families(contrasts)}", style="dim"), soft_wrap=True)
    console.print(
        Text("  better: p (Holm) of 0.05 or less; McNemar: samples, groups ignored (unclustered), not adjusted", style="dim"),
        soft_wrap=True,
    )


def _families(contrasts: Sequence[Contrast]) -> str:
    """What was adjusted together."""
    leading = [contrast for contrast in contrasts if contrast.family == "leading" and contrast.p_holm is not None]
    further = [contrast for contrast in contrasts if contrast.family == "further" and contrast.p_holm is not None]
    tasks = len({contrast.task for contrast in leading})
    pairs = len({(contrast.first, contrast.second) for contrast in leading})
    over = f"over {_n(tasks, 'task')} and {_n(pairs, 'pair')} of runs ({_n(len(leading), 'test')})"
    parts = [
        *([f"{over} for the first metric on the whole set"] if leading else []),
        *([f"over the {_n(len(further), 'test')} of other metrics and slices among themselves"] if further else []),
    ]
    return f"Holm: {', and '.join(parts)}"


def _n(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def print_changes(task: str, first: str, second: str, found: Sequence[Told], total: int) -> None:
    """The samples that changed, with what text is at hand."""
    console = out()
    console.print(Text(f"\n{task} · {total} samples changed between {first} and {second}", style="bold"))
    for item in found:
        change = item.change
        console.print(
            Text(f"  {change.id}: {change.first:.3g} → {change.second:.3g}", style="cyan"), Text(" / ".join(change.outcomes), style="dim")
        )
        for name, text in (("question", item.prompt), ("reference", item.reference), (first, item.first), (second, item.second)):
            if text is not None:
                console.print(Text(f"    {name}: {_one_line(text)}"), soft_wrap=True)
    if total > len(found):
        console.print(Text(f"  and {total - len(found)} more: --changes {total}", style="dim"))


def print_beside(found: Sequence[Beside]) -> None:
    """Of each ranked task the best published value that compares, and the widest spread of one system's values."""
    for one in found:
        best = "no published value compares"
        if one.best is not None:
            best = f"best published value that compares {wording.value(one.best, one.unit)}, {one.best_system} ({one.best_source})"
        apart = f"; values of one system up to {wording.value(one.spread, one.unit)} apart: {one.spread_system}" if one.spread else ""
        out().print(Text(f"  {one.task} {one.metric}: {best}{apart}", style="dim"), soft_wrap=True)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        right = name in (
            "value",
            "±",
            "n",
            "difference",
            "p",
            "p (Holm)",
            "McNemar p",
            "first",
            "second",
            "n (groups)",
            "of the 25",
            "mean rank",
            "wins",
            "verified",
        )
        table.add_column(name, justify="right" if right else "left", no_wrap=name not in ("why", "published"), overflow="fold")
    return table


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value >= 0.001 else "<.001"


def _one_line(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _SHORT else f"{folded[:_SHORT]} …"
