"""What a network has no room, no token or no number for: said in words, never met as another library's traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.base import torch_vision

torch_vision.ready()
transformers = pytest.importorskip("transformers", reason="needs the extra hf")

from harness.errors import MissingTool, UsageError  # noqa: E402  where the library is
from harness.models.hf.shortening import cut, shortened  # noqa: E402
from tests.models.checkpoints import NO_TAGS, Ask, Tiny, copied, edited, not_numbers, texts  # noqa: E402
from tests.models.tiny import ENDS, built, tokenizer  # noqa: E402

QUANTISED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "weights quantised by bitsandbytes": ("which needs bitsandbytes", {"quant_method": "bitsandbytes", "load_in_4bit": True}),
    "weights quantised by gptq": ("which needs gptqmodel, optimum", {"quant_method": "gptq", "bits": 4}),
    "weights quantised by awq": ("which needs gptqmodel", {"quant_method": "awq", "bits": 4}),
    "weights quantised by compressed-tensors": (
        "which needs compressed-tensors",
        {"quant_method": "compressed-tensors", "format": "float-quantized"},
    ),
    "weights quantised by fbgemm_fp8": ("which needs fbgemm-gpu", {"quant_method": "fbgemm_fp8"}),
}
OUTCOMES = {
    "answers as long as all places of a causal model": "has places for 64 tokens, a prompt and its answer together",
    "answers longer than the places of a BART's decoder": "has places for 64 tokens, an answer",
    "a prompt longer than the places of a BART's encoder": "longer than the 64 tokens that the model can read",
    "an XLNet, whose settings say -1 places": "runs",
    "a tokenizer without any padding token": "runs, equal to one with it",
    "a padding token of -1, or beyond the embeddings": "runs, equal to one within",
    "logits that are not numbers, in a task of text": "the network's logits are not numbers",
    "a prompt too long, with `-a truncate=left`": "runs, and says by how many tokens it was cut",
    "a prompt too long, with `-a truncate=middle`": "runs, and says by how many tokens it was cut",
    "weights quantised already, with `-a quantize=4bit`": "its weights are quantised already, by gptq",
}
WHAT_RUNS = {"Room, tokens and numbers": {**OUTCOMES, **QUANTISED}}


@pytest.fixture
def bart(tmp_path: Path) -> Path:
    words = tokenizer(tmp_path, last=True)
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    size = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "max_position_embeddings": 64, **heads}
    own = {**size, **ENDS, "vocab_size": len(words), "decoder_start_token_id": 2, "forced_eos_token_id": None}
    return built(tmp_path, "bart", "AutoModelForSeq2SeqLM", **own)


def test_answers_that_leave_no_room_are_refused_before_anything_is_asked(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    folder = copied(tiny("llama"), tmp_path / "short", max_position_embeddings=64)
    outcome = OUTCOMES["answers as long as all places of a causal model"]
    with pytest.raises(UsageError, match=f"{outcome}, and answers of up to 100 .* leaves no room for a prompt.* --max-new-tokens 16"):
        ask(folder, "meqsum", decoding={"max_new_tokens": 100})


def test_an_encoder_and_its_decoder_have_room_of_their_own(bart: Path, ask: Ask) -> None:
    with pytest.raises(UsageError, match=OUTCOMES["answers longer than the places of a BART's decoder"]):
        ask(bart, "meqsum", decoding={"max_new_tokens": 65})
    model, requests = ask(bart, "meqsum", 2, decoding={"max_new_tokens": 64})
    requests = [replace(requests[0], prompt="No fever."), replace(requests[1], prompt="No fever. " * 40)]
    answered, failed = model.generate(requests)
    assert answered.error is None
    assert OUTCOMES["a prompt longer than the places of a BART's encoder"] in failed.error


def test_no_end_of_places_is_no_place_before_the_first() -> None:
    from harness.models.hf.room import room

    assert OUTCOMES["an XLNet, whose settings say -1 places"] == "runs"
    config = transformers.XLNetConfig(vocab_size=50, d_model=32, n_layer=1, n_head=2, d_inner=32)
    assert config.max_position_embeddings == -1
    found = room(config, torch.nn.Linear(1, 1))
    assert (found.prompt, found.for_prompt(500)) == (None, None)


def test_a_tokenizer_without_a_padding_token_answers_as_one_with_it(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    assert OUTCOMES["a tokenizer without any padding token"].startswith("runs")
    expected, requests = ask(tiny("llama"), "mednli", 3, thinking_tags=NO_TAGS)
    folder = copied(tiny("llama"), tmp_path / "bare", pad_token_id=None)
    edited(folder / "tokenizer_config.json", without=["pad_token", "eos_token", "unk_token"])
    model, _ = ask(folder, "mednli", 3, thinking_tags=NO_TAGS)
    assert model.prompter.tokenizer.pad_token is None
    found, others = model.generate(requests), expected.generate(requests)
    for one, other in zip(found, others, strict=True):
        assert one.error is None
        assert one.choice_log_probs == pytest.approx(other.choice_log_probs, abs=1e-4)


@pytest.mark.parametrize("pad", [-1, 99_999])
def test_a_padding_token_that_the_network_has_not_is_replaced_under_the_mask(tiny: Tiny, ask: Ask, tmp_path: Path, pad: int) -> None:
    assert OUTCOMES["a padding token of -1, or beyond the embeddings"].startswith("runs")
    folder = copied(tiny("llama"), tmp_path / "padded", pad_token_id=pad if pad < 0 else None)
    (folder / "generation_config.json").write_text(json.dumps({"pad_token_id": pad, "eos_token_id": 2}))
    if pad > 0:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        tokenizer.add_special_tokens({"pad_token": "<padding>"})
        tokenizer.save_pretrained(folder)
    expected, requests = ask(tiny("llama"), "mednli", 4)
    model, _ = ask(folder, "mednli", 4)
    assert texts(model, requests) == texts(expected, requests)


@pytest.mark.parametrize("task", ["meqsum", "mednli"])
@pytest.mark.parametrize("decoding", [{}, {"temperature": 0.7}, {"beams": 2}], ids=["greedy", "sampled", "beams"])
def test_logits_that_are_not_numbers_are_named_in_every_task(
    tiny: Tiny, ask: Ask, tmp_path: Path, task: str, decoding: Mapping[str, Any]
) -> None:
    folder = copied(tiny("llama"), tmp_path / "broken")
    not_numbers(folder, "model.norm.weight")
    model, requests = ask(folder, task, 2, decoding=decoding)
    for response in model.generate(requests):
        assert OUTCOMES["logits that are not numbers, in a task of text"] in response.error
        assert not response.of_request


@pytest.mark.parametrize("where", ["left", "middle", "right"])
def test_a_prompt_that_is_too_long_is_cut_where_that_was_asked_for(tiny: Tiny, ask: Ask, tmp_path: Path, where: str) -> None:
    folder = copied(tiny("llama_chat"), tmp_path / "short", max_position_embeddings=300)
    model, requests = ask(folder, "mednli", 2, truncate=where)
    assert model.info.arguments["truncate"] == where
    long = f"BEGINS {'and on ' * 200} ENDS"
    short, wide = model.generate([requests[0], replace(requests[1], prompt=long)])
    assert (short.error, wide.error) == (None, None)
    assert wide.usage["prompt"] <= 300 - requests[0].decoding.max_new_tokens
    assert wide.usage["cut"] > 0
    assert "cut" not in short.usage
    [(_, encoded)] = model.prepare([replace(requests[1], prompt=long)]).groups
    read = model.prompter.tokenizer.decode(encoded.rows[0])
    assert ("BEGINS" in read, "ENDS" in read, " … " in read) == (where != "left", where != "right", where == "middle")
    assert read.startswith("<user>"), "the template stays whole"


def test_as_little_is_cut_as_will_do() -> None:
    assert shortened("0123456789", "left", lambda text: len(text) <= 4) == "6789"
    assert shortened("0123456789", "right", lambda text: len(text) <= 4) == "0123"
    assert shortened("0123456789", "middle", lambda text: len(text) <= 7) == "01 … 89"
    assert shortened("0123456789", "left", lambda _: False) is None
    assert cut("a b", "left", 2) == "b"


@pytest.mark.parametrize(("outcome", "settings"), QUANTISED.values(), ids=QUANTISED)
def test_quantised_weights_name_the_packages_that_read_them(
    tiny: Tiny, ask: Ask, tmp_path: Path, outcome: str, settings: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.models.hf import quantised

    monkeypatch.setattr(quantised, "_is_here", lambda package: package == "accelerate")
    folder = copied(tiny("llama"), tmp_path / "quantised", quantization_config=settings)
    with pytest.raises(MissingTool, match=rf"quantised by {settings['quant_method']}, {outcome}; pip install "):
        ask(folder, "mednli")


def test_what_is_quantised_already_is_not_quantised_again(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    folder = copied(tiny("llama"), tmp_path / "quantised", quantization_config={"quant_method": "gptq", "bits": 4})
    with pytest.raises(UsageError, match=OUTCOMES["weights quantised already, with `-a quantize=4bit`"]):
        ask(folder, "mednli", quantize="4bit")
