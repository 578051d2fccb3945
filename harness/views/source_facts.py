"""What a source says of its protocol for all of a task's values at once: its paper, its README, the code that it measured with.

`tasks/protocols.csv` has a line for each statement, and where it was read.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.views.csv_rows import FOLDER, table
from harness.views.published import Reported

FILE = FOLDER / "protocols.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFact:
    """One statement."""

    source_title: str
    """As the rows name it."""
    task: str
    slice: str
    """Of which part of the test it holds; ``any`` for all parts."""
    system: str
    """Of whose values it holds; empty for all."""
    aspect: str
    """One of `protocol.ASPECTS`."""
    says: str
    read_in: str


def of(number: Reported) -> dict[str, str]:
    """Aspect to what the source says of it; a statement on one system goes before one on all."""
    known = [fact for fact in _known().get((number.source_title, number.task), ()) if fact.slice in ("any", number.slice)]
    on_all = {fact.aspect: fact.says for fact in known if not fact.system}
    return on_all | {fact.aspect: fact.says for fact in known if fact.system == number.system}


@functools.cache
def _known() -> Mapping[tuple[str, str], Sequence[SourceFact]]:
    by_source: dict[tuple[str, str], list[SourceFact]] = {}
    for fact in table(FILE, SourceFact):
        by_source.setdefault((fact.source_title, fact.task), []).append(fact)
    return by_source
