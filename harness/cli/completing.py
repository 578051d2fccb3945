"""What the shell offers for a word that is being typed: names, from listings that cost no start of what they name.

Whatever goes wrong while a word is completed, nothing is offered, and the shell falls back on the names of files.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import typer

Offer = Callable[[typer.Context, str], list[str]]
_LOOKS = 400
"""Folders that are looked into for one word: a home folder is not searched."""
_DEEP = 4
"""Levels below a folder at which its runs lie at most: task, system, split, repeat."""


_QUOTED = re.compile(r"""[\s()'"&;|<>$`*?!#\\\[\]]""")
"""What a shell would take for something else: offers are put in as they are."""


def _offering(names: Callable[[typer.Context, str], Iterable[str]]) -> Offer:
    """The names that begin as the word does, each once; none where there is any trouble."""

    def offered(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fitting = (name for name in names(ctx, incomplete) if name.startswith(incomplete) and not _QUOTED.search(name))
                return list(dict.fromkeys(fitting))
        except Exception:  # noqa: BLE001  a folder without rights, a card without a key: told by the command itself
            return []

    return offered


def _listed(names: Callable[[typer.Context, str], Iterable[str]]) -> Offer:
    """The same for the last of several names with commas; those before it are not offered again."""

    def offered(ctx: typer.Context, incomplete: str) -> Iterator[str]:
        before, comma, last = incomplete.rpartition(",")
        named = {name.strip() for name in before.split(",")}
        return (f"{before}{comma}{name}" for name in names(ctx, last) if name not in named)

    return _offering(offered)


def one_of(*names: str) -> Offer:
    """Some fixed names."""
    return _offering(lambda _, __: names)


def _of_tasks(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Names of tasks; of one before an ``@`` its variants, for which its card is read."""
    from harness.data import listing

    cards = listing.at_hand([Path(folder) for folder in ctx.params.get("task_dir") or ()])
    name, at, _ = incomplete.partition("@")
    if at and name in cards:
        from harness.cards import read_card

        yield from (f"{name}@{variant}" for variant in read_card(cards[name]).variants)
    yield from cards


def _of_patterns(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    from harness.data.listing import GROUPS

    yield from _of_tasks(ctx, incomplete)
    yield from GROUPS


def _of_fetched(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    yield from _of_patterns(ctx, incomplete)
    yield "biomedgpt-vocabulary"


def _of_metrics(_: typer.Context, incomplete: str) -> Iterator[str]:
    """Names of metrics; with a ``/`` those of their variants."""
    for name, variants in _metrics().items():
        yield name
        if "/" in incomplete or name == incomplete:
            yield from (f"{name}/{variant}" for variant in variants)


def _of_explained(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    yield from _of_metrics(ctx, incomplete)
    yield from (variant for variants in _metrics().values() for variant in variants)


def _metrics() -> dict[str, list[str]]:
    """Each metric's variants; the registry is the only list of them, and is quickly read."""
    from harness.metrics.registry import registered

    variants: dict[str, list[str]] = {}
    for metric in registered():
        if metric.variant not in variants.setdefault(metric.name, []):
            variants[metric.name].append(metric.variant)
    return variants


def _of_models(_: typer.Context, incomplete: str) -> Iterator[str]:
    """Kinds of models, the names of baselines, and what lies in the folder that is being typed."""
    from harness.models import kinds

    kind, colon, place = incomplete.partition(":")
    if kind == "baseline" and colon:
        yield from (f"baseline:{name}" for name in kinds.BASELINES)
    elif colon:  # what is behind another kind is a place: a file, a name on the Hub, an address
        yield from (f"{kind}:{path}" for path in _in_folder(place))
    else:
        known = [kind for kind in (*kinds.KINDS, *kinds.announced()) if kind.startswith(incomplete)]
        yield from (f"{kind}:" for kind in known)
        yield from (f"{kind}:…" for kind in known)  # two offers, so that no blank is put behind the only one
        yield from _in_folder(incomplete)


def _in_folder(incomplete: str) -> Iterator[str]:
    """Files and folders whose path begins as a word does; of a single folder what is in it as well."""
    head, tail = _split(incomplete)
    entries = [entry for entry in _entries(head) if entry.name.startswith(tail) and (tail or not entry.name.startswith("."))]
    for entry in entries:
        yield f"{head}{entry.name}"
    if len(entries) == 1 and entries[0].is_dir():
        yield f"{head}{entries[0].name}/"


def _of_runs(_: typer.Context, incomplete: str) -> Iterator[str]:
    """Folders of runs, and the folders on the way to them, a level at a time; of a single one the next level as well."""
    looks = iter(range(_LOOKS))
    head, tail = _split(incomplete)
    while True:
        folders = [
            entry
            for entry in _entries(head)
            if entry.name.startswith(tail) and not entry.name.startswith(".") and entry.is_dir() and _holds_run(entry.path, _DEEP, looks)
        ]
        yield from (f"{head}{entry.name}" for entry in folders)
        if len(folders) != 1 or Path(folders[0].path, "run.json").is_file():
            return
        head, tail = f"{head}{folders[0].name}/", ""


def _of_compared(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    yield from _of_runs(ctx, incomplete)
    yield from ("reported", "reported:")
    if incomplete.startswith("reported:"):
        yield from (f"reported:{name}" for name in _of_systems(ctx, incomplete))


def _of_systems(ctx: typer.Context, __: str) -> Iterator[str]:
    """Published systems, of the task that is named before; with hyphens for blanks, which makes no other name."""
    import csv

    from harness.data.listing import TASKS

    task = str(ctx.params.get("task") or "").partition("@")[0]
    with (TASKS / "reported.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if task in ("", row["task"]):
                yield row["system"].replace(" ", "-")


def _holds_run(folder: str, deep: int, looks: Iterator[int]) -> bool:
    """Whether a run lies in a folder, or so many levels below it; a folder that is not looked into any more may hold one."""
    if next(looks, None) is None:
        return True
    below = []
    for entry in _entries(folder):
        if entry.name == "run.json":
            return True
        if not entry.name.startswith(".") and entry.is_dir():
            below.append(entry.path)
    return deep > 0 and any(_holds_run(path, deep - 1, looks) for path in below)


def _of_families(_: typer.Context, __: str) -> Sequence[str]:
    from harness.data.listing import FAMILIES

    return FAMILIES


def _of_layouts(_: typer.Context, __: str) -> Iterable[str]:
    from harness.checks.new_task.layouts import LAYOUTS

    return LAYOUTS


def _of_access(_: typer.Context, __: str) -> Sequence[str]:
    from harness.cards import Access

    return get_args(Access)


def _split(incomplete: str) -> tuple[str, str]:
    """A path's folder, as typed and with its stroke, and the beginning of the name in it."""
    place = incomplete.rfind("/") + 1
    return incomplete[:place], incomplete[place:]


def _entries(folder: str) -> Sequence[os.DirEntry[Any]]:
    try:
        with os.scandir(Path(folder or ".").expanduser()) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return ()


task = _offering(_of_tasks)
task_list = _listed(_of_patterns)
fetched = _listed(_of_fetched)
metric = _offering(_of_metrics)
metric_list = _listed(_of_metrics)
explained = _offering(_of_explained)
model = _offering(_of_models)
runs = _offering(_of_runs)
compared = _offering(_of_compared)
system = _offering(_of_systems)
family = _offering(_of_families)
layout = _offering(_of_layouts)
access = _offering(_of_access)
