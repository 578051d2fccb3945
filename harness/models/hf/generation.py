"""Writing: a batch of prompts in, what the network wrote after each out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import torch

from harness.models.hf.arguments import Arguments
from harness.models.hf.encoded import Encoded
from harness.models.hf.ends import numbers
from harness.models.hf.loading import Loaded
from harness.models.hf.memory import cache_of
from harness.models.hf.prompting import Prompter
from harness.parsing.thinking import Pair, Reply, split
from harness.types import Decoding, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a network wrote after one prompt."""

    reply: Reply
    finish: Literal["stop", "length"]
    tokens: int
    """Those of thoughts and of what ends the answer included."""
    before: tuple[int, ...] | None
    """The tokens of a thought that the answer follows; none without a thought; None where a thought is all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    """What a network remembers of a batch of prompts, so that they need not be read twice."""

    cache: Any
    """Keys and values of the prompts alone."""
    logits: torch.Tensor
    """Of the first token after each, [B, V]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A batch's answers, and what can be used again."""

    written: Sequence[Written]
    prompted: Prompted | None
    """None where the cache cannot be cut back to the prompts."""
    broken: Sequence[bool]
    """For each prompt, whether the network's logits were not numbers at any step."""


class _Watch:
    """Keeps the logits of the first step where they are wanted, and which rows ever had any that are no numbers.

    Those rows go on with zeros: a library that draws from what is no distribution ends the whole batch.
    """

    def __init__(self, *, remember: bool) -> None:
        self._remember = remember
        self.logits: torch.Tensor | None = None
        self._wrong: torch.Tensor | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:  # noqa: ARG002  the library's interface
        if self._remember and self.logits is None:
            self.logits = scores.clone()
        wrong = (scores.isnan() | (scores == float("inf"))).any(dim=-1)
        self._wrong = wrong if self._wrong is None else self._wrong | wrong
        return scores.masked_fill(wrong[:, None], 0.0)

    def broken(self, n: int) -> list[bool]:
        """For each of n prompts; several rows are the beams of one."""
        return [False] * n if self._wrong is None else self._wrong.reshape(n, -1).any(dim=1).tolist()


