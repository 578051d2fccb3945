"""Every argument of a checkpoint that can change a reply makes it another model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness import models
from harness.data import catalog, examples
from harness.models import sameness
from harness.models.hf.arguments import CANNOT_CHANGE_A_REPLY, Arguments, parse
from harness.types import Scene

Tiny = Callable[[str], Path]

CHANGED: Mapping[str, str] = {
    "dtype": "bfloat16",
    "quantize": "4bit",
    "attention": "eager",
    "compile": "yes",
    "trust_remote_code": "yes",
    "chat_template": "no",
    "thinking": "yes",
    "thinking_tags": "<a>|</a>",
    "image_token": "<picture>",
    "adapter": "ADAPTER",
    "tokenizer": "FOLDER",
    "truncate": "left",
    "min_pixels": "784",
    "max_pixels": "50176",
    "labels": "no|yes",
    "reads": "pair",
}


def test_an_argument_changes_the_model_or_says_why_it_cannot() -> None:
    assert set(CHANGED) | set(CANNOT_CHANGE_A_REPLY) == set(Arguments.__dataclass_fields__)
    assert not set(CHANGED) & set(CANNOT_CHANGE_A_REPLY)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_argument_is_another_model(tiny: Tiny, name: str) -> None:
    dataset = examples.load(catalog.task("mednli"), sample=True)
    scene = Scene(task=dataset.task, split="test", examples=dataset.examples[:2])
    base = models.open_model(f"hf:{tiny('llama_chat')}", {"dtype": "float32"})
    folders = {"adapter": "adapter", "tokenizer": "llama"}
    value = str(tiny(folders[name])) if name in folders else CHANGED[name]
    given = {"dtype": "float32", name: value}
    if name in ("quantize", "compile", "min_pixels", "max_pixels", "labels", "reads"):  # told alike where they do not belong
        other = replace(base, arguments=parse(given))  # type: ignore[type-var]
    else:
        other = models.open_model(f"hf:{tiny('llama_chat')}", given)
    assert sameness.of_model(base.for_task(scene).info) != sameness.of_model(other.for_task(scene).info)
