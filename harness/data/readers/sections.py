"""Sections of radiology reports: what stands under FINDINGS and under IMPRESSION, whichever way the heading is written.

A heading stands at the start of a line, in any case, with a colon; in capitals it may also stand alone on its line. In small letters it
opens a section only where the line before has ended its sentence: else it is a word of a sentence that was wrapped. Within a line a
heading in capitals with its colon follows anything but another word in capitals ("CLINICAL IMPRESSION:" is one heading), and one with a
capital letter follows the end of a sentence. Only headings that are known end a section: "LUNGS:" inside the findings is a part of them.
Headings in capitals that are misspelt by one letter ("FINIDNGS:", "IMPRESION:") are read; "COMPRESSION:" is another word.
"""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from harness.text import one_line

_NAMES = {
    "findings": "findings|finding|findings and impression|findings/impression|findings and impressions|radiographic findings",
    "impression": "impression|impressions|conclusion|conclusions|opinion|impression and recommendation|impression and recommendations",
    "indication": "indication|indications|reason for exam|reason for examination|reason for study|reason|reason for this examination"
    "|clinical indication|indication for study|indication for exam",
    "history": "history|clinical history|clinical information|patient history|medical condition|medical history",
    "comparison": "comparison|comparisons|comparison study|comparison studies|comparison exam",
    "technique": "technique|techniques|procedure|procedures|procedure and technique|contrast|dose|dlp|technical factors|views",
    "examination": "examination|exam|type of examination|type of exam|examinations|admitting diagnosis|underlying medical condition",
    "after": "recommendation|recommendations|recommendation(s)|notification|notifications|addendum|final addendum|wet read"
    "|preliminary report|preliminary findings|attestation|dictated by|signed by",
}
_HEADINGS = {heading: name for name, headings in _NAMES.items() for heading in headings.split("|")}
_MISSPELT_FROM = 7
"""Letters of a heading from which a misspelt one is still known; a shorter word may be another."""
_FUZZY = [heading for heading in _HEADINGS if len(heading) >= _MISSPELT_FROM and heading.isalpha()]
_LINE = re.compile(r"^ *([A-Za-z][A-Za-z /&()-]{1,40}?) *(?:[:;](.*)|)$", re.DOTALL)
_SPLITTING = "FINDINGS?|IMPRESSIONS?|CONCLUSIONS?"
_WITHIN = re.compile(
    rf"(?<![A-Z /&-])(?<![A-Z]) +(?=(?:{_SPLITTING}) *:)"
    rf"|(?<=[.!?)]) +(?=(?:(?i:{_SPLITTING})) *:)(?=[A-Z])"
    rf"|(?<! ) {{2,}}(?=(?:{_SPLITTING}) *:)"
)
_BLANK = re.compile(r"[^\S\n]")
_INVISIBLE = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad") | {"\uff1a": ":"})
_ENDED = re.compile(r"(?:[.!?:;)\]]|^)\s*$")
_PAGE_BREAK = re.compile(r"\(Over\).*?\(Cont\)", re.DOTALL)
_FINAL = re.compile(r"^[ \t]*FINAL REPORT(?: \(REVISED\))?[ \t]*:?[ \t]*$|^[ \t]*FINAL REPORT\b", re.MULTILINE)
_RULE = re.compile(r"_{8,}")  # a ruled line; three underscores are a name that was taken out


def sections(text: str) -> list[tuple[str, str]]:
    """Name and one-line text of every section, in their order; text before the first heading is none.

    What precedes FINAL REPORT (an order, a preliminary reading) and the break between two pages are left out.
    """
    plain = _BLANK.sub(" ", "\n".join(text.splitlines()).translate(_INVISIBLE))
    last = plain.rfind("(Cont)") + len("(Cont)")  # behind it no break ends, and none is looked for
    body = _RULE.sub(" ", _PAGE_BREAK.sub("\n", plain[:last]) + plain[last:])
    final = _FINAL.search(body)
    lines = _WITHIN.sub("\n", body[final.end() :] if final else body).split("\n")
    named_lines: list[tuple[str, list[str]]] = []
    for before, line in zip(["", *lines], lines, strict=False):
        name, rest = _heading(line, wrapped=not _ENDED.search(before))
        if name:
            named_lines.append((name, [rest]))
        elif named_lines:
            named_lines[-1][1].append(line)
    return [(name, one_line(" ".join(parts))) for name, parts in named_lines]


def section(named_texts: list[tuple[str, str]], name: str) -> str:
    """The last section of that name with anything in it: a final reading follows a preliminary one. Empty where there is none."""
    return next((text for title, text in reversed(named_texts) if title == name and text), "")


def _heading(line: str, *, wrapped: bool) -> tuple[str, str]:
    """The section that a line opens and what follows on the line; an empty name where it opens none.

    Args:
        line: One line, with ordinary blanks alone.
        wrapped: Whether the line before stops within a sentence.
    """
    match = _LINE.match(line)
    if match is None:
        return "", ""
    title, rest = " ".join(match.group(1).split()), match.group(2)
    if (rest is None and not title.isupper()) or (wrapped and title.islower()):
        return "", ""  # an ordinary line of text
    name = _HEADINGS.get(title.lower(), "")
    if not name and title.isupper() and title.isalpha() and len(title) >= _MISSPELT_FROM - 1:
        close = {_HEADINGS[heading] for heading in _FUZZY if _one_letter_off(title.lower(), heading)}
        name = close.pop() if len(close) == 1 else ""
    return name, rest or ""


def _one_letter_off(word: str, heading: str) -> bool:
    """Whether one letter is missing, too many, another, or exchanged with its neighbour."""
    return OSA.distance(word, heading, score_cutoff=1) <= 1
