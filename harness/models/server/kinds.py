"""Kinds of errors, by what servers say: they agree on the status and on little else, so that codes and words of their bodies are tables."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["again", "limited", "refused", "request", "barred", "spent", "failed"]
"""May pass soon; too many requests a minute; the service will not answer this; the request itself cannot be answered; nothing can be,
with this key, address or model; nor with an account that is used up; anything else."""

_AGAIN = frozenset({0, 408, 409, 425})
_BARRED = frozenset({401, 402, 403, 404, 405, 407})
_UNKNOWN = frozenset({"authentication_error", "invalid_api_key", "model_not_found", "permission_denied"})
_LIMITED = frozenset({"rate_limit_error", "rate_limit_exceeded", "too_many_requests"})
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance", "credit_exhausted"})
_QUOTA_WORDS = re.compile(
    r"exceeded your current quota|insufficient (balance|credits?|quota)|billing hard limit|out of credits", re.IGNORECASE
)
_FILTERED = frozenset(
    {
        "content_filter",
        "content_filtered",
        "content_policy_violation",
        "data_inspection_failed",
        "datainspectionfailed",
        "moderation",
        "moderation_blocked",
        "prompt_blocked",
        "responsibleaipolicyviolation",
        "safety",
    }
)
_FILTERED_WORDS = re.compile(
    r"moderation|content[ _]policy|content[ _]filter|content management policy|usage polic|safety (system|filter|settings)|was flagged"
    r"|data inspection",
    re.IGNORECASE,
)
_TOO_LONG = frozenset(
    {
        "context_length_exceeded",
        "context_window_exceeded",
        "exceed_context_size_error",
        "image_parse_error",
        "image_too_large",
        "invalid_image",
        "invalid_image_format",
        "string_above_max_length",
        "unsupported_image",
    }
)
_TOO_LONG_WORDS = re.compile(
    r"maximum (context|prompt) length|context[ _](length|window|size)|maximum model length|max_model_len|range of input length"
    r"|inputs.{0,3} tokens \+|exceeds the maximum number of"
    r"|(prompt|input|request)( is|) too (long|large)"
    r"|too many (input )?tokens|maximum (number of )?(input )?tokens|image.{0,40}too large"
    r"|(could not|cannot|failed to) (load|decode|process|parse).{0,20}image"
    r"|at most \d+ image|(image|picture).{0,80}exceed|image.{0,30}(too small|dimensions)|(larger|greater) than (factor|\d+)\b.{0,30}width"
    r"|(height|width):\d+.{0,40}(larger|greater) than",
    re.IGNORECASE,
)

OF_A_SIZE = re.compile(r"image.{0,80}(large|small|exceed|dimension|size|pixel)|(height|width):\d+", re.IGNORECASE)
"""Of what is the request's own, what speaks of a picture's size."""


def kind_of(status: int, codes: set[str], text: str, wait: float | None) -> Kind:
    """The kind of an error.

    Args:
        status: Of HTTP; 0 for an error in a reply with a good status.
        codes: All codes and types in its body, in lower case.
        text: Its words.
        wait: The seconds that the server asks to wait.
    """
    # Some services speak of a quota where they mean a minute's; those say when to come again.
    if status == 402 or codes & _QUOTA or (_QUOTA_WORDS.search(text) and wait is None):
        return "spent"
    if status == 451 or (status in (0, 400, 403, 422) and (codes & _FILTERED or _FILTERED_WORDS.search(text))):
        return "refused"
    if status in (413, 414) or (status not in (401, 403) and (codes & _TOO_LONG or _TOO_LONG_WORDS.search(text))):
        return "request"
    if status == 429 or (status == 0 and codes & _LIMITED):
        return "limited"
    if status in _BARRED or codes & _UNKNOWN:
        return "barred"
    return "again" if status in _AGAIN or status >= 500 else "failed"
