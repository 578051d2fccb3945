"""One row of a release: a read-only mapping that knows where it stands, so that every complaint can name file, row and field.

An adapter reads a field by what it must hold (`text`, `identifier`, `integer`, `choice`, …). What is of another type is an error: a null,
a NaN or a list must never become a word of a prompt or of a target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from harness.base.withheld import names_of, quoted
from harness.errors import CorruptData
from harness.images.image import Image
from harness.rows.values import LARGEST, kind_of, listed, numbered, whole


class Unusable(Exception):
    """Raised by an adapter for a row that no evaluation can use; it is skipped, counted and reported with this reason."""


class Row(Mapping[str, Any]):
    """The fields of one row, as the release names them.

    A field that is absent raises `CorruptData` with the file, the row and the fields that are there; ``row.get`` does not.
    """

    __slots__ = ("_fields", "_picture", "blanks", "where")

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
        self.blanks: list[str] = []
        """Fields that were read as a text and hold nothing, though the release is not known to leave them empty."""

    def __getitem__(self, name: str) -> Any:
        try:
            return self._fields[name]
        except KeyError:
            names = sorted(map(str, self._fields))
            near = get_close_matches(name.casefold(), [other.casefold() for other in names], n=1, cutoff=0.85)
            meant = next((other for other in names if other.casefold() in near), "")
            raise CorruptData(
                f"{self.where}: no field '{name}' (there are: {names_of(names)})."
                + (f" Is it {quoted(meant)}? Rename that column." if meant else "")
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

    def text(self, name: str, *, numbers: bool = False, blank: bool = False) -> str:
        """The text that a field holds, as it is; where it is empty, loading counts the rows and says so.

        Args:
            name: The field.
            numbers: Whether the release also writes whole numbers there, which become their digits.
            blank: Whether the release leaves the field empty in some rows, which is then nothing to be said.

        Raises:
            CorruptData: The field holds something else, or a text with a NUL or half a character in it.
        """
        value = self[name]
        if isinstance(value, str):
            if not blank and not value.strip():
                self.blanks.append(name)
            return whole(value, f"{self.where}: '{name}'")
        if numbers and isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
            return str(value)
        raise self._other(name, value, "a text or a whole number" if numbers else "a text")

    def identifier(self, name: str) -> str:
        """The id that a field holds, a text that is not blank or a whole number, as a text.

        Raises:
            CorruptData: The field holds something else, or nothing.
        """
        text = self.text(name, numbers=True)
        if not text.strip():
            raise CorruptData(f"{self.where}: '{name}' is empty; every row needs its own. Get the official file again.")
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list that is not empty.

        Raises:
            CorruptData: The field holds something else.
        """
        value = self[name]
        if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) for item in value):
            raise self._other(name, value, "a list of texts")
        return tuple(whole(item, f"{self.where}: '{name}'") for item in value)

    def listed(self, name: str) -> tuple[str, ...]:
        """The texts of a list, which a table may hold as a text: JSON's or Python's ``['a', 'b']``.

        Raises:
            CorruptData: The field holds something else.
        """
        texts = listed(self[name])
        if not texts:
            raise self._other(name, self[name], "a list of texts")
        return tuple(whole(item, f"{self.where}: '{name}'") for item in texts)

    def choice(self, name: str, values: Sequence[str]) -> str:
        """The one of several texts that a field holds, spelt as it is there.

        Raises:
            CorruptData: The field holds something else.
        """
        text = self.text(name)
        if text not in values:
            raise CorruptData(
                f"{self.where}: '{name}' is {quoted(text)}; it must be one of {', '.join(values)}. Get the official file again."
            )
        return text

    def integer(self, name: str) -> int:
        """The whole number that a field holds.

        Raises:
            CorruptData: The field holds something else, a number as a text included.
        """
        value = self[name]
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= LARGEST:
            raise self._other(name, value, "a whole number")
        return value

    def number(self, name: str) -> float:
        """The finite number that a field holds.

        Raises:
            CorruptData: The field holds something else, a number as a text included.
        """
        value = self[name]
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < LARGEST:
            raise self._other(name, value, "a number")
        return float(value)

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
            one_hot = len(value) == len(labels) and [item for item in value if item != 0] == [1]
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
            f"{self.where}: '{name}' is {quoted(value)}, {looks}; the {len(labels)} labels are numbered from 0 ({labels[0]}) to"
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
                f"{self.where}: '{name}' is {quoted(value)}; it must be a list with a 0 or a 1 for each of the {len(labels)} labels, in the"
                f" order {', '.join(labels[:3])}, … Get the official file again."
            )
        return [label for label, there in zip(labels, value, strict=True) if there]

    def image(self, name: str) -> Image:
        """The picture of that name in the release; its file is opened only when the picture is read.

        Raises:
            CorruptData: The name is no text, or leads outside the release.
        """
        if not isinstance(name, str) or not name.strip():
            raise CorruptData(
                f"{self.where}: the name of a picture is {kind_of(name)} where a file's name is expected; get the file again."
            )
        if self._picture is None:
            raise CorruptData(
                f"{self.where}: the row refers to a picture {quoted(name)}, but this layout of the release declares no pictures."
            )
        try:
            return self._picture(name)
        except CorruptData as error:
            raise CorruptData(f"{self.where}: {error}") from error

    def but(self, changes: Mapping[str, Any]) -> Row:
        """The row with other values in some fields."""
        return Row({**self, **changes}, where=self.where, picture=self._picture)

    def images(self, name: str) -> tuple[Image, ...]:
        """The pictures of a field: one, a list, or those of numbered fields (``image_1``, ``image_2``, …), empty ones left out.

        Raises:
            CorruptData: There is no such field, or as `image`.
        """
        fields = () if name in self else numbered(self, name)
        names = [self[field] for field in fields] if fields else listed(self[name]) or [self[name]]
        return tuple(self.image(item) for item in names if item not in ("", None, []))

    def _other(self, name: str, value: Any, expected: str) -> CorruptData:
        return CorruptData(
            f"{self.where}: '{name}' is {kind_of(value)} where {expected} is expected; the file was edited, or is not the release that the"
            " card describes. Get the official file again."
        )
