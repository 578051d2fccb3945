"""What stands for a picture in a prompt: what the chat template writes, a token before the words, or nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_SIDE = 64
_REPR = ("'type':", '"type":')
"""What a template writes that takes content for text and was given parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """How pictures are told of in a prompt."""

    token: str = ""
    """What is written once for each picture before the words; empty where the template or the processor does it."""
    as_text: bool = False
    """Whether the template takes content as one text alone."""
    note: str = ""
    """For the record, where it is not the template's own."""


def find(processor: Any, given: str, render: Callable[[Any], str] | None) -> Placeholder:
    """How pictures are told of.

    Args:
        processor: The checkpoint's.
        given: The user's token; empty asks the processor.
        render: A user's message through the chat template, by its content; None where no template is used.
    """
    token = given or next((str(own_token) for name in ("boi_token", "image_token") if (own_token := getattr(processor, name, None))), "")
    if not given and token and _adds_itself(processor, token):
        token = ""
    if render is None:
        return Placeholder(token=token)
    with_one = attempted(render, [{"type": "image"}, {"type": "text", "text": "?"}])
    without = attempted(render, [{"type": "text", "text": "?"}])
    if with_one is not None and with_one != without and not any(mark in with_one for mark in _REPR):
        return Placeholder()
    as_text = without is None or any(mark in without for mark in _REPR)
    note = f"{token} before the words, as the template has no place for one" if token else ""
    return Placeholder(token=token, as_text=as_text, note=note)


def _adds_itself(processor: Any, token: str) -> bool:
    """Whether a processor puts a picture's tokens into a text that has none: tried on a grey square."""
    from PIL import Image

    square = Image.new("RGB", (_SIDE, _SIDE), (127, 127, 127))
    try:
        ids = processor(images=[[square]], text=["?"], return_tensors="pt")["input_ids"][0].tolist()
    except Exception:  # noqa: BLE001  one that wants the token says so in as many ways as there are processors
        return False
    number = processor.tokenizer.convert_tokens_to_ids(token)
    return number is not None and number in ids


def attempted(render: Callable[..., str], *given: Any, **how: Any) -> str | None:
    """What a chat template makes of something; None where it fails."""
    from jinja2 import TemplateError

    try:
        return render(*given, **how)
    except (TemplateError, TypeError, KeyError, ValueError):
        return None
