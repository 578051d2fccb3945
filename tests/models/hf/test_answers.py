"""Transformers checkpoints: what they write and how they score, against the library's own functions used plainly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.models.hf.writings import targets, writings
from harness.types import Request
from tests.models.checkpoints import NO_TAGS, Ask, Tiny, texts

TEXT = ["llama", "llama_chat", "t5"]
PICTURES = ["llava", "llava_bare", "qwen"]
KINDS = [*((name, "mednli") for name in TEXT), *((name, "pneumoniamnist") for name in PICTURES)]


def plain(folder: Path) -> tuple[Any, Any]:
    """Model and processor as a user of the library opens them."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoModelForSeq2SeqLM, AutoProcessor

    kinds = {"llama": AutoModelForCausalLM, "t5": AutoModelForSeq2SeqLM}
    kind = kinds.get(AutoConfig.from_pretrained(folder).model_type, AutoModelForImageTextToText)
    return kind.from_pretrained(folder).eval(), AutoProcessor.from_pretrained(folder)


def rendered(processor: Any, request: Request) -> str:
    if processor.chat_template is None:
        return "<image>\n" * len(request.item.images) + request.prompt
    pictures = [{"type": "image"}] * len(request.item.images)
    content = [*pictures, {"type": "text", "text": request.prompt}] if pictures else request.prompt
    return str(processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True))


def inputs(processor: Any, request: Request, text: str, *, special: bool) -> dict[str, torch.Tensor]:
    from harness.images.pixels import decode

    pictures = [decode(image, "RGB") for image in request.item.images]
    given = {"images": pictures} if pictures else {}
    return dict(processor(text=text, **given, return_tensors="pt", add_special_tokens=special))


def special(processor: Any, request: Request) -> bool:
    return processor.chat_template is None or bool(request.item.images)


@torch.inference_mode()
def naive(model: Any, processor: Any, request: Request) -> list[float]:
    """Each choice's log-probability over all its writings, one forward pass over prompt and writing for each."""
    found = []
    tokenizer = getattr(processor, "tokenizer", processor)
    prompt = request.prompt if model.config.is_encoder_decoder else rendered(processor, request)
    source = inputs(processor, request, prompt, special=model.config.is_encoder_decoder or special(processor, request))
    for choice in request.item.choices:
        logs = []
        if model.config.is_encoder_decoder:
            for answer in targets(tokenizer, choice, request.item.choices, forced=None):
                logits = model(**source, decoder_input_ids=torch.tensor([[0, *answer[:-1]]])).logits[0]
                logs.append(logits.log_softmax(-1).gather(1, torch.tensor(answer)[:, None]).sum())
        else:
            for answer in writings(tokenizer, choice, request.item.choices):
                whole = dict(source)
                for name, fill in (("input_ids", answer), ("attention_mask", [1] * len(answer)), ("mm_token_type_ids", [0] * len(answer))):
                    if name in source:
                        whole[name] = torch.cat([source[name], torch.tensor([fill])], dim=1)
                logits = model(**whole).logits[0, -len(answer) - 1 : -1]
                logs.append(logits.log_softmax(-1).gather(1, torch.tensor(answer)[:, None]).sum())
        found.append(float(torch.stack(logs).double().logsumexp(0)))
    return found


@pytest.mark.parametrize(("name", "task"), KINDS, ids=[name for name, _ in KINDS])
def test_choices_score_as_a_token_by_token_computation_does(tiny: Tiny, ask: Ask, name: str, task: str) -> None:
    asked, requests = ask(tiny(name), task, 2, thinking_tags=NO_TAGS)
    model, processor = plain(tiny(name))
    for request, response in zip(requests, asked.generate(requests), strict=True):
        assert response.choice_log_probs == pytest.approx(naive(model, processor, request), abs=1e-4)


@pytest.mark.parametrize("name", ["llama", "llava", "qwen"])
def test_scores_are_the_same_where_the_prompt_is_read_for_them_alone(tiny: Tiny, ask: Ask, name: str) -> None:
    """With beams the cache holds hypotheses, not prompts, and the prompt is read again."""
    task = "mednli" if name == "llama" else "pneumoniamnist"
    asked, requests = ask(tiny(name), task, 3, thinking_tags=NO_TAGS)
    beamed = [replace(request, decoding=replace(request.decoding, beams=2)) for request in requests]
    for one, other in zip(asked.generate(requests), asked.generate(beamed), strict=True):
        assert one.choice_log_probs == pytest.approx(other.choice_log_probs, abs=1e-4)


@pytest.mark.parametrize(("name", "task"), KINDS, ids=[name for name, _ in KINDS])
@pytest.mark.parametrize("beams", [1, 3])
def test_a_batch_answers_as_its_requests_alone_do(tiny: Tiny, ask: Ask, name: str, task: str, beams: int) -> None:
    asked, requests = ask(tiny(name), task, 5, decoding={"beams": beams, "max_new_tokens": 6})
    together = asked.generate(requests)
    assert len({response.text for response in together}) > 1
    by_length = sorted(zip(requests, together, strict=True), key=lambda pair: len(pair[0].prompt))
    for request, one in (by_length[0], by_length[-1]):  # the one with the most padding beside it, and the one with none
        [other] = asked.generate([request])
        assert one.text == other.text
        assert one.choice_log_probs == pytest.approx(other.choice_log_probs, abs=1e-4)
        assert (one.finish, one.usage) == (other.finish, other.usage)


@pytest.mark.parametrize("name", ["llama", "llama_chat", "t5", "llava", "qwen"])
@pytest.mark.parametrize("beams", [1, 2])
def test_text_is_what_the_librarys_own_generate_gives(tiny: Tiny, ask: Ask, name: str, beams: int) -> None:
    task = "meqsum" if name in TEXT else "vqa_rad"
    asked, requests = ask(tiny(name), task, 2, decoding={"beams": beams, "max_new_tokens": 12})
    model, processor = plain(tiny(name))
    tokenizer = getattr(processor, "tokenizer", processor)
    expected = []
    for request in requests:
        text = request.prompt if name == "t5" else rendered(processor, request)
        given = inputs(processor, request, text, special=name == "t5" or special(processor, request))
        with torch.inference_mode():
            output = model.generate(**given, max_new_tokens=12, num_beams=beams, do_sample=False)[0]
        output = output if name == "t5" else output[given["input_ids"].shape[1] :]
        expected.append(tokenizer.decode(output, skip_special_tokens=True).strip())
    assert texts(asked, requests) == expected


def test_several_pictures_of_a_study_are_shown_in_their_order(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("llava"), "iu_xray@r2gen", 4)
    [study] = [request for request in requests if len(request.item.images) == 2][:1]
    turned = replace(study, item=replace(study.item, images=study.item.images[::-1]))
    one, other = asked.generate([study, turned])
    assert one.text != other.text
    assert one.usage["prompt"] == other.usage["prompt"]


def test_sampling_repeats_itself_with_its_seed_and_differs_with_another(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("llama"), "meqsum", 3, decoding={"temperature": 1.0, "top_p": 0.9, "max_new_tokens": 12})
    again = [replace(request, decoding=replace(request.decoding, seed=1)) for request in requests]
    state = torch.random.get_rng_state()
    assert texts(asked, requests) == texts(asked, requests) != texts(asked, again)
    assert torch.equal(torch.random.get_rng_state(), state)
