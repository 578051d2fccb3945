"""The columns of a table, by their names."""

from __future__ import annotations

from collections.abc import Sequence

from harness.base.withheld import quoted
from harness.errors import CorruptData


def refuse_twins(names: Sequence[str], where: object) -> None:
    """Refuse columns of which two have one name; those without a name are not looked at.

    Raises:
        CorruptData: Which one is meant cannot be told.
    """
    twice = next((name for place, name in enumerate(names) if name and name in names[:place]), "")
    if twice:
        raise CorruptData(f"{where}: two columns are called {quoted(twice)}; which one is meant cannot be told. Rename or remove one.")
