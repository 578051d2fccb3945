"""What a folder holds: which kind of transformers model, under which adapter; its settings are read, nothing of it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.errors import CorruptData, MissingData, UsageError
from harness.models.folders import Folder, find
from harness.models.hf.arguments import Arguments

Family = Literal["image-text", "causal", "seq2seq"]
"""Reads pictures and text; continues a text; turns one text into another."""

_AUTO: Mapping[str, Family] = {
    "AutoModelForImageTextToText": "image-text",
    "AutoModelForVision2Seq": "image-text",
    "AutoModelForSeq2SeqLM": "seq2seq",
    "AutoModelForCausalLM": "causal",
}
"""What a checkpoint with code of its own says it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint before its weights are read."""

    folder: Folder
    adapter: Folder | None
    config: Any
    """The `PretrainedConfig`."""
    family: Family

    @property
    def name(self) -> str:
        """What a scoreboard calls it."""
        return self.adapter.name if self.adapter else self.folder.name

    def digest(self) -> str:
        """SHA-256 over all that can change an answer."""
        own = self.folder.digest()
        return f"{own[:32]}{self.adapter.digest()[:32]}" if self.adapter else own


def open_folder(location: str, arguments: Arguments) -> Checkpoint:
    """The checkpoint at a folder or Hub name; of an adapter's folder, the model that it was trained on, under it.

    Raises:
        HarnessError: There is no such folder, or it holds something else.
    """
    folder = find(location, revision=arguments.revision, needs=("config.json", "adapter_config.json"))
    adapter = find(arguments.adapter, needs=("adapter_config.json",)) if arguments.adapter else None
    if not (folder.path / "config.json").is_file():
        if adapter is not None:
            raise UsageError(f"{location}: an adapter itself; -a adapter=… goes on top of a model.")
        base = folder.read_json("adapter_config.json").get("base_model_name_or_path")
        if not isinstance(base, str) or not base:
            raise CorruptData(
                f"{folder.path / 'adapter_config.json'}: names no base_model_name_or_path. Run the base: hf:BASE -a adapter={location}"
            )
        adapter = folder
        try:
            folder = find(base)
        except MissingData as error:
            raise MissingData(
                f"{location}: an adapter of {base}, which is not here ({error}) Run it as: hf:BASE -a adapter={location}"
            ) from error
    config = _config(folder, arguments)
    return Checkpoint(folder=folder, adapter=adapter, config=config, family=_family(folder, config))


def _config(folder: Folder, arguments: Arguments) -> Any:
    from transformers import AutoConfig

    content = folder.read_json("config.json")
    kind = content.get("model_type")
    if not kind:
        raise UsageError(f"{folder.path / 'config.json'}: names no model_type; it is no transformers checkpoint.")
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
    }
    saved = tuple(config.architectures or ())
    own = getattr(config, "auto_map", None) or {}
    for name, family in _AUTO.items():
        if name in own:
            return family
    for family, known in names.items():
        if known.get(config.model_type) in saved:
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
        f" are what answers in text.{hint}"
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
