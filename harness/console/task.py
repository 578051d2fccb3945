"""Everything known of one task, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.padding import Padding
from rich.text import Text

from harness.console.base import line, out
from harness.console.grid import Column, Content, facts, show
from harness.console.published import print_groups, print_published
from harness.console.tasks import summary
from harness.data import contract
from harness.errors import PrerequisiteError
from harness.images.words import describe
from harness.types import Example, Task
from harness.views.graded import Group
from harness.views.published import Reported


def details(
    task: Task[Any], example: Example[Any] | None, published: Sequence[Reported], others: Sequence[Group] = (), *, real: bool = False
) -> dict[str, Any]:
    """A task as ``harness show --json`` prints it; without an example its prompt is null."""
    card = task.card
    return {
        **summary(task),
        "version": card.version,
        "citation": card.citation,
        "homepage": card.homepage,
        "obtain": card.obtain,
        "folder": card.folder,
        "ids": card.ids,
        "labels": list(card.labels),
        "numbered": card.numbered,
        "known_flaws": list(card.known_flaws),
        "paper": card.paper,
        "paper_split_known": card.paper_split_known,
        "expected": {
            name: {"n": split.n, "groups": split.groups, "counts": {key: dict(value) for key, value in split.counts.items()}}
            for name, split in card.splits.items()
        },
        "prompt": None
        if example is None
        else {
            "text": contract.prompt_of(task, example.input, example.id),
            "choices": list(example.input.choices),
            "images": _pictures(example),
            "synthetic": not real,
        },
        "metric_signatures": [metric.signature for metric in task.metrics],
        "reported": [
            {
                "system": number.system,
                "metric": number.metric,
                "metric_variant": number.metric_variant,
                "slice": number.slice,
                "value": number.value,
                "unit": number.unit,
                "source": number.source_title,
                "confidence": number.confidence,
            }
            for number in published
        ],
        "not_compared": [value for group in others for value in group.values],
    }


def _pictures(example: Example[Any]) -> list[str]:
    """The facts of each picture, or why it cannot be read."""
    descriptions = []
    for image in example.input.images:
        try:
            descriptions.append(describe(image))
        except PrerequisiteError as error:
            descriptions.append(str(error).splitlines()[0])
    return descriptions


def print_task(
    task: Task[Any],
    example: Example[Any] | None,
    published: Sequence[Reported],
    data_root: Path | None,
    others: Sequence[Group] = (),
    *,
    real: bool = False,
    everything: bool = False,
) -> None:
    """Everything known of a task; ``real`` says that the example is the release's, ``everything`` that no list is cut or folded."""
    console, card = out(), task.card
    console.print(Text(f"{card.full_name} · {card.title}", style="bold"), Text(f"{card.family} · {card.modality}", style="dim"))
    where = f"{(data_root / card.folder)}" if data_root else f"DATA_ROOT/{card.folder}"
    told = [
        ("licence", card.licence),
        ("access", card.access),
        ("data in", where),
        ("resampled", card.group),
        ("an id is", card.ids),
        ("homepage", card.homepage),
        ("citation", card.citation),
        ("paper", card.paper),
    ]
    rows: list[tuple[Content, Content]] = [(name, value) for name, value in told if value]
    for name, split in card.splits.items():
        counts = "; ".join(
            f"{dimension}: {', '.join(f'{value} {n:,}' for value, n in values.items())}" for dimension, values in split.counts.items()
        )
        size = "size not fixed" if split.n is None else f"{split.n:,} examples"
        groups = "" if split.groups is None else f", {split.groups:,} {card.group}s"
        rows.append((f"split {name}", f"{size}{groups}{'; ' + counts if counts else ''}"))
    rows += [("flaw", flaw) for flaw in card.known_flaws]
    facts(rows)
    console.print()
    if example is not None:
        _print_prompt(task, example, real=real)
    _print_metrics(task)
    print_published(published, task.metrics, everything=everything)
    print_groups(others, everything=everything)
    console.print(Text("how to get the data", style="bold"))
    console.print(Padding(Text(card.obtain.strip()), (0, 2)))


def _print_prompt(task: Task[Any], example: Example[Any], *, real: bool) -> None:
    console = out()
    whose = "of the release's first example" if real else "of an invented example"
    if real and task.card.credentialed:
        whose += f", which is {task.card.access}: it stays on this machine"
    several = "pictures" if len(example.input.images) > 1 else "picture"
    pictures = f"; {several}: {'; '.join(_pictures(example))}" if example.input.images else ""
    line(Text.assemble(("prompt ", "bold"), (f"{whose}{pictures}", "dim")))
    text = contract.prompt_of(task, example.input, example.id)
    shortened = text if len(text) <= 1200 else f"{text[:1200]} … ({len(text):,} characters)"
    console.print(Padding(Text(shortened), (0, 2, 1, 2)))


def _print_metrics(task: Task[Any]) -> None:
    console = out()
    console.print(Text("metrics", style="bold"), Text("the first one ranks", style="dim"))
    rows = [(f"{metric.name}/{metric.variant}", Text.assemble(metric.summary, "\n", (metric.signature, "dim"))) for metric in task.metrics]
    show([Column(), Column(prose=True)], rows, indent=2)
    console.print()
