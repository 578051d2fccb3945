"""The card of a table or of class folders, and the splits of its sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.checks.new_task.own.adapter import literal
from harness.checks.new_task.own.proposal import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is in a split."""

    n: int
    groups: int
    labels: Mapping[str, int]
    """Class to examples; empty where there are no classes."""


def card_of(name: str, title: str, proposal: Proposal, access: str, images: str, counted: Mapping[str, Counted], flaws: list[str]) -> str:
    """The card's text.

    Args:
        name: The task's.
        title: For people.
        proposal: What the data was taken for.
        access: As of a card.
        images: The folder of pictures below the release's; empty where there is none.
        counted: What each split holds.
        flaws: What is known to be wrong with the data.
    """
    source = proposal.source
    facts = {**source.facts, **({"images": images} if images else {}), "by_hand": "is your own"}
    of_classes = [f"{select.get('folder', '.')}/CLASS/*.png".removeprefix("./") for select in proposal.splits.values()]
    where = [*source.files] or of_classes
    places = "\n".join(f"  DATA_ROOT/{name}/{file}" for file in [*where, *([f"{images}/"] if images else [])])
    of_row = (
        f"the row's {literal(proposal.id)[1:-1]} in {source.path.name}"
        if proposal.id
        else f"the row's number in {source.path.name}, from 1"
    )
    ids = "the first 16 digits of the SHA-256 of the picture's path" if proposal.shape == "folders" else of_row
    lines = [
        f"name = {literal(name)}",
        "version = 1  # raise it whenever a number could move",
        f"family = {literal(proposal.family)}",
        f"adapter = {literal(name)}",
        f"title = {literal(title)}",
        'modality = "not said"',
        f"folder = {literal(name)}  # the release's folder under the data root",
        f"ids = {literal(ids)}",
        f"group = {literal(_unit(proposal))}  # what is resampled for intervals",
        *([f"labels = {_value(proposal.labels)}"] if proposal.labels else []),
        'licence = "not said"',
        f"access = {literal(access)}  # credentialed and application keep text and pictures on this machine; open or registration",
        'citation = "Not said: who made the data, what it is called, where it was published."',
        f"obtain = {literal(f'The data is your own. Place it as{chr(10)}{places}')}",
        f"known_flaws = {_value(flaws)}",
        'paper = "Not one of the paper\'s experiments."',
        "paper_split_known = false",
        "",
        "[source]",
        *(f"{key} = {_value(value)}" for key, value in facts.items()),
    ]
    for split, select in proposal.splits.items():
        counts = counted.get(split)
        lines += ["", f"[splits.{split}]  # what the release must hold" if split == "test" else f"[splits.{split}]"]
        if counts is not None:
            lines += [f"n = {counts.n}", f"groups = {counts.groups}"]
            lines += [f"counts.label = {_value(counts.labels)}"] if counts.labels else []
        lines += [f"select = {_value(select)}"] if select else []
    return "\n".join(lines) + "\n"


def splits_of_sample(name: str, proposal: Proposal, n: Mapping[str, int], *, invented: bool) -> str:
    """The text of the sample's ``sample.toml``."""
    origin = "Invented, in the layout of the release" if invented else "The first rows of the release, for its holder said so"
    lines = [f"# {origin}."]
    for split, number in n.items():
        lines += [f"[{name}.{split}]", f"n = {number}"]
        lines += [f"select = {_value(proposal.splits[split])}"] if proposal.splits[split] else []
    return "\n".join(lines) + "\n"


def _unit(proposal: Proposal) -> str:
    if not proposal.group:
        return "sample"
    if proposal.shape == "folders" or (proposal.pictures is not None and proposal.group in proposal.pictures.columns):
        return "image"
    return proposal.group


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return literal(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "a").isalnum() else literal(name)
