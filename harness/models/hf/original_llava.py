"""Checkpoints of the LLaVA authors' own code, such as LLaVA-Med's, read as the library's LLaVA: the weights map one to one, by name.

Three things stand outside the weights. A picture's place is -200 there and a token of its own here: it gets a row of zeros in the
table of embeddings, which a picture's features replace, and none in the head, so that it can never be written. The picture tower may
be named without being there; it is then read from its own folder or Hub name. Pictures are padded to squares with the mean colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from harness.errors import HarnessError, MissingData, UsageError
from harness.models.folders import Folder, find
from harness.models.tensors import names_of

PICTURE = "<image>"
_LANGUAGE: Mapping[str, str] = {"llava_mistral": "mistral", "llava_llama": "llama", "llava": "llama"}
"""The authors' types, and the library's type of the language model in each."""
_NAMES: Mapping[str, str] = {
    r"^model\.mm_projector\.0\.": "multi_modal_projector.linear_1.",
    r"^model\.mm_projector\.2\.": "multi_modal_projector.linear_2.",
    r"^model\.vision_tower\.vision_tower\.": "vision_tower.",
    r"^model\.embed_tokens\.": "language_model.model.embed_tokens.",
    r"^model\.layers\.": "language_model.model.layers.",
    r"^model\.norm\.": "language_model.model.norm.",
    r"^lm_head\.": "language_model.lm_head.",
}
"""The authors' names of tensors, and those under which published checkpoints of the library's have the same ones."""
_TOWERS: Mapping[str, Mapping[str, Any]] = {
    "openai/clip-vit-large-patch14-336": {"image_size": 336},
    "openai/clip-vit-large-patch14": {"image_size": 224},
}
"""The picture towers that published checkpoints name, where they differ from each other."""
_LARGE = {
    "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "patch_size": 14,
    "projection_dim": 768,
}  # fmt: skip
_OTHERS = (
    "Convert it with transformers' own script: python -m transformers.models.llava.convert_llava_weights_to_hf, and run what that writes."
)


def is_original(content: Mapping[str, Any]) -> bool:
    """Whether settings are the authors' own; the library's name neither tower nor projector so."""
    return str(content.get("model_type", "")).startswith("llava") and "mm_vision_tower" in content


def settings(folder: Folder) -> Any:
    """The library's settings for such a folder.

    Raises:
        UsageError: It has a part that the library's LLaVA has not; the message says which.
        MissingData: Its picture tower is neither known nor here.
    """
    from transformers import CONFIG_MAPPING, CLIPVisionConfig, LlavaConfig

    own = folder.read_json("config.json")
    kind = str(own["model_type"])
    wanted: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
        "model_type": (kind, tuple(_LANGUAGE)),
        "mm_projector_type": (own.get("mm_projector_type", "linear"), ("mlp2x_gelu",)),
        "mm_use_im_start_end": (own.get("mm_use_im_start_end", False), (False,)),
        "mm_patch_merge_type": (own.get("mm_patch_merge_type", "flat"), ("flat",)),
        "image_aspect_ratio": (own.get("image_aspect_ratio", "square"), ("square", "pad", None)),
        "mm_vision_select_feature": (own.get("mm_vision_select_feature", "patch"), ("patch", "cls_patch")),
    }
    other = [f"{name} {value!r}" for name, (value, known) in wanted.items() if value not in known]
    if other:
        raise UsageError(
            f"{folder.name}: an original LLaVA checkpoint with {', '.join(other)}, which does not map onto transformers' LLaVA. {_OTHERS}"
        )
    foreign = ("model_type", "architectures", "mm_", "image_", "tune_", "freeze_", "unfreeze_")
    language = CONFIG_MAPPING[_LANGUAGE[kind]](**{name: value for name, value in own.items() if not name.startswith(foreign)})
    vision = CLIPVisionConfig(**_tower_settings(folder, own))
    return LlavaConfig(
        text_config=language,
        vision_config=vision,
        image_token_index=language.vocab_size,
        vision_feature_layer=own.get("mm_vision_select_layer", -2),
        vision_feature_select_strategy="default" if own.get("mm_vision_select_feature", "patch") == "patch" else "full",
        projector_hidden_act="gelu",
        tie_word_embeddings=bool(own.get("tie_word_embeddings", False)),
    )


def processor(folder: Folder, tokenizer: Any, config: Any) -> Any:
    """The pictures' and the words' reader.

    Args:
        folder: Its files.
        tokenizer: Theirs; it is given the picture's token.
        config: Of `settings`; it is told which one that is.
    """
    from transformers import LlavaProcessor
    from transformers.models.llava import LlavaImageProcessorPil

    own = folder.read_json("config.json")
    tower = _tower(own)
    beside = folder.read_json("preprocessor_config.json") or (tower.read_json("preprocessor_config.json") if tower else {})
    size = config.vision_config.image_size
    usual = {"size": {"shortest_edge": size}, "crop_size": {"height": size, "width": size}}
    names = ("size", "crop_size", "image_mean", "image_std", "resample", "do_resize", "do_center_crop", "do_normalize")
    pictures = LlavaImageProcessorPil(
        **(usual | {name: beside[name] for name in names if name in beside}), do_pad=own.get("image_aspect_ratio") == "pad"
    )
    tokenizer.add_tokens([PICTURE], special_tokens=True)
    made = LlavaProcessor(
        image_processor=pictures,
        tokenizer=tokenizer,
        patch_size=config.vision_config.patch_size,
        vision_feature_select_strategy=config.vision_feature_select_strategy,
        num_additional_image_tokens=1,
        image_token=PICTURE,
    )
    config.image_token_id = made.image_token_id
    return made


def load(folder: Folder, read: Any, **options: Any) -> Any:
    """The network.

    Args:
        folder: Its files.
        read: `loading.read_weights`.
        options: For it; ``config`` is that of `settings`, which `processor` has told the picture's token.

    Raises:
        CorruptData: A tensor is missing or has another shape.
    """
    from transformers import AutoModel, LlavaForConditionalGeneration

    tower = _tower(folder.read_json("config.json"))
    absent = r"model\.vision_tower\..*" if tower is not None and not _has_tower(folder) else ""
    model = read(LlavaForConditionalGeneration, folder, key_mapping=dict(_NAMES), elsewhere=absent, **options)
    if absent:
        own = read(AutoModel, tower, dtype=options["dtype"], trust_remote_code=False)
        model.model.vision_tower.load_state_dict(getattr(own, "vision_model", own).state_dict())
    _add_places(model, options["config"].image_token_id + 1)
    return model


def _tower(own: Mapping[str, Any]) -> Folder | None:
    """The folder of the picture tower that the settings name; None where it is not here."""
    try:
        return find(str(own["mm_vision_tower"]))
    except HarnessError:
        return None


def _tower_settings(folder: Folder, own: Mapping[str, Any]) -> dict[str, Any]:
    name = str(own["mm_vision_tower"])
    tower = _tower(own)
    if tower is not None:
        content = tower.read_json("config.json")
        if str(content.get("model_type")) not in ("clip", "clip_vision_model"):
            raise UsageError(f"{folder.name}: its picture tower {name} is a {content.get('model_type')} model, not CLIP's. {_OTHERS}")
        return dict(content.get("vision_config", content))
    if name not in _TOWERS or not _has_tower(folder):
        raise MissingData(f"{folder.name}: its picture tower {name} is neither in its files nor here. Bring it: hf download {name}")
    return {**_LARGE, **_TOWERS[name]}


def _has_tower(folder: Folder) -> bool:
    """Whether the tower's weights are among the folder's."""
    for name in ("model.safetensors.index.json", "pytorch_model.bin.index.json"):
        if names := folder.read_json(name).get("weight_map"):
            return any(".vision_tower." in tensor for tensor in names)
    return any(
        ".vision_tower." in name
        for path in (*folder.path.glob("model*.safetensors"), *folder.path.glob("pytorch_model*.bin"))
        for name in names_of(path)
    )


def _add_places(model: Any, rows: int) -> None:
    """Rows of zeros in the table of embeddings, up to the picture's token; the head stays as it is."""
    table = model.get_input_embeddings()
    more = rows - table.weight.shape[0]
    if more > 0:
        grown = torch.nn.Embedding(rows, table.weight.shape[1], table.padding_idx, device=table.weight.device, dtype=table.weight.dtype)
        grown.weight.data.zero_()[: rows - more] = table.weight.data
        model.set_input_embeddings(grown)
