"""Published numbers of a task as people read them: by metric and slice, the best first, long lists cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.text import Text

from harness.console.base import line, out
from harness.console.grid import Column, show
from harness.metrics.base import Metric
from harness.views import wording
from harness.views.graded import BY_PEOPLE, ELSE, Group, graded, written
from harness.views.published import Reported

_MOST_WHOLE, _MOST_SLICE = 5, 2
_MOST_GROUPS, _MOST_GRADED = 3, 3
_MOST_GRADINGS = 2


def print_published(published: Sequence[Reported], metrics: Sequence[Metric], *, everything: bool) -> None:
    """Each metric and slice with its best values.

    Args:
        published: Of one task and form.
        metrics: The task's, the one that ranks first.
        everything: Whether every value is listed.
    """
    if not published:
        return
    groups: dict[tuple[str, str, str], list[Reported]] = {}
    for number in published:
        groups.setdefault((number.metric, number.metric_variant, number.slice), []).append(number)
    order = {name: place for place, name in reversed(list(enumerate(metric.name for metric in metrics)))}
    known = {metric.name: metric.higher_is_better for metric in metrics}
    out().print(Text("published numbers", style="bold"), Text("each under its own protocol, best first", style="dim"))
    for metric, variant, part in sorted(groups, key=lambda key: (key[2] != "all", order.get(key[0], len(order)))):
        higher = known[metric] if metric in known else _higher_is_better(metric)
        own = sorted(groups[metric, variant, part], key=lambda number: -number.value if higher else number.value)
        most = len(own) if everything else _MOST_WHOLE if part == "all" else _MOST_SLICE
        rows = [
            (
                wording.value(number.value, number.unit),
                number.system,
                number.source_title + ("" if number.confidence == "certain" else f", {number.confidence}"),
            )
            for number in own[:most]
        ]
        _print_group(wording.score(metric, variant, part), rows, len(own) - len(rows))
    out().print()


def _higher_is_better(metric: str) -> bool:
    """Of a metric that the task does not compute; all are imported to know it."""
    from harness.metrics import registry

    return registry.higher_is_better(metric) is not False


def print_groups(groups: Sequence[Group], *, everything: bool) -> None:
    """What people graded, and other values that no run compares with, each under its own title."""
    for title in (BY_PEOPLE, ELSE):
        own = [group for group in groups if group.by_people == (title == BY_PEOPLE)]
        if not own:
            continue
        out().print(Text(title, style="bold"))
        for group in own if everything else own[:_MOST_GROUPS]:
            shown = group.values if everything else group.values[:_MOST_GRADED]
            rows = [(written(other), other.system, other.source_title) for other in shown]
            why = "" if group.by_people else f": {group.why}"
            _print_group(f"{group.called}{why}", rows, len(group.values) - len(shown))
        if not everything and len(own) > _MOST_GROUPS:
            names = ", ".join(group.metric.replace("_", " ") for group in own[_MOST_GROUPS:])
            line(Text(f"and {len(own) - _MOST_GROUPS} more, --all: {names}", style="dim"), indent=2)
        out().print()


def print_graded(tasks: Sequence[str]) -> None:
    """Below a leaderboard: of each task the gradings by people, a line each with their best values."""
    told = [(task, groups) for task in tasks if (groups := graded(task))]
    if told:
        line(BY_PEOPLE, indent=2, style="bold")
    for task, groups in told:
        for group in groups[:_MOST_GRADINGS]:
            best = ", ".join(f"{written(other)} {other.system}" for other in group.values[:_MOST_SLICE])
            line(f"{task} {group.called}: {best}", indent=2, style="dim")
        if len(groups) > _MOST_GRADINGS:
            more = f"{task}: {len(groups) - _MOST_GRADINGS} gradings more, {sum(len(group.values) for group in groups)} values in all"
            line(f"{more}: harness show {task} --all", indent=2, style="dim")


def _print_group(title: str, rows: Sequence[tuple[str, str, str]], hidden: int) -> None:
    more = f"and {hidden} more: --all, or --json" if hidden else ""
    out().print(Padding(Text.assemble((title, "cyan"), "  ", (more, "dim")), (0, 2)))
    show([Column(right=True), Column(prose=True), Column(prose=True, style="dim")], rows, indent=4)
