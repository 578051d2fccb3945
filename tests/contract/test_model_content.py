"""Other content under the same name and arguments is another model, whichever file it stands in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.models import sameness
from harness.types import ModelInfo
from tests.contract.backends import BACKENDS, needs

Edit = Callable[[Path], None]


def replaced(name: str, old: str, new: str) -> Edit:
    """Other words in a text."""

    def edit(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new))

    return edit


def settings(name: str, **changes: Any) -> Edit:
    """Other values in a file of settings; a mapping changes what it names alone."""

    def edit(root: Path) -> None:
        own = json.loads((root / name).read_text())
        for key, value in changes.items():
            own[key] = {**own.get(key, {}), **value} if isinstance(value, dict) else value
        (root / name).write_text(json.dumps(own))

    return edit


def tensors(name: str, change: Callable[[Any], None]) -> Edit:
    """Other content in a file of PyTorch's."""

    def edit(root: Path) -> None:
        import torch

        content = torch.load(root / name, weights_only=False)
        change(content)
        torch.save(content, root / name)

    return edit


def moved(parts: dict[str, dict[str, Any]]) -> None:
    for state in parts.values():
        state.update({name: tensor + 1 for name, tensor in state.items()})


def scaled(content: Any) -> None:
    content["cfg"]["model"].attn_scale_factor = 4


def with_fewer_objects(content: Any) -> None:
    content["cfg"]["task"]["max_object_length"] = 3


EDITS: Mapping[str, tuple[Edit, Mapping[str, str]]] = {
    "predictions: a reply": (replaced("replies.jsonl", '"yes"', '"nay"'), {}),
    "torch: weights": (tensors("net.pt", moved), {}),
    "torch: code": (replaced("net.py", "Linear(4, 2)", "Linear(4, 2, bias=True)"), {}),
    "timm: a switch": (settings("resnet/config.json", model_args={"drop_rate": 0.25}), {}),
    "timm: the crop": (settings("resnet/config.json", pretrained_cfg={"crop_pct": 0.5}), {}),
    "clip: pixels": (replaced("clip/processor_config.json", "0.48145466", "0.5"), {}),
    "clip: tokenizer": (settings("clip/tokenizer_config.json", padding_side="left"), {}),
    "hf: tokenizer": (settings("llama/tokenizer_config.json", padding_side="left"), {}),
    "hf: template": (replaced("llama/chat_template.jinja", "<user>", "<user> "), {}),
    "hf: generation": (settings("llama/generation_config.json", repetition_penalty=1.5), {}),
    "hf: adapter": (settings("adapter/adapter_config.json", lora_alpha=32), {"adapter": "adapter"}),
    "biomedgpt: scale": (tensors("biomedgpt.pt", scaled), {}),
    "biomedgpt: objects": (tensors("biomedgpt.pt", with_fewer_objects), {}),
    "biomedgpt: answers": (replaced("answers.txt", "no", "none"), {"answers": "answers.txt", "zero_shot": "no"}),
    "worker: its script": (replaced("worker.py", "import json", "import json as json"), {}),
}
"""Kind and what is another, to how it becomes so and the arguments that it is opened with."""


@pytest.mark.parametrize("what", EDITS)
def test_other_content_is_another_model(what: str, opened: Callable[..., ModelInfo], root: Path) -> None:
    """Under the same name, the same arguments and, where it holds weights, the same weights."""
    kind, (edit, given) = what.partition(":")[0], EDITS[what]
    needs(kind)
    known = BACKENDS[kind]
    before = opened(kind, {**known.given, **given}, known.task)
    edit(root)
    after = opened(kind, {**known.given, **given}, known.task)
    assert before.name == after.name
    assert sameness.of_model(before) != sameness.of_model(after)
