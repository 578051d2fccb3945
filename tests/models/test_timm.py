"""Classifiers of the timm library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness import models
from harness.base import torch_vision
from harness.errors import CorruptData, MissingData, UsageError
from harness.images.pixels import decode
from tests.models.checkpoints import Ask, Tiny, scores

torch_vision.ready()
pytest.importorskip("timm", reason="needs the extra timm")


def expected(folder: Path, requests: Any) -> Any:
    """Timm's own logits, by its own loading and preprocessing."""
    import timm
    from timm.data import create_transform, resolve_model_data_config

    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = create_transform(**resolve_model_data_config(model), is_training=False)
    pictures = torch.stack([transform(decode(request.item.images[0], "RGB")) for request in requests])
    with torch.inference_mode():
        return model(pictures).double()


def test_scores_are_the_softmax_of_timms_own_logits(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("resnet"), "pneumoniamnist", 4, kind="timm")
    np.testing.assert_allclose(scores(asked, requests), expected(tiny("resnet"), requests).log_softmax(dim=1), atol=1e-5)
    assert asked.info.arguments["architecture"] == "test_resnet"
    assert asked.info.arguments["labels"] == "normal|pneumonia"


def test_a_file_of_weights_answers_with_its_architecture_and_labels_named(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    path = tmp_path / "weights.pth"
    torch.save({"state_dict": {f"module.{k}": v for k, v in load_file(tiny("resnet") / "model.safetensors").items()}}, path)
    named = {"architecture": "test_resnet", "labels": "normal|pneumonia"}
    asked, requests = ask(path, "pneumoniamnist", 3, kind="timm", **named)
    whole, _ = ask(tiny("resnet"), "pneumoniamnist", 3, kind="timm")
    assert scores(asked, requests) == scores(whole, requests)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "normal|pneumonia"}, "nothing says its architecture"),
        ({"architecture": "test_resnett", "labels": "a|b"}, "Did you mean test_resnet"),
        ({"architecture": "test_resnet"}, "nothing says what its outputs mean"),
        ({"architecture": "test_resnet", "labels": "a|a"}, "two outputs have the same label"),
    ],
)
def test_what_must_be_known_is_asked_for(tiny: Tiny, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        models.open_model(f"timm:{tiny('resnet') / 'model.safetensors'}", arguments)


def test_labels_of_another_task_are_refused(tiny: Tiny, ask: Ask) -> None:
    with pytest.raises(UsageError, match="tells apart normal, pneumonia; breastmnist asks for"):
        ask(tiny("resnet"), "breastmnist", kind="timm")


def test_weights_of_another_architecture_are_named(tiny: Tiny) -> None:
    named = {"architecture": "test_vit", "labels": "normal|pneumonia"}
    with pytest.raises(CorruptData, match="not the weights of this network: it lacks"):
        models.open_model(f"timm:{tiny('resnet') / 'model.safetensors'}", named)


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architecture": "test_resnet", "label_names": ["a", "b"]}))
    with pytest.raises(MissingData, match=r"looked for model\.safetensors"):
        models.open_model(f"timm:{tmp_path}", {})
