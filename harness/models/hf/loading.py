"""From files to a network on a device: precision, quantisation, adapters. Weights are read as tensors alone, never as objects."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.errors import CorruptData, MissingTool
from harness.models import devices
from harness.models.folders import Folder
from harness.models.hf import adapters, original_llava, quantised, sizes
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import FACTORIES, Checkpoint
from harness.models.hf.memory import Memory, unwrapped
from harness.models.tensors import plain

_IDS = (
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "suppress_tokens",
    "begin_suppress_tokens",
)
"""What of a checkpoint's own generation settings is kept: which tokens mean what. How it decodes is the task's to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A network that is ready to answer."""

    model: Any
    device: torch.device
    """Where its inputs go."""
    precision: str
    parameters: int
    adapter: str = ""
    """How an adapter was applied, for the record."""
    memory: Memory = field(default_factory=Memory)


def load(checkpoint: Checkpoint, arguments: Arguments, *, words: int) -> Loaded:
    """Read the weights.

    Args:
        checkpoint: The folders and their settings.
        arguments: The user's.
        words: Tokens that the tokeniser knows.

    Raises:
        MissingTool: The device or a package is not here.
        CorruptData: The weights are not what the settings say.
    """
    device = devices.device("auto" if arguments.device_map else arguments.device)
    dtype = devices.dtype(arguments.dtype, device)
    options: dict[str, Any] = {"dtype": dtype, "trust_remote_code": arguments.trust_remote_code, "config": checkpoint.config}
    method = quantised.method_of(checkpoint.config)
    if method:
        quantised.check(checkpoint.folder.name, method, arguments.quantize)
    if arguments.attention:
        options["attn_implementation"] = arguments.attention
    if arguments.quantize != "none":
        options["quantization_config"] = _quantization(arguments.quantize, dtype)
    quantises = method or (arguments.quantize if arguments.quantize != "none" else "")
    spread = arguments.device_map or (str(device) if quantises else "")
    if spread:
        _need("accelerate", "device_map and quantize")
        options["device_map"] = spread
    model, how = _read(checkpoint, options), ""
    if checkpoint.parts.adapter is not None:
        _need("peft", "an adapter")
        adapted = adapters.apply(model, checkpoint, merge=not quantises, words=words)
        model, how = adapted.model, adapted.how
    if not spread:
        model = model.to(device)
    model.eval()
    parameters = sum(tensor.numel() for tensor in model.parameters())
    if hasattr(model, "generation_config"):  # one that writes has it
        model.generation_config = _only_ids(model.generation_config, checkpoint.config)
        unwrapped(model).generation_config = model.generation_config
    return Loaded(
        model=model,
        device=model.device if spread else device,
        precision=quantises or devices.name_of(dtype),
        parameters=parameters,
        adapter=how,
    )


def _read(checkpoint: Checkpoint, options: dict[str, Any]) -> Any:
    import transformers

    if checkpoint.original:
        return original_llava.load(checkpoint.folder, read_weights, **options)
    return read_weights(getattr(transformers, FACTORIES[checkpoint.family]), checkpoint.folder, **options)


def read_weights(factory: Any, folder: Folder, *, elsewhere: str = "", **options: Any) -> Any:
    """A model of one of transformers' automatic classes with every tensor that its settings ask for.

    Args:
        factory: The class.
        folder: Its files. An adapter that lies beside the weights is left to `adapters`: the library would apply it unasked.
        elsewhere: A pattern of the names of tensors that come from other files.
        options: For ``from_pretrained``.

    Raises:
        CorruptData: A file cannot be read, or a tensor is missing or has another shape: it would be made up, at random.
        MissingTool: The weights are quantised, and the library says what it lacks to read them.
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    sizes.check_counts(folder)
    if (folder.path / "adapter_config.json").is_file():
        options["adapter_kwargs"] = {"subfolder": "none of this"}
    try:
        model, report = factory.from_pretrained(folder.path, output_loading_info=True, ignore_mismatched_sizes=True, **options)
    except (OSError, RuntimeError, ValueError, KeyError, ImportError, SafetensorError, UnpicklingError, EOFError) as error:
        if devices.out_of_memory(error):
            raise
        if method := quantised.method_of(options.get("config")):
            raise MissingTool(f"{folder.name}: its weights are quantised by {method}, and cannot be run here: {plain(error)}") from error
        raise CorruptData(f"{folder.name}: the weights cannot be loaded: {plain(error)}") from error
    wrong = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    wrong = [name for name in wrong if not (elsewhere and re.match(elsewhere, name))]
    if wrong:
        raise CorruptData(
            f"{folder.name}: {len(wrong)} tensors that its settings ask for are missing or have another shape (first:"
            f" {wrong[0]}). Copy or download the checkpoint again."
        )
    sizes.check_layers(folder, model, sorted(map(str, report["unexpected_keys"])))
    return model


def _only_ids(own: Any, config: Any) -> Any:
    from transformers import GenerationConfig

    text = config.get_text_config(decoder=True)
    ids = {name: getattr(own, name, None) for name in _IDS}
    ids |= {name: getattr(text, name, None) for name in _IDS[:4] if ids[name] is None}
    return GenerationConfig(**{name: value for name, value in ids.items() if value is not None})


def _quantization(kind: str, dtype: torch.dtype) -> Any:
    from transformers import BitsAndBytesConfig

    _need("bitsandbytes", f"quantize={kind}")
    if kind == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=dtype, bnb_4bit_quant_type="nf4")


def _need(package: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingTool(f"hf: {what} needs the package {package}; pip install {package}")
