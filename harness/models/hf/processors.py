"""A checkpoint's own readers of words and pictures, with what their files leave out filled in from the model's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import CorruptData, UsageError
from harness.models.hf import original_llava, sizes
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint

_PROCESSOR = ("processor_config.json", "preprocessor_config.json")
_BOUNDS = ("min_pixels", "max_pixels")
_FIRST_TOKENS: Mapping[str, int] = {"clip_vision_model": 1, "siglip_vision_model": 0, "siglip2_vision_model": 0}
"""Tokens that a picture tower puts before its patches, by the tower's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What turns words, and pictures where the model sees, into what the network reads."""

    processor: Any
    """The tokeniser itself where no pictures are read."""
    tokenizer: Any
    bounds: Mapping[str, Any] = field(default_factory=dict)
    """The user's bounds of a picture's size, as arguments of the processor."""
    filled: str = ""
    """What stood in no file of the processor's, for the record."""


def read(checkpoint: Checkpoint, arguments: Arguments) -> Readers:
    """The readers of a checkpoint.

    Raises:
        CorruptData: The folder lacks them.
        UsageError: A bound of a picture's size was given, and the checkpoint's reader of pictures has none.
    """
    pictures = checkpoint.family == "image-text"
    try:
        readers = _read(checkpoint, arguments, pictures=pictures)
    except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError) as error:
        raise CorruptData(
            f"{checkpoint.folder.name}: its {'processor' if pictures else 'tokeniser'} cannot be loaded: {str(error).strip()[:400]}"
        ) from error
    if pictures:
        sizes.check_pictures(checkpoint.folder, getattr(checkpoint.config, "vision_config", None), readers.processor.image_processor)
        sizes.check_place_of_pictures(checkpoint.folder, checkpoint.config, readers.processor)
    given = [name for name in _BOUNDS if getattr(arguments, name) is not None]
    known = _known(readers.processor.image_processor) if pictures else frozenset()
    for name in given:
        if name not in known:
            whose = f"a {type(readers.processor.image_processor).__name__}, which has no such bound" if pictures else "a model of text"
            raise UsageError(f"--model-arg {name}: {checkpoint.name} is read by {whose}.")
    return replace(readers, bounds=_bounds(readers.processor.image_processor, arguments)) if given else readers


def _read(checkpoint: Checkpoint, arguments: Arguments, *, pictures: bool) -> Readers:
    from transformers import AutoProcessor, AutoTokenizer

    parts, trust = checkpoint.parts, arguments.trust_remote_code
    if not pictures:
        tokenizer = AutoTokenizer.from_pretrained(parts.words.path, trust_remote_code=trust)
        _lend_template(checkpoint, tokenizer)
        return Readers(processor=tokenizer, tokenizer=tokenizer)
    if checkpoint.original:
        tokenizer = AutoTokenizer.from_pretrained(parts.words.path, trust_remote_code=trust)
        return Readers(
            processor=original_llava.processor(parts.folder, tokenizer, checkpoint.config),
            tokenizer=tokenizer,
            filled="LLaVA's own, from the original settings",
        )
    whole = parts.words if any((parts.words.path / name).is_file() for name in _PROCESSOR) else parts.folder
    processor = AutoProcessor.from_pretrained(whole.path, trust_remote_code=trust)
    if whole != parts.words:
        processor.tokenizer = AutoTokenizer.from_pretrained(parts.words.path, trust_remote_code=trust)
        if getattr(processor.tokenizer, "chat_template", None):
            processor.chat_template = processor.tokenizer.chat_template
    tokenizer = getattr(processor, "tokenizer", processor)
    _lend_template(checkpoint, processor)
    return Readers(processor=processor, tokenizer=tokenizer, filled=_fill(processor, checkpoint.config))


def _lend_template(checkpoint: Checkpoint, reader: Any) -> None:
    """An adapter may bring a chat template alone, for the tokeniser of its base."""
    adapter = checkpoint.parts.adapter
    if adapter is None or checkpoint.parts.words == adapter or checkpoint.parts.told:
        return
    own = adapter.path / "chat_template.jinja"
    if own.is_file():
        reader.chat_template = own.read_text(encoding="utf-8")


def _fill(processor: Any, config: Any) -> str:
    """What older files leave out, from the settings of the network that has to agree with it."""
    vision: Any = getattr(config, "vision_config", None)
    filled: dict[str, Any] = {}
    for name, whose in (("patch_size", vision), ("vision_feature_select_strategy", config), ("num_query_tokens", config)):
        known = getattr(whose, name, None)
        if known is None or getattr(processor, name, known) is not None:
            continue
        filled[name] = known
        tower = str(getattr(vision, "model_type", ""))
        if name == "patch_size" and tower not in _FIRST_TOKENS:
            raise ValueError(f"its processor names no patch_size, and how many tokens a '{tower}' tower adds is not known")
        if name == "patch_size" and hasattr(processor, "num_additional_image_tokens"):
            filled["num_additional_image_tokens"] = _FIRST_TOKENS[tower]
    for name, value in filled.items():
        setattr(processor, name, value)
    return ", ".join(f"{name} {value}" for name, value in filled.items())


def adds_special_tokens(processor: Any) -> bool:
    """Whether a reader leaves it to its tokeniser to add what begins and ends a text; some write that themselves (Florence-2)."""
    older: Any = getattr(getattr(processor, "valid_processor_kwargs", None), "_defaults", {})
    defaults: Any = {**older.get("text_kwargs", {}), **getattr(type(processor), "text_kwargs", {})}
    return bool(defaults.get("add_special_tokens", True))


def _known(image_processor: Any) -> frozenset[str]:
    """The settings that a reader of pictures can be given with each picture."""
    return frozenset(getattr(getattr(image_processor, "valid_kwargs", None), "__annotations__", {}))


def _bounds(image_processor: Any, arguments: Arguments) -> dict[str, Any]:
    """The bounds as the library takes them: under names of their own, or as edges that stand for numbers of pixels."""
    least, most = arguments.min_pixels, arguments.max_pixels
    own = getattr(image_processor, "size", None)
    if own is None or own.get("shortest_edge") is None or own.get("longest_edge") is None:
        return {name: value for name, value in zip(_BOUNDS, (least, most), strict=True) if value is not None}
    return {"size": {"shortest_edge": least or own["shortest_edge"], "longest_edge": most or own["longest_edge"]}}
