"""What ``--model-arg`` may say to a transformers checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from harness.errors import UsageError
from harness.models.arguments import Count, Precision, changed, parse_arguments
from harness.parsing.thinking import KNOWN, Pair, tags_of

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "device": "where it is computed changes a result by rounding alone; the precision that follows from it is a fact of its own",
    "device_map": "as a device",
    "batch_tokens": "batches change a result by rounding alone",
    "revision": "it names files, and their content is in the digest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a checkpoint is loaded and asked."""

    revision: str = ""
    """Branch, tag or commit on the Hub."""
    adapter: str = ""
    """A folder or Hub name of a PEFT adapter, merged into the weights where it can be; ``none`` leaves out one that lies beside them."""
    tokenizer: str = ""
    """A folder or Hub name whose tokenizer and chat template are used; without it, the adapter's own, else the model's."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``auto`` is a GPU where there is one, this process's own under a launcher."""
    device_map: str = ""
    """``auto`` spreads the layers over all devices; instead of ``device``."""
    dtype: Precision = "auto"
    """``auto``: single precision on a CPU, half on a GPU."""
    quantize: Literal["none", "8bit", "4bit"] = "none"
    """By bitsandbytes, as the weights are loaded."""
    attention: str = ""
    """An implementation by transformers' name: ``sdpa``, ``eager``, ``flash_attention_2``."""
    compile: bool = False
    """Whether ``torch.compile`` builds the network."""
    trust_remote_code: bool = False
    """Whether Python files that come with the checkpoint may run."""
    chat_template: bool = True
    """Whether a chat template is used where there is one; ``--no-chat-template`` is the same as ``no``."""
    thinking: Literal["auto", "yes", "no"] = "auto"
    """Whether a template that knows a switch for thinking has it on or off; ``auto`` leaves it alone."""
    thinking_tags: Annotated[tuple[Pair, ...], tags_of] = KNOWN
    """What opens and what closes a thought, as ``OPENING|CLOSING``; without it, the tags of all models that are known."""
    image_token: str = ""
    """What stands for a picture in a prompt without chat template; empty asks the processor."""
    min_pixels: Count | None = None
    """Pixels to which a smaller picture is scaled up, where the image processor has such a bound."""
    max_pixels: Count | None = None
    """Pixels to which a larger picture is scaled down, where the image processor has such a bound."""
    truncate: Literal["no", "left", "middle", "right"] = "no"
    """Where a prompt is cut that is longer than the model reads: its beginning, its middle or its end goes; ``no`` fails it."""
    labels: tuple[str, ...] = ()
    """Of a classifier, in the order of its outputs; empty takes those of its settings."""
    reads: tuple[str, ...] = ()
    """Of a classifier of texts: one field or two, ``text`` or those of the task's context; without it, premise and hypothesis or text."""
    batch_tokens: Count | None = None
    """Tokens in a batch, prompts, answers and padding; without it, by the device's memory."""


def changes(given: Arguments) -> dict[str, str]:
    """What was asked for that is not the default and can change a reply, as words for the record."""
    return {name: _worded(value) for name, value in changed(given, without=CANNOT_CHANGE_A_REPLY).items()}


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "|".join(value) if isinstance(value[0], str) else ", ".join("|".join(pair) for pair in value)
    return str(value)


def parse(given: Mapping[str, str]) -> Arguments:
    """The arguments as values.

    Raises:
        UsageError: One is not known, its value is not what it must be, or two exclude each other.
    """
    if "device" in given and "device_map" in given:
        raise UsageError("--model-arg device and device_map exclude each other: one device, or many.")
    return parse_arguments("hf", given, Arguments)
