"""A page for each task and one that lists them, of their cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cards import Card
from harness.checks.subject import subject_of
from harness.console.tasks import summary
from harness.data import catalog, contract
from harness.types import Task
from website import metrics
from website.words import block, count, listed, plain, table

FAMILIES: Mapping[str, str] = {
    "vqa": "Questions about a picture",
    "captioning": "Captions and reports of pictures",
    "classification": "Classes of pictures",
    "understanding": "Reading of texts and tables",
    "summarization": "Summaries",
}
ACCESS: Mapping[str, str] = {
    "open": "open: anybody may download it",
    "registration": "after registration with its publisher",
    "application": "after an application that its publisher grants; text and pictures stay on your machine",
    "credentialed": "under a data use agreement, for people whom its publisher has credentialed; text and pictures stay on your machine",
}
_DATA = "--data-root data"
_SHOWN = 1200


def pages() -> dict[str, str]:
    """Markdown by the address of its page, for every task of the catalog."""
    found = {name: catalog.task(name) for name in catalog.names()}
    return {"tasks/index.md": _index(found), **{f"tasks/{name}.md": _page(task) for name, task in found.items()}}


def _index(tasks: Mapping[str, Task[Any]]) -> str:
    lines = [
        "# Tasks",
        "",
        "A *task* is a dataset together with the way it is asked and scored. The harness holds no data: each page says how to get it. The",
        f"{len(catalog.PAPER)} tasks marked ● are the experiments of BiomedGPT (Zhang et al., Nature Medicine 2024).",
        "",
    ]
    for family, words in FAMILIES.items():
        rows = [
            [
                "●" if name in catalog.PAPER else "",
                f"[{plain(task.card.title)}]({name}.md)",
                f"`{name}`",
                count(summary(task)["n"]),
                f"`{task.metrics[0].name}/{task.metrics[0].variant}`",
                task.card.access,
            ]
            for name, task in tasks.items()
            if task.card.family == family
        ]
        lines += [f"## {words}", "", *table(["", "task", "name", "test examples", "ranked by", "access"], rows, numbers=[3])]
    return "\n".join(lines)


def _page(task: Task[Any]) -> str:
    card = task.card
    lines = [f"# {plain(card.title)}", "", f"`{card.full_name}` · {FAMILIES[card.family].lower()} · {card.modality}", ""]
    if card.credentialed:
        lines += [
            f'!!! warning "{card.access.capitalize()}"',
            "    Read [data under an agreement](../credentialed.md) before you evaluate a model on it.",
            "",
        ]
    lines += table(["", ""], [[f"**{name}**", text] for name, text in _facts(card) if text])
    lines += ["## How to get it", "", "`DATA_ROOT` is the folder that `--data-root` names.", "", *block(card.obtain)]
    lines += ["## What to know before you read a score", "", *listed(map(plain, (*card.known_flaws, _paper(card))))]
    lines += ["## What it must hold", "", *_splits(card), *_asked(task), *_measured(task), *_variants(card)]
    lines += [
        "## Published numbers and commands",
        "",
        *block(f"harness show {card.name}\nharness doctor {card.name} {_DATA}\nharness run MODEL --tasks {card.name} {_DATA}"),
    ]
    return "\n".join(lines)


def _facts(card: Card) -> list[tuple[str, str]]:
    return [
        ("licence", plain(card.licence)),
        ("access", ACCESS[card.access]),
        ("homepage", plain(card.homepage)),
        ("cite", plain(card.citation)),
        ("lies in", f"`DATA_ROOT/{card.folder}`"),
        ("an id is", plain(card.ids or "")),
        ("intervals", f"draw whole groups anew: {_group(card.group)}"),
        ("labels", plain(", ".join(card.labels))),
    ]


def _group(unit: str) -> str:
    return "each sample for itself" if unit == "sample" else f"all samples of one {unit} together"


def _paper(card: Card) -> str:
    return f"Beside the paper: {card.paper}" if card.paper else "Nothing is known of the split that the BiomedGPT paper used."


def _splits(card: Card) -> list[str]:
    rows = [
        [
            name,
            count(split.n),
            count(split.groups),
            "; ".join(
                f"{plain(kind)}: {', '.join(f'{plain(value)} {n:,}' for value, n in values.items())}"
                for kind, values in split.counts.items()
            ),
        ]
        for name, split in card.splits.items()
    ]
    return table(["split", "examples", f"{card.group}s", "of these"], rows, numbers=[1, 2])


def _asked(task: Task[Any]) -> list[str]:
    example = subject_of(task, None).examples[0]
    text = contract.prompt_of(task, example.input, example.id)
    several = len(example.input.images)
    pictures = "" if not several else " with one picture" if several == 1 else f" with {several} pictures"
    return [
        "## How a model is asked",
        "",
        f"An invented example{pictures}; a reply may have {task.decoding.max_new_tokens} tokens (parts of words).",
        "",
        *block(text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"),
    ]


def _measured(task: Task[Any]) -> list[str]:
    rows = [[metrics.link(metric, ".."), plain(metric.summary)] for metric in task.metrics]
    return ["## How replies are scored", "", "The first one ranks.", "", *table(["metric", "what it is"], rows)]


def _variants(card: Card) -> list[str]:
    if not card.variants:
        return []
    lines = [
        "## Other forms",
        "",
        "Another release, split or reading of the same dataset: its numbers do not compare with those above.",
        "",
    ]
    for name in card.variants:
        other = catalog.card(f"{card.name}@{name}")
        lines += [f"### {other.full_name}", "", f"{plain(other.title)}.", "", *listed(map(plain, (*other.known_flaws, _paper(other))))]
        lines += block(other.obtain)
    return lines