class _Stops:
    """Ends a row at a stop text in its answer; one in a thought ends nothing, or the answer would never come."""

    def __init__(self, tokenizer: Any, encoded: Encoded, decoding: Decoding, arguments: Arguments, *, apart: bool) -> None:
        self._tokenizer, self._encoded, self._decoding, self._tags = tokenizer, encoded, decoding, arguments.thinking_tags
        self._apart = apart

    def __call__(self, input_ids: torch.Tensor, scores: Any, **unused: Any) -> torch.Tensor:  # noqa: ARG002  the library's interface
        prompt = self._encoded.inputs["input_ids"].to(input_ids.device)
        begins = _begins(input_ids, prompt, apart=self._apart)
        beams = max(1, len(input_ids) // len(prompt))
        done = [self._is_over(row[begins:], begun=self._encoded.thinking[place // beams]) for place, row in enumerate(input_ids.tolist())]
        return torch.tensor(done, device=input_ids.device)

    def _is_over(self, written: list[int], *, begun: bool) -> bool:
        reply = split(_text(self._tokenizer, written, self._tags), self._tags, begun=begun)
        return any(stop in reply.answer for stop in self._decoding.stop)


def generate(
    loaded: Loaded, prompter: Prompter, encoded: Encoded, requests: Sequence[Request], arguments: Arguments, *, remember: bool
) -> Generated:
    """Answers to a batch whose requests share their decoding; ``remember`` keeps what the network knows of the prompts."""
    from transformers import LogitsProcessorList, StoppingCriteriaList

    decoding, tokenizer = requests[0].decoding, prompter.tokenizer
    inputs = to_device(encoded, loaded)
    first = _Watch(remember=remember)
    prompt, apart = inputs["input_ids"], bool(loaded.model.config.is_encoder_decoder)
    stops = _Stops(tokenizer, encoded, decoding, arguments, apart=apart)
    with torch.random.fork_rng([loaded.device] if loaded.device.type == "cuda" else []):
        # A batch is always the same one, so that the same seed gives the same answers after an interruption too.
        torch.manual_seed(_seed(decoding, requests))
        output = loaded.model.generate(
            **inputs,
            generation_config=settings(loaded.model.generation_config, decoding, pad=prompter.pad, keeps=loaded.memory.keeps),
            stopping_criteria=StoppingCriteriaList([stops] if decoding.stop else []),
            logits_processor=LogitsProcessorList([first]),
            return_dict_in_generate=remember,
        )
    rows = output.sequences if remember else output
    rows = rows[:, _begins(rows, prompt, apart=apart) :]
    ends = numbers(loaded.model.generation_config.eos_token_id)
    written = [
        _read(prompter, row, ends, decoding, arguments, begun=begun) for row, begun in zip(rows.tolist(), encoded.thinking, strict=True)
    ]
    prompted = _prompted(output, first, decoding, n_prompt=prompt.shape[1]) if remember else None
    return Generated(written=written, prompted=prompted, broken=first.broken(len(requests)))


def settings(own: Any, decoding: Decoding, *, pad: int, keeps: bool) -> Any:
    """The task's decoding in the library's words, over which tokens mean what to this checkpoint."""
    from transformers import GenerationConfig

    sampled = decoding.temperature > 0
    ids = {name: value for name, value in own.to_diff_dict().items() if name.endswith(("_id", "_tokens"))}
    return GenerationConfig(
        **ids | {"pad_token_id": pad},
        max_new_tokens=decoding.max_new_tokens,
        do_sample=sampled,
        **({"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": 0} if sampled else {}),
        num_beams=decoding.beams,
        **({"length_penalty": decoding.length_penalty} if decoding.beams > 1 else {}),
        no_repeat_ngram_size=decoding.no_repeat_ngram,
        repetition_penalty=1.0,
        use_cache=keeps,
    )


def _begins(rows: torch.Tensor, prompt: torch.Tensor, *, apart: bool) -> int:
    """The place in a network's rows at which what it wrote begins: after the prompt, or after what a decoder of its own starts with."""
    if apart:
        return 1
    width = prompt.shape[1]
    own = rows[:: max(1, len(rows) // len(prompt)), :width]
    return width if rows.shape[1] >= width and torch.equal(own, prompt) else 0


def to_device(encoded: Encoded, loaded: Loaded) -> dict[str, torch.Tensor]:
    """The inputs where the network is, pictures in its precision."""
    dtype = loaded.model.dtype
    return {
        name: tensor.to(loaded.device, dtype if tensor.is_floating_point() else None, non_blocking=True)
        for name, tensor in encoded.inputs.items()
    }


def is_plain(cache: Any) -> bool:
    """Whether a cache keeps every token of every layer, so that it can be cut back."""
    layers = list(getattr(cache, "layers", None) or [])
    return bool(layers) and all(type(layer).__name__ == "DynamicLayer" for layer in layers)


def _prompted(output: Any, first: _Watch, decoding: Decoding, *, n_prompt: int) -> Prompted | None:
    cache = cache_of(output)
    if decoding.beams > 1 or decoding.temperature > 0 or decoding.no_repeat_ngram:
        return None  # beams share one cache, and the logits have been changed
    if first.logits is None or not is_plain(cache) or cache.get_seq_length() < n_prompt:
        return None
    cache.crop(n_prompt - cache.get_seq_length())
    return Prompted(cache=cache, logits=first.logits)


def _read(prompter: Prompter, row: list[int], ends: set[int], decoding: Decoding, arguments: Arguments, *, begun: bool) -> Written:
    """One row: up to its end, thoughts apart, cut at the first stop text."""
    tokenizer = prompter.tokenizer
    place = next((place for place, token in enumerate(row) if token in ends), None)
    ended = place is not None
    own = row[:place]
    text = _text(tokenizer, own, arguments.thinking_tags)
    reply = split(text, arguments.thinking_tags, begun=begun)
    answer = reply.answer
    cuts = [answer.find(stop) for stop in decoding.stop if stop in answer]
    tokens = len(own) + ended
    if cuts:
        answer = answer[: min(cuts)]
        tokens = len([token for token in own if token != prompter.pad])
    return Written(
        reply=replace(reply, answer=_plain(tokenizer, answer, own), thinking=_plain(tokenizer, reply.thinking, own)),
        finish="stop" if ended or cuts else "length",
        tokens=tokens,
        before=_before(tokenizer, own, arguments.thinking_tags, reply, begun=begun),
    )


def _before(tokenizer: Any, own: list[int], tags: Sequence[Pair], reply: Reply, *, begun: bool) -> tuple[int, ...] | None:
    """What was written before the answer, as tokens: found from the end, as answers are shorter than thoughts."""
    if reply.place != "after":
        return () if reply.place == "alone" else None
    n = len(own)
    while n and split(_text(tokenizer, own[:n], tags), tags, begun=begun).place == "after":
        n -= 1
    return tuple(own[:n])


def _plain(tokenizer: Any, text: str, own: list[int]) -> str:
    """A text without the special tokens that were left in it because a tag is made of them."""
    special = _special(tokenizer)
    for token in set(own) & set(special):
        text = text.replace(special[token], "")
    return text.strip()


def _text(tokenizer: Any, tokens: list[int], tags: Sequence[Pair]) -> str:
    """The tokens as text, without special ones, but for those that a tag is made of."""
    special = _special(tokenizer)
    parts = {number for number in set(tokens) & set(special) if any(special[number] in tag for pair in tags for tag in pair)}
    if not parts:
        return str(tokenizer.decode(tokens, skip_special_tokens=True))
    return str(tokenizer.decode([token for token in tokens if token in parts or token not in special], skip_special_tokens=False))


@lru_cache(maxsize=4)
def _special(tokenizer: Any) -> dict[int, str]:
    """Special tokens by number: those with a name of their own, and those that are only flagged."""
    flagged = {int(number): str(token) for number, token in getattr(tokenizer, "added_tokens_decoder", {}).items() if token.special}
    return flagged | dict(zip(tokenizer.all_special_ids, map(str, tokenizer.all_special_tokens), strict=True))


def _seed(decoding: Decoding, requests: Sequence[Request]) -> int:
    batch = "\0".join([str(decoding.seed), *(request.id for request in requests)])
    return int.from_bytes(hashlib.sha256(batch.encode()).digest()[:7])
