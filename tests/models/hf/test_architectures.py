"""Networks that remember in different ways: what a request is answered with does not depend on those beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.models.hf.writings import writings
from harness.types import Response
from tests.models.checkpoints import NO_TAGS, Ask

pytest.importorskip("transformers", reason="needs the extra hf")

from tests.models import tiny
from tests.models.tiny import ENDS

WORDS = {"hidden_size": 32, "num_hidden_layers": 2, **ENDS}
HEADS = {"intermediate_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512}
MAMBA_2 = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_n_groups": 1, "mamba_chunk_size": 16}
HYBRID = {"num_hidden_layers": 4, "layers_block_type": ["mamba", "hybrid"] * 2, "use_mamba_kernels": False, "mamba_d_state": 8}
EXPERTS = {"num_experts_per_tok": 1, "use_mamba_kernels": False}

KEYS: Mapping[str, Mapping[str, Any]] = {
    "gpt2": GPT,
    "bloom": {"n_layer": 2, "n_head": 4},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 512},
    "opt": {"ffn_dim": 64, "num_attention_heads": 4, "word_embed_proj_dim": 32, "max_position_embeddings": 512},
    "ctrl": {**GPT, "dff": 64},
    "gemma2": {**HEADS, "head_dim": 8, "sliding_window": 8},
    "mistral": HEADS,
    "mixtral": {**HEADS, "num_local_experts": 2, "num_experts_per_tok": 1},
    "qwen2": HEADS,
    "qwen3": {**HEADS, "head_dim": 8},
    "phi": {**HEADS, "num_key_value_heads": 4},
    "phi3": HEADS,
    "gemma": {**HEADS, "head_dim": 8},
    "gemma3_text": {**HEADS, "head_dim": 8, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]},
    "gpt_neox": {"intermediate_size": 64, "num_attention_heads": 4, "max_position_embeddings": 512},
    "gptj": {**GPT, "rotary_dim": 8},
    "gpt_neo": {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]], "max_position_embeddings": 512},
    "falcon": {"num_attention_heads": 4, "new_decoder_architecture": False, "max_position_embeddings": 512},
    "stablelm": HEADS,
    "starcoder2": HEADS,
    "olmo2": HEADS,
    "cohere": HEADS,
    "granite": HEADS,
    "biogpt": {"intermediate_size": 64, "num_attention_heads": 4, "max_position_embeddings": 512},
}
"""Keys and values by token: padding is masked."""

STATES: Mapping[str, Mapping[str, Any]] = {
    "mamba": {"state_size": 8, "expand": 2},
    "mamba2": {"state_size": 8, "expand": 2, "num_heads": 8, "head_dim": 8, "n_groups": 2, "chunk_size": 16},
    "falcon_mamba": {"state_size": 8, "expand": 2},
    "rwkv": {"attention_hidden_size": 32, "intermediate_size": 64, "context_length": 512},
    "recurrent_gemma": {**HEADS, "num_hidden_layers": 3, "num_key_value_heads": 1, "lru_width": 32, "attention_window_size": 16},
    "jamba": {**HEADS, **EXPERTS, "attn_layer_period": 2, "attn_layer_offset": 1, "num_experts": 2, "mamba_d_state": 8},
    "bamba": {**HEADS, **MAMBA_2, "attn_layer_indices": [1]},
    "zamba2": {
        **HEADS, **HYBRID, "num_key_value_heads": 4, "mamba_ngroups": 1, "n_mamba_heads": 8, "mamba_headdim": 8, "chunk_size": 16,
        "num_mem_blocks": 1, "adapter_rank": 4,
    },
    "qwen3_next": {
        **HEADS, **EXPERTS, "head_dim": 8, "linear_key_head_dim": 8, "linear_value_head_dim": 8, "linear_num_key_heads": 2,
        "linear_num_value_heads": 4, "num_experts": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16,
        "layer_types": ["linear_attention", "full_attention"],
    },
    "lfm2": {**HEADS, "layer_types": ["conv", "full_attention"]},
    "minimax": {
        **HEADS, "layer_types": ["linear_attention", "full_attention"], "num_local_experts": 2, "num_experts_per_tok": 1, "head_dim": 8,
        "block_size": 16,
    },
    "reformer": {
        "attention_head_size": 8, "num_attention_heads": 4, "feed_forward_size": 64, "attn_layers": ["local", "local"], "is_decoder": True,
        "axial_pos_embds": False, "max_position_embeddings": 512, "local_attn_chunk_length": 16,
    },
}  # fmt: skip
"""A state instead, or beside: padding would be carried along, and there are no keys that an answer could go on from."""

SEQ_2_SEQ = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4}
PLACES = {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 512, "decoder_start_token_id": 2}
WIDE = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0}
TWO: Mapping[str, Mapping[str, Any]] = {
    "bart": {**SEQ_2_SEQ, **PLACES, "forced_eos_token_id": None},
    "mbart": {**SEQ_2_SEQ, **PLACES, "forced_eos_token_id": None},
    "pegasus": {**SEQ_2_SEQ, **PLACES, "forced_eos_token_id": None},
    "marian": {**SEQ_2_SEQ, **PLACES, "forced_eos_token_id": None},
    "blenderbot": {**SEQ_2_SEQ, **PLACES, "forced_eos_token_id": None},
    "mt5": WIDE,
    "longt5": WIDE,
}
"""An encoder and a decoder."""

WHAT_RUNS = {
    "Architectures of text, in batches against one by one": {
        "gpt2, bloom, mpt, opt, ctrl, gemma2": "runs, the same texts and scores",
        "mistral, mixtral, qwen2, qwen3, phi, phi3": "runs, the same texts and scores",
        "gemma, gemma3_text, gpt_neox, gptj, gpt_neo, falcon": "runs, the same texts and scores",
        "stablelm, starcoder2, olmo2, cohere, granite, biogpt": "runs, the same texts and scores",
        "mamba, mamba2, falcon_mamba, rwkv, recurrent_gemma, jamba": "runs, one request at a time",
        "bamba, zamba2, qwen3_next, lfm2, minimax, reformer": "runs, one request at a time",
        "bart, mbart, pegasus, marian, blenderbot, mt5, longt5": "runs, the same texts and scores",
        "xlnet": "runs, without scores",
        "code that comes with a checkpoint": "runs with `-a trust_remote_code=yes`",
    }
}

REMOTE = '''
import torch
from torch import nn
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

class OwnConfig(PretrainedConfig):
    model_type = "own"

class OwnForCausalLM(PreTrainedModel, GenerationMixin):
    """Weighs what it has read by how long ago; knows no mask and keeps nothing."""
    config_class = OwnConfig
    def __init__(self, config):
        super().__init__(config)
        self.table = nn.Embedding(config.vocab_size, 16)
        self.head = nn.Linear(16, config.vocab_size, bias=False)
        self.post_init()
    def forward(self, input_ids, attention_mask=None, **unused):
        total = self.table(input_ids).cumsum(dim=1)
        return CausalLMOutput(logits=self.head(total / torch.arange(1, input_ids.shape[1] + 1)[:, None] ** 0.5))
    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}
'''


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny random causal model of a type."""

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        words = len(tiny.tokenizer(folder, first=name not in TWO, last=name in TWO))
        own = {**({} if name in TWO else WORDS), **ENDS, **{**KEYS, **STATES, **TWO, "xlnet": XLNET}[name], "vocab_size": words}
        factory = "AutoModelForSeq2SeqLM" if name in TWO else "AutoModelForCausalLM"
        return tiny.built(folder, name, factory, **own)

    return make


