"""Whether a file may be given away: nothing in it, however packed, repeats a text or shows a picture of entrusted rows at hand."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from harness.checks.shareable import contents, likeness, words
from harness.checks.shareable.contents import Part
from harness.checks.shareable.entrusted import Entrusted, at_hand
from harness.errors import HarnessError, UsageError
from harness.images.image import Image

__all__ = ["Finding", "Proof", "at_hand", "look", "prove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something entrusted, by its place alone."""

    place: str
    what: Literal["text", "picture", "ids"]
    task: str
    n: int
    """Runs of words, pictures or ids."""

    def __str__(self) -> str:
        what = {"text": f"runs of up to {words.RUN} words", "picture": "pictures", "ids": "ids that can be turned back"}[self.what]
        return f"{self.place}: {self.n:,} {what} of {self.task}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found, and what the finding of nothing is worth."""

    findings: tuple[Finding, ...]
    unread: tuple[str, ...]
    """What could not be looked into, with the reason."""
    parts: int
    """Texts and pictures that were looked at."""
    tasks: tuple[str, ...]
    texts: int
    pictures: int | None
    """Pictures that were compared with; None where none was met."""
    limits: tuple[str, ...]
    """What a copy could not be told by."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found, and all was looked at."""
        return not self.findings and not self.unread

    def as_json(self) -> dict[str, Any]:
        """The proof as ``--json`` prints it."""
        return {"holds": self.holds, **asdict(self)}


def prove(paths: Sequence[Path], known: Entrusted) -> Proof:
    """Look into files, folders and archives.

    Args:
        paths: What is to be given away.
        known: From `at_hand`.

    Raises:
        UsageError: A path is not there.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder.")
    return look((part for path in paths for part in contents.of_path(path)), known)


def look(parts: Iterable[Part], known: Entrusted) -> Proof:
    """What of the entrusted rows stands in texts and pictures."""
    copies: Counter[tuple[str, Literal["text", "picture", "ids"], str]] = Counter()
    unread, n, met = [f"{reason}: of this release nothing is compared" for reason in known.unread], 0, False
    for part in parts:
        if part.unread:
            unread.append(f"{part.place}: {part.unread}")
            continue
        n += 1
        if part.picture is not None:
            met = True
            task, why = _shown(part.picture, part.place, known)
            unread += [f"{part.place}: {why}"] if why else []
            copies.update({(part.place, "picture", task): 1} if task else {})
        if part.text is not None:
            for task, hits in _copied(part.text, known).items():
                copies[part.place, "text", task] += hits
            if part.place.endswith("samples.csv"):
                for task, hits in _named(part.text, known).items():
                    copies[part.place, "ids", task] += hits
    pictures = known.pictures() if met else None
    return Proof(
        findings=tuple(Finding(place=place, what=what, task=task, n=hits) for (place, what, task), hits in sorted(copies.items())),
        unread=tuple(unread),
        parts=n,
        tasks=tuple(known.tasks),
        texts=known.texts,
        pictures=None if pictures is None else pictures.n,
        limits=_limits(known, plain=0 if pictures is None else pictures.plain),
    )


def _copied(text: str, known: Entrusted) -> Counter[str]:
    """Runs of entrusted words in a text, by their task."""
    most: Counter[str] = Counter()
    for spelling in words.spellings(text):
        spelled_words = words.words(spelling)
        here = Counter(known.runs[run] for run in set(words.runs(spelled_words)) if run in known.runs)
        for length, short in known.short.items():
            here.update(short[run] for run in set(words.runs(spelled_words, length)) if run in short)
        most |= here
    return most


def _named(text: str, known: Entrusted) -> Counter[str]:
    """Ids of a record's table that say which row they stand for."""
    try:
        rows = list(csv.DictReader(io.StringIO(text)))
    except csv.Error:
        return Counter()
    names = {row.get(column) or "" for row in rows for column in ("id", "group")}
    return Counter(known.ids[name] for name in names if name in known.ids)


def _shown(content: bytes, place: str, known: Entrusted) -> tuple[str, str]:
    """The task whose picture this is, or why that cannot be told; empty where it is none."""
    pictures = known.pictures()
    if not pictures.n:
        return "", ""
    if (task := pictures.exact.get(likeness.exact(content))) is not None:
        return task, ""
    try:
        seen = likeness.of(Image(name=place, read=lambda: content))
    except HarnessError as error:
        return "", str(error).partition(": ")[2] or str(error)
    return ("" if seen is None else next((task for task, rows in pictures.galleries.items() if likeness.is_among(rows, seen)), "")), ""


def _limits(known: Entrusted, *, plain: int) -> tuple[str, ...]:
    told = (
        f"texts are told by {words.RUN + words.STEP - 1} words in a row, or whole where they have {words.SHORT} to"
        f" {words.RUN + words.STEP - 2}; what is said in other words, languages or codes is not"
    )
    return (
        told,
        *([f"{known.too_short:,} texts are shorter, or common to many rows, and were not looked for"] if known.too_short else []),
        *([f"{plain:,} pictures show nothing or cannot be decoded, and are told by their whole content alone"] if plain else []),
        "pictures are told when copied, scaled or packed anew; a part of one, one that was turned, or bare numbers are not",
    )
