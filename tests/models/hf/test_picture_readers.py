"""Models that see, whose files leave something out: processors that place pictures themselves, older ones, templates for text alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.base import torch_vision
from harness.images.pixels import decode

torch_vision.ready()
transformers = pytest.importorskip("transformers", reason="needs the extra hf")

from harness.errors import CorruptData, MissingData, UsageError  # noqa: E402  where the library is
from tests.models.checkpoints import NO_TAGS, Ask, Tiny, copied, edited, texts  # noqa: E402
from tests.models.tiny import ENDS, LANGUAGE, PATCHES, TOWER, built, enlarge, tokenizer  # noqa: E402

SEES = {**TOWER, **PATCHES}
TEXT_ALONE = "{% for message in messages %}<user>{{ message.content }}\n{% endfor %}{% if add_generation_prompt %}<bot>{% endif %}"
STRINGS = TEXT_ALONE.replace("{{ message.content }}", "{{ '' + message.content }}")


def blip_2(folder: Path, kind: str = "Blip2") -> Path:
    """A BLIP of a kind; one that reads questions too has a tokeniser of its own for them."""
    words = tokenizer(folder)
    pictures = transformers.BlipImageProcessor(size={"height": 28, "width": 28})
    own = (words, words) if kind == "InstructBlip" else (words,)
    getattr(transformers, f"{kind}Processor")(pictures, *own, num_query_tokens=4).save_pretrained(folder)
    return built(
        folder, {"Blip2": "blip-2", "InstructBlip": "instructblip"}[kind], "AutoModelForImageTextToText", vision_config=SEES,
        qformer_config={**TOWER, "encoder_hidden_size": 16, "vocab_size": len(words)},
        text_config={
            "model_type": "opt", "vocab_size": len(words), "hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "word_embed_proj_dim": 32, **ENDS,
        },
        num_query_tokens=4,
        image_token_index=6,
    )  # fmt: skip


def paligemma(folder: Path) -> Path:
    words = tokenizer(folder, first=False)
    pictures = transformers.SiglipImageProcessor(size={"height": 28, "width": 28})
    pictures.image_seq_length = 4
    processor = transformers.PaliGemmaProcessor(pictures, words)
    processor.save_pretrained(folder)
    return built(
        folder, "paligemma", "AutoModelForImageTextToText",
        vision_config={**SEES, "model_type": "siglip_vision_model", "vision_use_head": False},
        text_config={
            **LANGUAGE, "model_type": "gemma", "vocab_size": len(processor.tokenizer), "num_key_value_heads": 2, "head_dim": 8,
        },
        image_token_index=processor.image_token_id,
        projection_dim=32,
    )  # fmt: skip


def instruct_blip(folder: Path) -> Path:
    return blip_2(folder, "InstructBlip")


def florence_2(folder: Path) -> Path:
    tokenizer(folder, last=True)
    words = transformers.AutoTokenizer.from_pretrained(folder, extra_special_tokens={"image_token": "<image>"})
    pictures = transformers.CLIPImageProcessor(size={"height": 64, "width": 64}, do_center_crop=False)
    pictures.image_seq_length = 5
    transformers.Florence2Processor(pictures, words, num_additional_image_tokens=1).save_pretrained(folder)
    return built(
        folder, "florence2", "AutoModelForImageTextToText", vision_config={
            "embed_dim": [8, 8, 8, 16], "depths": [1, 1, 1, 1], "num_heads": [1, 1, 1, 1], "num_groups": [1, 1, 1, 1], "window_size": 4,
            "projection_dim": 32,
        },
        text_config={
            "model_type": "bart", "vocab_size": len(words), "d_model": 32, "encoder_layers": 2, "decoder_layers": 2,
            "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
            "decoder_start_token_id": 2, **ENDS,
        },
        image_token_id=6,
    )  # fmt: skip


ALONE = "runs, equal to the library alone"
BY_HAND = "runs, equal to its parts put together by hand"
PLACED: Mapping[str, tuple[str, Callable[[Path], Path], int | None]] = {
    "BLIP-2, whose processor places pictures itself": (ALONE, blip_2, 1),
    "PaliGemma, whose processor places pictures itself": (ALONE, paligemma, None),
    "InstructBLIP, which reads the question twice": (ALONE, instruct_blip, 1),
    "Florence-2, whose processor places pictures itself": (ALONE, florence_2, 1),
}
"""What is made, and how many pictures it is built for where that is said."""
TEMPLATES: Mapping[str, tuple[str, str]] = {
    "LLaVA of a template that writes its parts as they are": ("runs, with the picture before the words, and says so", TEXT_ALONE),
    "LLaVA of a template that takes text alone": ("runs, with the picture before the words, and says so", STRINGS),
}
ORIGINAL: Mapping[str, tuple[str, str, bool]] = {
    "original LLaVA-Med (`llava_mistral`), tower inside": (BY_HAND, "llava_mistral", True),
    "original LLaVA-Med (`llava_mistral`), tower elsewhere": (BY_HAND, "llava_mistral", False),
    "original LLaVA (`llava_llama`)": (BY_HAND, "llava_llama", True),
}
OUTCOMES = {
    "BLIP-2 of an older processor without num_query_tokens": "runs, equal to the library alone",
    "LLaVA of an older processor without patch_size": "runs, equal to one that has it, and says what was filled in",
    "original LLaVA of another projector": "mm_projector_type 'linear', which does not map onto transformers' LLaVA",
    "original LLaVA of a tower that is not here": "its picture tower organisation/tower is neither in its files nor here",
    "`min_pixels` and `max_pixels` of a Qwen2-VL": "runs, with as many tokens as they say",
    "`max_pixels` of a LLaVA": "which has no such bound",
}
WHAT_RUNS = {"Models that see": {**PLACED, **TEMPLATES, **ORIGINAL, **OUTCOMES}}


@torch.inference_mode()
def alone(folder: Path, requests: Any, *, text: Callable[[str], str] = str) -> list[str]:
    """What the library writes, one request at a time."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    found = []
    for request in requests:
        inputs = processor(images=[decode(image, "RGB") for image in request.item.images], text=text(request.prompt), return_tensors="pt")
        n = inputs["input_ids"].shape[1]
        made = model.generate(**inputs, max_new_tokens=request.decoding.max_new_tokens, do_sample=False)[0]
        made = made[n:] if len(made) > n and torch.equal(made[:n], inputs["input_ids"][0]) else made
        found.append(processor.tokenizer.decode(made, skip_special_tokens=True).strip())
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the library reads a picture as NumPy 2 no longer likes
@pytest.mark.parametrize(("_", "made", "images"), PLACED.values(), ids=PLACED)
def test_a_processor_that_places_pictures_itself_is_given_the_words_alone(
    tmp_path: Path, ask: Ask, _: str, made: Callable[[Path], Path], images: int | None
) -> None:
    folder = made(tmp_path)
    model, requests = ask(folder, "vqa_rad", 3, thinking_tags=NO_TAGS, decoding={"max_new_tokens": 8})
    assert texts(model, requests) == alone(folder, requests)
    assert (model.info.images, model.info.scores) == (images, "none")


