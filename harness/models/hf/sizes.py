"""Sizes in a checkpoint's settings: what no network can have, and what its own weights or pictures contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import CorruptData
from harness.models.folders import Folder

_SETTINGS = "config.json"
_AGAIN = "Copy or download the checkpoint again."
_COUNTED = frozenset(
    {
        "d_ff", "d_kv", "d_model", "decoder_attention_heads", "decoder_ffn_dim", "decoder_layers", "depth", "embed_dim",
        "encoder_attention_heads", "encoder_ffn_dim", "encoder_layers", "head_dim", "hidden_size", "image_size", "intermediate_size",
        "n_head", "n_layer", "num_attention_heads", "num_channels", "num_decoder_layers", "num_heads", "num_hidden_layers",
        "num_key_value_heads", "num_layers", "patch_size", "projection_dim", "relative_attention_max_distance", "vocab_size",
    }
)  # fmt: skip
"""Settings that count something of which a network has at least one, in whichever part of the settings they stand."""
_AT_ONE_SIZE = frozenset({"clip", "clip_vision_model"})
"""Picture towers that the library gives pictures of the settings' size and no other."""


def check_counts(folder: Folder) -> None:
    """Refuse a number of layers, heads or values that is none.

    The library counts up to it: of fewer than no layers there are none, and the rest of the network answers without them.

    Raises:
        CorruptData: One is below 0.
    """
    for name, value in _numbers(folder.read_json(_SETTINGS)):
        if value < 0:
            raise CorruptData(f"{folder.path / _SETTINGS}: {name} is {value}; it must be a whole number of at least 1. {_AGAIN}")


def _numbers(settings: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, int | float]]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{within}{name}.")
        elif name in _COUNTED and isinstance(value, int | float):
            yield f"{within}{name}", value


def check_layers(folder: Folder, model: Any, left: Sequence[str]) -> None:
    """Refuse settings that ask for fewer layers than the weights have: the library leaves the others out without a word.

    Args:
        folder: The checkpoint's.
        model: As it was made of the settings.
        left: Names of tensors that found no place in it.

    Raises:
        CorruptData: One is of a layer behind the last one of the network.
    """
    for name in left:
        parts = name.split(".")
        for place, part in enumerate(parts):
            layers = _layers(model, parts[:place]) if part.isdecimal() else None
            if layers is not None and int(part) >= layers:
                raise CorruptData(
                    f"{folder.path / _SETTINGS}: asks for {layers} of {'.'.join(parts[:place])}, and the weights beside it are of at least"
                    f" {int(part) + 1} (first: {name}). {_AGAIN}"
                )


def _layers(model: Any, path: Sequence[str]) -> int | None:
    """How many layers stand in a place of a network; None where no list of layers does."""
    from torch.nn import ModuleList

    for start in ([], [getattr(model, "base_model_prefix", "")]):
        within = model
        for part in (*filter(None, start), *path):
            within = getattr(within, part, None)
        if isinstance(within, ModuleList):
            return len(within)
    return None


def check_pictures(folder: Folder, config: Any, processor: Any) -> None:
    """Refuse a tower of one size that its own processor gives pictures of another.

    Args:
        folder: The checkpoint's.
        config: Of the tower.
        processor: Of pictures.

    Raises:
        CorruptData: The two differ.
    """
    wanted = getattr(config, "image_size", None)
    made = _made(processor)
    if getattr(config, "model_type", "") in _AT_ONE_SIZE and isinstance(wanted, int) and made is not None and made != (wanted, wanted):
        height, width = made
        raise CorruptData(
            f"{folder.path / _SETTINGS}: vision_config.image_size is {wanted}, and {_file(folder.path)} makes pictures of"
            f" {height} x {width}; the two must be equal. {_AGAIN}"
        )


def check_place_of_pictures(folder: Folder, config: Any, processor: Any) -> None:
    """Refuse settings that look for pictures where no processor writes them: at a word, or at no token; and layers that no tower has.

    Args:
        folder: The checkpoint's.
        config: Of the whole network.
        processor: Of pictures and words.

    Raises:
        CorruptData: The token, or the layer, is none.
    """
    written, tokenizer = getattr(processor, "image_token", None), getattr(processor, "tokenizer", None)
    held = folder.read_json(_SETTINGS)
    for name in ("image_token_id", "image_token_index"):
        looked_for = held.get(name)
        if not written or tokenizer is None or not isinstance(looked_for, int):
            continue
        own = tokenizer.convert_tokens_to_ids(str(written))
        # Networks of pictures in parts look for another token of theirs than the processor is asked with.
        if looked_for not in (own, *tokenizer.added_tokens_decoder, *tokenizer.all_special_ids):
            raise CorruptData(
                f"{folder.path / _SETTINGS}: {name} is {looked_for}, which is no token of pictures; {written}, which its processor writes"
                f" for one, is {own}. {_AGAIN}"
            )
    layer, layers = (getattr(of, name, None) for of, name in (
        (config, "vision_feature_layer"), (getattr(config, "vision_config", None), "num_hidden_layers")
    ))  # fmt: skip
    if isinstance(layer, int) and isinstance(layers, int) and not -layers - 1 <= layer <= layers:
        raise CorruptData(
            f"{folder.path / _SETTINGS}: vision_feature_layer is {layer}, and the picture tower has {layers} layers; it must be between"
            f" {-layers - 1} and {layers}. {_AGAIN}"
        )


def _made(processor: Any) -> tuple[int, int] | None:
    """Height and width of what a processor makes of any picture; None where they depend on the picture, or cannot be told."""
    own = getattr(processor, "crop_size" if getattr(processor, "do_center_crop", False) else "size", None)
    try:
        return int(own["height"]), int(own["width"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return None


def _file(folder: Path) -> str:
    names = ("preprocessor_config.json", "processor_config.json")
    return next((name for name in names if (folder / name).is_file()), names[0])
