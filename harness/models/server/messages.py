"""Requests as a server wants them."""

from __future__ import annotations

import base64
from typing import Any

from harness.models.server.likelihoods import TOP
from harness.types import Decoding, Image, Request

_MIME = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
"""What servers take; any other picture is sent as PNG."""


def messages(request: Request) -> list[dict[str, Any]]:
    """The system's turn where there is one, and the user's: pictures first, then the prompt."""
    pictures = [{"type": "image_url", "image_url": {"url": data_address(image)}} for image in request.item.images]
    content: Any = [*pictures, {"type": "text", "text": request.prompt}] if pictures else request.prompt
    system = [{"role": "system", "content": request.system}] if request.system else []
    return [*system, {"role": "user", "content": content}]


def data_address(image: Image) -> str:
    """The picture as a data URL."""
    import io

    from harness.images.pixels import decode, encoded

    content, suffix = encoded(image)
    if suffix not in _MIME:
        out = io.BytesIO()
        decode(image, "RGB").save(out, format="PNG")
        content, suffix = out.getvalue(), ".png"
    return f"data:{_MIME[suffix]};base64,{base64.b64encode(content).decode()}"


def options(decoding: Decoding, *, scores: bool) -> dict[str, Any]:
    """The decoding by the interface's names; what is at its default there is left out."""
    found: dict[str, Any] = {"max_tokens": decoding.max_new_tokens, "temperature": decoding.temperature}
    if decoding.temperature:
        found |= {"top_p": decoding.top_p, "seed": decoding.seed}
    if decoding.stop:
        found["stop"] = list(decoding.stop)
    if scores:
        found |= {"logprobs": True, "top_logprobs": TOP}
    return found
