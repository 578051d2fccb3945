"""A checkpoint at one task: requests in, prepared on the host and answered on the device, in batches that it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from harness.errors import CorruptData, MissingData
from harness.models import devices
from harness.models.batching import by_length
from harness.models.hf.arguments import Arguments
from harness.models.hf.choices import choice_log_probs
from harness.models.hf.encoded import Encoded
from harness.models.hf.generation import Written, generate
from harness.models.hf.loading import Loaded
from harness.models.hf.prompting import Prompter
from harness.models.hf.room import Room
from harness.models.hf.shortening import shortened
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
    cut: Mapping[int, int]
    """Tokens by which a prompt was too long and was cut."""


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A batch as it is being prepared."""

    requests: list[Request]
    """With shorter prompts where they were cut."""
    failures: dict[int, str] = field(default_factory=dict)
    cut: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Answerer:
    """A checkpoint that answers one task."""

    info: ModelInfo
    arguments: Arguments
    loaded: Loaded
    prompter: Prompter
    room: Room
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
        draft = _Draft(requests=list(requests))
        groups: list[tuple[Sequence[int], Encoded]] = []
        for with_pictures in (False, True):
            places = [place for place, request in enumerate(requests) if bool(request.item.images) == with_pictures]
            groups += self._encode(draft, places)
        return Prepared(requests=requests, groups=groups, failures=draft.failures, cut=draft.cut)

    def _encode(self, draft: _Draft, places: Sequence[int]) -> list[tuple[Sequence[int], Encoded]]:
        if not places:
            return []
        if len(places) > 1 and not (self.loaded.memory.together and self.prompter.pads):
            return [group for place in places for group in self._encode(draft, [place])]
        try:
            encoded = self.prompter.encode([draft.requests[place] for place in places])
        except (CorruptData, MissingData) as error:
            if len(places) == 1:
                draft.failures[places[0]] = str(error)
                return []
            return [group for place in places for group in self._encode(draft, [place])]
        answer = draft.requests[places[0]].decoding.max_new_tokens
        most = self.room.for_prompt(answer)
        long = {place: length for place, length in zip(places, encoded.lengths, strict=True) if most is not None and length > most}
        for place, length in long.items():
            if place in draft.cut or not self._shorten(draft, place, length):
                draft.failures[place] = f"the prompt is longer than the {most} tokens that the model can read beside an answer of {answer}"
        unknown = self.prompter.unknown(encoded)
        draft.failures |= {places[row]: f"the prompt cannot be read: {why}" for row, why in unknown.items()}
        if not long and not unknown:
            return [(places, encoded)]
        return self._encode(draft, [place for place in places if place not in draft.failures])

    def _shorten(self, draft: _Draft, place: int, length: int) -> bool:
        """Cut a prompt so that it can be read, where that was asked for."""
        request = draft.requests[place]
        most = self.room.for_prompt(request.decoding.max_new_tokens)
        if self.arguments.truncate == "no" or most is None:
            return False
        text = shortened(
            request.prompt,
            self.arguments.truncate,
            lambda words: self.prompter.encode([replace(request, prompt=words)]).lengths[0] <= most,
        )
        if text is None:
            return False
        draft.requests[place] = replace(request, prompt=text)
        draft.cut[place] = length - most
        return True

    def answer(self, prepared: Prepared) -> Sequence[Response]:
        """Texts, and scores where choices are to be scored. A batch that the device cannot hold is halved, and so are those after it."""
        replies = {place: Response(error=error, of_request=True) for place, error in prepared.failures.items()}
        for places, encoded in prepared.groups:
            replies |= zip(places, self._group([prepared.requests[place] for place in places], encoded), strict=True)
        for place, tokens in prepared.cut.items():
            replies[place] = replace(replies[place], usage={**replies[place].usage, "cut": tokens})
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
        made = generate(self.loaded, self.prompter, encoded, requests, self.arguments, remember=scored)
        scores: Sequence[tuple[float, ...] | None] = [None] * len(requests)
        if scored:
            scores = choice_log_probs(self.loaded, self.prompter, encoded, requests, made.written, made.prompted)
        return [
            self._response(written, length, own, broken=broken)
            for written, length, own, broken in zip(made.written, encoded.lengths, scores, made.broken, strict=True)
        ]

    def _response(self, written: Written, prompt: int, scores: tuple[float, ...] | None, *, broken: bool) -> Response:
        if broken or any(map(math.isnan, scores or ())):
            wider = "; a wider precision may hold them: -a dtype=float32" if self.loaded.precision != "float32" else ""
            return Response(error=f"the network's logits are not numbers (NaN or infinite) in {self.loaded.precision}{wider}")
        return Response(
            text=written.reply.answer,
            thinking=written.reply.thinking,
            choice_log_probs=scores,
            finish=written.finish,
            usage={"prompt": prompt, "completion": written.tokens},
        )
