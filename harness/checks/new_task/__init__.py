"""A new task to begin with: a card, an adapter and an invented sample that run and keep the contract as they are.

The files beside this one are what is written: for each family an adapter and the sample's rows, for all of them the card and the sample's
counts, with ``$words`` where one task differs from the next. `layouts` says in which files the rows then lie.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from harness.checks.new_task import drawing, writing
from harness.checks.new_task.layouts import Layout, layout_of
from harness.errors import unknown

_TEMPLATES = Path(__file__).parent
_FAMILIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "vqa": ("radiology", ()),
    "captioning": ("chest X-ray", ()),
    "classification": ("chest X-ray", ("clear", "opaque")),
    "understanding": ("text", ("at home", "in the clinic", "in hospital")),
    "summarization": ("text", ()),
}
"""Modality and labels of what is invented."""


def scaffold(name: str, family: str, folder: Path, layout: str = "jsonl") -> list[Path]:
    """Write ``family/name.toml``, ``family/name.py`` and ``samples/name/`` into a folder of tasks.

    Args:
        name: Small letters, digits and underscores.
        family: One of the five.
        folder: Where your tasks live; made where it is not there.
        layout: How the release lies on disk, of `layouts.LAYOUTS`.

    Returns:
        The files, the card first.

    Raises:
        UsageError: The name is taken or malformed, family or layout unknown, or a file of other content is there already: nothing is
            overwritten.
        Unwritable: The folder cannot be written.
    """
    if family not in _FAMILIES:
        raise unknown("family", family, _FAMILIES)
    writing.check_name(name)
    files = _files(name, family, folder, layout_of(layout, family))
    writing.write(files)
    return list(files)


def _files(name: str, family: str, folder: Path, layout: Layout) -> dict[Path, bytes]:
    modality, labels = _FAMILIES[family]
    template = layout.template or family
    rows = [json.loads(line) for line in (_TEMPLATES / f"{template}.jsonl").read_text(encoding="utf-8").splitlines()]
    shown = [value for row in rows for field, value in row.items() if field.startswith("image") and value]
    pictures = {picture: drawing.picture(number) for number, picture in enumerate(dict.fromkeys(shown))}
    beside = bool(pictures) and layout.beside
    words = {
        "name": name,
        "family": family,
        "title": name.replace("_", " ").capitalize(),
        "modality": modality,
        "group": "image" if pictures else "sample",
        "labels": f"labels = {json.dumps(labels)}\n" if labels else "",
        "source": layout.source,
        "images": 'images = "images"\n' if beside else "",
        "where": layout.where,
        "place": f"\n  DATA_ROOT/{name}/images/*.png" if beside else "",
        "ids": Template(layout.ids).substitute(name=name),
        **{split: layout.select.format(split) for split in ("test", "train")},
    }

    def filled(template: str) -> bytes:
        return Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(words).encode()

    sample = folder / "samples" / name
    return {
        folder / family / f"{name}.toml": filled("card.toml"),
        folder / family / f"{name}.py": filled(f"{template}.py"),
        sample / "sample.toml": filled("sample.toml"),
        **{sample / path: content for path, content in layout.write(rows, pictures).items()},
    }
