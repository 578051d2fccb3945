"""Settings of a checkpoint that are JSON and not what a library takes: the checkpoint is named, whatever the library raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.errors import CorruptData
from tests.models.checkpoints import Tiny, copied, edited

DEEP = '{"a":' * 100_000


@pytest.mark.parametrize(
    ("made", "kind", "file", "content", "message"),
    [
        ("llama", "hf", "generation_config.json", "[]", "transformers cannot open it .TypeError"),
        ("llama", "hf", "generation_config.json", {"eos_token_id": "x"}, "transformers cannot open it .ValueError"),
        ("llama", "hf", "tokenizer_config.json", DEEP, "cannot"),
        ("llama", "hf", "config.json", {"architectures": -1}, "transformers cannot open it .TypeError"),
        ("clip", "clip", "processor_config.json", "[]", "transformers or open_clip cannot open it .AttributeError"),
        ("clip", "clip", "tokenizer_config.json", {"pad_token": None}, "names no pad_token, with which wordings of several lengths"),
        ("clip", "clip", "tokenizer_config.json", {"model_max_length": ""}, "transformers or open_clip cannot open it .TypeError"),
        ("resnet", "timm", "config.json", {"label_names": -1}, "timm cannot open it .TypeError"),
        ("resnet", "timm", "config.json", {"pretrained_cfg": "x"}, "timm cannot open it .TypeError"),
    ],
)
def test_a_setting_of_the_wrong_kind_names_the_checkpoint(
    tiny: Tiny, tmp_path: Path, made: str, kind: str, file: str, content: Any, message: str
) -> None:
    folder = copied(tiny(made), tmp_path / "damaged")
    if isinstance(content, str):
        (folder / file).write_text(content)
    else:
        edited(folder / file, **content)
    with pytest.raises(CorruptData, match=rf"damaged.*{message}.* Copy or download the checkpoint again"):
        models.open_model(f"{kind}:{folder}", {"device": "cpu"})


@pytest.mark.parametrize(
    ("made", "kind", "within", "changes", "message"),
    [
        ("llama", "hf", "", {"num_hidden_layers": -1}, r"config.json: num_hidden_layers is -1; it must be a whole number of at least 1"),
        ("llama", "hf", "", {"num_hidden_layers": 0}, r"config.json: asks for 0 of model.layers, .*at least 1 .first: model.layers.0"),
        ("t5", "hf", "", {"num_layers": -1}, r"config.json: num_layers is -1"),
        ("t5", "hf", "", {"num_decoder_layers": 1}, r"config.json: asks for 1 of decoder.block, .*at least 2"),
        ("t5", "hf", "", {"relative_attention_max_distance": -1}, r"config.json: relative_attention_max_distance is -1"),
        ("clip", "clip", "vision_config", {"num_hidden_layers": -1}, r"config.json: vision_config.num_hidden_layers is -1"),
        ("clip", "clip", "text_config", {"num_hidden_layers": 0}, r"asks for 0 of text_model.encoder.layers"),
        ("clip", "clip", "text_config", {"num_attention_heads": -1}, r"config.json: text_config.num_attention_heads is -1"),
        ("clip", "clip", "vision_config", {"image_size": 29}, r"vision_config.image_size is 29, and .*json makes pictures of 28 x 28"),
        ("siglip", "clip", "vision_config", {"num_hidden_layers": 1}, r"asks for 1 of vision_model.encoder.layers"),
        ("llava", "hf", "vision_config", {"image_size": 29}, r"vision_config.image_size is 29, and .*json makes pictures of 28 x 28"),
        ("llava", "hf", "vision_config", {"num_hidden_layers": 1}, r"asks for 1 of .*encoder.layers"),
        ("llava", "hf", "text_config", {"num_hidden_layers": -1}, r"config.json: text_config.num_hidden_layers is -1"),
        ("llava", "hf", "", {"image_token_index": 40}, r"image_token_index is 40, which is no token of pictures; <image>"),
        ("llava", "hf", "", {"vision_feature_layer": -4}, r"vision_feature_layer is -4, and the picture tower has 2 layers"),
        ("qwen", "hf", "vision_config", {"depth": 0}, r"asks for 0 of .*visual.blocks"),
        ("qwen", "hf", "", {"image_token_id": -1}, r"image_token_id is -1, which is no token of pictures"),
    ],
)
def test_a_size_that_cannot_be_is_refused_before_anything_is_asked(
    tiny: Tiny, tmp_path: Path, made: str, kind: str, within: str, changes: dict[str, Any], message: str
) -> None:
    """Its file, its name and what it must be; of fewer layers than there are weights, a part of the network would answer."""
    folder = copied(tiny(made), tmp_path / "damaged")
    if within:
        changes = {within: json.loads((folder / "config.json").read_text())[within] | changes}
    edited(folder / "config.json", **changes)
    with pytest.raises(CorruptData, match=rf"damaged.*{message}.* Copy or download the checkpoint again"):
        models.open_model(f"{kind}:{folder}", {"device": "cpu"})


def test_towers_that_cannot_read_what_their_processor_makes_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    """What no tensor's shape and no rule of ours tells: the towers are shown a grey picture and a letter when they are opened."""
    folder = copied(tiny("siglip"), tmp_path / "damaged")
    vision = json.loads((folder / "config.json").read_text())["vision_config"]
    edited(folder / "config.json", vision_config=vision | {"num_attention_heads": 3})
    with pytest.raises(CorruptData, match="damaged"):
        models.open_model(f"clip:{folder}", {"device": "cpu"})
