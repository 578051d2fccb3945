"""Which tokens end an answer: those of every file of a checkpoint that says so, because published ones contradict each other."""

from __future__ import annotations

from typing import Any

from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.prompting import Prompter


def ends(checkpoint: Checkpoint, prompter: Prompter, derived: Any) -> list[int]:
    """The union of what the generation settings, the model's settings, the tokeniser and the chat template end an answer with.

    The model's settings have defaults that mean another token in another vocabulary: of theirs, one that is an ordinary word to the
    tokeniser ends nothing, as long as anything else does.

    Args:
        checkpoint: The files.
        prompter: The tokeniser and the template.
        derived: The tokens of the library's own generation settings, which it makes of the model's where there is no file of them.
    """
    tokenizer = prompter.tokenizer
    own = numbers(checkpoint.folder.read_json("generation_config.json").get("eos_token_id"))
    told = {*own, *numbers(tokenizer.eos_token_id), *prompter.turn_ends()}
    special = {*tokenizer.all_special_ids, *map(int, getattr(tokenizer, "added_tokens_decoder", {}))}
    config = {*numbers(derived), *numbers(getattr(checkpoint.config.get_text_config(decoder=True), "eos_token_id", None))}
    return sorted(told | (config & special if told else config))


def numbers(setting: Any) -> set[int]:
    """Tokens as settings have them: one, several or None."""
    if setting is None:
        return set()
    return {int(setting)} if isinstance(setting, int) else {int(token) for token in setting}
