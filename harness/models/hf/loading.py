"""From files to a network on a device: precision, quantisation, adapters. Weights are read as tensors alone, never as objects."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.errors import CorruptData, MissingTool, UsageError
from harness.models import devices
from harness.models.folders import Folder
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.memory import Memory

_CLASSES = {"image-text": "AutoModelForImageTextToText", "causal": "AutoModelForCausalLM", "seq2seq": "AutoModelForSeq2SeqLM"}
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
    memory: Memory = field(default_factory=Memory)


def load(checkpoint: Checkpoint, arguments: Arguments) -> Loaded:
    """Read the weights.

    Raises:
        MissingTool: The device or a package is not here.
        CorruptData: The weights are not what the settings say.
    """
    import transformers

    device = devices.device("auto" if arguments.device_map else arguments.device)
    dtype = devices.dtype(arguments.dtype, device)
    options: dict[str, Any] = {"dtype": dtype, "trust_remote_code": arguments.trust_remote_code, "config": checkpoint.config}
    if arguments.attention:
        options["attn_implementation"] = arguments.attention
    if arguments.quantize != "none":
        options["quantization_config"] = _quantization(arguments.quantize, dtype)
    spread = arguments.device_map or (str(device) if arguments.quantize != "none" else "")
    if spread:
        _need("accelerate", "device_map and quantize")
        options["device_map"] = spread
    model = read_weights(getattr(transformers, _CLASSES[checkpoint.family]), checkpoint.folder, **options)
    if checkpoint.adapter is not None:
        model = _adapted(model, checkpoint, merge=arguments.quantize == "none")
    if not spread:
        model = model.to(device)
    model.eval()
    parameters = sum(tensor.numel() for tensor in model.parameters())
    model.generation_config = _only_ids(model.generation_config, checkpoint.config)
    return Loaded(
        model=model,
        device=model.device if spread else device,
        precision=str(dtype).removeprefix("torch.") if arguments.quantize == "none" else arguments.quantize,
        parameters=parameters,
    )


def read_weights(factory: Any, folder: Folder, **options: Any) -> Any:
    """A model of one of transformers' automatic classes with every tensor that its settings ask for.

    Args:
        factory: The class.
        folder: Its files.
        options: For ``from_pretrained``.

    Raises:
        CorruptData: A file cannot be read, or a tensor is missing or has another shape: it would be made up, at random.
    """
    from safetensors import SafetensorError

    try:
        model, report = factory.from_pretrained(folder.path, output_loading_info=True, ignore_mismatched_sizes=True, **options)
    except (OSError, RuntimeError, ValueError, KeyError, ImportError, SafetensorError) as error:
        if devices.out_of_memory(error):
            raise
        raise CorruptData(f"{folder.name}: the weights cannot be loaded: {str(error).strip()[:600]}") from error
    wrong = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if wrong:
        raise CorruptData(
            f"{folder.name}: {len(wrong)} tensors that its settings ask for are missing or have another shape (first:"
            f" {wrong[0]}). Copy or download the checkpoint again."
        )
    return model


def _only_ids(own: Any, config: Any) -> Any:
    from transformers import GenerationConfig

    text = config.get_text_config(decoder=True)
    found = {name: getattr(own, name, None) for name in _IDS}
    found |= {name: getattr(text, name, None) for name in _IDS[:4] if found[name] is None}
    return GenerationConfig(**{name: value for name, value in found.items() if value is not None})


def _quantization(kind: str, dtype: torch.dtype) -> Any:
    from transformers import BitsAndBytesConfig

    _need("bitsandbytes", f"quantize={kind}")
    if kind == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=dtype, bnb_4bit_quant_type="nf4")


def _adapted(model: Any, checkpoint: Checkpoint, *, merge: bool) -> Any:
    """The model under its adapter; merged, so that it costs nothing, unless the weights are quantised and would lose by it."""
    _need("peft", "an adapter")
    from peft import PeftModel

    assert checkpoint.adapter is not None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("error", UserWarning)  # it only warns where the adapter does not fit the model
            adapted = PeftModel.from_pretrained(model, checkpoint.adapter.path, is_trainable=False)
    except (RuntimeError, ValueError, KeyError, TypeError, OSError, UserWarning) as error:
        raise UsageError(f"{checkpoint.adapter.name}: no adapter for {checkpoint.folder.name}: {str(error).strip()[:400]}") from error
    return adapted.merge_and_unload(safe_merge=True) if merge else adapted


def _need(package: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingTool(f"hf: {what} needs the package {package}; pip install {package}")