def test_what_an_older_processor_lacks_is_filled_in(tmp_path: Path, ask: Ask) -> None:
    assert OUTCOMES["BLIP-2 of an older processor without num_query_tokens"].startswith("runs")
    _, requests = ask(blip_2(tmp_path), "vqa_rad", 3)
    expected = alone(tmp_path, requests)
    edited(tmp_path / "processor_config.json", without=["num_query_tokens"])
    model, _ = ask(tmp_path, "vqa_rad", 3, thinking_tags=NO_TAGS)
    assert texts(model, requests) == expected
    assert model.info.arguments["processor"] == "num_query_tokens 4"


def test_what_an_older_llava_processor_lacks_is_filled_from_the_models_settings(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    assert OUTCOMES["LLaVA of an older processor without patch_size"].startswith("runs")
    old = copied(tiny("llava"), tmp_path / "old")
    edited(old / "processor_config.json", without=["patch_size", "vision_feature_select_strategy", "num_additional_image_tokens"])
    newer, requests = ask(tiny("llava"), "vqa_rad", 2)
    older, _ = ask(old, "vqa_rad", 2)
    assert texts(older, requests) == texts(newer, requests)
    assert older.info.arguments["processor"] == "patch_size 14, num_additional_image_tokens 1, vision_feature_select_strategy default"
    assert "processor" not in newer.info.arguments


@pytest.mark.parametrize(("_", "template"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_without_a_place_for_pictures_has_them_before_the_words(
    tiny: Tiny, ask: Ask, tmp_path: Path, _: str, template: str
) -> None:
    folder = copied(tiny("llava"), tmp_path / "plain")
    (folder / "chat_template.jinja").write_text(template)
    model, requests = ask(folder, "vqa_rad", 2, thinking_tags=NO_TAGS)
    assert model.prompter.render(requests[0]) == f"<user><image>\n{requests[0].prompt}\n<bot>"
    assert texts(model, requests) == alone(folder, requests, text=lambda words: f"<user><image>\n{words}\n<bot>")
    assert model.info.arguments["picture"] == "<image> before the words, as the template has no place for one"


@pytest.mark.parametrize("bound", ["min_pixels", "max_pixels"])
def test_bounds_of_a_pictures_size_change_how_many_tokens_it_is(tiny: Tiny, ask: Ask, bound: str) -> None:
    assert OUTCOMES["`min_pixels` and `max_pixels` of a Qwen2-VL"].startswith("runs")
    given = {"min_pixels": str(56 * 56), "max_pixels": str(112 * 112)} if bound == "min_pixels" else {"max_pixels": str(28 * 28)}
    model, requests = ask(tiny("qwen"), "vqa_rad", 1)
    bounded, _ = ask(tiny("qwen"), "vqa_rad", 1, **given)
    patches = [int(asked.prepare(requests).groups[0][1].inputs["image_grid_thw"].prod()) for asked in (model, bounded)]
    assert patches[1] > patches[0] if bound == "min_pixels" else patches[1] < patches[0]
    assert bounded.info.arguments[bound] == given[bound]
    with pytest.raises(UsageError, match=OUTCOMES["`max_pixels` of a LLaVA"]):
        ask(tiny("llava"), "vqa_rad", max_pixels="99")


Parts = tuple[Any, Any, Any]


@pytest.fixture
def original(tmp_path: Path) -> Callable[..., tuple[Path, Parts]]:
    """A folder as the authors' code saves it, and the networks that it was put together from."""
    from safetensors.torch import save_file

    def make(kind: str = "llava_mistral", *, inside: bool = True, **changes: Any) -> tuple[Path, Parts]:
        folder, tower = tmp_path / "original", tmp_path / "tower"
        folder.mkdir()
        words = tokenizer(folder)
        known = (folder / "tokenizer.json").read_text().replace("<image>", "<spare>")
        (folder / "tokenizer.json").write_text(known)  # a picture's place is no token of theirs
        torch.manual_seed(0)
        config, network = (
            (transformers.MistralConfig, transformers.MistralForCausalLM)
            if kind == "llava_mistral"
            else (transformers.LlamaConfig, transformers.LlamaForCausalLM)
        )
        text = config(
            **LANGUAGE | {"pad_token_id": None}, vocab_size=len(words), num_key_value_heads=2,
        )  # fmt: skip
        language = network(text)
        sees = transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**SEES))
        projector = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.GELU(), torch.nn.Linear(32, 32))
        for part in (sees, language, projector):
            enlarge(part)
        tensors = dict(language.state_dict()) | {f"model.mm_projector.{name}": value for name, value in projector.state_dict().items()}
        if inside:
            own = {name.removeprefix("vision_model."): value for name, value in sees.state_dict().items()}
            tensors |= {f"model.vision_tower.vision_tower.vision_model.{name}": value for name, value in own.items()}
        sees.save_pretrained(tower)
        pictures = {"size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}}
        transformers.CLIPImageProcessor(**pictures).save_pretrained(tower)
        save_file({name: value.contiguous().clone() for name, value in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
        said = {
            "model_type": kind, "architectures": ["LlavaMistralForCausalLM"], "mm_vision_tower": str(tower), "mm_hidden_size": 16,
            "mm_projector_type": "mlp2x_gelu", "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch",
            "mm_use_im_start_end": False, "mm_use_im_patch_token": False, "image_aspect_ratio": "pad",
        }  # fmt: skip
        (folder / "config.json").write_text(json.dumps(text.to_diff_dict() | said | changes))
        return folder, (sees.eval(), projector, language.eval())

    return make


@torch.inference_mode()
def by_hand(parts: Parts, tokenizer: Any, request: Any) -> str:
    """As the authors' code does it: the square of the picture, the last layer but one without its first token, between the words."""
    from PIL import Image

    sees, projector, language = parts
    picture = decode(request.item.images[0], "RGB")
    side = max(picture.size)
    reader = transformers.models.clip.CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    square = Image.new("RGB", (side, side), tuple(int(part * 255) for part in reader.image_mean))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    pixels = reader(images=square, return_tensors="pt")["pixel_values"]
    seen = projector(sees(pixels, output_hidden_states=True).hidden_states[-2][:, 1:])
    table = language.get_input_embeddings()
    words = tokenizer(f"\n{request.prompt}", add_special_tokens=False)["input_ids"]
    whole = torch.cat([table(torch.tensor([[1]])), seen, table(torch.tensor([words]))], dim=1)
    made = language.generate(
        inputs_embeds=whole,
        attention_mask=torch.ones(whole.shape[:2], dtype=torch.long),
        max_new_tokens=request.decoding.max_new_tokens,
        do_sample=False,
        pad_token_id=0,
    )
    return str(tokenizer.decode(made[0], skip_special_tokens=True)).strip()


@pytest.mark.parametrize(("_", "kind", "inside"), ORIGINAL.values(), ids=ORIGINAL)
def test_an_original_checkpoint_answers_as_its_parts_do(original: Any, ask: Ask, _: str, kind: str, inside: bool) -> None:
    folder, parts = original(kind, inside=inside)
    model, requests = ask(folder, "vqa_rad", 3, thinking_tags=NO_TAGS)
    assert texts(model, requests) == [by_hand(parts, model.prompter.tokenizer, request) for request in requests]
    assert model.loaded.model.lm_head.weight.shape[0] == len(model.prompter.tokenizer) - 1, "a picture's token can never be written"
    assert model.info.arguments["processor"] == "LLaVA's own, from the original settings"


def test_an_original_checkpoint_that_does_not_map_says_why(original: Any, ask: Ask) -> None:
    folder, _ = original(mm_projector_type="linear")
    with pytest.raises(UsageError, match=OUTCOMES["original LLaVA of another projector"]):
        ask(folder, "vqa_rad")
    edited(folder / "config.json", mm_projector_type="mlp2x_gelu", mm_vision_tower="organisation/tower")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(MissingData, match=OUTCOMES["original LLaVA of a tower that is not here"]):
            ask(folder, "vqa_rad")


def test_a_tower_of_a_type_that_is_not_known_is_not_guessed_at(tiny: Tiny, ask: Ask, tmp_path: Path) -> None:
    vision = json.loads((tiny("llava") / "config.json").read_text())["vision_config"]
    old = copied(tiny("llava"), tmp_path / "old", vision_config={**vision, "model_type": "pixtral"})
    edited(old / "processor_config.json", without=["patch_size"])
    with pytest.raises(CorruptData, match="how many tokens a 'pixtral' tower adds is not known"):
        ask(old, "vqa_rad")
