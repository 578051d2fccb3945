"""The pictures that a run shows: as many as the model takes, and the digests that say which they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.errors import MissingData, UsageError
from harness.images import digests as picture_digests
from harness.types import Example, Image, Input, ModelInfo, Request, Task


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
        f"{task.card.full_name}: '{example.id}' has {len(item.images)} pictures and {info.name} takes {info.images}."
        " Pass --images first to give it the first; the record says so."
    )


def digests(
    requests: Sequence[Request], examples: Sequence[Example[Any]], info: ModelInfo, *, complete: bool
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The digests of each request's pictures, and that of the examples' own, of which a request may show some, or others before them."""
    unseen = ((),) * len(requests), ""
    if not info.sees:
        return unseen
    known: dict[int, str] = {}
    with picture_digests.digesting() as store:

        def of(images: Sequence[Image]) -> tuple[str, ...]:
            known.update({id(image): store.of(image, complete=complete) for image in images if id(image) not in known})
            return tuple(known[id(image)] for image in images)

        try:
            shown = tuple(of(request.item.images) for request in requests)
            return shown, picture_digests.combined((example.id, of(example.input.images)) for example in examples)
        except MissingData:
            if not info.replayed:
                raise
            return unseen  # replies that were given elsewhere: nothing here looks at the pictures, which then nobody vouches for
