"""One checkpoint under one protocol: requests in, replies out, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from harness.errors import CorruptData, HarnessError, MissingData, UsageError
from harness.models import in_threads
from harness.models.batching import by_length, in_order
from harness.models.biomedgpt import asking
from harness.models.biomedgpt.candidates import candidate_scores
from harness.models.biomedgpt.decoder import Decoder
from harness.models.biomedgpt.encoder import Source
from harness.models.biomedgpt.pictures import pixels
from harness.models.biomedgpt.positions import LONGEST
from harness.models.biomedgpt.prompted import write_prompts
from harness.models.biomedgpt.protocols import Protocol
from harness.models.biomedgpt.search import Hypothesis, beam_search
from harness.models.biomedgpt.trie import Trie
from harness.models.biomedgpt.vocabulary import PAD, Vocabulary
from harness.types import ModelInfo, Request, Response

_AT_ONCE = 4
_AT_ONCE_ELSEWHERE = 64
"""Requests in a batch on a CPU, where more gain nothing, and on other devices: as many as in the official evaluation."""
Encode = Callable[[torch.Tensor, torch.Tensor | None], Source]
"""`Encoder.forward`, compiled or not."""


class Listed:
    """Answers to choose from: what is replied, and the tokens of what the checkpoint says for each."""

    def __init__(self, texts: Sequence[str], wordings: Sequence[str], vocabulary: Vocabulary) -> None:
        """Encode the answers as they stand in a sentence: after a blank."""
        self.texts = tuple(texts)
        self.tokens = [vocabulary.encode(f" {answer}") for answer in wordings]
        self.trie = Trie(self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch on the host: the requests that can be answered, in order, and why the others cannot."""

    requests: Sequence[Request]
    sources: Sequence[asking.Source]
    pictures: torch.Tensor | None
    """[B, 3, s, s]; None for a protocol that shows none."""
    failures: Mapping[int, Response]
    """By place among all requests of the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A batch as token ids: for each row its source, what its answer begins with, and what it may choose from."""

    sources: Sequence[asking.Source]
    prompts: Sequence[Sequence[int]]
    read: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """A checkpoint that answers one task."""

    info: ModelInfo
    protocol: Protocol
    encode: Encode
    decoder: Decoder
    device: torch.device
    dtype: torch.dtype
    vocabulary: Vocabulary
    answers: Listed | None
    """What every request may choose from; None where requests bring their own choices or answers are free."""
    words: tuple[str, ...] | None
    """What the checkpoint says for each choice, where the user names it."""
    _lists: dict[tuple[str, ...], Listed] = field(default_factory=dict)
    """Those of the choices met so far."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch; a request whose picture cannot be read fails alone."""
        return self.answer(self.prepare(requests))

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """With pictures, which all take as long, in their order; texts alone from the longest to the shortest."""
        most = size or (_AT_ONCE if self.device.type == "cpu" else _AT_ONCE_ELSEWHERE)
        if self.protocol.pictures:
            return in_order(len(requests), most)
        return by_length([len(request.prompt) for request in requests], size=most, budget=most)

    def prepare(self, requests: Sequence[Request]) -> Prepared:
        """Texts encoded, and pictures decoded in threads."""
        read = in_threads.mapped(self._read, requests)
        asked = [(request, *inputs) for request, inputs in zip(requests, read, strict=True) if not isinstance(inputs, Response)]
        pictures = [picture for _, _, picture in asked if picture is not None]
        return Prepared(
            requests=[request for request, _, _ in asked],
            sources=[source for _, source, _ in asked],
            pictures=torch.stack(pictures) if pictures else None,
            failures={place: failure for place, failure in enumerate(read) if isinstance(failure, Response)},
        )

    def answer(self, prepared: Prepared) -> Sequence[Response]:
        """One response to each request of the batch, in order."""
        replies = iter(self._answer(prepared) if prepared.requests else [])
        return [prepared.failures.get(place) or next(replies) for place in range(len(prepared.requests) + len(prepared.failures))]

    def _read(self, request: Request) -> tuple[asking.Source, torch.Tensor | None] | Response:
        try:
            return asking.source(self.protocol, self.vocabulary, request.item), self._picture(request)
        except HarnessError as error:
            return Response(error=str(error), of_request=isinstance(error, CorruptData | MissingData))

    def _picture(self, request: Request) -> torch.Tensor | None:
        """The picture's pixels; None for a protocol that shows none."""
        protocol = self.protocol
        if not protocol.pictures:
            return None
        if not request.item.images:
            raise CorruptData(f"'{request.id}' has no picture, and {protocol.kind} is asked about one.")
        image = request.item.images[0]
        return pixels(image, protocol.image_size, imagenet=protocol.imagenet, recompress=protocol.recompress_jpeg)

    @torch.inference_mode()
    def _answer(self, prepared: Prepared) -> list[Response]:
        sources = prepared.sources
        longest = max(len(source.tokens) for source in sources)
        rows = torch.tensor([[*source.tokens, *[PAD] * (longest - len(source.tokens))] for source in sources], device=self.device)
        pictures = prepared.pictures.to(self.device, self.dtype) if prepared.pictures is not None else None
        prompts = [asking.decoder_prompt(self.protocol, source.tokens) for source in sources]
        asked = Asked(sources=sources, prompts=prompts, read=self.encode(rows, pictures))
        if self.protocol.answering == "search":
            return self._written(asked)
        if self.answers is not None:
            return self._compared(asked, self.answers, with_scores=False)
        replies: dict[int, Response] = {}
        lists = [self._listed(request.item.choices) for request in prepared.requests]
        for listed in dict.fromkeys(lists):
            places = [place for place, own in enumerate(lists) if own is listed]
            replies |= zip(places, self._compared(_rows(asked, places), listed, with_scores=True), strict=True)
        return [replies[place] for place in range(len(sources))]

    def _listed(self, choices: tuple[str, ...]) -> Listed:
        if choices not in self._lists:
            wordings = asking.said_for(choices, self.words, entailment=self.protocol.answering == "words")
            self._lists[choices] = Listed(choices, wordings, self.vocabulary)
        return self._lists[choices]

    def _written(self, asked: Asked) -> list[Response]:
        """What a beam search writes."""
        trie = self.answers.trie if self.answers is not None else None
        prefixes = [prompt[1:] for prompt in asked.prompts]
        search = self.protocol.search
        beams = beam_search(self.decoder, asked.read, prefixes, search, trie, counts_prefix=search.normalised)
        return [
            self._reply(source, len(prefix), hypotheses[0] if hypotheses else None)
            for source, prefix, hypotheses in zip(asked.sources, prefixes, beams, strict=True)
        ]

    def _reply(self, source: asking.Source, prefix: int, best: Hypothesis | None) -> Response:
        if best is None:  # the length ran out before any listed answer was complete
            return Response(finish="length", usage=_usage(source, 0))
        search = self.protocol.search
        written = len(best.tokens) - prefix - 1
        is_full = len(best.tokens) > min(search.longest, LONGEST - 1) or written == search.longest_answer
        return Response(
            text=self.vocabulary.decode(best.tokens[prefix:]).strip(),
            finish="length" if is_full else "stop",
            usage=_usage(source, written),
        )

    def _compared(self, asked: Asked, listed: Listed, *, with_scores: bool) -> list[Response]:
        """The most probable of some answers; the first of equals."""
        compare = self._word_scores if self.protocol.answering == "words" else self._candidate_scores
        replies = []
        for source, row in zip(asked.sources, compare(asked, listed).tolist(), strict=True):
            best = max(range(len(row)), key=row.__getitem__)
            scores = tuple(min(score, 0.0) for score in row) if with_scores else None
            replies.append(
                Response(text=listed.texts[best], choice_log_probs=scores, finish="stop", usage=_usage(source, len(listed.tokens[best])))
            )
        return replies

    def _candidate_scores(self, asked: Asked, listed: Listed) -> torch.Tensor:
        return candidate_scores(self.decoder, asked.read, asked.prompts, listed.trie)

    def _word_scores(self, asked: Asked, listed: Listed) -> torch.Tensor:
        """Log-probabilities of single words after the prompt, shared out among them, [B, words]."""
        long = [text for text, tokens in zip(listed.texts, listed.tokens, strict=True) if len(tokens) != 1]
        if long:
            raise UsageError(
                f"--model-arg words: what stands for {', '.join(long)} is more than one token; the official evaluation compares one."
            )
        prompted = write_prompts(self.decoder, asked.read, asked.prompts, LONGEST)
        words = torch.tensor([token for [token] in listed.tokens], device=self.device)
        logits = self.decoder.logits(prompted.hidden[:, -1], words)
        return logits.cpu().double().log_softmax(dim=-1)


def _rows(asked: Asked, places: Sequence[int]) -> Asked:
    if len(places) == len(asked.sources):
        return asked
    return Asked(
        sources=[asked.sources[place] for place in places],
        prompts=[asked.prompts[place] for place in places],
        read=asked.read.keep(torch.tensor(places, device=asked.read.hidden.device)),
    )


def _usage(source: asking.Source, completion: int) -> dict[str, int]:
    usage = {"prompt": len(source.tokens), "completion": completion}
    return usage | ({"cut": source.cut} if source.cut else {})
