"""CLIP, SigLIP and their kin, as the transformers library saves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from harness.errors import CorruptData, MissingTool, UsageError
from harness.models.contrastive.towers import Towers
from harness.models.contrastive.wordings import check_lengths
from harness.models.folders import Folder
from harness.models.recognise import CONTRASTIVE

_SIGMOID = ("siglip", "siglip2")


def load(folder: Folder, device: torch.device, dtype: torch.dtype) -> Towers:
    """The towers of a folder.

    Raises:
        UsageError: It holds another kind of model.
        CorruptData: Its weights or processor are not what its settings say.
    """
    try:
        from transformers import AutoModel, AutoProcessor
    except ImportError as error:
        raise MissingTool("clip: needs the package transformers; pip install 'biomed-harness[hf]'") from error
    from harness.models.hf import sizes
    from harness.models.hf.loading import read_weights

    kind = folder.read_json("config.json").get("model_type")
    if kind not in CONTRASTIVE:
        raise UsageError(
            f"{folder.name}: a '{kind}' model; clip runs {', '.join(CONTRASTIVE)}, and folders of open_clip. Run others as hf:…"
        )
    try:
        processor = AutoProcessor.from_pretrained(folder.path, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptData(f"{folder.name}: its processor cannot be loaded: {str(error).strip()[:400]}") from error
    if processor.tokenizer.pad_token is None:
        raise CorruptData(
            f"{folder.path / 'tokenizer_config.json'}: names no pad_token, with which wordings of several lengths are read together. Copy"
            " or download the checkpoint again, or name the token that it was trained with."
        )
    model = read_weights(AutoModel, folder, dtype=dtype, trust_remote_code=False).to(device).eval()
    sizes.check_pictures(folder, model.config.vision_config, processor.image_processor)
    sigmoid = kind in _SIGMOID
    longest = model.config.text_config.max_position_embeddings
    most = min(longest, processor.tokenizer.model_max_length)  # here, where a setting that is no number names the checkpoint

    def understand(texts: Sequence[str]) -> torch.Tensor:
        # SigLIP was trained on texts padded to one length, and looks at the last place.
        padding = "max_length" if sigmoid else True
        lengths = map(len, processor.tokenizer(list(texts))["input_ids"])
        check_lengths(folder.name, texts, lengths, most=most)
        encoded = processor.tokenizer(list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        return _tensor(model.get_text_features(**{name: tensor.to(device) for name, tensor in encoded.items()}))

    return Towers(
        name=folder.name,
        facts={"model_type": str(kind), "image_processor": type(processor.image_processor).__name__},
        read=lambda pictures: dict(processor.image_processor(images=list(pictures), return_tensors="pt")),
        see=lambda inputs: _tensor(model.get_image_features(**inputs)),
        understand=understand,
        scale=model.logit_scale.cpu().double().exp().item(),
        bias=model.logit_bias.cpu().double().item() if sigmoid else 0.0,
        sigmoid=sigmoid,
        parameters=sum(tensor.numel() for tensor in model.parameters()),
        device=device,
        dtype=dtype,
    )


def _tensor(output: Any) -> torch.Tensor:
    """The embeddings; later versions of the library return them beside other things."""
    embeddings = output if isinstance(output, torch.Tensor) else output.pooler_output
    assert isinstance(embeddings, torch.Tensor)
    return embeddings
