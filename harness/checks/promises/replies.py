"""What a task promises of questions and replies: nothing gives an answer away, a right reply is read as right, and no other one is."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harness.base import typography
from harness.checks import scorers
from harness.checks.promises import blindness
from harness.checks.subject import Property, Subject, short
from harness.data import contract
from harness.errors import AdapterError
from harness.metrics.answers.chinese import NORMALISER_CHINESE, comparable_chinese
from harness.metrics.answers.reading import NORMALISER, comparable
from harness.metrics.units import FRACTION
from harness.text import one_line, plain
from harness.types import Response, Task

JUNK = {
    "empty": "",
    "blank": " \n\t ",
    "ten thousand characters": "lorem ipsum " * 900,
    "emoji": "🙂🩻🫁",
    "another language": "Это не похоже на ответ",
    "both": "yes no",
    "no way": "there is no way to tell",
    "control characters": "\x00\x07\u2028\u200b",
    "lone surrogate": "\ud800",
    "brackets": "[[{((<<>>))}]]",
    "question marks": "???",
}
"""Replies that answer nothing."""

_NEAR = 1e-6
"""BLEU keeps a tiny constant above and below its fraction."""


_FORMS: Mapping[str, Callable[[str], str]] = {NORMALISER: comparable, NORMALISER_CHINESE: comparable_chinese}
"""How answers are compared, by the name that a metric's options give it."""


def _form(task: Task[Any]) -> Callable[[str], str] | None:
    """How the metric that ranks compares free answers; None where it does not normalise them by a rule of ours."""
    return _FORMS.get(task.metrics[0].options.get("normaliser", ""))


def _round_trip(on: Subject) -> str:
    # A target is kept as released, for metrics that compare it so; where others fold it, outer and doubled blanks need not be read.
    fold = _spaced if _form(on.task) else None
    for row, example in zip(on.rows, on.examples, strict=True):
        reply = contract.said_of(on.task, example.target, example.id)
        read = contract.parsed(on.task, Response(text=reply), example, remedy="")
        if read != example.target and (fold is None or read is None or fold(read) != fold(str(example.target))):
            return f"{row.where}: a perfect model writes {short(reply)}, which is read as {short(read)} and not as {short(example.target)}"
    return ""


def _spaced(text: str) -> str:
    """The text with typography folded and without the marks that a reply may hold around an answer."""
    return one_line(typography.unmarked(text))


_SAME = re.compile(r"[^\w\s<>=+±%°~#&@$€£*^|\\/-]|_|(?<!\d)-|-(?!\d)|(?<!\d)/|/(?!\d)")
"""What may differ between two answers that are one: marks that hold nothing but words together or apart."""


def _distinct(text: str) -> str:
    """An answer without what may differ: case, articles, blanks and the punctuation of words; small numbers as digits."""
    words = _SAME.sub(" ", typography.folded(text).casefold().replace("'", "")).split()
    return " ".join(comparable(word) if word.isalpha() else word for word in words if word not in ("a", "an", "the"))


def _told_apart(on: Subject) -> str:
    """Two answers that differ in a number, a sign or a symbol must not be one to the metric that ranks."""
    form = _form(on.task)
    if form is None:
        return ""
    known: dict[str, tuple[str, str]] = {}
    for row, example in zip(on.rows, on.examples, strict=True):
        for answer in map(str, example.references or (example.target,)):
            if not form(answer):
                return f"{row.where}: the target {short(answer)} is an empty text; leave the row out with Unusable"
            where, other = known.setdefault(form(answer), (row.where, answer))
            if other != answer and _distinct(other) != _distinct(answer):
                return (
                    f"{row.where}: the target {short(answer)} is compared as '{form(answer)}', as is {short(other)} of {where}:"
                    " one would be right for the other; write them so that they differ in more than marks"
                )
    return ""


_TELLING: Mapping[str, Callable[[str], str]] = {
    "the last character": lambda name: name[-1:],
    "the last part": lambda name: re.split(r"[_./-]", name)[-1],
    "the first part": lambda name: re.split(r"[_./-]", name)[0],
    "the letters": lambda name: re.sub(r"[^A-Za-z]", "", name),
}


