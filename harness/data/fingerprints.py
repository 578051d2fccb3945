"""What tells one release's examples from another's: a digest over all that a model or a scorer reads of them but their pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from harness.types import Example


def of_examples(examples: Sequence[Example[Any]]) -> str:
    """What `Dataset.fingerprint` is: SHA-256 over the sorted (id, group, text, choices, context, target, references, tags)."""
    return _digest(
        [e.id, e.group, e.input.text, e.input.choices, dict(e.input.context), e.target, e.references, dict(e.tags)] for e in examples
    )


def of_schema_1(examples: Sequence[Example[Any]]) -> str:
    """The fingerprint as records of the first schema hold it: without context and tags."""
    return _digest(([e.id, e.group, e.input.text, e.input.choices, e.target, e.references] for e in examples), sort_keys=False)


def _digest(parts: Iterable[Sequence[Any]], *, sort_keys: bool = True) -> str:
    encode = json.JSONEncoder(ensure_ascii=True, sort_keys=sort_keys, default=str).encode
    lines = sorted(map(encode, parts))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
