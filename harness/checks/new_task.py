"""A new task to begin with: a card, an adapter and an invented sample that run and keep the contract as they are."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from harness.data import catalog
from harness.errors import PrerequisiteError, UsageError, unknown

_TEST, _TRAIN = 12, 6
_SIDE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What differs between the families."""

    modality: str
    group: str
    labels: tuple[str, ...] = ()
    pictures: bool = False
    imports: str
    """Names beside ``prompts`` that the adapter takes from `harness`."""
    metrics: str
    text: str
    """The input's text, as an expression over ``row``."""
    answer: str
    """The field that holds the target."""
    tags: str
    prompt: str
    parse: str
    decoding: str


_KINDS: Mapping[str, _Kind] = {
    "vqa": _Kind(
        modality="radiology",
        group="image",
        pictures=True,
        imports="parsing, prompts",
        metrics="answers.VQA",
        text='one_line(row["question"])',
        answer="answer",
        tags='{"answer_type": row["type"]}',
        prompt="prompts.short_answer(item.text)",
        parse="parsing.first_line(response.text) or None",
        decoding="Decoding(max_new_tokens=16)",
    ),
    "captioning": _Kind(
        modality="chest X-ray",
        group="image",
        pictures=True,
        imports="prompts",
        metrics="captions.CAPTIONS",
        text='"the findings"',
        answer="report",
        tags="{}",
        prompt="prompts.describe(item.text)",
        parse="one_line(response.text) or None",
        decoding="Decoding(max_new_tokens=160)",
    ),
    "classification": _Kind(
        modality="chest X-ray",
        group="image",
        labels=("clear", "opaque"),
        pictures=True,
        imports="parsing, prompts",
        metrics="classification.BINARY",
        text='"Which of these does this picture show?"',
        answer="label",
        tags='{"label": row["label"]}',
        prompt="prompts.choose(item.text, item.choices)",
        parse="parsing.choice(response.text, item.choices)",
        decoding="Decoding(max_new_tokens=16, score_choices=True)",
    ),
    "understanding": _Kind(
        modality="text",
        group="sample",
        labels=("at home", "in the clinic", "in hospital"),
        imports="parsing, prompts",
        metrics="classification.MULTICLASS",
        text="f\"{one_line(row['note'])}\\nWhere should this patient be seen next?\"",
        answer="label",
        tags='{"label": row["label"]}',
        prompt="prompts.choose(item.text, item.choices)",
        parse="parsing.choice(response.text, item.choices)",
        decoding="Decoding(max_new_tokens=16, score_choices=True)",
    ),
    "summarization": _Kind(
        modality="text",
        group="sample",
        imports="prompts",
        metrics="summaries.SUMMARIES",
        text='one_line(row["note"])',
        answer="summary",
        tags="{}",
        prompt='prompts.summarise(item.text, "Summarise the note above in one sentence.")',
        parse="one_line(response.text) or None",
        decoding="Decoding(max_new_tokens=64)",
    ),
}

_CARD = Template('''\
name = "$name"
version = 1                      # raise it whenever a number could move
family = "$family"
adapter = "$name"
title = "$title"
modality = "$modality"
folder = "$name"                 # the release's folder under the data root
group = "$group"                 # what is resampled for intervals: image, patient, report, topic, sample
${labels}licence = "CC0 1.0"
access = "open"                  # open, registration, application, credentialed: the last two keep text and images on the machine
citation = "Who made it, what it is called, where it was published (year)."
obtain = """
Say where the release comes from, and place it as
  DATA_ROOT/$name/rows.jsonl$place
"""
known_flaws = []
paper = "Not one of the paper's experiments."
paper_split_known = false

[source]
reader = "jsonl"
file = "rows.jsonl"
${images}by_hand = "is your own"

[splits.test]                    # what the release must hold; the sample beside it states its own numbers in sample.toml
n = $test
select = { field = "split", values = ["test"] }

[splits.train]
n = $train
select = { field = "split", values = ["train"] }
''')

_ADAPTER = Template('''\
"""$title: one line that says what it is (and who made it)."""

from __future__ import annotations

${partial}from harness import $imports
from harness.cards import Card
from harness.metrics import $module
from harness.rows import Row
${one_line}from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row$card) -> Example[str]:
    """One row of the release: what is asked, what is right, what is resampled together."""
    return Example(
        id=str(row["id"]),
        input=Input(
            text=$text,
${more}        ),
        target=$target,
        group=$group,
        tags=$tags,
    )


def prompt(item: Input) -> str:
    """What a model is asked; the target is out of reach here."""
    return $prompt


def parse(response: Response, item: Input) -> str | None:
    """What a reply says; None where it does not say it clearly."""
    return $parse


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(
        card=card,
        example=$example,
        prompt=prompt,
        parse=parse,
        metrics=$metrics,
        decoding=$decoding,
    )
''')

_PLACES = ("left upper", "right upper", "left lower", "right lower", "left middle", "right middle")
_NOTES = ("cough for a week", "a fall on the stairs", "fever since Monday", "no complaints", "swollen ankles", "a sore throat")


