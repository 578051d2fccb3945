"""Lists of answers or classes that a checkpoint chooses from, and what is to be said about such a list."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cards import Card
from harness.data.readers import pickles
from harness.errors import CorruptData, MissingData, UsageError
from harness.files import content
from harness.files.json_text import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerList:
    """Answers in the order of their file, which decides ties."""

    texts: tuple[str, ...]
    digest: str
    """SHA-256 of the file."""
    path: Path
    numbers: tuple[int, ...] = ()
    """The number that the file gives each; empty where it gives none."""


def read(path: Path) -> AnswerList:
    """The answers in a pickled or JSON mapping of answer to number, a JSON list, or a text file of one answer per line.

    Raises:
        MissingData: There is no such file.
        CorruptData: It holds something else; nothing in it is run.
    """
    if not path.exists():
        raise MissingData(f"{path}: no such list of answers.")
    given = content.read(path)
    try:
        answers = _content(path, given)
    except pickles.BROKEN as error:
        raise CorruptData(f"{path}: not a list of answers ({error}). {_FORMATS}") from error
    texts = list(answers) if isinstance(answers, dict | list) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise CorruptData(f"{path}: holds no texts. {_FORMATS}")
    numbers = [_number(number) for number in answers.values()] if isinstance(answers, dict) else []
    return AnswerList(
        texts=tuple(dict.fromkeys(texts)),
        digest=hashlib.sha256(given).hexdigest(),
        path=path,
        numbers=tuple(number for number in numbers if number is not None) if None not in numbers else (),
    )


_FORMATS = "It must be a pickle or JSON file of {answer: number}, a JSON list, or a .txt file of one answer per line."


def _content(path: Path, given: bytes) -> Any:
    if path.suffix in (".txt", ".json"):
        text = content.text(given, path, remedy=_FORMATS)
        return parse(text, str(path), remedy=_FORMATS) if path.suffix == ".json" else [line for line in text.split("\n") if line.strip()]
    if content.kind_of(given) == "a web page":
        content.refuse_other(given, path, "a list of answers", remedy=_FORMATS)
    return pickles.load(given)


def _number(value: object) -> int | None:
    """A class's number, which the official files write as text."""
    text = str(value)
    return int(text) if isinstance(value, int | str) and text.isdecimal() else None


def words_for(answers: AnswerList, card: Card) -> tuple[str, ...]:
    """What a list of classes has the checkpoint say for each of a task's labels, in their order.

    A class is its label where all are written alike, capitals aside; else by its number, where the release numbers its labels.

    Raises:
        UsageError: The task has no labels, or it cannot be told which class is which label.
    """
    labels = card.labels
    named = "|".join(labels[:4]) + ("|…" if len(labels) > 4 else "")
    words = f"Leave it out, or say in its stead what stands for each label, in their order: -a words={named}"
    if not labels:
        raise UsageError(f"-a answers={answers.path.name}: {card.full_name} is not answered from a list; leave it out for this task.")
    if len(answers.texts) != len(labels):
        raise UsageError(
            f"{answers.path}: holds {len(answers.texts)} classes, and {card.full_name} has {len(labels)} labels:"
            f" {', '.join(labels)}. {words}"
        )
    by_name = {text.strip().casefold(): text for text in answers.texts}
    if by_name.keys() == {label.strip().casefold() for label in labels}:
        return tuple(by_name[label.strip().casefold()] for label in labels)
    if card.numbered and sorted(answers.numbers) == list(range(len(labels))):
        return tuple(text for _, text in sorted(zip(answers.numbers, answers.texts, strict=True)))
    raise UsageError(
        f"{answers.path}: its classes ({', '.join(answers.texts[:8])}) are not called as {card.full_name}'s labels"
        f" ({', '.join(labels[:8])}) and not numbered as the release numbers those. {words}"
    )


def leakage(answers: AnswerList, test: Collection[str], train: Collection[str] | None) -> str:
    """What a reader of the scoreboard must know about a list: does it hold answers that only the test set could give?

    Args:
        answers: The list.
        test: The answers of the questions that are asked.
        train: Those of the train split; None where it is not at hand.
    """
    listed, asked = _folded(answers.texts), _folded(test)
    holds = f"chooses among {len(answers.texts):,} given answers, which hold {len(listed & asked):,} of the {len(asked):,} asked for"
    if train is None:
        return f"{holds}; whether it was made from test answers too cannot be told without the train split"
    leaked = listed & asked - _folded(train)
    if leaked:
        return f"{holds}; {len(leaked):,} of them never occur in train: the list was made from test answers too"
    return f"{holds}, all of which occur in train"


def _folded(texts: Collection[str]) -> set[str]:
    return {text.strip().casefold() for text in texts}
