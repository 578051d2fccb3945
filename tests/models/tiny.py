"""Small random models of each kind, saved as their libraries save them, with a tokeniser made here."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

from harness.base import torch_vision

torch_vision.ready()
logging.set_verbosity_error()
logging.disable_progress_bar()

CHAT = (
    "{% for message in messages %}<user>{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}\n"
    "{% endfor %}{% if add_generation_prompt %}<bot>{% if enable_thinking is defined and enable_thinking %}<think>{% endif %}{% endif %}"
)
CHAT_QWEN = CHAT.replace("<image>", "<|vision_start|><|image_pad|><|vision_end|>")
SPECIAL = (
    "<pad>",
    "<s>",
    "</s>",
    "<unk>",
    "<user>",
    "<bot>",
    "<image>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|video_pad|>",
    "<|image_pad|>",
)

ENDS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
LANGUAGE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, **ENDS}
TOWER = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
PATCHES = {"image_size": 28, "patch_size": 14}


def tokenizer(folder: Path, *, template: str = "", first: bool = True, last: bool = False) -> Any:
    """A byte-level tokeniser with a few merges; optionally a first token before every text, or a last one after it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[*SPECIAL, "<think>", "</think>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(["Answer with exactly one of the options. normal pneumonia entailment neutral contradiction"] * 3, trainer)
    around = f"{'<s> ' if first else ''}$A{' </s>' if last else ''}"
    made.post_processor = processors.TemplateProcessing(single=around, special_tokens=[("<s>", 1), ("</s>", 2)])
    names = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=100_000, **names)
    if template:
        fast.chat_template = template
    fast.save_pretrained(folder)
    return fast


def llama(folder: Path, *, template: str = "") -> Path:
    """A causal model with rotary positions and grouped heads."""
    words = tokenizer(folder, template=template)
    text = LANGUAGE | {"num_key_value_heads": 2, "max_position_embeddings": 4096}
    return built(folder, "llama", "AutoModelForCausalLM", vocab_size=len(words), **text)


def t5(folder: Path) -> Path:
    """A sequence-to-sequence model."""
    words = tokenizer(folder, first=False, last=True)
    size = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
    tokens = {"decoder_start_token_id": 0, "eos_token_id": 2, "pad_token_id": 0}
    return built(folder, "t5", "AutoModelForSeq2SeqLM", vocab_size=len(words), **size, **tokens)


def llava(folder: Path, *, template: str = CHAT) -> Path:
    """A vision-language model of a CLIP tower before a Llama."""
    from transformers import CLIPImageProcessor, LlavaProcessor

    words = tokenizer(folder)
    pictures = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = LlavaProcessor(
        image_processor=pictures, tokenizer=words, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=template or None,
    )  # fmt: skip
    processor.save_pretrained(folder)
    return built(
        folder, "llava", "AutoModelForImageTextToText", image_token_index=6, vision_feature_select_strategy="default",
        vision_config=TOWER | PATCHES | {"model_type": "clip_vision_model"},
        text_config=LANGUAGE | {"model_type": "llama", "vocab_size": len(words)},
    )  # fmt: skip


def qwen(folder: Path) -> Path:
    """A vision-language model whose positions count a picture's rows and columns."""
    from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

    words = tokenizer(folder)
    pictures = Qwen2VLImageProcessor(patch_size=14, min_pixels=28 * 28, max_pixels=56 * 56)
    processor = Qwen2VLProcessor(
        image_processor=pictures, tokenizer=words, video_processor=Qwen2VLVideoProcessor(), chat_template=CHAT_QWEN
    )
    processor.save_pretrained(folder)
    places = {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0}
    return built(
        folder, "qwen2_vl", "AutoModelForImageTextToText", image_token_id=10, vision_start_token_id=7, vision_end_token_id=8,
        video_token_id=9, text_config=LANGUAGE | {"vocab_size": len(words), "num_key_value_heads": 2, "rope_parameters": places},
        vision_config={"depth": 2, "embed_dim": 16, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2, "patch_size": 14},
    )  # fmt: skip


def clip(folder: Path) -> Path:
    """Two towers, trained with a softmax."""
    from transformers import CLIPImageProcessor, CLIPProcessor

    words = tokenizer(folder, last=True)
    pictures = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    CLIPProcessor(image_processor=pictures, tokenizer=words).save_pretrained(folder)
    text = TOWER | ENDS | {"vocab_size": len(words), "max_position_embeddings": 128}
    return built(folder, "clip", "AutoModel", vision_config=TOWER | PATCHES, text_config=text, projection_dim=16)


def siglip(folder: Path) -> Path:
    """Two towers, trained with a sigmoid."""
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    words = tokenizer(folder, last=True)
    torch.manual_seed(0)
    text = TOWER | {"vocab_size": len(words), "max_position_embeddings": 128, "projection_size": 16}
    pictures = SiglipImageProcessor(size={"height": 28, "width": 28})
    SiglipProcessor(image_processor=pictures, tokenizer=words).save_pretrained(folder)
    model = SiglipModel(SiglipConfig(vision_config=TOWER | PATCHES, text_config=text))
    torch.nn.init.constant_(model.logit_scale, 2.0)
    torch.nn.init.constant_(model.logit_bias, -1.5)
    return saved(model, folder)


def open_clip(folder: Path) -> Path:
    """Two towers of open_clip's own architecture, in a folder of its own layout."""
    import json

    import open_clip as library
    from safetensors.torch import save_file

    layers = {"width": 64, "layers": 2}
    config = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 28, "patch_size": 14, "head_width": 16, **layers},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "heads": 4, **layers},
    }
    preprocess = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    torch.manual_seed(0)
    save_file(library.CLIP(**config).state_dict(), folder / "open_clip_model.safetensors")
    return folder


def resnet(folder: Path, labels: tuple[str, ...] = ("normal", "pneumonia")) -> Path:
    """A small ResNet of timm's, saved as its Hub folders are."""
    import timm
    from timm.models import save_for_hf

    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=len(labels))
    save_for_hf(model, folder, model_config={"label_names": list(labels)}, safe_serialization=True)
    return folder


def adapter(folder: Path, base: Path) -> Path:
    """A LoRA adapter of a causal model, of random weights."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(5)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft calls what the other library is about to rename
        get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


def built(folder: Path, kind: str, factory: str, **settings: Any) -> Path:
    """The folder of a random model of a type, made by one of the library's automatic classes."""
    import transformers

    torch.manual_seed(0)
    return saved(getattr(transformers, factory).from_config(transformers.AutoConfig.for_model(kind, **settings)), folder)


def enlarge(model: Any) -> None:
    """Weights larger than usual, so that answers differ from question to question."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.25)


def saved(model: Any, folder: Path) -> Path:
    """The folder of a model whose weights are large."""
    enlarge(model)
    model.save_pretrained(folder)
    return folder
