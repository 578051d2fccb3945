"""A folder's digest stands for what can change an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import CorruptData
from harness.models.folders import Folder


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("model.safetensors", True),
        ("tokenizer.json", True),
        ("chat_template.jinja", True),
        ("tokenizer.model", True),
        ("source.spm", True),
        ("bpe.codes", True),
        ("qwen.tiktoken", True),
        ("vocab.txt", True),
        ("merges.txt", True),
        ("generation_config.json", True),
        ("preprocessor_config.json", True),
        ("adapter_config.json", True),
        ("adapter_model.safetensors", True),
        ("additional_chat_templates/tools.jinja", True),
        ("modeling_own.py", True),
        ("own/layers.py", True),
        ("README.md", False),
        ("optimizer.pt", False),
        ("trainer_state.json", False),
        ("checkpoint-500/model.safetensors", False),
    ],
)
def test_a_digest_follows_weights_settings_and_vocabulary_alone(tmp_path: Path, name: str, changes: bool) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = Folder(path=tmp_path, name="x").digest()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("new")
    assert (Folder(path=tmp_path, name="x").digest() != before) is changes


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"a":' * 100_000, "not a JSON file .maximum recursion depth"), ("{", "not a JSON file"), ("[]", "holds no JSON object")],
    ids=["too deep", "cut off", "a list"],
)
def test_settings_that_cannot_be_read_are_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CorruptData, match=rf"config\.json: {message}.* Copy or download the checkpoint again"):
        Folder(path=tmp_path, name="x").read_json("config.json")


def test_a_file_of_the_hubs_cache_is_known_by_the_name_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    content = tmp_path / "blobs" / ("ab" * 32)
    content.write_text("large")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "model.safetensors").symlink_to(content)
    first = Folder(path=tmp_path / "one", name="x").digest()
    content.write_text("not read")
    assert Folder(path=tmp_path / "one", name="x").digest() == first
