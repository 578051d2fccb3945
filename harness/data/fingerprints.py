"""What tells one release's examples from another's: a digest over all that a model or a scorer reads of them but their pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from harness.types import Example


def of_examples(examples: Sequence[Example[Any]]) -> str:
    """What `Dataset.fingerprint` is: SHA-256 over the sorted (id, group, text, choices, context, target, references, tags)."""
    lines = sorted(
        json.dumps(
            [
                example.id,
                example.group,
                example.input.text,
                example.input.choices,
                dict(example.input.context),
                example.target,
                example.references,
                dict(example.tags),
            ],
            ensure_ascii=True,
            sort_keys=True,
            default=str,
        )
        for example in examples
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def of_schema_1(examples: Sequence[Example[Any]]) -> str:
    """The fingerprint as records of the first schema hold it: without context and tags."""
    lines = sorted(
        json.dumps(
            [example.id, example.group, example.input.text, example.input.choices, example.target, example.references],
            ensure_ascii=True,
            default=str,
        )
        for example in examples
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
