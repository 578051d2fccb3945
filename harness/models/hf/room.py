"""How many tokens a network has places for: of a prompt beside an answer, and of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.models.hf.memory import learns_prompt

_BOTH, _ENCODER, _DECODER = ("max_position_embeddings", "max_seq_len"), "max_encoder_position_embeddings", "max_decoder_position_embeddings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Places for tokens; None where they have no end."""

    prompt: int | None
    """Of a prompt; where the answer stands behind it, of both."""
    answer: int | None
    """Of an answer, where a decoder of its own writes it."""
    shared: bool
    """Whether the answer stands behind the prompt."""

    def for_prompt(self, answer: int) -> int | None:
        """Tokens of a prompt beside an answer of so many."""
        if self.prompt is None:
            return None
        return self.prompt - answer if self.shared else self.prompt

    def check(self, name: str, answer: int) -> None:
        """Refuse a length of answers that leaves no prompt any room, or that the decoder has no places for.

        Raises:
            UsageError: It does.
        """
        most = self.prompt if self.shared else self.answer
        if most is None or (answer < most if self.shared else answer <= most):
            return
        what = "a prompt and its answer together" if self.shared else "an answer"
        raise UsageError(
            f"{name} has places for {most} tokens, {what}, and answers of up to {answer} are asked for, which leaves no room"
            f"{' for a prompt' if self.shared else ''}. Ask for shorter ones: --max-new-tokens {max(1, most // 4)}"
        )


def room(config: Any, model: Any) -> Room:
    """The places of a network.

    Args:
        config: Its settings.
        model: Itself, of which a table of positions is counted where it begins behind the padding's place.
    """
    text = config.get_text_config()
    shared = not config.is_encoder_decoder
    usual = next((places for name in _BOTH if (places := _number(text, name)) is not None), None)
    taken = int(model.active_peft_config.num_virtual_tokens or 0) if learns_prompt(model) else 0
    prompt = _least(_number(text, _ENCODER) or usual, rows_of_positions(model) if shared else None)
    return Room(
        prompt=None if prompt is None else prompt - taken,
        answer=None if shared else _number(config.get_text_config(decoder=True), _DECODER) or usual,
        shared=shared,
    )


def rows_of_positions(model: Any) -> int | None:
    """Places in a learned table that begins behind the padding's, as RoBERTa's does; None where there is no such table."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return int(module.num_embeddings) - int(module.padding_idx) - 1
    return None


def _number(config: Any, name: str) -> int | None:
    """A positive number; XLNet's settings say -1 for no end."""
    number = getattr(config, name, None)
    return number if isinstance(number, int) and number > 0 else None


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)
