"""A new task to begin with: a card, an adapter and an invented sample that run and keep the contract as they are.

The files beside this one are what is written: for each family an adapter, for all of them the card and the sample's counts, with ``$words``
where one task differs from the next. `rows` makes the sample's rows, and `layouts` says in which files they then lie.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from harness.checks.new_task import drawing, writing
from harness.checks.new_task import rows as invented
from harness.checks.new_task.layouts import Layout, layout_of
from harness.errors import unknown

_TEMPLATES = Path(__file__).parent
_MODALITIES: Mapping[str, str] = {
    "vqa": "radiology",
    "captioning": "chest X-ray",
    "classification": "chest X-ray",
    "understanding": "text",
    "summarization": "text",
}
"""Of what is invented, for each family."""


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
    if family not in _MODALITIES:
        raise unknown("family", family, _MODALITIES)
    writing.check_name(name)
    files = _files(name, family, folder, layout_of(layout, family))
    writing.write(files)
    return list(files)


def _files(name: str, family: str, folder: Path, layout: Layout) -> dict[Path, bytes]:
    template, labels = layout.template or family, invented.CLASSES.get(family, ())
    rows = invented.of_template(template)
    shown = [value for row in rows for field, value in row.items() if field.startswith("image") and value]
    pictures = {picture: drawing.picture(number) for number, picture in enumerate(dict.fromkeys(shown))}
    beside = bool(pictures) and layout.beside
    words = {
        "name": name,
        "family": family,
        "title": name.replace("_", " ").capitalize(),
        "modality": _MODALITIES[family],
        "group": "image" if pictures else "sample",
        "grouped": layout.groups,
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
