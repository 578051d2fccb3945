"""Transformers checkpoints: what is loaded, what is refused, and how a batch that does not fit is cut."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from harness import models
from harness.errors import CorruptData, MissingData, MissingTool, UsageError
from harness.models.batching import by_length
from harness.types import Image
from tests.models.checkpoints import Ask, Tiny, copied, scores, texts


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_an_adapter_in_an_argument_is_that_over_the_model_it_names(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("adapter"), "mednli", 3)
    beside, _ = ask(tiny("llama"), "mednli", 3, adapter=str(tiny("adapter")))
    base, _ = ask(tiny("llama"), "mednli", 3)
    assert scores(asked, requests) == scores(beside, requests) != scores(base, requests)
    assert asked.info.digest == beside.info.digest != base.info.digest


@pytest.mark.parametrize(("task", "reason"), [("vqa_rad", "reads text alone"), ("pneumoniamnist", "shows pictures")])
def test_a_text_model_refuses_a_task_with_pictures(tiny: Tiny, ask: Ask, task: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        ask(tiny("llama"), task)


def test_the_record_says_what_answered(tiny: Tiny, ask: Ask) -> None:
    asked, _ = ask(tiny("llama_chat"), "mednli")
    info = asked.info
    assert (info.name, info.kind, info.precision, info.device) == ("llama_chat", "hf", "float32", "cpu")
    assert (info.scores, info.images) == ("softmax", None)
    assert info.arguments == {"family": "causal", "model_type": "llama", "dtype": "float32", "chat_template": "yes"}
    vocabulary = json.loads((tiny("llama_chat") / "config.json").read_text())["vocab_size"]
    assert info.parameters == 32 * vocabulary * 2 + (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 64 + 2 * 32) + 32
    bare, requests = ask(tiny("llama_chat"), "meqsum", 1, chat_template="no")
    assert bare.info.arguments["chat_template"] == "no"
    assert bare.info.scores == "none"
    plain, _ = ask(tiny("llama"), "meqsum", 1)
    assert bare.generate(requests)[0].text == plain.generate(requests)[0].text


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"architectures": ["LlamaForTokenClassification"]}, UsageError, "LlamaForTokenClassification; not an image-text-to-text"),
        ({"model_type": "mystery"}, UsageError, "cannot read a 'mystery' model's settings"),
        ({"model_type": "mystery", "auto_map": {"AutoConfig": "own.Own"}}, UsageError, "Python code of its own.*trust_remote_code=yes"),
        ({"hidden_size": 64}, CorruptData, "have another shape"),
        ({"num_hidden_layers": 3}, CorruptData, "tensors that its settings ask for are missing"),
    ],
    ids=["another head", "unknown", "remote code", "another width", "a layer is missing"],
)
def test_what_is_no_answering_model_is_refused_by_name(
    tiny: Tiny, tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    folder = copied(tiny("llama"), tmp_path / "changed", **changes)
    (folder / "own.py").write_text("raise SystemExit('ran')")
    with pytest.raises(error, match=message):
        models.open_model(f"hf:{folder}", {})


def test_a_cut_off_weights_file_is_named(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(tiny("llama"), tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CorruptData, match="cut: the weights cannot be loaded"):
        models.open_model(f"hf:{folder}", {})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dtyp": "float16"}, UsageError, "Did you mean dtype"),
        ({"dtype": "int8"}, UsageError, "must be one of auto, float32"),
        ({"compile": "maybe"}, UsageError, "must be yes or no"),
        ({"batch_tokens": "many"}, UsageError, "whole number"),
        ({"device": "cuda", "device_map": "auto"}, UsageError, "exclude each other"),
        ({"device": "tpu9"}, UsageError, "no such device"),
        ({"revision": "main"}, UsageError, "revisions are the Hub's"),
        ({"thinking": "yes"}, UsageError, "no template is used"),
        ({"thinking_tags": "<think>"}, UsageError, "what opens and what closes"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_arguments_are_checked(tiny: Tiny, arguments: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        models.open_model(f"hf:{tiny('llama')}", arguments)


def test_quantising_needs_its_package(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "bitsandbytes" else real(name, *rest))
    with pytest.raises(MissingTool, match="quantize=4bit needs the package bitsandbytes"):
        models.open_model(f"hf:{tiny('llama')}", {"quantize": "4bit"})


def test_a_name_that_is_neither_here_nor_to_be_had_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingData, match="nobody/nothing: no such folder, and the Hugging Face Hub cannot be asked"):
        models.open_model("hf:nobody/nothing", {})
    with pytest.raises(MissingData, match=r"\./nowhere: no such folder\."):
        models.open_model("hf:./nowhere", {})


def test_a_picture_that_cannot_be_read_fails_alone(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("llava"), "pneumoniamnist", 3)
    broken = Image(name="broken.png", read=lambda: b"no picture")
    requests[1] = replace(requests[1], item=replace(requests[1].item, images=(broken,)))
    errors = [response.error for response in asked.generate(requests)]
    assert [error is None for error in errors] == [True, False, True]
    assert "broken.png: not a readable picture" in str(errors[1])


def test_a_prompt_beyond_the_models_positions_fails_and_says_so(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    folder = copied(tiny("llama"), tmp_path / "short", max_position_embeddings=300)
    asked, requests = ask(folder, "mednli", 3)
    requests[2] = replace(requests[2], prompt=requests[2].prompt * 9)
    errors = [response.error for response in asked.generate(requests)]
    assert errors[:2] == [None, None]
    assert errors[2] == "the prompt is longer than the 284 tokens that the model can read beside an answer of 16"


def test_a_batch_that_does_not_fit_is_halved_and_later_ones_are_cut_at_once(tiny: Tiny, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, requests = ask(tiny("llama"), "mednli", 8)
    whole = texts(asked, requests)
    sizes: list[int] = []
    real = asked.loaded.model.generate

    def small(**options: Any) -> Any:
        sizes.append(len(options["input_ids"]))
        if len(options["input_ids"]) > 3:
            raise torch.OutOfMemoryError("no room")
        return real(**options)

    monkeypatch.setattr(asked.loaded.model, "generate", small)
    assert texts(asked, requests) == whole
    assert sizes == [8, 4, 2, 2, 2, 2]
    sizes.clear()
    asked.generate(requests)
    assert sizes == [2, 2, 2, 2]


def test_a_request_that_never_fits_fails_with_the_reason(tiny: Tiny, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, requests = ask(tiny("llama"), "mednli", 2)

    def full(**options: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr(asked.loaded.model, "generate", full)
    assert all("has not enough memory for a request of" in str(response.error) for response in asked.generate(requests))


def test_stop_texts_end_an_answer_and_are_not_part_of_it(tiny: Tiny, ask: Ask) -> None:
    asked, [request] = ask(tiny("llama"), "meqsum", 1, decoding={"max_new_tokens": 12})
    whole = asked.generate([request])[0].text
    stopped = asked.generate([replace(request, decoding=replace(request.decoding, stop=(whole[4:6],)))])[0]
    assert (stopped.text, stopped.finish) == (whole[: whole.index(whole[4:6])].strip(), "stop")


def test_a_thought_that_uses_up_the_budget_leaves_no_answer(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("llama_chat"), "meqsum", 2, thinking="yes", decoding={"max_new_tokens": 6})
    for response in asked.generate(requests):
        assert (response.text, response.finish) == ("", "length")
        assert response.thinking


@pytest.mark.parametrize(
    ("size", "expected"),
    [(None, [[1], [3, 0], [4, 2]]), (2, [[1, 3], [0, 4], [2]])],
    ids=["as many as the budget holds", "a number"],
)
def test_batches_hold_requests_of_a_length(size: int | None, expected: list[list[int]]) -> None:
    assert by_length([40, 100, 7, 50, 40], size=size, budget=100) == expected
