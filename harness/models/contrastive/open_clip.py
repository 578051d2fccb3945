"""Folders of open_clip: BiomedCLIP and others that the transformers library does not know."""

from __future__ import annotations

from collections.abc import Sequence
from pickle import UnpicklingError

import torch

from harness.errors import CorruptData, MissingTool
from harness.models.contrastive.towers import Towers
from harness.models.contrastive.wordings import check_lengths
from harness.models.folders import Folder
from harness.models.tensors import plain

_WIDE = 8
"""How many times as wide a row is taken to see whether a text was cut."""


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

    def understand(texts: Sequence[str]) -> torch.Tensor:
        tokens = tokenizer(list(texts))
        most = tokens.shape[1]
        # It cuts without a word: what a wider row holds beyond the tower's is what would be lost.
        wide = tokenizer([*texts, "a"], context_length=_WIDE * most)
        lengths = [most + int((row[most:] != wide[-1, -1]).sum()) for row in wide[:-1]]
        check_lengths(folder.name, texts, lengths, most=most)
        return torch.as_tensor(model.encode_text(tokens.to(device)))

    return Towers(
        name=folder.name,
        facts={"library": "open_clip"},
        read=lambda pictures: {"pictures": torch.stack([transform(picture) for picture in pictures])},
        see=lambda inputs: torch.as_tensor(model.encode_image(inputs["pictures"])),
        understand=understand,
        scale=model.logit_scale.cpu().double().exp().item(),
        bias=0.0 if bias is None else bias.cpu().double().item(),
        sigmoid=bias is not None,
        parameters=sum(tensor.numel() for tensor in model.parameters()),
        device=device,
        dtype=dtype,
    )
