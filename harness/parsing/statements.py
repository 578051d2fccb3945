"""Statements of yes and no, told from the determiner "no" and from mere mention; both words are looked for by the same rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.base import typography
from harness.text import plain

DENIALS = frozenset(
    "no not without never neither nor cannot non rather instead absence absent negative unlikely hardly lack lacks lacking"
    " unable impossible unclear unsure uncertain doubtful whether if deny denies denied rule rules ruled ruling"
    " excluding against free".split()
)
"""Words that keep what follows them in a clause from being said."""

CONTRACTION = re.compile(r"\b(is|are|was|were|do|does|did|ca|wo|could|would|should|has|have|had)n'?t\b", re.IGNORECASE)

_AFTERWARDS = frozenset(
    "there here it its it's this that these those the i we they he she you not because since as due given based with but indeed".split()
)
"""Words that can follow an answer and not a determiner: "No there is none", never "no fracture"."""
_VERBS = frozenset("is are was were would will should can may might must cannot seems appears".split())
_JOINED = re.compile(rf"\b(yes|no)-(?=(?:{'|'.join(sorted(_AFTERWARDS))})\b)", re.IGNORECASE)
_CUT = re.compile(
    r"""[.;:!?,()\[\]{}"|/•=<>]|\s-+(?=\s|$)|^-+\s|\b(?:so|therefore|thus|hence|but|however|because|although|though|then|while|whereas)\b""",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_ADVERBS = (
    r"(?:(?:clearly|certainly|definitely|definitively|absolutely|simply|probably|likely|most\s+likely|again|overall|actually"
    r"|wait|sorry|correction|hmm|oh|well|ok|okay|and|or)\s+)*"
)
_LEAD = re.compile(
    rf"^{_ADVERBS}(?:"
    r"(?:(?:the|my|your|this|our)\s+)?(?:(?:final|correct|best|short|right|simple|direct|overall|most\s+likely)\s+)*"
    r"(?:answer|option|choice|response|conclusion|verdict|prediction|label|diagnosis)"
    r"(?:\s+(?:to|for)\s+(?:the|this|your)\s+(?:\w+\s+)?question)?(?:\s+(?:is|was|would\s+be|should\s+be|must\s+be|will\s+be))?\s*"
    r"|i(?:'d|\s+would|'ll|\s+will)?\s+(?:say|answer|go\s+with|choose|select|pick)\s+"
    r"|(?:it(?:'s|\s+is)|that(?:'s|\s+is))\s+"
    rf")?{_ADVERBS}(?:an?\s+)?(?:(?:clear|definite|definitive|firm|strong|simple|resounding)\s+)?",
    re.IGNORECASE,
)
_IS_THE_ANSWER = re.compile(r"(yes|no) (?:is|would be) (?:the|my) (?:\w+ )?(?:answer|choice|option)")
_ENDS = frozenset({"is", "be", "say", "answer", "answered"})


def read(text: str) -> str | None:
    """``yes`` or ``no`` where the text states one and not the other."""
    spelled_out = _JOINED.sub(r"\1 - ", CONTRACTION.sub(r"\1 not", typography.unmarked(text)))
    answers: set[str] = set()
    if "yes" not in (lower := spelled_out.lower()) and "no" not in lower:
        return None
    for line in spelled_out.splitlines():
        clauses = [_WORD.findall(clause.lower()) for clause in (_LEAD.sub("", part.strip(), count=1) for part in _CUT.split(line))]
        here = {answer for clause in clauses if (answer := _stated(clause))}
        if here and not answers:  # what is said beside the answer may take it back in more words
            here |= {clause[0] for clause in clauses if len(clause) > 1 and clause[0] in ("yes", "no") and clause[1] in _VERBS}
        answers |= here
    return answers.pop() if len(answers) == 1 else None


def _stated(clause: Sequence[str]) -> str | None:
    if not clause:
        return None
    first, *rest = clause
    if first in ("yes", "no"):
        if not rest or rest[0] in _AFTERWARDS:
            return first
        whole = _IS_THE_ANSWER.fullmatch(" ".join(clause))
        return whole.group(1) if whole else None
    if rest and rest[-1] in ("yes", "no") and clause[-2] in _ENDS and clause[-3:-1] != ["there", "is"] and DENIALS.isdisjoint(clause[:-1]):
        return rest[-1]
    return None


def options(choices: Sequence[str]) -> dict[str, str] | None:
    """Yes and no to the choices that they are, where there are no others."""
    by_name = {plain(option): option for option in choices}
    return by_name if set(by_name) == {"yes", "no"} else None
