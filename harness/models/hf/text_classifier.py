"""Encoders with a head of labels over texts: BERT, RoBERTa, DeBERTa and their kin, as fine-tuned for MedNLI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import logsigmoid

from harness.errors import UsageError
from harness.models.batching import by_length
from harness.models.hf import processors
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.labels import Labelling
from harness.models.hf.loading import Loaded, load
from harness.models.hf.memory import rows_of
from harness.models.hf.room import room
from harness.models.hf.shortening import shortened
from harness.types import Input, Model, ModelInfo, Request, Response, Scene

_PAIR = ("premise", "hypothesis")
_TEXT = "text"
_CPU_TOKENS, _TOKENS = 8_192, 65_536
"""In a batch."""
_CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A network that tells apart one task's labels."""

    info: ModelInfo
    arguments: Arguments
    loaded: Loaded
    tokenizer: Any
    reads: tuple[str, ...]
    labels: tuple[str, ...]
    most: int | None
    """Tokens that it reads."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Scores for each text; one that is too long fails alone."""
        texts = [self._texts(request.item) for request in requests]
        cut: dict[int, int] = {}
        failures: dict[int, str] = {}
        for place, own in enumerate(texts):
            length = self._length(own)
            if self.most is not None and length > self.most:
                shorter = self._shorter(own)
                if shorter is None:
                    failures[place] = (
                        f"the text is longer than the {self.most} tokens that the model reads, by {length - self.most};"
                        " -a truncate=right (or left, middle) cuts it"
                    )
                else:
                    texts[place], cut[place] = shorter, length - self.most
        due = [place for place in range(len(requests)) if place not in failures]
        rows = iter(self._scores([texts[place] for place in due]))
        responses = {place: self._response(requests[place], next(rows), cut.get(place, 0)) for place in due}
        return [responses.get(place) or Response(error=failures[place], of_request=True) for place in range(len(requests))]

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """From the longest text to the shortest, reckoned by characters."""
        lengths = [1 + sum(map(len, self._texts(request.item))) // _CHARACTERS_PER_TOKEN for request in requests]
        return by_length(lengths, size=size, budget=_CPU_TOKENS if self.loaded.device.type == "cpu" else _TOKENS)

    def prepare(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Nothing ahead: encoding texts takes far less than reading them."""
        return requests

    def answer(self, prepared: Sequence[Request]) -> Sequence[Response]:
        """As `generate`."""
        return self.generate(prepared)

    def _texts(self, item: Input) -> tuple[str, ...]:
        return tuple(item.text if name == _TEXT else item.context[name] for name in self.reads)

    def _length(self, texts: Sequence[str]) -> int:
        return len(self.tokenizer(*texts)["input_ids"])

    def _shorter(self, texts: tuple[str, ...]) -> tuple[str, ...] | None:
        """With the longest of the texts cut, where that was asked for and is enough."""
        if self.arguments.truncate == "no":
            return None
        place = max(range(len(texts)), key=lambda number: len(texts[number]))

        def fits(text: str) -> bool:
            return self._length((*texts[:place], text, *texts[place + 1 :])) <= (self.most or 0)

        made = shortened(texts[place], self.arguments.truncate, fits)
        return None if made is None else (*texts[:place], made, *texts[place + 1 :])

    @torch.inference_mode()
    def _scores(self, texts: Sequence[tuple[str, ...]]) -> list[torch.Tensor]:
        """The network's numbers for each text, one per label, in double precision."""
        if not texts:
            return []
        if len(texts) > 1 and self.tokenizer.pad_token is None:
            return [row for own in texts for row in self._scores([own])]
        columns = [list(column) for column in zip(*texts, strict=True)]
        encoded = self.tokenizer(*columns, padding=len(texts) > 1, return_tensors="pt")
        there = {name: tensor.to(self.loaded.device) for name, tensor in encoded.items()}
        return list(self.loaded.model(**there).logits.cpu().double().unbind())

    def _response(self, request: Request, output: torch.Tensor, cut: int) -> Response:
        if not output.isfinite().all():
            return Response(error=f"the network's logits are not numbers (NaN or infinite) in {self.loaded.precision}")
        logs = logsigmoid(output) if self.info.scores == "independent" else output.log_softmax(dim=-1)
        by_label = dict(zip(self.labels, logs.tolist(), strict=True))
        return Response(
            choice_log_probs=tuple(min(by_label[choice], 0.0) for choice in request.item.choices), usage={"cut": cut} if cut else {}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextClassifier(Labelling):
    """A loaded network before its task."""

    tokenizer: Any

    def for_task(self, scene: Scene) -> Model:
        """The network with its outputs under the task's labels.

        Raises:
            UsageError: The task asks for no label of a text, for others than the network knows, or has no such field to read.
        """
        name, card = self.checkpoint.name, scene.task.card
        inputs = [example.input for example in scene.examples]
        choices = inputs[0].choices
        if not choices or any(item.images or set(item.choices) != set(choices) for item in inputs):
            raise UsageError(f"{name} tells apart labels of a text; {card.full_name} asks for no choice among labels of one.")
        reads = self._reads(inputs, card.full_name)
        labels, info = self.labelled(choices, card.full_name, {"reads": "|".join(reads)}, sees=False)
        limits = [room(self.checkpoint.config, self.loaded.model).prompt, int(self.tokenizer.model_max_length)]
        return Judge(
            info=info,
            arguments=self.arguments,
            loaded=self.loaded,
            tokenizer=self.tokenizer,
            reads=reads,
            labels=labels,
            most=min(limit for limit in limits if limit is not None),
        )

    def _reads(self, inputs: Sequence[Input], task: str) -> tuple[str, ...]:
        common = [_TEXT, *(name for name in inputs[0].context if all(name in item.context for item in inputs))]
        reads = self.arguments.reads or (_PAIR if set(_PAIR) <= set(common) else (_TEXT,))
        unknown = [name for name in reads if name not in common]
        if unknown or len(reads) > 2:
            raise UsageError(f"--model-arg reads={'|'.join(reads)}: one or two of what {task} shows: {', '.join(common)}.")
        return reads


def open_classifier(checkpoint: Checkpoint, arguments: Arguments) -> TextClassifier:
    """Read the weights and the tokeniser.

    Raises:
        CorruptData: The folder lacks either.
        UsageError: The tokeniser knows tokens that the network does not.
    """
    tokenizer = processors.read(checkpoint, arguments).tokenizer
    loaded = load(checkpoint, arguments, words=len(tokenizer))
    rows = rows_of(loaded.model)
    beyond = max(tokenizer("The answer is yes.")["input_ids"])
    if rows is not None and beyond >= rows:
        raise UsageError(f"{checkpoint.name}: the network has embeddings for {rows} tokens, and its tokenizer writes token {beyond}.")
    return TextClassifier(checkpoint=checkpoint, arguments=arguments, loaded=loaded, tokenizer=tokenizer, digest=checkpoint.parts.digest())
