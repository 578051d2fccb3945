"""The nearest train example: by its words where texts differ, by a thumbnail where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.images.pixels import array
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
    nearness = nearness_to(train)
    return lambda request: Response(text=say(train[int(np.argmax(nearness(request.item)))].target))


def nearness_to(train: Sequence[Example[Any]]) -> Callable[[Input], NDArray[np.float64]]:
    """How like each train example is to an input, [N], higher is nearer: by words where texts differ, else by picture.

    Args:
        train: At least one example.
    """
    return _by_picture(train) if compares_pictures(train) else _by_words(train)


def known_by(train: Sequence[Example[Any]]) -> Sequence[str]:
    """What `nearness_to` looks at of each train example, in their order: its text, or its picture's digest."""
    pictures = compares_pictures(train)
    return [example.input.images[0].digest() if pictures else example.input.text for example in train]


def compares_pictures(train: Sequence[Example[Any]]) -> bool:
    """Whether likeness is that of pictures: all texts are one, and there are pictures."""
    return len({example.input.text for example in train}) == 1 and bool(train[0].input.images)


def _by_words(train: Sequence[Example[Any]]) -> Callable[[Input], NDArray[np.float64]]:
    """Cosine of tf-idf vectors."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", dtype=np.float64)  # noqa: S106  no password, a pattern
    known = vectors.fit_transform([example.input.text for example in train])

    def nearness(item: Input) -> NDArray[np.float64]:
        similarity: NDArray[np.float64] = (known @ vectors.transform([item.text]).T).toarray().ravel()
        return np.round(similarity, 12)

    return nearness


def _by_picture(train: Sequence[Example[Any]]) -> Callable[[Input], NDArray[np.float64]]:
    """Negative squared distance of 16 x 16 grey thumbnails."""
    known = np.stack([_thumbnail(example.input) for example in train])
    squares = (known**2).sum(axis=1)

    def nearness(item: Input) -> NDArray[np.float64]:
        nearer: NDArray[np.float64] = 2 * known @ _thumbnail(item) - squares
        return nearer

    return nearness


def _thumbnail(item: Input) -> NDArray[np.float64]:
    return array(item.images[0], "L", (_SIDE, _SIDE)).astype(np.float64).ravel()
