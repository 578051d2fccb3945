"""Runs against runs as people read them: two in detail, or many against one reference, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from harness.console.base import line, out
from harness.console.grid import columns, show
from harness.views import wording

if TYPE_CHECKING:
    from harness.views.between_runs import Contrast
    from harness.views.samples import Told

_SHORT = 160
_SCREEN = 20
"""Lines of one table, unless all are asked for."""


def print_contrasts(contrasts: Sequence[Contrast], first: Sequence[tuple[str, str, str]], *, everything: bool = False) -> None:
    """The differences of runs: of one pair test by test, of several the leading test of each, then all where all are asked for.

    Args:
        contrasts: From `between_runs.compared`.
        first: Metric, variant and slice of the tests of a pair that are shown at first; empty shows all.
        everything: Every test of every pair.
    """
    pairs = list(dict.fromkeys((contrast.task, contrast.first, contrast.second) for contrast in contrasts))
    if len(pairs) > 1:
        _print_leading([contrast for contrast in contrasts if contrast.family == "leading"], everything=everything)
    for pair in pairs if everything or len(pairs) == 1 else ():
        _print_pair(pair, [c for c in contrasts if (c.task, c.first, c.second) == pair], () if everything else first)
    if len(pairs) > 1 and not everything:
        line("every metric and slice of each pair: --all", indent=2, style="dim")
    if any(contrast.p_holm is not None for contrast in contrasts):
        line(f"p: permutation of whole groups; {_families(contrasts)}", indent=2, style="dim")
        line("better: p (Holm) of 0.05 or less; McNemar: samples, groups ignored (unclustered), not adjusted", indent=2, style="dim")


_LEADING = columns("task", "metric", "system", "value", "against", "its value", "difference", "95 % interval", "p (Holm)", "verdict",
                   right=("value", "its value", "difference", "p (Holm)"), prose=("verdict",),
                   leaves=("metric", "its value", "p (Holm)", "95 % interval", "value"))  # fmt: skip


def _print_leading(contrasts: Sequence[Contrast], *, everything: bool) -> None:
    """A line for each pair; what is the same in all stands above."""
    tasks, references = ({getattr(contrast, name) for contrast in contrasts} for name in ("task", "first"))
    metrics = {_metric(contrast) for contrast in contrasts}
    out().print()
    parts = [
        *([next(iter(tasks))] if len(tasks) == 1 else []),
        *([next(iter(metrics))] if len(metrics) == 1 else []),
        *([f"against {next(iter(references))}"] if len(references) == 1 else []),
    ]
    line(" · ".join(parts) or "the metric that ranks", style="bold")
    order = list(dict.fromkeys(contrast.task for contrast in contrasts))
    ranked = sorted(contrasts, key=lambda c: (order.index(c.task), bool(c.refused), _ahead(c)))
    shown = ranked if everything else ranked[:_SCREEN]
    rows = []
    for contrast in shown:
        difference, unit = contrast.difference, contrast.unit
        rows.append(
            (
                "" if len(tasks) == 1 else contrast.task,
                "" if len(metrics) == 1 else _metric(contrast),
                contrast.second,
                "" if difference is None else wording.value(difference.second, unit),
                "" if len(references) == 1 else contrast.first,
                "" if difference is None else wording.value(difference.first, unit),
                "" if difference is None else wording.signed(difference.value, unit),
                "" if difference is None else wording.interval(difference.low, difference.high, unit, difference=True),
                _p(contrast.p_holm),
                _verdict(contrast),
            )
        )
    show(_LEADING, rows, indent=2, wide="--json")
    if len(shown) < len(ranked):
        line(f"{len(ranked) - len(shown)} more: --all", indent=2, style="dim")


def _metric(contrast: Contrast) -> str:
    return wording.score(contrast.metric, contrast.metric_variant) + ("" if contrast.higher_is_better else " ↓")


def _ahead(contrast: Contrast) -> float:
    value = 0.0 if contrast.difference is None else contrast.difference.value or 0.0
    return -value if contrast.higher_is_better else value


def _verdict(contrast: Contrast) -> Text:
    if contrast.refused:
        return Text(f"not comparable: {contrast.refused}", style="yellow")
    if contrast.p_holm is None and not (contrast.difference and contrast.difference.p is not None):
        return Text("not tested", style="dim")
    if not contrast.better:
        return Text("not told apart", style="dim")
    return Text("better", style="green") if contrast.is_second_better else Text("worse", style="magenta")


def _print_pair(pair: tuple[str, str, str], contrasts: Sequence[Contrast], first: Sequence[tuple[str, str, str]]) -> None:
    task, one, other = pair
    out().print()
    line(f"{task} · {other} minus {one}", style="bold")
    for refused in (contrast.refused for contrast in contrasts if contrast.refused):
        line(f"not comparable: {refused}", indent=2, style="yellow")
    tested = [contrast for contrast in contrasts if contrast.difference is not None]
    shown = [c for c in tested if not first or (c.metric, c.metric_variant, c.slice) in first or c.family == "leading"]
    names = [name.replace(" (", "\n(") for name in (one, other)]
    numbers = (*names, "difference", "p", "p (Holm)", "McNemar p", "n (groups)")
    of = columns("metric", "slice", *names, "difference", "95 % interval", "p", "p (Holm)", "McNemar p", "n (groups)", "better",
                 right=numbers, leaves=("McNemar p", "p", "n (groups)", "95 % interval"))  # fmt: skip
    rows = []
    for contrast in shown:
        difference, unit = contrast.difference, contrast.unit
        if difference is not None:
            rows.append(
                (
                    _metric(contrast),
                    contrast.slice,
                    wording.value(difference.first, unit),
                    wording.value(difference.second, unit),
                    wording.signed(difference.value, unit),
                    wording.interval(difference.low, difference.high, unit, difference=True),
                    _p(difference.p),
                    _p(contrast.p_holm),
                    _p(difference.mcnemar_p),
                    f"{difference.n:,} ({difference.n_groups:,})",
                    contrast.better,
                )
            )
    show(of, rows, wide="--json")
    if len(shown) < len(tested):
        line(f"{len(tested) - len(shown)} more metrics and slices: --all", indent=2, style="dim")


def _families(contrasts: Sequence[Contrast]) -> str:
    """What was adjusted together."""
    leading = [contrast for contrast in contrasts if contrast.family == "leading" and contrast.p_holm is not None]
    further = [contrast for contrast in contrasts if contrast.family == "further" and contrast.p_holm is not None]
    tasks = len({contrast.task for contrast in leading})
    pairs = len({(contrast.first, contrast.second) for contrast in leading})
    over = f"over {wording.many(tasks, 'task')} and {wording.many(pairs, 'pair')} of runs ({wording.many(len(leading), 'test')})"
    parts = [
        *([f"{over} for the first metric on the whole set"] if leading else []),
        *([f"over the {wording.many(len(further), 'test')} of other metrics and slices among themselves"] if further else []),
    ]
    return f"Holm: {', and '.join(parts)}"


def print_changes(task: str, first: str, second: str, samples: Sequence[Told], total: int) -> None:
    """The samples that changed, with what text is at hand."""
    out().print()
    line(f"{task} · {total} samples changed between {first} and {second}", style="bold")
    for item in samples:
        change = item.change
        moved = f"{change.id}: {change.first:.3g} → {change.second:.3g} "
        line(Text.assemble((moved, "cyan"), (" / ".join(change.outcomes), "dim")), indent=2)
        for name, text in (("question", item.prompt), ("reference", item.reference), (first, item.first), (second, item.second)):
            if text is not None:
                line(f"{name}: {_one_line(text)}", indent=4)
    if total > len(samples):
        line(f"and {total - len(samples)} more: --changes {total}", indent=2, style="dim")


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value >= 0.001 else "<.001"


def _one_line(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _SHORT else f"{folded[:_SHORT]} …"
