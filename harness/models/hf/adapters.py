"""A PEFT adapter over a model: as many embeddings as its training had, merged where that changes nothing, beside the weights otherwise."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import CorruptData, UsageError
from harness.models import tensors
from harness.models.folders import Folder
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.memory import rows_of

_FILES = ("adapter_model.safetensors", "adapter_model.bin")
_AMISS = r".*(missing adapter keys|unexpected keys|not found in the (base )?model).*"
"""What the library only warns of, and what leaves an adapter partly made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A model under its adapter."""

    model: Any
    how: str
    """Its kind, whether it was merged, and how many embeddings it brought, for the record."""


def apply(model: Any, checkpoint: Checkpoint, *, merge: bool, words: int) -> Adapted:
    """The model under its adapter.

    A prompt that was learned is no change of weights and stands beside them, as does whatever else cannot be merged without a change:
    that of one of two tables which are the same one, and that of quantised weights.

    Args:
        model: The base, as its files have it.
        checkpoint: The folders.
        merge: Whether the weights can take it up.
        words: Tokens that the tokeniser knows.

    Raises:
        UsageError: It is no adapter for this model.
        CorruptData: Embeddings of tokens that its training added are not in its files.
    """
    from peft import PeftModel

    folder = checkpoint.parts.adapter
    assert folder is not None
    settings, shapes = folder.read_json("adapter_config.json"), _shapes(folder)
    if settings.get("task_type") in ("SEQ_CLS", "TOKEN_CLS"):
        raise UsageError(
            f"{folder.name}: an adapter for {settings['task_type']}, whose labels stand in no file of it. Merge it where it was trained,"
            " with merge_and_unload() and save_pretrained(), and run that folder."
        )
    before = rows_of(model)
    _resize(model, folder, settings, shapes, words)
    tied = _tied(model) and any(_names(model, name) for name in shapes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message=_AMISS, category=UserWarning)
            adapted = PeftModel.from_pretrained(model, folder.path, is_trainable=False)
    except (RuntimeError, ValueError, KeyError, TypeError, OSError, AttributeError, NotImplementedError, UserWarning) as error:
        raise UsageError(f"{folder.name}: no adapter for {checkpoint.folder.name}: {tensors.plain(error)}") from error
    merged = _merged(adapted) if merge and not tied and not adapted.active_peft_config.is_prompt_learning else None
    after = rows_of(adapted if merged is None else merged)
    resized = f", embeddings {before} -> {after}" if after != before else ""
    place = "beside the weights" if merged is None else "merged"
    return Adapted(model=adapted if merged is None else merged, how=f"{checkpoint.parts.kind} {place}{resized}")


def _merged(adapted: Any) -> Any | None:
    """The weights with the adapter in them; None where its kind cannot be merged."""
    try:
        return adapted.merge_and_unload(safe_merge=True)
    except (NotImplementedError, AttributeError):
        return None


def _shapes(folder: Folder) -> Mapping[str, tuple[int, ...]]:
    path = next((folder.path / name for name in _FILES if (folder.path / name).is_file()), None)
    if path is None:
        raise CorruptData(f"{folder.path}: holds no {' and no '.join(_FILES)}. Copy or download the adapter again.")
    return tensors.shapes(path)


def _resize(model: Any, folder: Folder, settings: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], words: int) -> None:
    """As many embeddings as the adapter was trained with; those that are added are in its files, every one."""
    before = rows_of(model) or 0
    saved = {rows for name, shape in shapes.items() if (rows := _names(model, name, shape))}
    trained = settings.get("trainable_token_indices") or settings.get("token_indices") or ()
    indices = {index for own in (trained.values() if isinstance(trained, dict) else [trained]) for index in own}
    wanted = max(saved, default=words if indices and max(indices) >= before else before)
    if wanted == before:
        return
    whole = any(_names(model, name, shape) == wanted for name, shape in shapes.items() if "lora" not in name)
    lost = set() if whole else set(range(before, wanted)) - indices
    if lost:
        raise CorruptData(
            f"{folder.name}: its training had {wanted} embeddings, its base has {before}, and its files lack those of {len(lost)} tokens"
            f" (first: {min(lost)}). Save it with save_embedding_layers=True."
        )
    model.resize_token_embeddings(wanted, mean_resizing=False)


def _names(model: Any, name: str, shape: tuple[int, ...] = (1, 1)) -> int:
    """How many tokens a tensor of the adapter has a row or column for; 0 where it is of no table of tokens."""
    for table, low_rank in zip(_tables(model), (r"lora_embedding_A", r"lora_B"), strict=True):
        if re.search(rf"(^|\.){re.escape(table)}(\.modules_to_save)?(\.base_layer)?\.weight$", name):
            return shape[0]
        if re.search(rf"(^|\.){re.escape(table)}\.{low_rank}(\.\w+)*$", name):
            return shape[1] if low_rank == "lora_embedding_A" else shape[0]
    return 0


def _tables(model: Any) -> Iterator[str]:
    """The names of the table that reads tokens and of the one that writes them; of none, a name that nothing has."""
    for table in (model.get_input_embeddings(), model.get_output_embeddings()):
        yield next((name for name, module in model.named_modules() if module is table), "none of them")


def _tied(model: Any) -> bool:
    reads, writes = model.get_input_embeddings(), model.get_output_embeddings()
    return writes is not None and getattr(reads, "weight", 0) is getattr(writes, "weight", 1)
