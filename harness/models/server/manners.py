"""How a server wants to be asked, where that is not how the interface says: learnt from its refusals, one field at a time.

The model that refuses a field can be asked in no other way, so that what is learnt tells nothing of which model it is and enters no
digest; what could change an answer stands with each reply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.models.server.arguments import Arguments
from harness.models.server.faults import Fault, words
from harness.models.server.likelihoods import TOP
from harness.types import Decoding

LIMIT, NEWER_LIMIT = "max_tokens", "max_completion_tokens"
_DEEPEST = 20
_STATUSES = frozenset({0, 400, 422, 500, 501})
"""Of refusals of a field; some gateways wrap their provider's 400 in a 500."""
_REFUSED = re.compile(
    r"unsupported|not[ _]support|(does|do)(n't| not) support|unrecogni[sz]ed|unknown (parameter|field|argument|name|keyword)"
    r"|unexpected (parameter|field|keyword|argument)|(extra|additional) (inputs|fields|propert)"
    r"|not (permitted|allowed|available|accepted)"
    r"|forbidden|deprecated|cannot (both )?be (set|specified|used)|no longer|extra_forbidden|is not enabled",
    re.IGNORECASE,
)
_ONE_TEMPERATURE = re.compile(
    r"strictly positive|(greater|larger|more) than 0|> ?0\b|\(0(\.0+)?, ?[12]"
    r"|only (the default|1|a temperature)|only be (set to )?1|must be (set to )?1\b|=1(\.0)? is",
    re.IGNORECASE,
)
"""How a temperature of 0 is refused where no field is."""
_A_SIZE = re.compile(
    r"too (large|long|big|high|many)|exceed|at most|less than|maximum (value|number|of)|greater than or equal", re.IGNORECASE
)
"""Of a value that is too large, which another name of its field would not help."""
_STREAMS = re.compile(
    r"(only|must|require[sd]?|need|have to|please)\b.{0,60}\bstream|stream\w*\b.{0,40}\b(must|only|required|has to|have to)|non-stream",
    re.IGNORECASE,
)
_PARTS = re.compile(r"valid list|a list|an array|sequence|list_type|content.{0,20}\blist\b", re.IGNORECASE)
_MOST = re.compile(
    r"(?:max(?:imum)?(?: allowed| value)?(?: is| of)?|at most|up to|less than or equal to|<=|between \d+ and|range \[?\d+ ?[,-])"
    r"[:\s`]*(\d+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """One way of asking. Fields that a server refused are left out."""

    limit: str = LIMIT
    """The name of the field that limits an answer; empty sends none."""
    without: frozenset[str] = frozenset()
    """Fields that are left out: ``temperature``, ``top_p``, ``seed``, ``stop``, ``stream_options``, ``echo``."""
    stream: bool = False
    parts: bool = False
    """Whether a text is sent as a list of one part."""
    likeliest: int = TOP
    """How many likelihoods are asked for in each place."""
    least: int = 0
    """The smallest answer that may be asked for where a prompt is only read."""

    def adapted(self, decoding: Decoding, *, scores: str) -> tuple[str, ...]:
        """In what a request is asked otherwise than it says."""
        ways = []
        if self.limit != LIMIT:
            ways.append(f"the limit of an answer sent as {self.limit}" if self.limit else "no limit of an answer sent")
        if "temperature" in self.without:
            ways.append("temperature left to the model")
        if decoding.temperature and "top_p" in self.without:
            ways.append("top_p left to the model")
        if decoding.temperature and "seed" in self.without:
            ways.append("no seed sent")
        if decoding.stop and "stop" in self.without:
            ways.append("answers cut at stop sequences after they had come")
        if scores == "first-token" and self.likeliest != TOP:
            ways.append(f"scores from the {self.likeliest} likeliest tokens in the place of {TOP}")
        return tuple(ways)


_CAN_BE_LEFT_OUT = frozenset({"temperature", "top_p", "seed", "stop", "stream_options", "echo"})
_ALWAYS_SPOKEN_OF = frozenset({"model", "messages", "prompt"})
"""Fields whose names are words of every other refusal."""


def first(arguments: Arguments) -> Manner:
    """How a server is asked before it has refused anything."""
    limit = {"auto": LIMIT, "none": ""}.get(arguments.max_tokens_field, arguments.max_tokens_field)
    without = frozenset({"temperature"}) if arguments.temperature == "none" else frozenset[str]()
    return Manner(limit=limit, without=without, stream=arguments.stream == "yes")


def learnt(manner: Manner, fault: Fault, body: Mapping[str, Any], *, decoding: Decoding, arguments: Arguments) -> Manner | None:
    """Another way of asking the same, in answer to a refusal; None where it was no refusal of a field, or nothing can be left out.

    What a user has said is never taken back, nor a field that would make the answer another one than was asked for: a temperature above 0,
    a share of the likeliest tokens.

    Args:
        manner: How it was asked.
        fault: What the server said to that; none that is the request's own.
        body: What was sent.
        decoding: The request's.
        arguments: The user's.
    """
    if fault.status not in _STATUSES or not fault.body:
        return None
    refusal, fields = words(fault.body), _fields(fault.body, body)
    field = next(iter(fields), "")
    if not manner.stream and arguments.stream == "auto" and _STREAMS.search(refusal):
        return replace(manner, stream=True)
    if field == "content" and not manner.parts and _PARTS.search(refusal) and _is_plain(body):
        return replace(manner, parts=True)
    if field in ("logprobs", "top_logprobs") and (most := _most(refusal)) and most < manner.likeliest:
        return replace(manner, likeliest=most)
    if field == manner.limit and body.get("echo") and not manner.least:
        return replace(manner, least=1)
    if field == LIMIT == manner.limit and arguments.max_tokens_field == "auto" and arguments.api == "chat":
        another = NEWER_LIMIT in refusal or _REFUSED.search(refusal)
        return replace(manner, limit=NEWER_LIMIT) if another and not _A_SIZE.search(refusal) else None
    kept = {name for name, chosen in (("temperature", decoding.temperature > 0), ("top_p", decoding.top_p < 1)) if chosen}
    spare = next((name for name in fields if name in _CAN_BE_LEFT_OUT and name in body and name not in kept), "")
    refused = _REFUSED.search(refusal) or (spare == "temperature" and _ONE_TEMPERATURE.search(refusal))
    return replace(manner, without=manner.without | {spare}) if refused and spare else None


def _fields(told: Any, body: Mapping[str, Any]) -> list[str]:
    """Which fields of a request a refusal is about, of those that were sent: its parameter first, then in the order of its words."""
    names = [name for name in (*body, "content") if name not in _ALWAYS_SPOKEN_OF]
    refusal = f"{_named(told)} {words(told)}"
    places = {name: place.start() for name in names if (place := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", refusal, re.ASCII))}
    return sorted(places, key=lambda name: places[name])


def _named(told: Any, depth: int = 0) -> str:
    """The parameter that an error says it is about, wherever it says so, but for the depths of one that was made to be deep."""
    if depth > _DEEPEST:
        return ""
    if isinstance(told, Mapping):
        param = told.get("param")
        if isinstance(param, str) and param:
            return param
        return next((named for inner in told.values() if (named := _named(inner, depth + 1))), "")
    return next((named for inner in told if (named := _named(inner, depth + 1))), "") if isinstance(told, list) else ""


def _is_plain(body: Mapping[str, Any]) -> bool:
    return any(isinstance(turn.get("content"), str) for turn in body.get("messages", ()))


def _most(refusal: str) -> int:
    """The number that a refusal gives as the largest; 0 where it gives none."""
    match = _MOST.search(refusal)
    return int(match[1]) if match else 0
