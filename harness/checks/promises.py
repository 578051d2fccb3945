"""What every task promises, one property at a time: a card, its rows and the three functions of its adapter."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import cards
from harness.base import typography
from harness.cards import Card
from harness.checks import scorers
from harness.data import examples as loading
from harness.images.pixels import decode
from harness.metrics.answers.chinese import NORMALISER_CHINESE, comparable_chinese
from harness.metrics.answers.reading import NORMALISER, comparable
from harness.rows import Row, Unusable
from harness.text import one_line, plain
from harness.types import Example, Input, Response, Task

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

_FEWEST = 5
_NEAR = 1e-6
"""BLEU keeps a tiny constant above and below its fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A task with the rows that its functions are tried on."""

    task: Task[Any]
    card: Card
    """The task's; of the sample, with the sample's splits."""
    root: Path
    """The release's folder."""
    rows: tuple[Row, ...]
    """Those of the test split that can be used."""
    examples: tuple[Example[Any], ...]
    """What the rows become."""
    synthetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One promise."""

    name: str
    says: str
    """What is promised, a sentence."""
    broken: Callable[[Subject], str]
    """How it is broken, and where; empty where it holds. An exception of the adapter's is a breach as well."""


def seen(item: Input) -> str:
    """A digest of everything that a model may see."""
    content = [item.text, [image.digest() for image in item.images], dict(item.context), list(item.choices)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _card(on: Subject) -> str:
    card = on.task.card
    if len(set(card.labels)) != len(card.labels):
        return "a label occurs twice"
    if f"DATA_ROOT/{card.folder}" not in card.obtain:
        return f"'obtain' does not say that the release goes to DATA_ROOT/{card.folder}"
    if card.splits["test"].n is None and card.access == "open" and card.paper_split_known:
        return "an open release has a known size: give splits.test its n, or say with paper_split_known = false that it has none"
    for name, split in card.splits.items():
        for dimension, counts in split.counts.items():
            if split.n is not None and sum(counts.values()) != split.n:
                return f"splits.{name}: the counts of {dimension} add up to {sum(counts.values()):,}, n is {split.n:,}"
            if dimension == "label" and set(counts) != set(card.labels):
                return f"splits.{name}: the counts of label are not those of the card's labels"
    return ""


def _read(on: Subject) -> str:
    if len(on.examples) < _FEWEST:
        return f"{len(on.examples)} usable rows; {_FEWEST} are the least that shows anything"
    if not on.synthetic:
        return ""
    described = cards.with_sample(on.task.card, on.root / "sample.toml").splits
    if extra := set(described) - set(on.task.card.splits):
        return f"the sample has a split {', '.join(sorted(extra))} that the card does not"
    for split in described:
        loading.load(on.task, split=split, sample=True)  # counts what sample.toml says
    return ""


def _pictures(on: Subject) -> str:
    for example in on.examples:
        for image in example.input.images:
            decode(image, "L")  # raises what names the file
    return ""


def _ids(on: Subject) -> str:
    where: dict[str, str] = {}
    for row, example in zip(on.rows, on.examples, strict=True):
        if not isinstance(example.id, str) or not example.id.strip():
            return f"{row.where}: the id is {example.id!r}; it must be a text"
        if example.id in where:
            return f"{row.where}: the id '{example.id}' is that of {where[example.id]}"
        where[example.id] = row.where
    return ""


def _groups(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        if not isinstance(example.group, str) or not example.group.strip():
            return f"{row.where}: no group; where nothing belongs together it is the id"
    return ""


def _tags(on: Subject) -> str:
    dimensions = sorted(on.examples[0].tags)
    for row, example in zip(on.rows, on.examples, strict=True):
        if sorted(example.tags) != dimensions:
            return f"{row.where}: tags {sorted(example.tags)}, elsewhere {dimensions}"
        if not all(isinstance(value, str) for value in example.tags.values()):
            return f"{row.where}: a tag is no text: {dict(example.tags)}"
    missing = set(on.task.card.splits["test"].counts) - set(dimensions)
    return f"the card counts {', '.join(sorted(missing))}, and no tag has that name" if missing else ""


def _pure(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        again = on.task.example(row)
        if (again.id, again.target, again.group, dict(again.tags), again.input.text) != (
            example.id, example.target, example.group, dict(example.tags), example.input.text,
        ):  # fmt: skip
            return f"{row.where}: example() gives another example the second time"
        if on.task.prompt(example.input) != on.task.prompt(example.input):
            return f"{row.where}: prompt() gives another prompt the second time"
    return ""


_FORMS: Mapping[str, Callable[[str], str]] = {NORMALISER: comparable, NORMALISER_CHINESE: comparable_chinese}
"""How answers are compared, by the name that a metric's options give it."""


def _form(task: Task[Any]) -> Callable[[str], str] | None:
    """How the metric that ranks compares free answers; None where it does not normalise them by a rule of ours."""
    return _FORMS.get(task.metrics[0].options.get("normaliser", ""))


def _round_trip(on: Subject) -> str:
    # A target is kept as released, for metrics that compare it so; where others fold it, outer and doubled blanks need not be read.
    fold = _spaced if _form(on.task) else None
    for row, example in zip(on.rows, on.examples, strict=True):
        said = on.task.say(example.target)
        read = on.task.parse(Response(text=said), example.input)
        if read != example.target and (fold is None or read is None or fold(read) != fold(str(example.target))):
            return (
                f"{row.where}: a perfect model writes {_short(said)}, which is read as {_short(read)} and not as {_short(example.target)}"
            )
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
                return f"{row.where}: the target {_short(answer)} is an empty text; leave the row out with Unusable"
            where, other = known.setdefault(form(answer), (row.where, answer))
            if other != answer and _distinct(other) != _distinct(answer):
                return (
                    f"{row.where}: the target {_short(answer)} is compared as '{form(answer)}', as is {_short(other)} of {where}:"
                    " one would be right for the other; write them so that they differ in more than marks"
                )
    return ""


def _choices(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        choices = example.input.choices
        if bool(choices) != on.task.decoding.score_choices:
            return f"{row.where}: {len(choices)} choices, and decoding.score_choices is {on.task.decoding.score_choices}"
        if not choices:
            continue
        if len(set(choices)) != len(choices):
            return f"{row.where}: a choice occurs twice"
        if on.card.labels and choices != on.card.labels:
            return f"{row.where}: the choices are not the card's labels in their order"
        named = set(example.target.split("; ")) - {""} if on.task.decide is not None else {example.target}
        if not named <= set(choices):
            return f"{row.where}: the target {_short(example.target)} is none of the choices"
    return ""


def _blind(on: Subject) -> str:
    """The rows with the fields that hold the answer exchanged between them must become the same inputs under the same ids.

    Which fields these are is found out, not declared: a field belongs to the answer if changing it changes a target.
    """
    order = list(range(len(on.rows)))
    random.Random(7).shuffle(order)  # noqa: S311  any order but the release's own
    names = [name for name in on.rows[0] if all(name in row for row in on.rows)]
    answers = [
        name
        for name in names
        if any(
            _target(on.task, _with(on.rows[i], {name: on.rows[j][name]})) not in (None, on.examples[i].target) for i, j in enumerate(order)
        )
    ]
    if not answers:
        return "no field of the rows changes a target; a target must come from its row"
    changed = False
    for i, j in enumerate(order):
        before = on.examples[i]
        try:
            after = on.task.example(_with(on.rows[i], {name: on.rows[j][name] for name in answers}))
        except Unusable:
            continue
        changed |= before.target != after.target
        where = f"{on.rows[i].where}: with another answer ({', '.join(answers)})"
        if seen(before.input) != seen(after.input):
            return f"{where} the input differs; nothing that a model sees may depend on the target"
        if on.task.prompt(before.input) != on.task.prompt(after.input):
            return f"{where} the prompt differs"
        if before.id != after.id:
            return f"{where} the id differs: '{before.id}' and '{after.id}'"
    return "" if changed else "exchanging the answers changes no target"


def _with(row: Row, changes: Mapping[str, Any]) -> Row:
    return Row({**row, **changes}, where=row.where, picture=row.image)


def _target(task: Task[Any], row: Row) -> Any:
    try:
        return task.example(row).target
    except Exception:  # noqa: BLE001  an exchange that the adapter refuses changes no target
        return None


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
        frequent = [found for found in targets.values() if len(found) > 3]
        if frequent and all(len(set(found)) == 1 for found in frequent) and len({found[0] for found in frequent}) > 1:
            return f"{what} of an id tells its label; give ids that say nothing, such as a hash of the release's"
    return ""


def _names_stay_away(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        visible = on.task.prompt(example.input) + json.dumps(dict(example.input.context))
        for image in example.input.images:
            if Path(image.name).stem in visible:
                return f"{row.where}: the picture's name '{Path(image.name).stem}' is in the prompt or the context"
    return ""


def _prompts(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        prompt = on.task.prompt(example.input)
        if not isinstance(prompt, str) or not prompt.strip():
            return f"{row.where}: the prompt is {prompt!r}"
    return ""


def _junk(on: Subject) -> str:
    """Junk is None, or for a free answer a text that is not the right one; it never raises."""
    for name, text in JUNK.items():
        for row, example in zip(on.rows, on.examples, strict=True):
            try:
                read = on.task.parse(Response(text=text), example.input)
            except Exception as error:  # noqa: BLE001  that it raises is the finding
                return f"{row.where}: parse() raised {type(error).__name__} on a reply of {name}: {error}"
            if read is None:
                continue
            if example.input.choices:
                return f"{row.where}: a reply of {name} is read as {_short(read)}"
            if not text.strip():
                return f"{row.where}: a reply that says nothing is read as {_short(read)}"
            form = _form(on.task) or str
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
        if first.unit == "fraction" and verdict.value is not None and abs(verdict.value - ceiling) > _NEAR:
            return f"{first.name}/{first.variant} ranks, and a perfect model scores {verdict.value}"
    return ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


READ = Property(name="readable", says="the sample, or the release, is read in the official layout, and counts hold", broken=_read)
METRICS = Property(name="metrics", says="a perfect model scores most, silence the worst, nonsense no more than half", broken=_metrics)

PROPERTIES: Sequence[Property] = (
    Property(name="card", says="the card is complete, and its counts add up", broken=_card),
    READ,
    Property(name="pictures", says="every picture can be read", broken=_pictures),
    Property(name="ids", says="every example has an id of its own", broken=_ids),
    Property(name="groups", says="every example says what it is resampled with", broken=_groups),
    Property(name="tags", says="all examples have the same tags, those that the card counts among them", broken=_tags),
    Property(name="pure", says="the same row gives the same example and the same prompt", broken=_pure),
    Property(name="prompts", says="every example has a prompt", broken=_prompts),
    Property(name="choices", says="choices are the card's labels, the target is one of them, and they are scored", broken=_choices),
    Property(
        name="round trip",
        says="what a perfect model writes is read as the target, and as no other",
        broken=lambda on: _round_trip(on) or _told_apart(on),
    ),
    Property(name="blind", says="with the answers of the rows exchanged, every input, prompt and id stays as it is", broken=_blind),
    Property(name="ids say nothing", says="no part of an id gives its label away", broken=_ids_tell_nothing),
    Property(name="names stay away", says="no name of a picture reaches a prompt", broken=_names_stay_away),
    Property(name="junk", says="replies that answer nothing never raise, and are never read as a label or the right answer", broken=_junk),
    METRICS,
)
"""In the order in which they are reported."""
