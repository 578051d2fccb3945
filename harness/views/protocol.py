"""What a published number's source says of its protocol, aspect by aspect; empty where the source is silent.

Nothing is concluded: a statement is a field of the row, a line of `tasks/protocols.csv` on its source, or a phrase of the row's note that
is known here to speak of one aspect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.views import source_facts, systems
from harness.views.published import Reported

_OWN, _OTHERS = "the system's authors", "others"
PHRASES: Mapping[str, tuple[str, str]] = {
    "MedEvalKit mixes English and Chinese questions": ("examples", "English and Chinese questions"),
    "MedEvalKit's test is R2Gen's val split, findings and impression": ("examples", "R2Gen's val split, findings and impression"),
    "a split of their own (70:10:20), findings and impression": ("examples", "a split of their own, findings and impression"),
    "the file mixes train and test": ("examples", "train and test mixed"),
    "R2Gen annotation, one image per item": ("examples", "R2Gen's annotation, one image per item"),
    "MedEvalKit with another judge, gpt-5-mini-2025-08-07": ("judge", "gpt-5-mini-2025-08-07"),
    "closed accuracy mixed with open token recall": ("open answers", "token recall, mixed with closed accuracy"),
    "choices were added to the questions": ("prompt", "choices added to the questions"),
    "mean of three runs": ("repetitions", "mean of three runs"),
    "mean and standard deviation of three seeds": ("repetitions", "mean of three seeds"),
    "cidereval's scale, which is not that of the COCO evaluation": ("rule", "cidereval's scale"),
    "quoted there from its paper, which may use another split or text": ("measured by", "others; quoted"),
    "a copy of Lingshu's table where both print it": ("measured by", "Lingshu; copied"),
    "a figure taken from the literature": ("measured by", "others; quoted"),
    "quoting the BiomedGPT preprint": ("measured by", "the BiomedGPT preprint; quoted"),
    "marked as rerun": ("measured by", "the source, with others' code"),
    "the authors' own": ("measured by", _OWN),
    "SLAKE train is in pretraining": ("tuning", "the task's train split is in pretraining"),
}
"""Phrase of a note, as they stand between semicolons, to the aspect it speaks of and what it says."""


def _examples(number: Reported) -> str:
    form = f"{number.task_variant}'s " if number.task_variant else ""
    return f"{form}{number.split}" if number.split_known else ""


def _pictures(number: Reported) -> str:
    sides = (number.resolution and f"released at {number.resolution}", number.input_resolution and f"read at {number.input_resolution}")
    return ", ".join(str(side) for side in sides if side)


def _rule(number: Reported) -> str:
    return "" if number.metric_variant == "unknown" else f"{number.metric}/{number.metric_variant}"


_TUNED = {
    "fine-tuned": "on the task's train split",
    "multi-task fine-tuned": "on several tasks' train splits",
    "pretrained only": "pretrained only",
    "zero-shot": "none for the task",
    "zero- or few-shot": "none for the task",
    "as released": "none for the task",
}
_SHOTS = {"zero-shot": "none", "zero- or few-shot": "none or a few"}


def _measured_by(number: Reported) -> str:
    """Whether the value stands in the publication of the system's own authors; empty where it is not known which that is."""
    fact = systems.of(number.system)
    if fact is None or not fact.authors:
        return ""
    return _OWN if number.source_title == fact.authors else _OTHERS


_FIELDS: Mapping[str, Callable[[Reported], str] | None] = {
    "examples": _examples,
    "n": lambda number: "" if number.n is None else f"{number.n:,}",
    "rule": _rule,
    "open answers": lambda number: number.open_metric.replace("_", " "),
    "closed answers": None,
    "judge": lambda number: number.judge and f"a {number.judge}",
    "prompt": None,
    "answers": lambda number: number.answer_list,
    "tuning": lambda number: _TUNED.get(number.setting, ""),
    "shots": lambda number: _SHOTS.get(number.setting, ""),
    "pictures": _pictures,
    "repetitions": None,
    "measured by": _measured_by,
}
"""Aspect to what a row says of it; None where no field holds it, and a note or a line on its source may."""
MEASURED_BY = "measured by"
"""The aspect that says who, not how."""
ASPECTS = tuple(_FIELDS)
"""What two protocols can differ in, the weightiest first."""


def stated(number: Reported) -> dict[str, str]:
    """Aspect to what the source says of it; empty where it is silent.

    A line on the source is more exact than a field, a phrase of the note more exact than either.
    """
    by_aspect = {aspect: read(number) if read else "" for aspect, read in _FIELDS.items()} | source_facts.of(number)
    for phrase in number.note.split("; "):
        if phrase in PHRASES:
            aspect, says = PHRASES[phrase]
            by_aspect[aspect] = says
    return by_aspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One aspect of several published numbers."""

    aspect: str
    says: tuple[tuple[str, tuple[int, ...]], ...]
    """Each different statement, and the places of the numbers whose source makes it, counted from 1."""
    silent: tuple[int, ...]
    """The places of the numbers whose source says nothing of it."""

    @property
    def known(self) -> bool:
        """Whether two sources say different things."""
        return len(self.says) > 1

    @property
    def one_sided(self) -> bool:
        """Whether what is said is one thing, and another source says nothing of it."""
        return len(self.says) == 1 and bool(self.silent)

    def as_json(self) -> dict[str, Any]:
        """The difference as ``--json`` prints it."""
        says = [{"says": words, "values": list(places)} for words, places in self.says]
        return {"aspect": self.aspect, "known": self.known, "one_sided": self.one_sided, "says": says, "silent": list(self.silent)}


def compared(numbers: Sequence[Reported]) -> tuple[Difference, ...]:
    """All aspects of several numbers, in the order of `ASPECTS`."""
    told = [stated(number) for number in numbers]
    differences = []
    for aspect in ASPECTS:
        says: dict[str, list[int]] = {}
        for place, one in enumerate(told, start=1):
            says.setdefault(one[aspect], []).append(place)
        silent = tuple(says.pop("", []))
        differences.append(Difference(aspect=aspect, says=tuple((words, tuple(places)) for words, places in says.items()), silent=silent))
    return tuple(differences)
