"""Notebooks as pages: texts as they are, code with what it printed below."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from website.words import block


def page(notebook: str) -> str:
    """The Markdown of a notebook's JSON."""
    return "\n".join(line for cell in json.loads(notebook)["cells"] for line in _lines(cell))


def _lines(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        yield from block(source, "python")
        for output in cell["outputs"]:
            yield from block("".join(output.get("text") or output["data"]["text/plain"]))
    else:
        yield from (source, "")
