"""What a model was asked, as a digest: what the journal files replies under, so that an answer is never taken for another question's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.base import identity
from harness.types import Request


def digesting(model: str) -> Callable[[Request, Sequence[str]], str]:
    """What says of requests to one model what was asked, in 16 hexadecimal digits: all that it may know of one but its id, and its digest.

    A prompt, picture or weight that changes is asked again, never answered from an older journal. A decoding that requests share is looked
    at once.

    Args:
        model: Its digest. The function takes a request and the digests of its pictures.
    """
    decoding: object = None
    decoded: Any = None

    def of(request: Request, image_digests: Sequence[str]) -> str:
        nonlocal decoding, decoded
        if request.decoding is not decoding:
            decoding, decoded = request.decoding, identity.canonical(request.decoding)
        asked = {
            **identity.changes(request, without=("id", "item", "decoding")),
            "decoding": decoded,
            "item": {**identity.changes(request.item, without=("images",)), "images": list(image_digests)},
            "model": model,
        }
        return identity.digest_of_canonical([asked])[:16]

    return of
