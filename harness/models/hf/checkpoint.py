"""What a folder holds: which kind of transformers model, under which adapter; its settings are read, nothing of it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.errors import UsageError
from harness.models.folders import Folder
from harness.models.hf import original_llava
from harness.models.hf.arguments import Arguments
from harness.models.hf.parts import Parts, parts_of

Family = Literal["image-text", "causal", "seq2seq", "text-classifier", "image-classifier"]
"""Reads pictures and text; continues a text; turns one text into another; tells apart labels of a text, or of a picture."""

FACTORIES: Mapping[Family, str] = {
    "image-text": "AutoModelForImageTextToText",
    "seq2seq": "AutoModelForSeq2SeqLM",
    "causal": "AutoModelForCausalLM",
    "text-classifier": "AutoModelForSequenceClassification",
    "image-classifier": "AutoModelForImageClassification",
}
"""The library's class that opens each; a checkpoint with code of its own names the one that it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint before its weights are read."""

    parts: Parts
    config: Any
    """The `PretrainedConfig`."""
    family: Family
    original: bool = False
    """Whether its files are those of the LLaVA authors' own code, which `original_llava` reads as the library's model."""

    @property
    def folder(self) -> Folder:
        """That of the weights."""
        return self.parts.folder

    @property
    def name(self) -> str:
        """What a scoreboard calls it."""
        return self.parts.adapter.name if self.parts.adapter else self.folder.name


def open_folder(location: str, arguments: Arguments) -> Checkpoint:
    """The checkpoint at a folder or Hub name; of an adapter's folder, the model that it was trained on, under it.

    Raises:
        HarnessError: There is no such folder, or it holds something else.
    """
    parts = parts_of(location, arguments)
    content = parts.folder.read_json("config.json")
    if original_llava.is_original(content):
        return Checkpoint(parts=parts, config=original_llava.settings(parts.folder), family="image-text", original=True)
    config = _config(parts.folder, arguments)
    return Checkpoint(parts=parts, config=config, family=_family(parts.folder, config))


def _config(folder: Folder, arguments: Arguments) -> Any:
    from transformers import AutoConfig

    content = folder.read_json("config.json")
    kind = content.get("model_type")
    if not kind:
        raise UsageError(f"{folder.path / 'config.json'}: names no model_type; it is no transformers checkpoint.")
    if kind == "ofa" and not arguments.trust_remote_code:
        raise UsageError(
            f"{folder.name}: an OFA model, as the authors of BiomedGPT publish them; transformers has no such architecture. The harness"
            f" runs it by itself: biomedgpt:{folder.path}"
        )
    if content.get("auto_map") and not arguments.trust_remote_code and not _is_known(str(kind)):
        raise UsageError(
            f"{folder.name}: a '{kind}' model, which runs Python code of its own ({', '.join(sorted(content['auto_map']))}). Read it;"
            " it runs if you say so: -a trust_remote_code=yes"
        )
    try:
        return AutoConfig.from_pretrained(folder.path, trust_remote_code=arguments.trust_remote_code)
    except (ValueError, KeyError, OSError) as error:
        import transformers

        raise UsageError(
            f"{folder.name}: transformers {transformers.__version__} cannot read a '{kind}' model's settings ({_first_line(error)})."
            " A newer transformers may."
        ) from error


def _is_known(kind: str) -> bool:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return kind in CONFIG_MAPPING_NAMES


def _family(folder: Folder, config: Any) -> Family:
    """By the class that the checkpoint was saved from, or else by what its type can be."""
    from transformers.models.auto import modeling_auto as auto

    names: Mapping[Family, Mapping[str, Any]] = {
        "image-text": auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        "seq2seq": auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        "causal": auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        "text-classifier": auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
        "image-classifier": auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES,
    }
    saved = tuple(config.architectures or ())
    own = {name.replace("Vision2Seq", "ImageTextToText") for name in getattr(config, "auto_map", None) or {}}
    for family, factory in FACTORIES.items():
        if factory in own:
            return family
    for family, known in names.items():
        classes = known.get(config.model_type, ())
        if not {*((classes,) if isinstance(classes, str) else classes)}.isdisjoint(saved):
            return family
    # An encoder-decoder type is listed as causal too, for its decoder alone.
    order: tuple[Family, ...] = ("image-text", "seq2seq", "causal")
    if not saved or saved[0].endswith(("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")):
        for family in order:
            if config.model_type in names[family]:
                return family
    hint = " Run it as clip:…" if config.model_type in auto.MODEL_FOR_ZERO_SHOT_IMAGE_CLASSIFICATION_MAPPING_NAMES else ""
    raise UsageError(
        f"{folder.name}: {', '.join(saved) or config.model_type}; not an image-text-to-text, causal or sequence-to-sequence model, which"
        f" are what answers in text, nor a classifier of texts or pictures.{hint}"
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
