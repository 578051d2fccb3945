"""Scoring: one log-probability for each answer that may be given; the prompt is read once for all of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch

from harness.models.hf.generation import Prompted, cache_name, cache_of, is_plain, to_device
from harness.models.hf.loading import Loaded
from harness.models.hf.prompting import Encoded, Prompter
from harness.types import Request

_NOTHING = -100


def choice_log_probs(
    loaded: Loaded, prompter: Prompter, encoded: Encoded, requests: Sequence[Request], prompted: Prompted | None
) -> list[tuple[float, ...]]:
    """For each request, the natural logarithm of the probability that its answer begins with each choice, in their order.

    An encoder-decoder's answer is a whole text: there, the token that ends it counts too.

    Args:
        loaded: The network.
        prompter: Its tokeniser.
        encoded: The prompts, as they were read.
        requests: Of at least one choice each.
        prompted: What the network still knows of the prompts; None reads them again.
    """
    if loaded.model.config.is_encoder_decoder:
        return _by_decoder(loaded, prompter, encoded, requests)
    seams = [prompter.continued(text, request.item.choices) for text, request in zip(encoded.texts, requests, strict=True)]
    cut = max(extra for extra, _ in seams)
    # All rows give up as many tokens; a row that needs to give up fewer has its own back before its answers, where they do not count.
    tails = encoded.inputs["input_ids"].tolist()
    answers = [
        [[*(row[len(row) - cut : len(row) - extra] if cut > extra else []), *answer] for answer in own]
        for row, (extra, own) in zip(tails, seams, strict=True)
    ]
    if prompted is None or cut:
        prompted = _read(loaded, encoded, cut)
    return _by_cache(loaded, encoded, answers, prompted, uncounted=[cut - extra for extra, _ in seams])


def _read(loaded: Loaded, encoded: Encoded, cut: int) -> Prompted:
    """The prompts, read for scoring alone, without the tokens that were cut off."""
    inputs = to_device(encoded, loaded)
    width = inputs["input_ids"].shape[1]
    if cut:
        inputs = {name: tensor[:, : width - cut] if tensor.shape[:2] == (len(tensor), width) else tensor for name, tensor in inputs.items()}
    options = {} if hasattr(_core(loaded.model), "get_rope_index") else {"position_ids": _positions(inputs["attention_mask"])}
    output = loaded.model(**inputs, **options, use_cache=True)
    return Prompted(cache=cache_of(output), logits=output.logits[:, -1].float())


def _by_cache(
    loaded: Loaded, encoded: Encoded, answers: Sequence[Sequence[Sequence[int]]], prompted: Prompted, *, uncounted: Sequence[int]
) -> list[tuple[float, ...]]:
    """Answers one after another, each over all rows, after the prompts' keys and values."""
    first = prompted.logits.float().log_softmax(dim=-1)
    mask = encoded.inputs["attention_mask"].to(loaded.device)
    mask = mask[:, : prompted.cache.get_seq_length()]
    begins = torch.tensor(uncounted, device=loaded.device)
    plain = is_plain(prompted.cache)
    scores: list[list[float]] = [[] for _ in answers]
    for number in range(max(len(own) for own in answers)):
        tokens = _table([own[number] if number < len(own) else [] for own in answers], loaded.device)
        known = tokens != _NOTHING
        counted = known & (torch.arange(tokens.shape[1], device=loaded.device) >= begins[:, None])
        total = first.gather(1, tokens[:, :1].clamp(min=0))[:, 0] * counted[:, 0]
        if tokens.shape[1] > 1:
            inputs = tokens[:, :-1].clamp(min=0)
            whole = torch.cat([mask, known[:, :-1].to(mask.dtype)], dim=1)
            cache = prompted.cache if plain else copy.deepcopy(prompted.cache)
            output = loaded.model(
                input_ids=inputs,
                attention_mask=whole,
                position_ids=_after(loaded.model, whole, inputs.shape[1]),
                use_cache=True,
                **{cache_name(loaded.model): cache},
            )
            if plain:
                cache.crop(-inputs.shape[1])
            logs = output.logits.float().log_softmax(dim=-1)
            later = logs.gather(2, tokens[:, 1:, None].clamp(min=0))[..., 0]
            total = total + (later * counted[:, 1:]).sum(dim=1)
        for row, value in enumerate(total.tolist()):
            if number < len(answers[row]):
                scores[row].append(min(value, 0.0))
    return [tuple(row) for row in scores]


def _by_decoder(loaded: Loaded, prompter: Prompter, encoded: Encoded, requests: Sequence[Request]) -> list[tuple[float, ...]]:
    """Answers one after another after what the encoder read once."""
    from transformers.modeling_outputs import BaseModelOutput

    inputs = to_device(encoded, loaded)
    encoder = loaded.model.get_encoder()
    hidden = encoder(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    forced = loaded.model.generation_config.forced_bos_token_id
    scores: list[list[float]] = [[] for _ in requests]
    for number in range(max(len(request.item.choices) for request in requests)):
        texts = [request.item.choices[number] if number < len(request.item.choices) else "" for request in requests]
        labels = _table([_target(prompter.tokenizer, text, forced) for text in texts], loaded.device)
        known = labels != _NOTHING
        output = loaded.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=hidden),
            attention_mask=inputs["attention_mask"],
            decoder_input_ids=_shifted(labels, loaded.model),
            use_cache=False,
        )
        logs = output.logits.float().log_softmax(dim=-1).gather(2, labels.clamp(min=0)[..., None])[..., 0]
        if forced is not None:
            known = known & (torch.arange(labels.shape[1], device=labels.device) > 0)  # what is forced is certain
        for row, value in enumerate((logs * known).sum(dim=1).tolist()):
            if number < len(requests[row].item.choices):
                scores[row].append(min(value, 0.0))
    return [tuple(row) for row in scores]


def _target(tokenizer: Any, text: str, forced: int | None) -> list[int]:
    """An answer as the decoder writes it, to its end."""
    tokens = list(tokenizer(text_target=text)["input_ids"])
    return tokens if forced is None or tokens[:1] == [forced] else [forced, *tokens]


def _shifted(labels: torch.Tensor, model: Any) -> torch.Tensor:
    own = model.generation_config
    start = own.decoder_start_token_id if own.decoder_start_token_id is not None else own.bos_token_id
    begin = torch.full_like(labels[:, :1], start)
    return torch.cat([begin, labels[:, :-1].clamp(min=0)], dim=1)


def _table(rows: Sequence[Sequence[int]], device: torch.device) -> torch.Tensor:
    """Rows of tokens padded on the right, [B, longest]; at least one column."""
    width = max(1, *(len(row) for row in rows)) if rows else 1
    return torch.tensor([[*row, *[_NOTHING] * (width - len(row))] for row in rows], device=device)


def _positions(mask: torch.Tensor) -> torch.Tensor:
    return (mask.long().cumsum(dim=-1) - 1).clamp(min=0)


def _after(model: Any, whole: torch.Tensor, n: int) -> torch.Tensor:
    """Positions of the last n tokens; a model that counts a picture's rows and columns adds how far its text is shifted by them."""
    positions = _positions(whole)[:, -n:]
    shift = getattr(_core(model), "rope_deltas", None)
    return positions if shift is None else (positions[None] + shift.to(positions.device)).expand(3, -1, -1)


def _core(model: Any) -> Any:
    """The network below the head, where models that see pictures keep what they know of positions."""
    return getattr(model, "model", model)
