"""A checkpoint at one task: requests in, prepared on the host and answered on the device, in batches that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from harness.errors import CorruptData, MissingData
from harness.models import devices
from harness.models.batching import by_length
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.choices import choice_log_probs
from harness.models.hf.generation import Written, generate
from harness.models.hf.loading import Loaded
from harness.models.hf.prompting import Encoded, Prompter
from harness.types import ModelInfo, Request, Response

_CHARACTERS_PER_TOKEN = 3
_TOKENS_PER_PICTURE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch on the host: groups of requests that go through the network together, and those that cannot."""

    requests: Sequence[Request]
    groups: Sequence[tuple[Sequence[int], Encoded]]
    """Places in ``requests``, and what the network reads for them."""
    failures: Mapping[int, str]


@dataclass(slots=True, kw_only=True)
class Answerer:
    """A checkpoint that answers one task."""

    info: ModelInfo
    checkpoint: Checkpoint
    arguments: Arguments
    loaded: Loaded
    prompter: Prompter
    budget: int
    """Tokens in a batch."""
    _fits: int | None = field(default=None)
    """The most tokens in a batch once a larger one did not fit."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch; a request whose picture cannot be read fails alone."""
        return self.answer(self.prepare(requests))

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """From the longest request to the shortest, reckoned by characters and pictures."""
        lengths = [
            len(request.prompt) // _CHARACTERS_PER_TOKEN
            + len(request.item.images) * _TOKENS_PER_PICTURE
            + request.decoding.max_new_tokens * request.decoding.beams
            for request in requests
        ]
        return by_length(lengths, size=size, budget=self.budget)

    def prepare(self, requests: Sequence[Request]) -> Prepared:
        """Prompts rendered and encoded, pictures decoded; those with and without pictures apart."""
        groups: list[tuple[Sequence[int], Encoded]] = []
        failures: dict[int, str] = {}
        for with_pictures in (False, True):
            places = [place for place, request in enumerate(requests) if bool(request.item.images) == with_pictures]
            groups += self._encode(requests, places, failures)
        return Prepared(requests=requests, groups=groups, failures=failures)

    def _encode(self, requests: Sequence[Request], places: Sequence[int], failures: dict[int, str]) -> list[tuple[Sequence[int], Encoded]]:
        if not places:
            return []
        if len(places) > 1 and not self.loaded.memory.together:
            return [group for place in places for group in self._encode(requests, [place], failures)]
        try:
            encoded = self.prompter.encode([requests[place] for place in places])
        except (CorruptData, MissingData) as error:
            if len(places) == 1:
                failures[places[0]] = str(error)
                return []
            return [group for place in places for group in self._encode(requests, [place], failures)]
        most = self._longest(requests[places[0]].decoding.max_new_tokens)
        long = [place for place, length in zip(places, encoded.lengths, strict=True) if most is not None and length > most]
        if not long:
            return [(places, encoded)]
        for place in long:
            failures[place] = (
                f"the prompt is longer than the {most} tokens that the model can read beside an answer of"
                f" {requests[place].decoding.max_new_tokens}"
            )
        return self._encode(requests, [place for place in places if place not in failures], failures)

    def _longest(self, answer: int) -> int | None:
        """Tokens of a prompt that the network has positions for; None where they have no end."""
        most = getattr(self.checkpoint.config.get_text_config(), "max_position_embeddings", None)
        return None if most is None or most < 1 else most - (0 if self.checkpoint.config.is_encoder_decoder else answer)

    def answer(self, prepared: Prepared) -> Sequence[Response]:
        """Texts, and scores where choices are to be scored. A batch that the device cannot hold is halved, and so are those after it."""
        replies = {place: Response(error=error, of_request=True) for place, error in prepared.failures.items()}
        for places, encoded in prepared.groups:
            replies |= zip(places, self._group([prepared.requests[place] for place in places], encoded), strict=True)
        return [replies[place] for place in range(len(prepared.requests))]

    def _group(self, requests: Sequence[Request], encoded: Encoded) -> Sequence[Response]:
        tokens = encoded.inputs["input_ids"].numel() + sum(request.decoding.max_new_tokens for request in requests)
        if self._fits is None or tokens <= self._fits or len(requests) == 1:
            try:
                return self._at_once(requests, encoded)
            except (RuntimeError, MemoryError) as error:
                if not devices.out_of_memory(error):
                    raise
                self._fits = min(self._fits or tokens, tokens) // 2
        # Out of the handler: its traceback would keep the tensors that did not fit.
        if self.loaded.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(requests) == 1:
            return [Response(error=f"{self.loaded.device.type} has not enough memory for a request of {tokens} tokens")]
        half = len(requests) // 2
        return [*self.generate(requests[:half]), *self.generate(requests[half:])]

    @torch.inference_mode()
    def _at_once(self, requests: Sequence[Request], encoded: Encoded) -> list[Response]:
        scored = self.info.scores != "none"
        made = generate(self.loaded, self.prompter.tokenizer, encoded, requests, self.arguments, remember=scored)
        scores: Sequence[tuple[float, ...] | None] = [None] * len(requests)
        if scored:
            scores = choice_log_probs(self.loaded, self.prompter, encoded, requests, made.written, made.prompted)
        return [_response(written, length, own) for written, length, own in zip(made.written, encoded.lengths, scores, strict=True)]


def _response(written: Written, prompt: int, scores: tuple[float, ...] | None) -> Response:
    return Response(
        text=written.reply.answer,
        thinking=written.reply.thinking,
        choice_log_probs=scores,
        finish=written.finish,
        usage={"prompt": prompt, "completion": written.tokens},
    )
