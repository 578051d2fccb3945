"""Settings of a checkpoint that are JSON and not what a library takes: the checkpoint is named, whatever the library raises."""

from __future__ import annotations

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