def _ids_tell_nothing(on: Subject) -> str:
    """No part of an id goes with one label alone, and no id spells its label."""
    if not on.card.labels or len({example.target for example in on.examples}) < 2:
        return ""
    for row, example in zip(on.rows, on.examples, strict=True):
        spelled = plain(str(example.target))
        if len(spelled) > 2 and f" {spelled} " in f" {plain(example.id)} ":
            return f"{row.where}: the id '{example.id}' spells the label"
    for what, part in _TELLING.items():
        targets: dict[str, list[str]] = defaultdict(list)
        for example in on.examples:
            targets[part(example.id)].append(example.target)
        frequent = [labels for labels in targets.values() if len(labels) > 3]
        if frequent and all(len(set(labels)) == 1 for labels in frequent) and len({labels[0] for labels in frequent}) > 1:
            return f"{what} of an id tells its label; give ids that say nothing, such as a hash of the release's"
    return ""


_A_NAME = 5
"""Letters from which a picture's name is told from a number or word that a question happens to have."""


def _names_stay_away(on: Subject) -> str:
    """A short name is one where its ending stands there too, or where every prompt has that of its picture."""
    short: list[str] = []
    chance = False
    for row, example in zip(on.rows, on.examples, strict=True):
        visible = contract.prompt_of(on.task, example.input, example.id) + json.dumps(dict(example.input.context))
        for image in example.input.images:
            whole, stem = Path(image.name).name, Path(image.name).stem
            told = f"{row.where}: the picture's name '{stem}' is in the prompt or the context"
            if whole in visible or (len(stem) >= _A_NAME and stem in visible):
                return told
            if stem in visible:
                short.append(told)
            else:
                chance = True
    return short[0] if short and not chance else ""


def _junk(on: Subject) -> str:
    """Junk is None, or for a free answer a text that is not the right one; it never raises."""
    form = cache(_form(on.task) or str)  # most rows read the same text of the same junk
    for name, text in JUNK.items():
        for row, example in zip(on.rows, on.examples, strict=True):
            try:
                read = contract.parsed(on.task, Response(text=text), example, remedy="")
            except AdapterError as error:  # that it raises is the finding
                return f"{row.where}: on a reply of {name}, {error}"
            if read is None:
                continue
            if example.input.choices:
                return f"{row.where}: a reply of {name} is read as {short(read)}"
            if not text.strip():
                return f"{row.where}: a reply that says nothing is read as {short(read)}"
            if form(str(read)) in {form(str(right)) for right in (example.target, *example.references)}:
                return f"{row.where}: a reply of {name} is read as the right answer"
    return ""


def _metrics(on: Subject) -> str:
    """The oracle scores most, silence the worst, nonsense at most half; as `harness check --metrics` shows in full."""
    verdicts = scorers.check(on.task)
    for verdict in scorers.broken(verdicts):  # what a metric is documented to reward is no breach of the task's
        scores = "" if verdict.value is None else f" scores {verdict.value}"
        return f"{verdict.metric}/{verdict.variant}: {verdict.predictions}{scores}: {verdict.reason}"
    first = on.task.metrics[0]
    for verdict in verdicts:
        if (verdict.metric, verdict.variant, verdict.predictions, verdict.slice) != (first.name, first.variant, "oracle", "all"):
            continue
        ceiling = 1.0 if first.higher_is_better else 0.0
        if first.unit == FRACTION.name and verdict.value is not None and abs(verdict.value - ceiling) > _NEAR:
            return f"{first.name}/{first.variant} ranks, and a perfect model scores {verdict.value}"
    return ""


METRICS = Property(name="metrics", says="a perfect model scores most, silence the worst, nonsense no more than half", broken=_metrics)
OF_REPLIES: tuple[Property, ...] = (
    Property(
        name="round trip",
        says="what a perfect model writes is read as the target, and as no other",
        broken=lambda on: _round_trip(on) or _told_apart(on),
    ),
    Property(
        name="blind", says="with the answers of the rows exchanged, every input, prompt and id stays as it is", broken=blindness.blind
    ),
    Property(name="ids say nothing", says="no part of an id gives its label away", broken=_ids_tell_nothing),
    Property(name="names stay away", says="no name of a picture reaches a prompt", broken=_names_stay_away),
    Property(name="junk", says="replies that answer nothing never raise, and are never read as a label or the right answer", broken=_junk),
    METRICS,
)