XLNET = {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}


def asked(ask: Ask, folder: Path, **arguments: str) -> tuple[Any, list[Any]]:
    """The model and four short requests of different lengths, two of them of the same."""
    model, requests = ask(folder, "mednli", 4, thinking_tags=NO_TAGS, decoding={"max_new_tokens": 4}, **arguments)
    prompts = ["No fever.", "There is a large effusion. Fever?", "No cough.", "He was seen twice; is he well?"]
    item = replace(requests[0].item, choices=("no", "no option"))
    return model, [replace(request, prompt=prompt, item=item) for request, prompt in zip(requests, prompts, strict=True)]


def as_alone(model: Any, requests: list[Any]) -> list[Response]:
    """The answers to a batch, of which the shortest request and the longest are answered the same alone."""
    together: list[Response] = model.generate(requests)
    assert [response.error for response in together] == [None] * len(requests)
    by_length = sorted(zip(requests, together, strict=True), key=lambda pair: len(pair[0].prompt))
    for request, one in (by_length[0], by_length[-1]):
        [other] = model.generate([request])
        assert one.text == other.text
        assert one.choice_log_probs == pytest.approx(other.choice_log_probs, abs=1e-4)
    return together


@pytest.mark.parametrize("name", [*KEYS, *STATES])
def test_what_stands_beside_a_request_changes_neither_text_nor_scores(built: Callable[[str], Path], ask: Ask, name: str) -> None:
    model, requests = asked(ask, built(name))
    together = as_alone(model, requests)
    assert model.loaded.memory.together is (name in KEYS)
    assert together[1].choice_log_probs == pytest.approx(whole(model, requests[1]), abs=1e-4)


