"""PEFT adapters of every kind answer as the library's own model does under them, with the words that they were trained with."""

from __future__ import annotations

import json
import math
import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from harness.base import torch_vision

torch_vision.ready()
peft = pytest.importorskip("peft", reason="needs the extra hf")
transformers = pytest.importorskip("transformers", reason="needs the extra hf")

from harness.errors import CorruptData, UsageError  # noqa: E402  where the libraries are
from tests.models.checkpoints import NO_TAGS, Ask, Tiny, copied, edited, scores, texts  # noqa: E402
from tests.models.tiny import CHAT, tokenizer  # noqa: E402

Make = Callable[..., Path]

KINDS: Mapping[str, Callable[[str], Any]] = {
    "LoRA": lambda task: peft.LoraConfig(task_type=task, r=4, init_lora_weights=False, **_modules(task)),
    "DoRA": lambda task: peft.LoraConfig(task_type=task, r=4, init_lora_weights=False, use_dora=True, **_modules(task)),
    "IA3": lambda task: peft.IA3Config(task_type=task, init_ia3_weights=False, feedforward_modules=[], **_modules(task)),
    "prompt tuning": lambda task: peft.PromptTuningConfig(task_type=task, num_virtual_tokens=5),
    "prefix tuning": lambda task: peft.PrefixTuningConfig(task_type=task, num_virtual_tokens=5),
    "P-tuning": lambda task: peft.PromptEncoderConfig(task_type=task, num_virtual_tokens=5, encoder_hidden_size=16),
}
MERGED = "runs, merged; equal to the library alone"
BESIDE = "runs, beside the weights; equal to the library alone"
OVER: Mapping[str, tuple[str, str, str]] = {
    "LoRA over a causal model": (MERGED, "LoRA", "llama"),
    "DoRA over a causal model": (MERGED, "DoRA", "llama"),
    "IA3 over a causal model": (MERGED, "IA3", "llama"),
    "prompt tuning over a causal model": (BESIDE, "prompt tuning", "llama"),
    "prefix tuning over a causal model": (BESIDE, "prefix tuning", "llama"),
    "P-tuning over a causal model": (BESIDE, "P-tuning", "llama"),
    "LoRA over a sequence-to-sequence model": (MERGED, "LoRA", "t5"),
    "prompt tuning over a sequence-to-sequence model": (BESIDE, "prompt tuning", "t5"),
    "prefix tuning over a sequence-to-sequence model": (BESIDE, "prefix tuning", "t5"),
    "P-tuning over a sequence-to-sequence model": (BESIDE, "P-tuning", "t5"),
}
"""A kind of adapter, and the tiny checkpoint that it lies over."""
OUTCOMES = {
    "a LoRA with tokenizer and chat template of its own": "runs with them, and says so",
    "a LoRA with a chat template alone": "runs with it",
    "a LoRA with added tokens": "runs, with as many embeddings as its training had",
    "a LoRA with added tokens whose embeddings were not saved": "its files lack those of 2 tokens",
    "a LoRA of one of two tied tables": "runs, beside the weights; equal to the library alone",
    "a trainer's folder with the base's config.json": "runs, over the base that it names",
    "a folder with weights and an adapter": "runs, the one over the other, and says so",
    "an adapter of another model": "no adapter for",
    "an adapter for a classifier's labels": "an adapter for SEQ_CLS, whose labels stand in no file of it",
}
WHAT_RUNS = {"Adapters (PEFT)": {**OVER, **OUTCOMES}}


def _modules(task: str) -> dict[str, list[str]]:
    return {"target_modules": ["q_proj", "v_proj"] if task == "CAUSAL_LM" else ["q", "v"]}


def base_of(folder: Path) -> Any:
    config = json.loads((folder / "config.json").read_text())
    kind = transformers.AutoModelForSeq2SeqLM if config["model_type"] == "t5" else transformers.AutoModelForCausalLM
    return kind.from_pretrained(folder)


