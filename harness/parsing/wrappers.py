r"""What a reply sets apart as its answer: a box, a tag, a field of JSON, or words that announce it.

Thoughts that a model wrote before answering are no part of its answer, whatever route the reply took.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from harness.base import typography
from harness.parsing import thinking

_TAG = re.compile(r"<(final[_ ]?answer|answer|label|choice|prediction|diagnosis)>(.*?)(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_BOX = re.compile(r"\\f?boxed\s*\{")
_KEY = (
    r"(?:(?:final|correct|best|predicted|selected)[_ ]?)?"
    r"(?:answers?|labels?|choice|option|prediction|diagnosis|class|classification|findings?)"
)
_KEYS = re.compile(_KEY, re.IGNORECASE)
_FIELD = re.compile(rf"""["']{_KEY}["']\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)'|(-?\d+(?:\.\d+)?))""", re.IGNORECASE)
_JSON = json.JSONDecoder()
_OBJECTS = 20
"""Boxes that are read, and braces at which an object is looked for."""

_WHAT = r"(?:answer|response|option|choice|diagnosis|label|class|classification|category|prediction|conclusion|verdict|selection)"
_IS = r"(?:is|was|would\s+be|should\s+be|must\s+be|will\s+be|seems\s+to\s+be|appears\s+to\s+be)"
ANNOUNCED = re.compile(
    rf"(?:\b|(?=答案|回答|结论))(?:{_WHAT}(?:\s*\([^()\n]*\))?(?:\s+(?:to|for)\s+(?:the|this|your)\s+(?:question|image|picture|case|patient))?"
    rf"\s*(?:[-=]?>|[:=•]|-\s|{_IS}\b\s*:?)"
    r"|(?:答案|回答|结论)\s*(?:应该)?(?:是|为|[:=])\s*:?"
    r"|(?:^|(?<=\n))[ \t]*(?:(?:the|my|final|correct|best)\s+)*answer[ \t]*\n"
    r"|i(?:'ll|'d|\s+would|\s+will)?\s+(?:therefore\s+)?(?:say|answer|choose|select|pick|go\s+with|go\s+for|opt\s+for)\b\s*[:,]?)\s*",
    re.IGNORECASE,
)
"""Words after which an answer stands: "Answer:", "the correct option is", "I would say"."""


def body(text: str) -> str:
    """The reply without its thoughts; empty where they never end."""
    return thinking.split(text).answer


def set_apart(text: str) -> list[str]:
    r"""Every answer that the reply sets apart from the rest, in the order of their kinds; empty where it sets none apart.

    Args:
        text: A reply without thoughts (`body`). Boxes are ``\boxed{…}``, tags ``<answer>…</answer>``, fields those of a JSON object whose
            name says that they answer.
    """
    answers = [*(part for _, part in _TAG.findall(text)), *_boxes(text)]
    if answers := answers or list(_fields(text)):
        return answers
    folded = typography.folded(text)
    return [] if folded == text else list(_fields(folded))


def announced(text: str) -> list[str]:
    """What stands after each announcement: the rest of its line, or the next line with anything on it where that is empty.

    Args:
        text: `typography.unmarked` text.
    """
    answers = []
    for match in ANNOUNCED.finditer(text):
        end = match.end()
        rest = text[end:].lstrip().partition("\n")[0]
        further = ANNOUNCED.search(rest)
        if further and not rest[: further.start()].strip(" \t:,-(["):
            continue  # "Answer: the correct option is B" announces once
        answers.append(rest[: further.start()] if further else rest)
    return [part.strip() for part in answers]


def _boxes(text: str) -> list[str]:
    boxes = []
    for match in islice(_BOX.finditer(text), _OBJECTS):
        depth, start = 1, match.end()
        for place in range(start, len(text)):
            depth += (text[place] == "{") - (text[place] == "}")
            if not depth:
                boxes.append(text[start:place])
                break
        else:
            boxes.append("")
    return [part for part in boxes if not _BOX.search(part)]


def _fields(text: str) -> Iterator[str]:
    for place in islice((match.start() for match in re.finditer(r"\{", text)), _OBJECTS):
        try:
            value, _ = _JSON.raw_decode(text, place)
        except ValueError:
            continue
        except RecursionError:
            return
        named = [content for key, content in value.items() if _KEYS.fullmatch(key.strip())]
        yield from (_text(content) for content in named)
        if named:
            return
    yield from ("".join(groups) for groups in _FIELD.findall(text))


def _text(value: object) -> str:
    """A field's content as one would write it; what is neither text nor number says nothing."""
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value) if value else "none"
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
