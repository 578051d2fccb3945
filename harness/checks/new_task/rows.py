"""The rows of invented releases: a few words, put together by a row's number, so that everyone has the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

PLACES = (
    "left upper field", "right upper field", "left lower field", "right lower field", "left middle field", "right middle field",
    "left apex", "right apex", "left hilum", "right hilum",
)  # fmt: skip
NOTES = ("cough for a week", "a fall on the stairs", "fever since Monday", "no complaints", "swollen ankles", "a sore throat")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "classification": ("clear", "opaque"),
    "understanding": ("at home", "in the clinic", "in hospital"),
}
"""The labels of those that have some."""


def of_template(name: str) -> list[dict[str, Any]]:
    """Twelve rows of test and six of train, for the adapter of that name."""
    return [{"id": f"{n:02}", "split": "test" if n < 12 else "train", **_ROWS[name](n)} for n in range(18)]


def finding(number: int) -> str:
    """A report of two lines."""
    return f"Shadow of {number + 2} cm in the {PLACES[number % 6]}.\nOtherwise clear."


def visit(number: int, note: str) -> str:
    """A note on somebody who was seen."""
    return f"Seen on day {number}: {note}, and a shadow in the {PLACES[number % 6]}."


def question(number: int) -> tuple[str, str]:
    """What is asked and right: yes or no of every third row, else a place."""
    place = PLACES[number % 6]
    return ("Where is the shadow?", place) if number % 3 else (f"Is the {place} clear?", ("yes", "no")[number // 3 % 2])


def _vqa(number: int) -> dict[str, Any]:
    asked, answer = question(number)
    return {"image": f"{number:02}.png", "question": asked, "type": "open" if number % 3 else "closed", "answer": answer}


def _several(number: int) -> dict[str, Any]:
    """Every third question is of one picture, the others of two."""
    first, second = f"{number:02}a.png", f"{number:02}b.png"
    one = number % 3 == 2
    return {
        "question": "Where is the shadow in <image 1>?" if one else "Where do <image 1> and <image 2> differ?",
        "options": str([PLACES[(number + place) % 4] for place in range(4)]),
        "image_1": first,
        "image_2": None if one else second,
        "subject": "finding" if one else "comparing",
        "answer": "ABCD"[(number // 4 - number) % 4],
    }


def _understanding(number: int) -> dict[str, Any]:
    return {"note": f"Patient {number}, {_note(number)}.", "label": CLASSES["understanding"][number * 5 // 3 % 3]}


def _summarization(number: int) -> dict[str, Any]:
    note = _note(number)
    return {"note": visit(number, note), "summary": f"{note.capitalize()}, {PLACES[number % 6].removesuffix(' field')}."}


def _note(number: int) -> str:
    return NOTES[(number + number // 6) % 6]


_ROWS: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "vqa": _vqa,
    "captioning": lambda number: {"image": f"{number:02}.png", "report": finding(number)},
    "classification": lambda number: {"image": f"{number:02}.png", "label": CLASSES["classification"][(number + 2) // 3 % 2]},
    "understanding": _understanding,
    "summarization": _summarization,
    "several": _several,
}
