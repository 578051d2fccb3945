"""A bare path is opened by what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.models.recognise import kind_of
from tests.models.checkpoints import Tiny


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("llama", "hf"),
        ("t5", "hf"),
        ("llava", "hf"),
        ("qwen", "hf"),
        ("adapter", "hf"),
        ("clip", "clip"),
        ("siglip", "clip"),
        ("open_clip", "clip"),
        ("resnet", "timm"),
    ],
)
def test_a_folder_is_told_by_its_settings(tiny: Tiny, name: str, kind: str) -> None:
    assert kind_of(tiny(name)) == kind


def test_a_file_of_tensors_is_a_classifiers(tiny: Tiny) -> None:
    assert kind_of(tiny("resnet") / "model.safetensors") == "timm"


@pytest.mark.parametrize(
    "content",
    [None, "{", "[]", '{"a":' * 100_000, json.dumps({"hidden_size": 8})],
    ids=["absent", "cut off", "a list", "too deep", "another's"],
)
def test_a_folder_of_something_else_says_what_was_looked_for(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UsageError, match=r"model_type.*architecture.*adapter_config\.json.*open_clip_config\.json"):
        kind_of(tmp_path)
