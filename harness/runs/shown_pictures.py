"""The pictures that a run shows: as many as the model takes, the digests that say which they were, and which are absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.base.withheld import quoted
from harness.errors import UsageError
from harness.images import digests as picture_digests
from harness.types import Example, Image, Input, ModelInfo, Request, Task

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a model looks at."""

    shown: tuple[tuple[str, ...], ...]
    """Digests of each request's pictures; none for a model that does not look at them."""
    shown_in_all: str = ""
    """The digest of them all."""
    own: str = ""
    """The digest of the examples' own pictures, of which a request may show some, or others before them."""
    absent: tuple[str, ...] = ()
    """File names of the examples' pictures that are not there, of a release that claims to hold all."""
    pictures: int = 0
    """How many the examples have, each counted once."""

    def note(self, *, private: bool) -> str:
        """How many are absent, and the first of them by name where names may be shown."""
        n = len(self.absent)
        first = "" if private else f" ({', '.join(self.absent[:_NAMED])}{', …' if n > _NAMED else ''})"
        return f"{n:,} of {self.pictures:,} pictures {'is' if n == 1 else 'are'} not there{first}"


def fitted(task: Task[Any], example: Example[Any], info: ModelInfo, which: str) -> Input:
    """The input with no more pictures than the model takes.

    Args:
        task: For the message.
        example: The input's.
        info: The model's.
        which: ``first`` gives a model that takes fewer the first ones; empty refuses.

    Raises:
        UsageError: There are more, and nobody has said which to leave out.
    """
    item = example.input
    if info.images is None or len(item.images) <= info.images:
        return item
    if which == "first":
        return replace(item, images=item.images[: info.images])
    raise UsageError(
        f"{task.card.full_name}: {quoted(example.id)} has {len(item.images)} pictures and {info.name} takes {info.images}."
        " Pass --images first to give it the first; the record says so."
    )


def looked_at(requests: Sequence[Request], examples: Sequence[Example[Any]], info: ModelInfo, *, complete: bool) -> Looked:
    """Read every picture once, or know it again.

    Args:
        requests: All of a run.
        examples: Theirs, in the same order.
        info: Of the model.
        complete: Whether the release claims to hold every picture.

    Raises:
        MissingData: It does, and holds none of them: its archive was never extracted.
        CorruptData: One cannot be read.
    """
    unseen = Looked(shown=((),) * len(requests))
    if not info.sees:
        return unseen
    known: dict[int, str] = {}
    with picture_digests.digesting() as store:

        def of(images: Sequence[Image]) -> tuple[str, ...]:
            known.update({id(image): store.of(image, complete=False) for image in images if id(image) not in known})
            return tuple(known[id(image)] for image in images)

        shown = tuple(of(request.item.images) for request in requests)
        own = picture_digests.combined((example.id, of(example.input.images)) for example in examples)
    theirs = {image.name: image for example in examples for image in example.input.images}
    absent = [name for name, image in theirs.items() if complete and known[id(image)] == picture_digests.ABSENT]
    if absent and info.replayed:
        return unseen  # replies that were given elsewhere: nothing here looks at the pictures, which then nobody vouches for
    if absent and len(absent) == len(theirs):
        theirs[absent[0]].read()
    return Looked(
        shown=shown,
        shown_in_all=picture_digests.combined((request.id, of_one) for request, of_one in zip(requests, shown, strict=True)),
        own=own,
        absent=tuple(Path(name).name for name in absent),
        pictures=len(theirs),
    )
