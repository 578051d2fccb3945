"""A page for each metric with all of its variants and one that lists them, of the registry."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence

from harness.metrics import registry
from harness.metrics.base import Metric
from harness.views import usage
from harness.views.usage import Entry
from website.words import block, listed, plain, table


def link(metric: Metric, up: str) -> str:
    """A link to a variant's own words, from a page that stands ``up`` from the root."""
    return f"[`{metric.name}/{metric.variant}`]({up}/metrics/{metric.name}.md#{_anchors()[metric.signature]})"


@functools.cache
def _anchors() -> dict[str, str]:
    """Signature to the anchor of its section: the variant's name, with a number where two tasks define it otherwise."""
    met: Counter[tuple[str, str]] = Counter()
    anchors: dict[str, str] = {}
    for metric in registry.registered():
        met[metric.name, metric.variant] += 1
        times = met[metric.name, metric.variant]
        anchors[metric.signature] = metric.variant if times == 1 else f"{metric.variant}-{times}"
    return anchors


def pages() -> dict[str, str]:
    """Markdown by the address of its page, for every registered metric."""
    entries = usage.of(registry.registered())
    by_name = {name: list(group) for name, group in itertools.groupby(sorted(entries, key=_name), key=_name)}
    return {"metrics/index.md": _index(entries), **{f"metrics/{name}.md": _page(name, found) for name, found in by_name.items()}}


def _name(entry: Entry) -> str:
    return entry.metric.name


def _index(entries: Sequence[Entry]) -> str:
    lines = [
        "# Metrics",
        "",
        "A metric's name is not enough: each has *variants*, and two values of one name and different variants are different quantities.",
        "`canonical` ones are ours to rank by; those named after a publication do what its evaluation does, defects included. Any of them",
        "is added to a run by `--metrics NAME/VARIANT`.",
        "",
    ]
    for family, found in itertools.groupby(entries, key=lambda entry: entry.family):
        rows = [
            [
                link(entry.metric, ".."),
                plain(entry.metric.unit),
                _best(entry.metric),
                str(len(entry.tasks) or "–"),
                plain(entry.metric.summary),
            ]
            for entry in found
        ]
        lines += [f"## {family.capitalize()}", "", *table(["metric", "unit", "best", "tasks", "what it is"], rows, numbers=[3])]
    return "\n".join(lines)


def _best(metric: Metric) -> str:
    return "highest" if metric.higher_is_better else "lowest"


def _page(name: str, entries: Sequence[Entry]) -> str:
    lines = [f"# {plain(name)}", ""]
    for entry in entries:
        metric = entry.metric
        facts = [
            ("formula", f"`{entry.formula}`"),
            ("unit", f"{plain(metric.unit)}; the {_best(metric)} is the best"),
            ("source", plain(metric.source)),
            ("compares with", plain(entry.protocol)),
            ("needs", "scores of the choices" if "choice_log_probs" in metric.measure.needs else ""),
            ("tasks", ", ".join(f"[{plain(task)}](../tasks/{task.partition('@')[0]}.md)" for task in entry.tasks) or "none by itself"),
        ]
        rows = [[f"**{key}**", text.replace("|", "\\|") if text.startswith("`") else text] for key, text in facts if text]
        lines += [
            f"## {plain(metric.variant)} {{ #{_anchors()[metric.signature]} }}",
            "",
            plain(metric.summary),
            "",
            *table(["", ""], rows),
            *block(metric.signature),
        ]
        warned = [f"Pitfall: {plain(text)}" for text in metric.pitfalls]
        warned += [
            f"Known defect: `{one.predictions}` is rewarded, at least on {one.slice}: {plain(one.reason)}" for one in metric.known_defects
        ]
        lines += listed(warned) if warned else []
    return "\n".join(lines)
