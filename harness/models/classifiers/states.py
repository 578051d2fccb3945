"""A trainer's file as the weights of a network: the one mapping of tensors in it, under the network's own names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.errors import CorruptData, UsageError
from harness.models import tensors

_WRAPPERS = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
"""What data parallelism, torch.compile and checkpointing of activations put into the names of what they wrap."""
_COUNTS = frozenset({"n_averaged", "total_ops", "total_params"})
"""Tensors that averages of weights and counters of operations keep among a network's, by the last word of their names."""
_DEEPEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Weights by the network's names."""

    tensors: Mapping[str, torch.Tensor]
    where: str
    """In which part of the file and under which prefix they stood, for the record; empty where they were the file as it is."""


def fill(network: torch.nn.Module, path: Path, *, part: str) -> str:
    """Load a file's weights into a network; none may be missing, left over or of another shape.

    Args:
        network: What is filled.
        path: As `read_state` reads it.
        part: Likewise.

    Returns:
        In which part of the file and under which prefix they stood, for the record; empty where they were the file as it is.

    Raises:
        CorruptData: The file cannot be read, or holds other weights.
        UsageError: It holds several mappings of tensors, or none under that key.
    """
    state = read_state(path, network.state_dict(), part=part)
    try:
        network.load_state_dict(dict(state.tensors))
    except RuntimeError as error:
        raise CorruptData(f"{path}: its tensors have other shapes than the network's: {tensors.plain(error)}") from error
    return state.where


def read_state(path: Path, wanted: Mapping[str, torch.Tensor], *, part: str = "") -> State:
    """The weights in a file.

    A part or a prefix is unwrapped where that leaves one reading: a single mapping of tensors in the file whose names become the
    network's, all of them, by taking one prefix off or putting one before, and what wraps and counts left out.

    Args:
        path: A file of ``torch.save`` or safetensors; nothing in it is run.
        wanted: The network's own state dict; of names for one tensor the file need have one alone.
        part: The key, or keys with dots between, under which the mapping stands; empty looks for it.

    Raises:
        CorruptData: The file cannot be read, or holds other weights.
        UsageError: It holds several mappings of tensors, or none under that key.
    """
    content = tensors.read(path)
    parts = dict(_parts(content))
    if part and part not in parts:
        raise UsageError(f"{path}: holds no tensors under '{part}'; they stand under {_listed(parts)}.")
    if not parts:
        raise CorruptData(f"{path}: holds no mapping of names to tensors. Save it with torch.save(net.state_dict(), path).")
    same = _names_of_one(wanted)
    tried = {key: _renamed(list(parts[key]), same) for key in ([part] if part else parts)}
    fitting = [key for key, (names, _) in tried.items() if names is not None]
    if len(fitting) > 1:
        raise UsageError(f"{path}: holds weights more than once, under {_listed(fitting)}; say which: -a weights={fitting[0]}")
    if not fitting:
        nearest = max(tried, key=lambda key: len(parts[key]))
        under = f" under {nearest}" if nearest else ""
        raise CorruptData(f"{path}: not the weights of this network: {_difference(list(parts[nearest]), list(wanted))}{under}.")
    [key] = fitting
    names, prefix = tried[key][0] or {}, tried[key][1]
    where = ", ".join(words for words in (f"under {key}" if key else "", prefix) if words)
    weights = {new: parts[key][old] for old, new in names.items()}
    return State(tensors={name: weights.get(name, weights[next(n for n in same[name] if n in weights)]) for name in wanted}, where=where)


def _names_of_one(state: Mapping[str, torch.Tensor]) -> dict[str, frozenset[str]]:
    """For each name those of the same tensor, itself included: a layer that a network has twice is saved once by some."""
    by_tensor: dict[tuple[Any, ...], set[str]] = {}
    for name, tensor in state.items():
        known = (tensor.data_ptr(), tensor.shape, tensor.stride()) if tensor.numel() else (name,)
        by_tensor.setdefault(known, set()).add(name)
    return {name: frozenset(names) for names in by_tensor.values() for name in names}


def _parts(content: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    """Every mapping of names to tensors and nothing else. Those of an optimiser stand under numbers."""
    if content and all(isinstance(value, torch.Tensor) for value in content.values()):
        yield ".".join(at), dict(content)
        return
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(key, str) and len(at) < _DEEPEST and all(isinstance(name, str) for name in value):
            yield from _parts(value, (*at, key))


def _renamed(names: list[str], same: Mapping[str, frozenset[str]]) -> tuple[dict[str, str] | None, str]:
    """Each name as the network has it, and what was done to them all; None where they are others."""
    own = set(same)
    counts = [name for name in names if name.rpartition(".")[2] in _COUNTS and name not in own]
    left = f"without {', '.join(sorted({name.rpartition('.')[2] for name in counts}))}" if counts else ""
    weights = [name for name in names if name not in counts]
    bare = {name: ".".join(word for word in name.split(".") if word not in _WRAPPERS) for name in weights}
    wrappers = f"without {' and '.join(sorted(_WRAPPERS & {word for name in weights for word in name.split('.')}))} in the names"
    for given, done in (({name: name for name in weights}, ""), (bare, wrappers)):
        for renamed, how in _with_or_without_a_prefix(given, list(same)):
            there = set(renamed.values())
            if len(there) == len(renamed) and there <= own and all(there & same[name] for name in own):
                return renamed, ", ".join(words for words in (left, done, how) if words)
    return None, ""


def _with_or_without_a_prefix(given: Mapping[str, str], wanted: list[str]) -> Iterator[tuple[dict[str, str], str]]:
    """Names as they are, without each prefix that they may have, and with each that they may lack."""
    names = list(given.values())
    yield dict(given), ""
    for prefix in _prefixes(names, wanted):
        if all(name.startswith(prefix) for name in names):
            yield {old: name.removeprefix(prefix) for old, name in given.items()}, f"without the prefix {prefix}"
    for prefix in _prefixes(wanted, names):
        yield {old: prefix + name for old, name in given.items()}, f"with the prefix {prefix}"


def _prefixes(longer: list[str], shorter: list[str]) -> Iterator[str]:
    """What a name of the first may have before the first name of the second."""
    if shorter:
        ends = f".{shorter[0]}"
        yield from sorted({name.removesuffix(shorter[0]) for name in longer if name.endswith(ends)}, key=len)


def _difference(names: list[str], wanted: list[str]) -> str:
    """What one has and the other has not, once the prefix that most names have is off."""
    own = set(wanted)
    prefixes = ["", *_prefixes(names, wanted)]
    prefix = max(prefixes, key=lambda prefix: len(own & {name.removeprefix(prefix) for name in names}))
    given = {name.removeprefix(prefix) for name in names}
    sides = (("lacks", own - given), ("has, and the network does not,", given - own))
    told = [f"{verb} {len(some)} ({', '.join(itertools.islice(sorted(some), 3))})" for verb, some in sides if some]
    off = f", once the prefix '{prefix}' is off" if prefix else ""
    return f"it {'; '.join(told)}{off}"


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "no key"
