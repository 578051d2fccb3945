"""Lists of answers that a checkpoint chooses from, and what is to be said about such a list."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.readers import pickles
from harness.errors import CorruptData, MissingData


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerList:
    """Answers in the order of their file, which decides ties."""

    texts: tuple[str, ...]
    digest: str
    """SHA-256 of the file."""


def read(path: Path) -> AnswerList:
    """The answers in a pickled or JSON mapping of answer to number, a JSON list, or a text file of one answer per line.

    Raises:
        MissingData: There is no such file.
        CorruptData: It holds something else; nothing in it is run.
    """
    if not path.is_file():
        raise MissingData(f"{path}: no such list of answers.")
    content = path.read_bytes()
    try:
        found = _content(path, content)
    except pickles.BROKEN as error:
        raise CorruptData(f"{path}: not a list of answers ({error}). {_FORMATS}") from error
    texts = list(found) if isinstance(found, dict | list) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise CorruptData(f"{path}: holds no texts. {_FORMATS}")
    return AnswerList(texts=tuple(dict.fromkeys(texts)), digest=hashlib.sha256(content).hexdigest())


_FORMATS = "It must be a pickle or JSON file of {answer: number}, a JSON list, or a .txt file of one answer per line."


def _content(path: Path, content: bytes) -> Any:
    if path.suffix == ".txt":
        return [line for line in content.decode().split("\n") if line.strip()]
    if path.suffix == ".json":
        return json.loads(content)
    return pickles.load(content)


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
