"""Files of replies that hold something else than replies: each is refused by line, or scored with the bad ones counted as failures."""

from __future__ import annotations

import codecs
import functools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness import models
from harness.data import examples
from harness.models import contract
from harness.types import Example, Request, Response, Scene
from tests.fuzz.bad_answers import VALUES, put
from tests.fuzz.bad_files import KINDS
from tests.fuzz.outcomes import Case, Done
from tests.fuzz.spoilt import SEED, read, task_of

FIELDS = ("id", "text", "choice_log_probs", "thinking", "finish", "finish_reason", "refusal", "error", "usage", "further")
TASKS = ("vqa_rad", "pneumoniamnist")
NAMES = ("replies.jsonl", "replies.json", "replies.csv", "replies.tsv", "replies.parquet", "replies.xlsx", "replies.jsonl.gz")
IN_EVERY_RUN = 30


def cases() -> Iterator[Case]:
    """Every field of a line with every value, for answers and for classes; every other kind of file under every name; spoilt lines."""
    for task in TASKS:
        for field in FIELDS:
            for name, value in VALUES.items():
                yield _case(
                    "fields of a reply", f"{task}: {field} is {name}", task, "replies.jsonl", functools.partial(_field, field, value)
                )
    for file in NAMES:
        for name, content in KINDS.items():
            yield _case("another kind of file of replies", f"{file}: {name}", "vqa_rad", file, lambda lines, content=content: content)  # type: ignore[misc]
        for name, change in _spoilt().items():
            yield _case("files of replies that are spoilt", f"{file}: {name}", "vqa_rad", file, change)


def _lines(task: str) -> list[str]:
    found = []
    for example in read(task, examples.SAMPLES).examples[:20]:
        scores = [-0.1 if choice == example.target else -3.0 for choice in example.input.choices]
        found.append(json.dumps({"id": example.id, "text": example.target, **({"choice_log_probs": scores} if scores else {})}))
    return found


def _field(field: str, value: str, lines: list[str]) -> bytes:
    return "\n".join([*lines[:3], put(json.loads(lines[3]), (field,), value), *lines[4:]]).encode("utf-8", "surrogatepass")


def _spoilt() -> Mapping[str, Callable[[list[str]], bytes]]:
    def whole(lines: list[str]) -> bytes:
        return "\n".join(lines).encode()

    return {
        "its half": lambda lines: whole(lines)[: len(whole(lines)) // 2],
        "a line twice": lambda lines: whole([*lines, lines[0]]),
        "a key twice": lambda lines: whole([lines[0][:-1] + ', "text": "no"}', *lines[1:]]),
        "a mark of UTF-8": lambda lines: codecs.BOM_UTF8 + whole(lines),
        "UTF-16": lambda lines: whole(lines).decode().encode("utf-16"),
        "UTF-16 without a mark": lambda lines: whole(lines).decode().encode("utf-16-le"),
        "bytes that are no text": lambda lines: whole(lines).replace(b"text", b"te\xff\xfet", 1),
        "line ends of Windows": lambda lines: whole(lines).replace(b"\n", b"\r\n"),
        "line ends of the last century": lambda lines: whole(lines).replace(b"\n", b"\r"),
        "a NUL in the middle": lambda lines: whole(lines[:2]) + b"\0" + whole(lines[2:]),
        "random bytes between": lambda lines: whole(lines[:2]) + random.Random(SEED).randbytes(999) + whole(lines[2:]),
        "an id of no example": lambda lines: whole([*lines, '{"id": "nobody", "text": "yes"}']),
        "a line of 40 MB": lambda lines: whole([lines[0][:-1] + ', "note": "' + "x" * 40_000_000 + '"}', *lines[1:]]),
    }


def _case(kind: str, name: str, task: str, file: str, change: Callable[[list[str]], bytes]) -> Case:
    return Case(
        kind=kind,
        name=name,
        write=lambda folder: (folder / file).write_bytes(change(_lines(task))),
        command=functools.partial(_answered, task, file),
        oracle=functools.partial(sound, task),
        heavy="MB" in name,
    )


def _answered(task: str, file: str) -> list[tuple[Example[Any], Response]]:
    found = tuple(read(task, examples.SAMPLES).examples[:20])
    scene = Scene(task=task_of(task), split="test", examples=found, ids=frozenset(example.id for example in found))
    model = models.open_model(f"predictions:{Path(file).resolve()}", {}).for_task(scene)
    decoding = task_of(task).decoding
    requests = [Request(id=example.id, prompt="?", item=example.input, decoding=decoding) for example in found]
    answers = model.generate(requests)
    return [(example, contract.checked(request, answer)) for example, request, answer in zip(found, requests, answers, strict=True)]


def sound(task: str, done: Done) -> str:
    """Nineteen of twenty replies are the right ones, or failures with a reason; the one that was changed says what it said, or fails."""
    wrong = 0
    for example, response in done.value:
        if response.error is not None or response.refusal:
            if not (response.error or response.refusal).strip():
                return f"{example.id}: a failure without a reason"
        elif response.text != example.target:
            wrong += 1
    return f"{wrong} replies of {task} say what nobody has written" if wrong > 1 else ""
