"""Ids of rows, made distinct where a release repeats them."""

from __future__ import annotations

from collections.abc import Iterable


def distinct(ids: Iterable[str]) -> list[str]:
    """Each id; the second row of an id is ``id#2``, the third ``id#3``, in the order of the file."""
    names: list[str] = []
    taken: set[str] = set()
    for given in ids:
        name, number = given, 1
        while name in taken:
            number += 1
            name = f"{given}#{number}"
        taken.add(name)
        names.append(name)
    return names
