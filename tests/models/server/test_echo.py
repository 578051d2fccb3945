"""Choices that a server echoes have the scores that the same checkpoint gives them here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WHAT_RUNS = {"Servers": {"completions: a tiny Llama echoed": "runs, with the scores of `hf:` to 1e-4"}}

torch = pytest.importorskip("torch", reason="needs the extra hf")


def served(folder: Path) -> Callable[[dict[str, Any], int], Any]:
    """A completions endpoint over a checkpoint: it reads each text in one pass, and echoes tokens with likelihoods as vLLM does."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    words, network = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def echo(index: int, text: str) -> dict[str, Any]:
        ids = words(text, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            logs = network(ids).logits[0].log_softmax(dim=-1)
        own = [None, *(logs[place - 1, token].item() for place, token in enumerate(ids[0].tolist()) if place)]
        told = {"tokens": [words.decode(token) for token in ids[0].tolist()], "token_logprobs": own}
        return {"index": index, "text": text, "finish_reason": "length", "logprobs": told}

    def answer(request: dict[str, Any], number: int) -> Any:
        if isinstance(request["prompt"], str):
            return 200, {"choices": [{"index": 0, "text": "neutral", "finish_reason": "stop"}]}, {}
        return 200, {"choices": [echo(index, text) for index, text in enumerate(request["prompt"])]}, {}

    return answer


def test_choices_echoed_by_a_server_have_the_scores_of_the_checkpoint_itself(
    serve: Any, opened: Any, tiny: Callable[[str], Path], ask: Any
) -> None:
    folder = tiny("llama")
    model, requests = ask(folder, "mednli", 4, dtype="float32", decoding={"score_choices": True, "max_new_tokens": 1})
    here = [response.choice_log_probs for response in model.generate(requests)]
    there = [
        response.choice_log_probs
        for response in opened(serve(served(folder)), api="completions", scores="echo", concurrency="1").generate(requests)
    ]
    assert len(here) == 4
    for own, echoed in zip(here, there, strict=True):
        assert echoed == pytest.approx(own, abs=1e-4)
