"""Sections of radiology reports: what stands under FINDINGS and under IMPRESSION, whichever way the heading is written.

A heading stands at the start of a line, in any case, with a colon; in capitals it may also stand alone on its line, or follow a full
stop or a wide gap within a line. Only headings that are known end a section: "LUNGS:" inside the findings is a part of them. Misspelt
headings in capitals ("FINIDNGS:") are read as what they are closest to.
"""

from __future__ import annotations

import difflib
import re

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
_FUZZY = [heading for heading in _HEADINGS if len(heading) >= 7 and heading.isalpha()]
_LINE = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /&()-]{1,40}?)[ \t]*(?:[:;](.*)|)$", re.DOTALL)
_WITHIN = re.compile(
    r"(?<=[.!?])[ \t]+(?=(?:FINDINGS?|IMPRESSIONS?|CONCLUSIONS?)[ \t]*:)|[ \t]{2,}(?=(?:FINDINGS?|IMPRESSIONS?|CONCLUSIONS?)[ \t]*:)"
)
_PAGE_BREAK = re.compile(r"\(Over\).*?\(Cont\)", re.DOTALL)
_FINAL = re.compile(r"^[ \t]*FINAL REPORT(?: \(REVISED\))?[ \t]*:?[ \t]*$|^[ \t]*FINAL REPORT\b", re.MULTILINE)
_RULE = re.compile(r"_{8,}")  # a ruled line; three underscores are a name that was taken out


def sections(text: str) -> list[tuple[str, str]]:
    """Name and one-line text of every section, in their order; text before the first heading is none.

    What precedes FINAL REPORT (an order, a preliminary reading) and the break between two pages are left out.
    """
    body = _RULE.sub(" ", _PAGE_BREAK.sub("\n", text))
    final = _FINAL.search(body)
    lines = _WITHIN.sub("\n", body[final.end() :] if final else body).splitlines()
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        name, rest = _heading(line)
        if name:
            found.append((name, [rest]))
        elif found:
            found[-1][1].append(line)
    return [(name, one_line(" ".join(parts))) for name, parts in found]


def section(found: list[tuple[str, str]], name: str) -> str:
    """The last section of that name with anything in it: a final reading follows a preliminary one. Empty where there is none."""
    return next((text for title, text in reversed(found) if title == name and text), "")


def _heading(line: str) -> tuple[str, str]:
    """The section that a line opens and what follows on the line; an empty name where it opens none."""
    match = _LINE.match(line)
    if match is None:
        return "", ""
    title, rest = " ".join(match.group(1).split()), match.group(2)
    if rest is None and not title.isupper():
        return "", ""  # an ordinary line of text
    name = _HEADINGS.get(title.lower(), "")
    if not name and title.isupper() and title.isalpha() and len(title) >= 7:
        close = difflib.get_close_matches(title.lower(), _FUZZY, n=1, cutoff=0.82)
        name = _HEADINGS[close[0]] if close else ""
    return name, rest or ""
