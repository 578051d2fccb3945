"""Why requests failed: many messages as a few reasons, each with its number and the first sample that met it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from harness.runs.facts import Failure
from harness.types import Response

MOST = 10
"""Reasons that are told apart; the rest are one sum."""
_LENGTH = 240
_REST = "other reasons"
_SILENT = "no reason was given"
_WITHHELD = "its words may hold text of the data and stay with the replies"

_BLANK = "…"
"""Stands for what differs between messages of one reason."""
_STATUS = re.compile(r"\b(?:http(?:/\d(?:\.\d)?)?|status|code|errno|signal)\b[\s:=]*(?:code[\s:=]*)?\d{1,4}\b", re.IGNORECASE)
_VARYING = re.compile(
    r"0x[0-9a-fA-F]+"  # an address in memory
    r"|(?<![\w/])(?:/[\w.+@~-]+){2,}"  # a path
    r"|\b(?=[\w-]*\d)[\w-]{8,}\b"  # a digest, a request's number at a service
    r"|(['\"])(?=[^'\"]*[\d/.])[^'\"]*\1"  # a name in quotes that may be a sample's or a file's
    r"|\d+(?:[.,:]\d+)*"
)
_CLASS = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]?\w*(?:Error|Exception|Exceeded|Timeout|Died|Malformed|Data|Tool))\b")


def reasons(
    replies: Sequence[tuple[str, Response]],
    *,
    private: bool = False,
    name: Callable[[str], str] = str,
    most: int = MOST,
) -> tuple[Failure, ...]:
    """The reasons of all failures, the commonest first.

    Args:
        replies: Ids and responses, in the order of the run; those that did not fail are left out.
        private: Tell the kind and the status of a failure alone: its words may quote what was asked.
        name: An id as it may be shown.
        most: Reasons to tell apart; what is left is summed under one.
    """
    by_wording: dict[str, list[tuple[str, str]]] = {}
    for identifier, response in replies:
        if response.error is not None:
            wording = _kind(response.error) if private else " ".join(response.error.split()) or _SILENT
            by_wording.setdefault(_shared(wording, identifier), []).append((identifier, wording))
    made = [
        Failure(reason=_told(shared, [wording for _, wording in met]), n=len(met), first=name(met[0][0]))
        for shared, met in by_wording.items()
    ]
    made.sort(key=lambda reason: -reason.n)
    if len(made) <= most:
        return tuple(made)
    rest = made[most - 1 :]
    return *made[: most - 1], Failure(reason=_REST, n=sum(reason.n for reason in rest), first=rest[0].first)


def summary(failures: Sequence[Failure], most: int = 3) -> str:
    """The commonest reasons in one line."""
    left = failures[most:]
    more = [f"{sum(reason.n for reason in left):,} × other reasons"] if left else []
    return "; ".join([*map(str, failures[:most]), *more])


def _kind(message: str) -> str:
    """The exception's name and the status in a message: nothing of what it quotes."""
    known, status = _CLASS.match(message), _STATUS.search(message)
    parts = [*([known[1]] if known else []), *([" ".join(status[0].split())] if status else [])]
    return f"{', '.join(parts)} ({_WITHHELD})" if parts else _WITHHELD


def _shared(message: str, identifier: str) -> str:
    """The message without what differs from one request to the next: its id, numbers, paths, addresses. A status code stays."""
    own = re.compile(rf"(?<!\w){re.escape(identifier)}(?!\w)") if identifier else None
    parts, at = [], 0
    for status in _STATUS.finditer(message):
        parts += [_blanked(message[at : status.start()], own), status[0]]
        at = status.end()
    return "".join([*parts, _blanked(message[at:], own)])


def _blanked(text: str, own: re.Pattern[str] | None) -> str:
    return _VARYING.sub(lambda match: f"{match[1] or ''}{_BLANK}{match[1] or ''}", own.sub(_BLANK, text) if own else text)


def _told(shared: str, wordings: Sequence[str]) -> str:
    text = wordings[0] if len(set(wordings)) == 1 else shared
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"
