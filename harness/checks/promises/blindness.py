"""Whether anything that a model sees depends on the answer."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.checks.subject import Subject
from harness.data import contract
from harness.errors import HarnessError
from harness.rows import Row, Unusable
from harness.types import Input, Task


def seen(item: Input) -> str:
    """A digest of everything that a model may see."""
    content = [item.text, [image.digest() for image in item.images], dict(item.context), list(item.choices)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def blind(on: Subject) -> str:
    """The rows with the fields that hold the answer exchanged between them must become the same inputs under the same ids.

    Which fields these are is found out, not declared: a field belongs to the answer if changing it changes a target. One that changes
    the choices and nothing else that is seen holds the options, of which another field says the right one.
    """
    order = list(range(len(on.rows)))
    random.Random(7).shuffle(order)  # noqa: S311  any order but the release's own
    names = [name for name in on.rows[0] if all(name in row for row in on.rows)]
    answers = [
        name
        for name in names
        if any(_target(on.task, on.rows[i].but({name: on.rows[j][name]})) not in (None, on.examples[i].target) for i, j in enumerate(order))
    ]
    answers = [name for name in answers if not _holds_options(on, order, name)]
    if not answers:
        return "no field of the rows changes a target; a target must come from its row"
    changed = False
    for i, j in enumerate(order):
        before = on.examples[i]
        try:
            after = contract.example_of(on.task, on.rows[i].but({name: on.rows[j][name] for name in answers}))
        except Unusable:
            continue
        changed |= before.target != after.target
        where = f"{on.rows[i].where}: with another answer ({', '.join(answers)})"
        if seen(before.input) != seen(after.input):
            return f"{where} the input differs; nothing that a model sees may depend on the target"
        if contract.prompt_of(on.task, before.input, before.id) != contract.prompt_of(on.task, after.input, after.id):
            return f"{where} the prompt differs"
        if before.id != after.id:
            return f"{where} the id differs: '{before.id}' and '{after.id}'"
    return "" if changed else "exchanging the answers changes no target"


def _holds_options(on: Subject, order: Sequence[int], name: str) -> bool:
    """Whether a field changes the choices, and nothing else of what a model sees."""
    changed = False
    for i, j in enumerate(order):
        before = on.examples[i].input
        try:
            after = contract.example_of(on.task, on.rows[i].but({name: on.rows[j][name]})).input
        except (Unusable, HarnessError):  # an exchange that the adapter refuses shows nothing
            continue
        if seen(replace(after, choices=before.choices)) != seen(before):
            return False
        changed |= after.choices != before.choices
    return changed


def _target(task: Task[Any], row: Row) -> Any:
    try:
        return contract.example_of(task, row).target
    except (Unusable, HarnessError):  # an exchange that the adapter refuses changes no target
        return None
