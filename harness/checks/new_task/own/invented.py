"""Rows that nobody has written down, in the layout of a table of the user's: what a sample is made of that may be shared."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from harness.checks.new_task.own.options import LETTERS
from harness.checks.new_task.own.proposal import Proposal

_PLACES = (
    "left upper field", "right upper field", "left lower field", "right lower field", "left middle field", "right middle field",
    "left apex", "right apex", "left hilum", "right hilum",
)  # fmt: skip
_NOTES = ("cough for a week", "a fall on the stairs", "fever since Monday", "no complaints", "swollen ankles", "a sore throat")
_FEWEST = {"test": 12, "train": 6, "val": 6}


def rows(proposal: Proposal, split: str) -> list[dict[str, Any]]:
    """Some rows of a split, with the columns that the adapter reads and no others."""
    labels = proposal.labels
    n = max(_FEWEST[split], 3 * len(labels) if split == "test" else 0)
    drawn = random.Random(f"{split}")  # noqa: S311  the same rows for everyone
    shuffled = [labels[number % len(labels)] for number in range(n)] if labels else []
    drawn.shuffle(shuffled)
    first = {"test": 0, "train": 100, "val": 200}[split]
    return [_row(proposal, first + number, shuffled[number] if labels else "", split) for number in range(n)]


def picture_names(proposal: Proposal, number: int) -> tuple[str, ...]:
    """The pictures of a row, as files below the folder of pictures: the first column always has one, the others every second row."""
    found = proposal.pictures
    if found is None:
        return ()
    suffix = found.suffix or ".png"
    return tuple(f"picture_{number:03}{'abcdefghij'[place % 10] if place else ''}{suffix}" for place in range(len(found.columns)))


def _row(proposal: Proposal, number: int, label: str, split: str) -> dict[str, Any]:
    place, note = _PLACES[number % 6], _NOTES[number % len(_NOTES)]
    seen = f"Seen on day {number}: {note}, and a shadow in the {place}."
    asked, answer = "Where is the shadow?", place
    if proposal.shape == "answer" and number % 3 == 0:
        asked, answer = f"Is the {place} clear?", ("yes", "no")[number // 3 % 2]
    content: dict[str, Any] = {}
    if proposal.id:
        content[proposal.id] = number + 1 if proposal.id in proposal.numbers else f"row-{number:03}"
    content |= _texts(proposal, seen, asked, number)
    content |= _pictures(proposal, number)
    answer = {
        "labels": label,
        "report": f"Shadow of {number + 2} cm in the {place}.\nOtherwise clear.",
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
    for select in (proposal.splits[split],):
        if "field" in select:
            content[select["field"]] = select["values"][0]
    return content


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
    found = proposal.pictures
    if found is None:
        return {}
    names = [name.removesuffix(found.suffix) if found.suffix else name for name in picture_names(proposal, number)]
    return {column: name if not place or number % 2 else "" for place, (column, name) in enumerate(zip(found.columns, names, strict=True))}


def _options(proposal: Proposal, number: int) -> tuple[dict[str, Any], str]:
    """Options in an order of the row's own, and what the right one is called."""
    options = proposal.options
    assert options is not None
    n = len(options.columns) if options.held == "columns" else 4
    turned = [_PLACES[(place + number) % n] for place in range(n)]
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


def columns(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of some rows."""
    return list(dict.fromkeys(name for row in found for name in row))
