"""Digests of pictures: by content alone, whatever they are called and wherever they lie.

What a whole file contains is known again by the file's place, size, times and number in the file system, so that a release of many
thousand pictures is read once and later only asked about. The cache holds hashes of paths, no path and no picture; it can be
deleted at any time, and without it pictures are read again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.errors import MissingData
from harness.files import checksum
from harness.files.cache import Store
from harness.images.image import Image

ABSENT = "absent"
"""Stands for the digest of a picture that an incomplete release lacks."""

_AT_ONCE = 1000
_MOST_REMEMBERED = 1 << 14


class Digests:
    """The digests of pictures; made by `digesting`."""

    def __init__(self, cache: Store) -> None:
        """Begin with what the cache knows."""
        self._cache = cache
        self._of_file = functools.lru_cache(maxsize=_MOST_REMEMBERED)(self._looked_up)

    def of(self, image: Image, *, complete: bool = True) -> str:
        """SHA-256 of the picture's content, as `Image.digest` takes it.

        Args:
            image: The picture.
            complete: Whether the release claims to hold it; if not, an absent one is `ABSENT`.

        Raises:
            MissingData: It is not there, in a release that claims to be complete.
            CorruptData: It cannot be read.
        """
        try:
            state = None if image.file is None else _state(image.file)
            return image.digest() if image.file is None or state is None else self._of_file(image.file, state, image)
        except MissingData:
            if complete:
                raise
            return ABSENT

    def _looked_up(self, path: Path, state: checksum.State, image: Image) -> str:
        key = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
        stamp, _, known = (self._cache.get(key) or "").rpartition(" ")
        if known and stamp == state.stamp:
            return known
        settled, digest = state.is_settled, image.digest()
        if settled and _state(path) == state:
            self._cache.put(key, f"{state.stamp} {digest}")
        return digest


@contextlib.contextmanager
def digesting() -> Iterator[Digests]:
    """Digests over the user's cache; what was learnt is kept on leaving."""
    with contextlib.closing(Store("picture_digests", at_once=_AT_ONCE)) as cache:
        yield Digests(cache)


def of_pictures(shown: Iterable[tuple[str, Sequence[Image]]], digests: Digests, *, complete: bool) -> str:
    """SHA-256 over the sorted (id, digests of its pictures) of examples; empty where none has a picture.

    Args:
        shown: The examples that are evaluated, by id, in any order.
        digests: From `digesting`.
        complete: Whether their release claims to hold every picture.

    Raises:
        MissingData, CorruptData: As `Digests.of`.
    """
    return combined((name, [digests.of(image, complete=complete) for image in images]) for name, images in shown)


def combined(shown: Iterable[tuple[str, Sequence[str]]]) -> str:
    """SHA-256 over the sorted (id, digests of pictures), whatever their order; empty where there is no picture."""
    lines = sorted(json.dumps([name, list(digests)], ensure_ascii=True) for name, digests in shown if digests)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def _state(path: Path) -> checksum.State | None:
    try:
        return checksum.State.of(path)
    except OSError:
        return None
