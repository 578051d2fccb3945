"""How a model would write an answer: the token sequences that its own writing can consist of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.models.forms import LEADS, forms

Tokens = tuple[int, ...]

_AFTER_WORDS, _AFTER_BLANK = ("\n", ":", ">", "0"), ("a", ":", "0", "\n")
"""What a writing is encoded behind, so that no tokeniser takes it for the beginning of a text; the first that stays a token of its own."""


def writings(tokenizer: Any, choice: str, choices: Sequence[str]) -> tuple[Tokens, ...]:
    """The ways in which a text goes on with a choice, as tokens; each once.

    A writing stands behind the prompt's own tokens, as it does when text is generated: none reaches back into the prompt. The first
    letter may be a capital, as it may be in an answer that is read, unless that makes it another choice.

    Args:
        tokenizer: The checkpoint's.
        choice: One of the choices.
        choices: All of them.
    """
    ways = [_behind(tokenizer, lead, form) for form in forms(choice, choices) for lead in LEADS]
    return _known(tokenizer, ways)


def targets(tokenizer: Any, choice: str, choices: Sequence[str], *, forced: int | None) -> tuple[Tokens, ...]:
    """The ways in which a decoder of its own writes a choice, to the token that ends it; each once.

    Args:
        tokenizer: The checkpoint's.
        choice: One of the choices.
        choices: All of them.
        forced: The token that every answer is made to begin with.
    """
    ways: list[Tokens] = []
    for form in forms(choice, choices):
        for lead in ("", " "):
            tokens = list(tokenizer(text_target=f"{lead}{form}")["input_ids"])
            if tokenizer.eos_token_id is not None and tokenizer.eos_token_id not in tokens[1:]:
                tokens.append(tokenizer.eos_token_id)
            first = tokens[0] in tokenizer.all_special_ids and len(tokens) > 1
            if forced is not None:
                ways.append((forced, *(tokens[1:] if first else tokens)))
            else:
                ways += [tuple(tokens), *([tuple(tokens[1:])] if first else [])]
    return _known(tokenizer, ways)


def _behind(tokenizer: Any, lead: str, form: str) -> Tokens:
    text = lead + form
    for anchor in _AFTER_BLANK if text[:1].isspace() else _AFTER_WORDS:
        before, whole = _ids(tokenizer, anchor), _ids(tokenizer, anchor + text)
        if len(whole) > len(before) and whole[: len(before)] == before:
            return whole[len(before) :]
    return _ids(tokenizer, text)


def _ids(tokenizer: Any, text: str) -> Tokens:
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


def _known(tokenizer: Any, ways: Sequence[Tokens]) -> tuple[Tokens, ...]:
    """Each once; those of tokens that the vocabulary has, where there are any."""
    distinct = tuple(dict.fromkeys(tokens for tokens in ways if tokens))
    return tuple(tokens for tokens in distinct if tokenizer.unk_token_id not in tokens) or distinct
