"""Rows that nobody has written down, in the layout of a table of the user's: what a sample is made of that may be shared."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from harness.checks.new_task import rows as words
from harness.checks.new_task.own.options import LETTERS
from harness.checks.new_task.own.proposal import Proposal

FEWEST: Mapping[str, int] = {"test": 12, "train": 6, "val": 6}
"""Rows of a split; where there are many classes, the test split has more."""


def numbers(proposal: Proposal, split: str) -> range:
    """A number for each row of a split."""
    first = {"test": 0, "train": 100, "val": 200}[split]
    return range(first, first + max(FEWEST[split], 3 * len(proposal.labels) if split == "test" else 0))


def rows(proposal: Proposal, split: str) -> list[dict[str, Any]]:
    """Some rows of a split, with the columns that the adapter reads and no others."""
    row_numbers, labels = numbers(proposal, split), proposal.labels
    drawn = random.Random(f"{split}")  # noqa: S311  the same rows for everyone
    shuffled = [labels[place % len(labels)] if labels else "" for place in range(len(row_numbers))]
    drawn.shuffle(shuffled)
    return [_row(proposal, number, label, split) for number, label in zip(row_numbers, shuffled, strict=True)]


def picture_names(proposal: Proposal, number: int) -> tuple[str, ...]:
    """The pictures of a row, as files below the folder of pictures: the first column always has one, the others every second row."""
    pictures = proposal.pictures
    if pictures is None:
        return ()
    suffix = pictures.suffix or ".png"
    return tuple(f"picture_{number:03}{'abcdefghij'[place % 10] if place else ''}{suffix}" for place in range(len(pictures.columns)))


def _row(proposal: Proposal, number: int, label: str, split: str) -> dict[str, Any]:
    place, note = words.PLACES[number % 6], words.NOTES[number % 6]
    asked, answer = words.question(number) if proposal.shape == "answer" else ("Where is the shadow?", place)
    content: dict[str, Any] = {}
    if proposal.id:
        content[proposal.id] = number + 1 if proposal.id in proposal.numbers else f"row-{number:03}"
    content |= _texts(proposal, words.visit(number, note), asked, number)
    content |= _pictures(proposal, number)
    answer = {
        "labels": label,
        "report": words.finding(number),
        "caption": f"A shadow of {number + 2} cm in the {place}",
        "summary": f"{note.capitalize()}, {place}.",
    }.get(proposal.shape, answer)
    if proposal.options is not None:
        options, answer = _options(proposal, number)
        content |= options
    content[proposal.answer] = _as_held(proposal, proposal.answer, answer)
    if proposal.group and proposal.group not in content:
        content[proposal.group] = number // 2 + 1 if proposal.group in proposal.numbers else f"group-{number // 2:03}"
    for name in proposal.tags:
        content.setdefault(name, number % 2 if name in proposal.numbers else ("first kind", "second kind")[number % 2])
    if proposal.id in proposal.texts:
        content[proposal.id] = f"{content[proposal.id]} ({number})"
    select = proposal.splits[split]
    return content | ({select["field"]: select["values"][0]} if "field" in select else {})


def _texts(proposal: Proposal, seen: str, asked: str, number: int) -> dict[str, Any]:
    names = proposal.texts
    if not names:
        return {}
    if proposal.shape in ("labels", "summary"):
        first = {names[0]: seen}
        return first | dict.fromkeys(names[1:], ("The patient was seen before.", "It hurts.", "Nothing was found.")[number % 3])
    with_picture = proposal.pictures is not None
    return {**dict.fromkeys(names[:-1], seen), names[-1]: asked if with_picture or len(names) > 1 else f"{seen} {asked}"}


def _pictures(proposal: Proposal, number: int) -> dict[str, Any]:
    pictures = proposal.pictures
    if pictures is None:
        return {}
    names = [name.removesuffix(pictures.suffix) for name in picture_names(proposal, number)]
    return {
        column: name if not place or number % 2 else "" for place, (column, name) in enumerate(zip(pictures.columns, names, strict=True))
    }


def _options(proposal: Proposal, number: int) -> tuple[dict[str, Any], str]:
    """Options in an order of the row's own, and what the right one is called."""
    options = proposal.options
    assert options is not None
    n = len(options.columns) if options.held == "columns" else 4
    turned = [words.PLACES[(place + number) % n] for place in range(n)]
    place = number * 7 // 3 % n
    ways: Mapping[str, Mapping[str, Any]] = {
        "columns": dict(zip(options.columns, turned, strict=False)),
        "list": {options.columns[0]: turned},
        "mapping": {options.columns[0]: dict(zip(LETTERS, turned, strict=False))},
        "delimited": {options.columns[0]: options.mark.join(turned)},
    }
    return dict(ways[options.held]), {"letter": LETTERS[place], "text": turned[place], "from 0": str(place), "from 1": str(place + 1)}[
        options.named
    ]


def _as_held(proposal: Proposal, name: str, value: str) -> Any:
    """A value as the column holds it: a number where it holds numbers alone."""
    return int(value) if name in proposal.numbers and value.isdecimal() else value
