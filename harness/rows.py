"""One row of a release: a read-only mapping that knows where it stands, so that every complaint can name file, row and field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from harness.errors import CorruptData
from harness.images.image import Image


class Unusable(Exception):
    """Raised by an adapter for a row that no evaluation can use; it is skipped, counted and reported with this reason."""


class Row(Mapping[str, Any]):
    """The fields of one row, as the release names them.

    A field that is absent raises `CorruptData` with the file, the row and the fields that are there; ``row.get`` does not.
    """

    __slots__ = ("_fields", "_picture", "where")

    def __init__(self, fields: Mapping[str, Any], *, where: str, picture: Callable[[str], Image] | None = None) -> None:
        """Wrap the fields of a row.

        Args:
            fields: Name to value.
            where: The row's place for messages: ``"testset.json, row 17"``.
            picture: Finds a picture of the release by the name its rows use.
        """
        self._fields = fields
        self._picture = picture
        self.where = where

    def __getitem__(self, name: str) -> Any:
        try:
            return self._fields[name]
        except KeyError:
            names = sorted(map(str, self._fields))
            near = get_close_matches(name.casefold(), [other.casefold() for other in names], n=1, cutoff=0.85)
            meant = next((other for other in names if other.casefold() in near), "")
            raise CorruptData(
                f"{self.where}: no field '{name}' (there are: {', '.join(names)})."
                + (f" Is it '{meant}'? Rename that column." if meant else "")
                + " This is not the release the card describes, or the file was edited; get the official file again."
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def get(self, name: str, default: Any = None) -> Any:
        """The field, or the default where the row lacks it."""
        return self._fields.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Row({self.where})"

    def label(self, name: str, labels: Sequence[str]) -> str:
        """The label whose number, counted from 0, a field holds, alone or as a list of one.

        Raises:
            CorruptData: It is no such number; the message says what it looks like: counted from 1, a float, one-hot, a name.
        """
        value = self[name]
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(labels):
            return labels[value]
        if isinstance(value, list):
            one_hot = len(value) == len(labels) and sorted(value) == [0] * (len(value) - 1) + [1]
            looks = "one-hot: a place for each label" if one_hot else f"a list of {len(value)}"
        elif value == len(labels) and not isinstance(value, float):
            looks = "counted from 1"
        elif isinstance(value, float):
            looks = "a floating-point number"
        elif isinstance(value, str):
            looks = "a text"
        else:
            looks = f"of the type {type(value).__name__}, or out of range"
        raise CorruptData(
            f"{self.where}: '{name}' is {value!s:.60}, {looks}; the {len(labels)} labels are numbered from 0 ({labels[0]}) to"
            f" {len(labels) - 1} ({labels[-1]}). Write these numbers, or get the official file again."
        )

    def present(self, name: str, labels: Sequence[str]) -> list[str]:
        """The labels that hold, of a field with a 0 or 1 for each.

        Raises:
            CorruptData: It is no such list.
        """
        value = self[name]
        if not isinstance(value, list) or len(value) != len(labels) or any(number not in (0, 1) for number in value):
            raise CorruptData(
                f"{self.where}: '{name}' is {value!s:.60}; it must be a list with a 0 or a 1 for each of the {len(labels)} labels, in the"
                f" order {', '.join(labels[:3])}, … Get the official file again."
            )
        return [label for label, there in zip(labels, value, strict=True) if there]

    def image(self, name: str) -> Image:
        """The picture of that name in the release; its file is opened only when the picture is read."""
        if self._picture is None:
            raise CorruptData(f"{self.where}: the row refers to a picture '{name}', but this layout of the release declares no pictures.")
        return self._picture(name)
