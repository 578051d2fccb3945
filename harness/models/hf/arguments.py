"""What ``--model-arg`` may say to a transformers checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import UsageError
from harness.models import check_arguments, thinking
from harness.models.thinking import KNOWN, Pair
from harness.models.torch_values import DTYPES, number, one_of, switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a checkpoint is loaded and asked."""

    revision: str = ""
    """Branch, tag or commit on the Hub."""
    adapter: str = ""
    """A folder or Hub name of a PEFT adapter, merged into the weights."""
    device: str = "auto"
    device_map: str = ""
    """``auto`` spreads the layers over all devices."""
    dtype: str = "auto"
    quantize: str = "none"
    """``8bit`` or ``4bit``, by bitsandbytes."""
    attention: str = ""
    """An implementation by transformers' name: ``sdpa``, ``eager``, ``flash_attention_2``."""
    compile: bool = False
    trust_remote_code: bool = False
    """Whether Python files that come with the checkpoint may run."""
    chat_template: bool = True
    """Whether a chat template is used where there is one."""
    thinking: str = "auto"
    """Whether a template that knows a switch for thinking has it on or off; ``auto`` leaves it alone."""
    thinking_tags: tuple[Pair, ...] = KNOWN
    """What opens and what closes a thought."""
    image_token: str = ""
    """What stands for a picture in a prompt without chat template; empty asks the processor."""
    batch_tokens: int | None = None
    """Tokens in a batch, prompts, answers and padding; None asks the device's memory."""


def parse(given: Mapping[str, str]) -> Arguments:
    """The arguments as values.

    Raises:
        UsageError: One is not known, its value is not what it must be, or two exclude each other.
    """
    check_arguments("hf", given, tuple(Arguments.__dataclass_fields__))
    if "device" in given and "device_map" in given:
        raise UsageError("--model-arg device and device_map exclude each other: one device, or many.")
    defaults = Arguments()
    return Arguments(
        **{name: given[name] for name in ("revision", "adapter", "device", "device_map", "attention", "image_token") if name in given},
        dtype=one_of(given, "dtype", ("auto", *DTYPES), default=defaults.dtype),
        quantize=one_of(given, "quantize", ("none", "8bit", "4bit"), default=defaults.quantize),
        compile=switch(given, "compile", default=defaults.compile),
        trust_remote_code=switch(given, "trust_remote_code", default=defaults.trust_remote_code),
        chat_template=switch(given, "chat_template", default=defaults.chat_template),
        thinking=one_of(given, "thinking", ("auto", "yes", "no"), default=defaults.thinking),
        thinking_tags=thinking.chosen(given),
        batch_tokens=number(given, "batch_tokens"),
    )
