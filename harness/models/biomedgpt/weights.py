"""From a file's tensors to a network: every tensor is accounted for by name and shape before one of them is used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import torch

from harness.errors import CorruptData
from harness.models.biomedgpt.container import Checkpoint, Tensors
from harness.models.biomedgpt.decoder import Network
from harness.models.biomedgpt.positions import image_buckets, n_image_buckets, token_buckets
from harness.models.biomedgpt.settings import Architecture

EMBEDDING = "encoder.embed_tokens.weight"
_TIED = ("decoder.embed_tokens.weight", "decoder.output_projection.weight")
"""The same matrix as `EMBEDDING`, stored again by files of half-precision training."""
_TRUNK = "encoder.embed_images."
_IGNORED = re.compile(r"(encoder|decoder)\.version|.*\.num_batches_tracked|decoder\.image_position_idx|classification_heads\..*")
"""Counters and leftovers; the last index buffer has another length in other versions of OFA and is overwritten by all."""
_BUCKETS = re.compile(r"(encoder|decoder)\.(token|image)_rp_bucket")
_NAMED = 6


@lru_cache(maxsize=4)  # one file is checked, counted and hashed by it, for every task that it takes on
def inventory(config: Architecture) -> Mapping[str, tuple[int, ...]]:
    """Name and shape of every tensor that a checkpoint of this architecture holds, `_IGNORED` and tables of integers left out.

    Those that evaluation never looks at are among them: a file that lacks one was not written by the trainer.
    """
    with torch.device("meta"):
        used = Network(config).state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in used.items() if not _IGNORED.fullmatch(name)}
    shapes |= dict.fromkeys(_TIED, shapes[EMBEDDING])
    shapes["decoder.embed_image_positions.weight"] = shapes["encoder.embed_image_positions.weight"]
    for norm in ("code_layernorm_embedding", "image_pos_ln"):
        shapes |= {f"decoder.{norm}.{part}": (config.width,) for part in ("weight", "bias")}
    for layer in range(config.decoder_layers):
        shapes[f"decoder.image_rel_pos_table_list.{layer}.weight"] = (n_image_buckets(config.image_buckets), config.heads)
    return MappingProxyType(shapes)


def check(checkpoint: Checkpoint, which: str) -> None:
    """Refuse weights that are not exactly those that the file's own settings describe.

    Raises:
        CorruptData: Tensors are missing, not expected, of another shape, not numbers, or copies that differ; they are named.
    """
    tensors, config = checkpoint.weights[which], checkpoint.architecture
    expected = inventory(config)
    optional = set(_TIED)  # the transformers layout stores the shared matrix once
    missing = [name for name in expected if name not in tensors and name not in optional]
    extra = [name for name in tensors if name not in expected and not _IGNORED.fullmatch(name) and not _BUCKETS.fullmatch(name)]
    shapes = [
        f"{name} is {list(tensors[name].shape)}, the settings say {list(shape)}"
        for name, shape in expected.items()
        if name in tensors and tuple(tensors[name].shape) != shape
    ]
    problems = [
        f"{what} {len(names)} tensor{'s' * (len(names) > 1)}: {', '.join(names[:_NAMED])}{', …' * (len(names) > _NAMED)}"
        for what, names in (("lacks", missing), ("has unexpected", extra), ("has another shape of", shapes))
        if names
    ]
    problems += [f"{name} holds {tensors[name].dtype}" for name in expected if name in tensors and not tensors[name].is_floating_point()]
    if problems:
        raise CorruptData(
            f"{checkpoint.path}: its {which} weights do not fit its settings (width {config.width}, {config.encoder_layers} +"
            f" {config.decoder_layers} layers): it {'; it '.join(problems)}. The file was edited, or is of another kind of model."
        )
    for name in _TIED:
        if name in tensors and not _same(tensors[EMBEDDING], tensors[name]):
            raise CorruptData(f"{checkpoint.path}: {name} differs from {EMBEDDING}; the checkpoint must share one matrix. It was edited.")
    _check_buckets(checkpoint, tensors)


def build(checkpoint: Checkpoint, which: str, *, device: torch.device, dtype: torch.dtype) -> Network:
    """The network with its weights, ready to evaluate.

    On the CPU and in the file's own precision the weights stay mapped from the file, those of the image trunk apart: its batch norms are
    folded into its convolutions, in single precision.
    """
    tensors = checkpoint.weights[which]
    with torch.device("meta"):
        network = Network(checkpoint.architecture)
    names = [name for name in network.state_dict() if not _IGNORED.fullmatch(name) and name not in _TIED]
    state = {name: tensors[name].to(device, torch.float32 if name.startswith(_TRUNK) else dtype) for name in names}
    state[_TIED[0]] = state[EMBEDDING]
    network.load_state_dict(state, strict=False, assign=True)
    config = checkpoint.architecture
    buckets = token_buckets(config.token_buckets).to(device)
    network.encoder.token_rp_bucket = network.decoder.token_rp_bucket = buckets
    network.encoder.image_rp_bucket = image_buckets(config.image_buckets).to(device)
    network.eval().requires_grad_(requires_grad=False)
    network.encoder.embed_images.fold()
    network.encoder.embed_images.to(dtype)
    return network


def digest(tensors: Tensors, config: Architecture) -> str:
    """SHA-256 over the names and values of the weights that answer, in order of name.

    The same for a file with and without optimizer state, with and without copies of the shared matrix, and in either layout.
    """
    total = hashlib.sha256()
    for name in sorted(set(inventory(config)) - set(_TIED)):
        tensor = tensors[name].contiguous()
        total.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        total.update(tensor.view(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def n_parameters(config: Architecture) -> int:
    """Trained numbers, the shared matrix counted once and stored statistics left out."""
    statistics = ("running_mean", "running_var")
    shapes = inventory(config)
    return sum(torch.Size(shape).numel() for name, shape in shapes.items() if name not in _TIED and not name.endswith(statistics))


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.data_ptr() == other.data_ptr() or torch.equal(one, other)


def _check_buckets(checkpoint: Checkpoint, tensors: Mapping[str, torch.Tensor]) -> None:
    """The tables of integers are recomputed; a file whose own differ would silently mean something else."""
    config = checkpoint.architecture
    stored = {name: match.group(2) for name in sorted(tensors) if (match := _BUCKETS.fullmatch(name))}
    computed = {"token": token_buckets(config.token_buckets), "image": image_buckets(config.image_buckets)} if stored else {}
    for name, kind in stored.items():
        if not torch.equal(tensors[name], computed[kind]):
            raise CorruptData(f"{checkpoint.path}: {name} is not the table of this architecture; the file was edited or its settings were.")
