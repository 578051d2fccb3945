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

_WRAPPERS = frozenset({"module", "_orig_mod"})
"""What DistributedDataParallel and torch.compile put into the names of what they wrap."""
_DEEPEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Weights by the network's names."""

    tensors: Mapping[str, torch.Tensor]
    where: str
    """In which part of the file and under which prefix they stood, for the record; empty where they were the file as it is."""


def read_state(path: Path, wanted: Iterable[str], *, part: str = "") -> State:
    """The weights in a file.

    A part or a prefix is unwrapped where that leaves one reading: a single mapping of tensors in the file, whose names become the
    network's, all of them, by taking one prefix off or putting one before.

    Args:
        path: A file of ``torch.save`` or safetensors; nothing in it is run.
        wanted: The names in the network's own state dict.
        part: The key, or keys with dots between, under which the mapping stands; empty looks for it.

    Raises:
        CorruptData: The file cannot be read, or holds other weights.
        UsageError: It holds several mappings of tensors, or none under that key.
    """
    content = tensors.read(path)
    parts = dict(_parts(content))
    if part and part not in parts:
        raise UsageError(f"{path}: holds no tensors under '{part}'; they stand under {_listed(parts)}.")
    if not part and len(parts) > 1:
        raise UsageError(f"{path}: holds weights more than once, under {_listed(parts)}; say which: -a weights={next(iter(parts))}")
    if not parts:
        raise CorruptData(f"{path}: holds no mapping of names to tensors. Save it with torch.save(net.state_dict(), path).")
    key = part or next(iter(parts))
    names, prefix = _renamed(list(parts[key]), list(wanted))
    if names is None:
        raise CorruptData(f"{path}: not the weights of this network: {_difference(set(parts[key]), set(wanted))}.")
    where = ", ".join(words for words in (f"under {key}" if key else "", prefix) if words)
    return State(tensors={new: parts[key][old] for old, new in names.items()}, where=where)


def _parts(content: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    """Every mapping of names to tensors and nothing else. Those of an optimiser stand under numbers."""
    if content and all(isinstance(value, torch.Tensor) for value in content.values()):
        yield ".".join(at), dict(content)
        return
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(key, str) and len(at) < _DEEPEST and all(isinstance(name, str) for name in value):
            yield from _parts(value, (*at, key))


def _renamed(names: list[str], wanted: list[str]) -> tuple[dict[str, str] | None, str]:
    """Each name as the network has it, and what was done to them all; None where they are others."""
    own = set(wanted)
    if set(names) == own:
        return {name: name for name in names}, ""
    for prefix in _prefixes(names, wanted):
        if {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == own and len(own) == len(names):
            return {name: name.removeprefix(prefix) for name in names}, f"without the prefix {prefix}"
    for prefix in _prefixes(wanted, names):
        if {prefix + name for name in names} == own:
            return {name: prefix + name for name in names}, f"with the prefix {prefix}"
    bare = {name: ".".join(word for word in name.split(".") if word not in _WRAPPERS) for name in names}
    if set(bare.values()) == own and len(own) == len(names):
        return bare, f"without {' and '.join(sorted(_WRAPPERS & {word for name in names for word in name.split('.')}))} in the names"
    return None, ""


def _prefixes(longer: list[str], shorter: list[str]) -> Iterator[str]:
    """What a name of the first may have before the first name of the second."""
    if shorter:
        ends = f".{shorter[0]}"
        yield from sorted({name.removesuffix(shorter[0]) for name in longer if name.endswith(ends)}, key=len)


def _difference(given: set[str], wanted: set[str]) -> str:
    sides = (("lacks", wanted - given), ("has, and the network does not,", given - wanted))
    told = [f"{verb} {len(some)} ({', '.join(itertools.islice(sorted(some), 3))})" for verb, some in sides if some]
    return "it " + "; ".join(told)


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "no key"