def scaffold(name: str, family: str, folder: Path) -> list[Path]:
    """Write ``family/name.toml``, ``family/name.py`` and ``samples/name/`` into a folder of tasks.

    Args:
        name: Small letters, digits and underscores.
        family: One of the five.
        folder: Where your tasks live; made where it is not there.

    Returns:
        The files, the card first.

    Raises:
        UsageError: The name is taken or malformed, the family unknown, or a file is there already: nothing is overwritten.
        PrerequisiteError: The folder cannot be written.
    """
    if family not in _KINDS:
        raise unknown("family", family, _KINDS)
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None:
        raise UsageError(f"'{name}': a task's name is small letters, digits and underscores, such as my_quiz.")
    if name in catalog.names():
        raise UsageError(f"a task called '{name}' exists already; choose another name.")
    kind = _KINDS[family]
    files: dict[Path, bytes] = {
        folder / family / f"{name}.toml": _card(name, family, kind).encode(),
        folder / family / f"{name}.py": _adapter(name, kind).encode(),
        folder / "samples" / name / "sample.toml": _sample(name).encode(),
        folder / "samples" / name / "rows.jsonl": "".join(f"{json.dumps(row)}\n" for row in _rows(family)).encode(),
    }
    if kind.pictures:
        files |= {folder / "samples" / name / "images" / f"{number:02}.png": _picture(number) for number in range(_TEST + _TRAIN)}
    for path in files:
        if path.exists():
            raise UsageError(f"{path} is there already; nothing was written. Choose another name or folder.")
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise PrerequisiteError(f"{error.filename or folder}: cannot be written ({error.strerror}).") from error
    return list(files)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _card(name: str, family: str, kind: _Kind) -> str:
    return _CARD.substitute(
        name=name,
        family=family,
        title=_title(name),
        modality=kind.modality,
        group=kind.group,
        labels=f"labels = {json.dumps(list(kind.labels))}\n" if kind.labels else "",
        images='images = "images"\n' if kind.pictures else "",
        place=f"\n  DATA_ROOT/{name}/images/*.png" if kind.pictures else "",
        test=_TEST,
        train=_TRAIN,
    )


def _adapter(name: str, kind: _Kind) -> str:
    more = '            images=(row.image(row["image"]),),\n' if kind.pictures else ""
    more += "            choices=card.labels,\n" if kind.labels else ""
    target = f'row["{kind.answer}"]' if kind.labels else f'one_line(row["{kind.answer}"])'
    return _ADAPTER.substitute(
        title=_title(name),
        partial="from functools import partial\n\n" if kind.labels else "",
        imports=kind.imports,
        module=kind.metrics.split(".")[0],
        one_line="from harness.text import one_line\n" if "one_line" in f"{kind.text}{target}{kind.parse}" else "",
        card=", card: Card" if kind.labels else "",
        text=kind.text,
        more=more,
        target=target,
        group='row["image"]' if kind.pictures else 'str(row["id"])',
        tags=kind.tags,
        prompt=kind.prompt,
        parse=kind.parse,
        example="partial(example, card=card)" if kind.labels else "example",
        metrics=kind.metrics,
        decoding=kind.decoding,
    )


def _sample(name: str) -> str:
    splits = "\n".join(
        f'[{name}.{split}]\nn = {n}\nselect = {{ field = "split", values = ["{split}"] }}\n'
        for split, n in (("test", _TEST), ("train", _TRAIN))
    )
    return f"# Invented, in the official layout and with its quirks; no row of a real dataset belongs here.\n{splits}"


def _rows(family: str) -> Sequence[Mapping[str, str]]:
    """Rows that say nothing true of anybody; a third of the questions are closed."""
    labels = _KINDS[family].labels
    rows = []
    for number in range(_TEST + _TRAIN):
        place, note = _PLACES[number % 6], _NOTES[(number + number // 6) % 6]
        row = {"id": f"{number:02}", "split": "test" if number < _TEST else "train"}
        if _KINDS[family].pictures:
            row["image"] = f"{number:02}.png"
        if family == "vqa":
            closed = number % 3 == 0
            question = f"Is the {place} field clear?" if closed else "Where is the shadow?"
            row |= {"question": question, "type": "closed" if closed else "open"}
            row |= {"answer": ("yes", "no")[number % 2] if closed else f"{place} field"}
        elif family == "captioning":
            row |= {"report": f"Shadow of {number + 2} cm in the {place} field.\nOtherwise clear."}
        elif labels:
            row |= {} if family == "classification" else {"note": f"Patient {number}, {note}."}
            row |= {"label": labels[(number * 5 // 3) % len(labels)]}
        else:
            row |= {
                "note": f"Seen on day {number}: {note}, and a shadow in the {place} field.",
                "summary": f"{note.capitalize()}, {place}.",
            }
        rows.append(row)
    return rows


def _picture(number: int) -> bytes:
    """A small pattern, another one for each number."""
    from PIL import Image

    pixels = bytes((x * (number + 3) + y * (number + 7)) % 256 for y in range(_SIDE) for x in range(_SIDE))
    out = io.BytesIO()
    Image.frombytes("L", (_SIDE, _SIDE), pixels).save(out, format="PNG")
    return out.getvalue()