@pytest.mark.parametrize("name", TWO)
def test_an_encoder_and_its_decoder_answer_a_batch_as_they_do_one_by_one(built: Callable[[str], Path], ask: Ask, name: str) -> None:
    as_alone(*asked(ask, built(name)))


def test_the_page_names_what_is_tried() -> None:
    [rows] = WHAT_RUNS.values()
    assert {name for row in rows for name in row.split(", ")} >= {*KEYS, *STATES, *TWO}


@torch.inference_mode()
def whole(model: Any, request: Any) -> list[float]:
    """Each choice's log-probability by passes over everything at once, without padding or cache."""
    tokenizer, choices = model.prompter.tokenizer, request.item.choices
    prompt = tokenizer(request.prompt)["input_ids"]
    ways = {choice: writings(tokenizer, choice, choices) for choice in choices}

    @cache
    def probability(tokens: tuple[int, ...]) -> float:
        logits = model.loaded.model(input_ids=torch.tensor([[*prompt, *tokens]]), use_cache=False).logits[0, len(prompt) - 1 : -1]
        return float(logits.double().log_softmax(-1).gather(1, torch.tensor(tokens)[:, None]).sum().exp())

    found = []
    for choice in choices:
        # What goes on to another choice, as "no" may to "no option", is that other choice.
        others = [tokens for other in choices if other != choice for tokens in ways[other]]
        longer = [other for tokens in ways[choice] for other in others if other[: len(tokens)] == tokens]
        found.append(math.log(sum(map(probability, ways[choice])) - sum(map(probability, longer))))
    return found


def test_code_that_comes_with_a_checkpoint_is_asked_the_same_way(ask: Ask, built: Callable[[str], Path], tmp_path: Path) -> None:
    import json

    from safetensors.torch import save_file

    source = built("gpt2")
    for path in source.iterdir():
        if path.name.startswith("tokenizer"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "modeling_own.py").write_text(REMOTE)
    words = json.loads((source / "config.json").read_text())["vocab_size"]
    kinds = {"AutoConfig": "modeling_own.OwnConfig", "AutoModelForCausalLM": "modeling_own.OwnForCausalLM"}
    config = {"model_type": "own", "auto_map": kinds, "architectures": ["OwnForCausalLM"], "vocab_size": words, "eos_token_id": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    save_file({"table.weight": torch.randn(words, 16), "head.weight": torch.randn(words, 16)}, tmp_path / "model.safetensors")
    as_alone(*asked(ask, tmp_path, trust_remote_code="yes"))


def test_a_network_that_sees_what_follows_gives_no_scores(built: Callable[[str], Path], ask: Ask) -> None:
    model, requests = asked(ask, built("xlnet"))
    assert model.info.scores == "none"
    assert all(response.error is None and response.choice_log_probs is None for response in model.generate(requests))
