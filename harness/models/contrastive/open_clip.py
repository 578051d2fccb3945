"""Folders of open_clip: BiomedCLIP and others that the transformers library does not know."""

from __future__ import annotations

from pickle import UnpicklingError

import torch

from harness.errors import CorruptData, MissingTool
from harness.models.contrastive.towers import Towers
from harness.models.folders import Folder
from harness.models.tensors import plain


def load(folder: Folder, device: torch.device, dtype: torch.dtype) -> Towers:
    """The towers of a folder that holds open_clip_config.json and weights.

    Raises:
        MissingTool: open_clip is not installed.
        CorruptData: The folder cannot be loaded.
    """
    try:
        import open_clip
    except ImportError as error:
        raise MissingTool(f"{folder.name}: a folder of open_clip; pip install 'biomed-harness[open_clip]'") from error
    if not any(path.suffix in (".safetensors", ".bin", ".pt") for path in folder.path.iterdir()):
        raise CorruptData(f"{folder.path}: holds no weights beside open_clip_config.json. Copy or download the checkpoint again.")
    where = f"local-dir:{folder.path.resolve()}"
    try:
        model, transform = open_clip.create_model_from_pretrained(where, weights_only=True)
        tokenizer = open_clip.get_tokenizer(where)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, UnpicklingError, EOFError) as error:
        raise CorruptData(f"{folder.name}: cannot be loaded by open_clip {open_clip.__version__}: {plain(error)}") from error
    bias = getattr(model, "logit_bias", None)
    model = model.to(device, dtype).eval()
    return Towers(
        name=folder.name,
        facts={"library": "open_clip"},
        read=lambda pictures: {"pictures": torch.stack([transform(picture) for picture in pictures])},
        see=lambda inputs: torch.as_tensor(model.encode_image(inputs["pictures"])),
        understand=lambda texts: torch.as_tensor(model.encode_text(tokenizer(list(texts)).to(device))),
        scale=model.logit_scale.cpu().double().exp().item(),
        bias=0.0 if bias is None else bias.cpu().double().item(),
        sigmoid=bias is not None,
        parameters=sum(tensor.numel() for tensor in model.parameters()),
        device=device,
        dtype=dtype,
    )
