"""BibTeX of what a table rests on: the data sets of its tasks, the publications of its metrics, and this harness.

The entries are facts of ours in `references.toml`, each with the words by which a card's citation or a metric's source names it. A data
set of a user's own card that has no entry is cited by the card's own words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.base.version import __version__
from harness.cards import Card
from harness.files.reading import decode, read_toml
from harness.runs.record import Record
from harness.types import Task
from harness.views.formats.latex_text import escape

FILE = Path(__file__).with_name("references.toml")


class Reference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One publication."""

    named: tuple[str, ...]
    """The words by which a citation or a source names it: ``Lin (2004)``."""
    kind: str
    """BibTeX's: ``article``, ``inproceedings``, ``misc``."""
    fields: Mapping[str, str]
    """Name to plain text, in the order in which they are written; capitals to keep stand in ``*stars*``."""


@functools.cache
def references() -> Mapping[str, Reference]:
    """All entries by their keys.

    Raises:
        CorruptData: The file cannot be read.
    """
    return {key: decode(Reference, content, f"{FILE}: {key}") for key, content in read_toml(FILE).items()}


def sources(records: Iterable[Record], tasks: Mapping[str, Task[Any]]) -> list[str]:
    """The sources of the metrics that some runs were scored by, each once."""
    scored = {(record.full_name, estimate.signature) for record in records for estimate in record.estimates}
    cited = [metric.source for name, task in tasks.items() for metric in task.metrics if (name, metric.signature) in scored]
    return list(dict.fromkeys(cited))


def to_bibtex(cards: Iterable[Card], metric_sources: Iterable[str]) -> str:
    """The entries: data sets first, then metrics, then the harness; each once."""
    entries: dict[str, str] = {}
    for card in cards:
        known = keys(card.citation)
        entries |= {key: _entry(key) for key in known}
        if not known and card.citation.strip():
            own = re.sub(r"[^a-z0-9]+", "-", card.name.lower())
            entries[own] = _written(
                own, "misc", {"key": card.title, "title": card.title, "note": card.citation, "howpublished": card.homepage}
            )
    for source in metric_sources:
        entries |= {key: _entry(key) for key in keys(source)}
    entries["biomed-harness"] = _written(
        "biomed-harness", "misc", {"key": "biomed-harness", "title": "*biomed-harness*", "note": f"Version {__version__}"}
    )
    return "\n".join(entries.values())


def keys(text: str) -> list[str]:
    """The entries that a citation or a source names, in the order of the file."""
    return [key for key, reference in references().items() if any(words in text for words in reference.named)]


def _entry(key: str) -> str:
    reference = references()[key]
    return _written(key, reference.kind, reference.fields)


def _written(key: str, kind: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{_value(name, text)}}}," for name, text in fields.items() if text.strip()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _value(name: str, text: str) -> str:
    """A field's text; addresses and identifiers are no prose."""
    if name in ("doi", "eprint", "url"):
        return text
    return re.sub(r"\*([^*]+)\*", r"{\1}", escape(text))
