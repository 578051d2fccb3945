"""Pictures that nobody has taken: small patterns, for invented samples."""

from __future__ import annotations

import io

_SIDE = 32


def picture(number: int) -> bytes:
    """A small pattern as a PNG file, another one for each number."""
    from PIL import Image

    pixels = bytes(
        (x * (number % 251 + 3) + y * (number % 241 + 7) + (number // 241) * (x > y)) % 256 for y in range(_SIDE) for x in range(_SIDE)
    )
    out = io.BytesIO()
    Image.frombytes("L", (_SIDE, _SIDE), pixels).save(out, format="PNG")
    return out.getvalue()
