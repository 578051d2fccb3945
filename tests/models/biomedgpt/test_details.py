"""Every detail of the network shows in its numbers: without it the golden tolerances are missed.

The reference's own deviations for these mistakes are 7e-4 and more in the encoder, 3e-3 and more in the logits.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import nn
from torch.nn import functional

from harness.models.biomedgpt.decoder import Network
from harness.models.biomedgpt.encoder import Source
from tests.models.biomedgpt import recipe

Load = Callable[..., Network]
Tensors = Mapping[str, torch.Tensor]
Arrays = Mapping[str, np.ndarray[Any, Any]]
Seen = Callable[..., torch.Tensor]

WITHOUT = {  # what is removed: pattern at the end of a tensor's name, what its values become
    "type embedding": ("type_embedding.weight", 0.0),
    "token relative bias, encoder": ("encoder.token_rel_pos_table_list.0.weight", 0.0),
    "token relative bias, decoder": ("decoder.token_rel_pos_table_list.0.weight", 0.0),
    "image relative bias": ("encoder.image_rel_pos_table_list.0.weight", 0.0),
    "absolute bias, encoder": ("encoder.pos_q_linear", 0.0),
    "absolute bias, decoder": ("decoder.self_pos_q_linear", 0.0),
    "absolute bias, across": ("decoder.cross_pos_q_linear", 0.0),
    "factors of heads, encoder": ("encoder.layers.0.self_attn.c_attn", 1.0),
    "factors of heads, decoder": ("decoder.layers.0.self_attn.c_attn", 1.0),
    "factors of heads, across": ("decoder.layers.0.encoder_attn.c_attn", 1.0),
}
_IN_BOTH = "layernorm_embedding pos_ln layer_norm layers.0.ffn_layernorm layers.0.self_attn_layer_norm layers.0.final_layer_norm".split()
NORMS = [
    *(f"{side}.{norm}" for side in ("encoder", "decoder") for norm in _IN_BOTH),
    *(f"encoder.{norm}" for norm in ("patch_layernorm_embedding", "image_pos_ln", "layers.0.attn_ln")),
    *(f"decoder.layers.0.{norm}" for norm in ("self_attn_ln", "cross_attn_ln", "encoder_attn_layer_norm")),
]
Deviation = Callable[..., tuple[float, float]]
GIVEN = ("src_tokens", "prev_output_tokens", "encoder_padding_mask", "encoder_out_every8", "decoder_logits_probe")


@pytest.fixture
def deviation(forward: Arrays, seen: Seen, network: Network) -> Deviation:
    """How far a network's encoder outputs and logits are from the reference's; on the first row, or on all where pictures are given.

    Unless it has a trunk of its own, it sees what the whole one does.
    """
    trunk = network.encoder.embed_images

    @torch.inference_mode()
    def deviation(network: Network, pictures: torch.Tensor | None = None, *, own_trunk: bool = False) -> tuple[float, float]:
        network.encoder.embed_images = network.encoder.embed_images if own_trunk else trunk
        rows = slice(1) if pictures is None else slice(None)
        expected = {name: forward[f"vqa/{name}"][rows] for name in GIVEN}
        sources, given = (torch.from_numpy(expected[name]) for name in GIVEN[:2])
        pictures = seen()[rows] if pictures is None else pictures
        read: list[Source] = []
        watch = network.encoder.register_forward_hook(lambda *call: read.append(call[2]))
        logits = network(sources, pictures, given).numpy()[..., forward["probe_ids"]]
        watch.remove()
        hidden = read[0].hidden.numpy()[:, ::8]
        live, real = ~expected["encoder_padding_mask"][:, ::8], expected["prev_output_tokens"] != 1
        off = np.abs(hidden - expected["encoder_out_every8"])[live], np.abs(logits - expected["decoder_logits_probe"])[real]
        return float(off[0].max()), float(off[1].max())

    return deviation


def test_nothing_removed_is_within_both_tolerances(network: Network, seen: Seen, deviation: Deviation) -> None:
    encoder, logits = deviation(network, seen())
    assert encoder < 1e-4
    assert logits < 5e-4


@pytest.mark.parametrize("detail", WITHOUT)
def test_a_table_or_factor_that_is_missing_shows(
    network: Network, deviation: Deviation, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern, value = WITHOUT[detail]
    changed = [parameter for name, parameter in network.named_parameters() if pattern in name]
    assert changed
    for parameter in changed:
        monkeypatch.setattr(parameter, "data", torch.full_like(parameter, value))
    encoder, logits = deviation(network)
    assert logits > 5e-3
    assert encoder > 1e-3 or pattern.startswith("decoder")


@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_that_is_missing_shows(network: Network, deviation: Deviation, norm: str) -> None:
    own = network.get_submodule(norm)
    network.set_submodule(norm, nn.Identity())
    try:
        encoder, logits = deviation(network)
    finally:
        network.set_submodule(norm, own)
    assert logits > 5e-3
    assert encoder > 1e-3 or norm.startswith("decoder")


@pytest.mark.parametrize(
    ("changed", "own_trunk", "least"),
    [
        ({"attn_scale_factor": 1}, False, (1e-3, 5e-3)),
        ({"sync_bn": True}, True, (1e-3, 5e-3)),
        ({"disable_entangle": False}, False, (0, 5)),
    ],
    ids=["another attention scale", "synchronised batch norm's epsilon", "positions added to decoder tokens"],
)
def test_another_setting_shows(
    load: Load, tensors: Tensors, deviation: Deviation, changed: dict[str, Any], own_trunk: bool, least: tuple[float, float]
) -> None:
    encoder, logits = deviation(load(tensors, **changed), own_trunk=own_trunk)
    assert encoder > least[0] if least[0] else encoder < 1e-4
    assert logits > least[1]


def test_gelu_by_tanh_shows(network: Network, deviation: Deviation, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = functional.gelu
    monkeypatch.setattr(functional, "gelu", lambda x: exact(x, approximate="tanh"))
    encoder, logits = deviation(network)
    assert encoder > 3e-4
    assert logits > 1e-3


def test_weights_rounded_to_half_precision_show(load: Load, tensors: Tensors, deviation: Deviation) -> None:
    encoder, logits = deviation(load(recipe.halved(tensors)), own_trunk=True)
    assert encoder > 1e-3
    assert logits > 5e-3


def test_padding_that_is_seen_shows(network: Network, forward: Arrays, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = torch.from_numpy(forward["vqa/src_tokens"])
    monkeypatch.setattr("harness.models.biomedgpt.encoder.PAD", -1)
    with torch.inference_mode():
        hidden = network.encoder(sources, seen()).hidden.numpy()[:, ::8]
    live = ~forward["vqa/encoder_padding_mask"][:, ::8]
    assert np.abs(hidden - forward["vqa/encoder_out_every8"])[live].max() > 0.1


def _bilinear(picture: Pillow.Image) -> np.ndarray[Any, Any]:
    return np.asarray(picture.convert("RGB").resize((256, 256), Pillow.Resampling.BILINEAR), dtype=np.float32)


def _without_antialias(picture: Pillow.Image) -> np.ndarray[Any, Any]:
    whole = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float()
    return functional.interpolate(whole, size=(256, 256), mode="bicubic").clamp(0, 255)[0].permute(1, 2, 0).numpy()


def _blended(picture: Pillow.Image) -> np.ndarray[Any, Any]:
    seen = picture.convert("RGBA")
    flat = Pillow.alpha_composite(Pillow.new("RGBA", seen.size, "white"), seen)
    return np.asarray(flat.convert("RGB").resize((256, 256), Pillow.Resampling.BICUBIC), dtype=np.float32)


@pytest.mark.parametrize("resized", [_bilinear, _without_antialias, _blended])
def test_pictures_prepared_in_another_way_show(
    network: Network,
    files: Mapping[str, bytes],
    deviation: Deviation,
    resized: Callable[[Pillow.Image], np.ndarray[Any, Any]],
) -> None:
    values = np.stack([resized(Pillow.open(io.BytesIO(content))) for content in files.values()])
    encoder, logits = deviation(network, torch.from_numpy(values).permute(0, 3, 1, 2).div(255).sub(0.5).div(0.5))
    assert encoder > 1e-2
    assert logits > 1e-2