@pytest.fixture
def trained(tmp_path: Path, tiny: Tiny) -> Make:
    """The folder of an adapter of random weights over a tiny checkpoint."""

    def make(kind: str, base: Path | None = None, *, change: Callable[[Any], Any] = lambda model: model, **more: Any) -> Path:
        base = base or tiny("llama")
        folder = tmp_path / "adapter"
        torch.manual_seed(5)
        task = "SEQ_2_SEQ_LM" if "t5" in base.name else "CAUSAL_LM"
        config = KINDS[kind](task)
        for name, value in more.items():
            setattr(config, name, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = peft.get_peft_model(change(base_of(base)), config)
            for name, parameter in model.named_parameters():
                if parameter.requires_grad and "magnitude" not in name:
                    torch.nn.init.normal_(parameter, std=0.3)
            model.save_pretrained(folder)
        return folder

    return make


@torch.inference_mode()
def alone(base: Path, folder: Path, requests: Any, *, rows: int = 0) -> tuple[list[str], Callable[..., float]]:
    """What the library writes under the adapter, one prompt at a time; and how likely it finds a text after a prompt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = base_of(base)
        if rows:
            model.resize_token_embeddings(rows, mean_resizing=False)
        model = peft.PeftModel.from_pretrained(model, folder).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        written = []
        for request in requests:
            tokens = tokenizer(request.prompt, return_tensors="pt")
            n = 1 if model.config.is_encoder_decoder else tokens["input_ids"].shape[1]
            made = model.generate(**tokens, max_new_tokens=request.decoding.max_new_tokens, do_sample=False)[0, n:]
            written.append(tokenizer.decode(made, skip_special_tokens=True).strip())

        def likely(prompt: str, tokens: tuple[int, ...]) -> float:
            before = tokenizer(prompt)["input_ids"]
            with torch.inference_mode():
                whole = torch.tensor([[*before, *tokens]])
                logits = model(input_ids=whole, attention_mask=torch.ones_like(whole)).logits[0, -len(tokens) - 1 : -1]
            return float(logits.double().log_softmax(-1).gather(1, torch.tensor(tokens)[:, None]).sum().exp())

        return written, likely


@pytest.fixture(scope="module")
def unchanged() -> dict[str, list[Any]]:
    """How each base scores without an adapter, once it was asked."""
    return {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("outcome", "kind", "base"), OVER.values(), ids=OVER)
def test_a_model_under_an_adapter_writes_and_scores_as_the_library_does(
    tiny: Tiny, ask: Ask, trained: Make, unchanged: dict[str, list[Any]], outcome: str, kind: str, base: str
) -> None:
    folder = trained(kind, tiny(base))
    model, requests = ask(folder, "mednli", 2, thinking_tags=NO_TAGS, decoding={"max_new_tokens": 8})
    written, likely = alone(tiny(base), folder, requests)
    found = model.generate(requests)
    assert [response.text for response in found] == written
    assert outcome.split("; ")[0] == f"runs, {model.info.arguments['adapter_kind'].split(' ', 1)[1]}"
    assert scores(model, requests[:1])[0] == pytest.approx(found[0].choice_log_probs, abs=1e-4)
    if base not in unchanged:
        unchanged[base] = scores(ask(tiny(base), "mednli", 2)[0], requests)
    assert unchanged[base] != [response.choice_log_probs for response in found]
    if base == "llama":  # whose answers follow their prompts, so that one pass shows how likely each is
        for choice, score in zip(requests[0].item.choices, found[0].choice_log_probs, strict=True):
            ways = model.prompter.written(choice, requests[0].item.choices)
            assert score == pytest.approx(math.log(sum(likely(requests[0].prompt, tokens) for tokens in ways)), abs=1e-3)


def test_an_adapters_own_tokenizer_and_template_are_used(tiny: Tiny, ask: Ask, trained: Make) -> None:
    assert OUTCOMES["a LoRA with tokenizer and chat template of its own"] == "runs with them, and says so"
    folder = trained("LoRA")
    tokenizer(folder, template=CHAT)
    model, requests = ask(folder, "mednli", 1)
    assert model.prompter.render(requests[0]).startswith("<user>")
    assert (model.info.arguments["tokenizer"], model.info.arguments["chat_template"]) == ("the adapter's", "yes")
    other, _ = ask(folder, "mednli", 1, tokenizer=str(tiny("llama")))
    assert other.prompter.render(requests[0]) == requests[0].prompt
    assert other.info.arguments["tokenizer"] == "llama"
    assert other.info.digest != model.info.digest


def test_an_adapter_may_bring_a_template_for_its_bases_words(ask: Ask, trained: Make) -> None:
    assert OUTCOMES["a LoRA with a chat template alone"] == "runs with it"
    folder = trained("LoRA")
    (folder / "chat_template.jinja").write_text(CHAT)
    model, requests = ask(folder, "mednli", 1)
    assert model.prompter.render(requests[0]).startswith("<user>")
    assert "tokenizer" not in model.info.arguments


@pytest.mark.filterwarnings("ignore")
def test_added_tokens_have_the_embeddings_of_their_training(tiny: Tiny, ask: Ask, trained: Make) -> None:
    assert OUTCOMES["a LoRA with added tokens"].startswith("runs")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny("llama"))
    before = len(tokenizer)
    tokenizer.add_tokens(["<finding>", "<impression>"])
    rows = before + 2

    def grown(model: Any) -> Any:
        model.resize_token_embeddings(rows)
        return model

    folder = trained("LoRA", change=grown, modules_to_save=["embed_tokens", "lm_head"])
    tokenizer.save_pretrained(folder)
    model, requests = ask(folder, "mednli", 2, thinking_tags=NO_TAGS)
    requests = [replace(request, prompt=f"<finding> {request.prompt}") for request in requests]
    words = copied(tiny("llama"), folder.parent / "words")
    tokenizer.save_pretrained(words)
    written, _ = alone(words, folder, requests, rows=rows)
    assert texts(model, requests) == written
    assert model.info.arguments["adapter_kind"] == f"LORA merged, embeddings {before} -> {rows}"


@pytest.mark.filterwarnings("ignore")
def test_added_tokens_whose_embeddings_were_lost_are_named(tiny: Tiny, ask: Ask, trained: Make) -> None:
    words = len(transformers.AutoTokenizer.from_pretrained(tiny("llama")))

    def grown(model: Any) -> Any:
        model.resize_token_embeddings(words + 2)
        return model

    folder = trained("LoRA", change=grown, target_modules={"embed_tokens"})
    path = folder / "adapter_model.safetensors"
    save_file({name: tensor for name, tensor in load_file(path).items() if "lora" in name}, path)
    with pytest.raises(CorruptData, match=OUTCOMES["a LoRA with added tokens whose embeddings were not saved"]):
        ask(folder, "mednli")


@pytest.mark.filterwarnings("ignore")
def test_one_of_two_tied_tables_is_changed_alone(tiny: Tiny, ask: Ask, trained: Make, tmp_path: Path) -> None:
    config = transformers.AutoConfig.from_pretrained(tiny("llama"), tie_word_embeddings=True)
    torch.manual_seed(0)
    base = copied(tiny("llama"), tmp_path / "tied")
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(base)
    folder = trained("LoRA", base, target_modules={"embed_tokens", "q_proj"})
    model, requests = ask(folder, "mednli", 2, thinking_tags=NO_TAGS)
    assert texts(model, requests) == alone(base, folder, requests)[0]
    assert model.info.arguments["adapter_kind"] == "LORA beside the weights"
    assert OUTCOMES["a LoRA of one of two tied tables"].startswith("runs, beside the weights")


def test_a_trainers_copy_of_the_bases_settings_is_no_model(tiny: Tiny, ask: Ask, trained: Make) -> None:
    assert OUTCOMES["a trainer's folder with the base's config.json"] == "runs, over the base that it names"
    folder = trained("LoRA")
    plain, requests = ask(folder, "mednli", 2)
    expected = scores(plain, requests)
    shutil.copy(tiny("llama") / "config.json", folder)
    model, _ = ask(folder, "mednli", 2)
    assert scores(model, requests) == expected
    assert (model.info.arguments["adapter_of"], model.info.arguments["adapter_kind"]) == ("llama", "LORA merged")


def test_a_folder_with_weights_and_an_adapter_says_which_were_applied(tiny: Tiny, ask: Ask, trained: Make, tmp_path: Path) -> None:
    assert OUTCOMES["a folder with weights and an adapter"].startswith("runs")
    folder = trained("LoRA")
    plain, requests = ask(folder, "mednli", 2)
    base, _ = ask(tiny("llama"), "mednli", 2)
    both = copied(tiny("llama"), tmp_path / "both")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copy(folder / name, both)
    model, _ = ask(both, "mednli", 2)
    assert scores(model, requests) == scores(plain, requests)
    assert model.info.arguments["adapter_of"] == "the weights in its own folder"
    bare, _ = ask(both, "mednli", 2, adapter="none")
    assert scores(bare, requests) == scores(base, requests)
    assert bare.info.arguments["adapter"] == "none"
    assert bare.info.digest != model.info.digest


def test_what_is_no_adapter_for_a_model_is_refused(tiny: Tiny, ask: Ask, trained: Make) -> None:
    folder = trained("LoRA")
    with pytest.raises(UsageError, match=OUTCOMES["an adapter of another model"]):
        ask(tiny("t5"), "mednli", adapter=str(folder))
    edited(folder / "adapter_config.json", task_type="SEQ_CLS")
    with pytest.raises(UsageError, match=OUTCOMES["an adapter for a classifier's labels"]):
        ask(folder, "mednli")


def test_a_tokenizer_of_another_vocabulary_is_refused_before_anything_is_asked(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny("llama_chat"))
    tokenizer.add_tokens(["<mine>"], special_tokens=True)
    tokenizer.chat_template = tokenizer.chat_template.replace("<user>", "<mine>")
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(UsageError, match=r"the network has embeddings for \d+ tokens, and none for <mine>"):
        ask(tiny("llama"), "mednli", tokenizer=str(tmp_path))
