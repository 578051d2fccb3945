"""The nearest train examples: by their words where texts differ, by a thumbnail where they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.images.digests import digesting
from harness.images.pixels import array
from harness.models.word_index import WordIndex
from harness.types import Example, Input, Request, Response

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE = 16


def nearest_answers(train: Sequence[Example[Any]], say: Callable[[Any], str]) -> Callable[[Request], Response]:
    """Answers a request with the target of the train example that is most like it; the first of equals.

    Args:
        train: At least one example.
        say: Writes a target.
    """
    nearest = nearest_in(train)
    return lambda request: Response(text=say(train[next(nearest(request.item))].target))


def nearest_in(train: Sequence[Example[Any]]) -> Callable[[Input], Iterator[int]]:
    """The places of the train examples, those most like an input first: by words where texts differ, else by picture; equals in order.

    Only as many are looked for as are taken.

    Args:
        train: At least one example.
    """
    if compares_pictures(train):
        return _by_picture(train)
    index = WordIndex([example.input.text for example in train])
    return lambda item: index.nearest(item.text)


def known_by(train: Sequence[Example[Any]]) -> Sequence[str]:
    """What `nearest_in` looks at of each train example, in their order: its text, or its picture's digest."""
    if not compares_pictures(train):
        return [example.input.text for example in train]
    with digesting() as digests:
        return [digests.of(example.input.images[0]) for example in train]


def compares_pictures(train: Sequence[Example[Any]]) -> bool:
    """Whether likeness is that of pictures: all texts are one, and there are pictures."""
    return len({example.input.text for example in train}) == 1 and bool(train[0].input.images)


def _by_picture(train: Sequence[Example[Any]]) -> Callable[[Input], Iterator[int]]:
    """By the squared distance of 16 x 16 grey thumbnails."""
    known = np.stack([_thumbnail(example.input) for example in train])
    squares = (known**2).sum(axis=1)

    def nearest(item: Input) -> Iterator[int]:
        nearness = 2 * known @ _thumbnail(item) - squares
        first = int(np.argmax(nearness))
        yield first
        yield from (place for place in np.argsort(-nearness, kind="stable").tolist() if place != first)

    return nearest


def _thumbnail(item: Input) -> NDArray[np.float64]:
    return array(item.images[0], "L", (_SIDE, _SIDE)).astype(np.float64).ravel()
