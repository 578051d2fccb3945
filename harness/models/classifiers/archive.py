"""A torch.export archive, checked part by part and packed anew, so that what was checked is what is loaded.

``torch.export.load`` trusts its file: it unpickles objects, loads compiled libraries, and evaluates the names and size expressions
of the graph as Python. Here an archive may hold tensors and a graph of ATen operators, and nothing else reaches PyTorch.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from harness.models.classifiers.operators import is_allowed
from harness.models.classifiers.parts import packed, read_parts, refusal

_GRAPHS = ("models/model.json", "serialized_exported_program.json")
_KEPT = re.compile(
    r"models/model\.json|data/(weights|constants|sample_inputs)/[\w.-]+|archive_format|archive_version|byteorder|\.data/[\w.-]+"
    # up to PyTorch 2.7
    r"|version|serialized_exported_program\.json|serialized_(state_dict|constants|example_inputs)\.pt"
)
_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
_OPERATOR = re.compile(
    r"torch\.ops\.(?P<space>aten|prims)\.(?P<name>(?!__)\w+)\.(?!__)\w+"
    r"|torch\.ops\.higher_order\.(wrap_with_set_grad_enabled|wrap_with_autocast)"
    r"|_operator\.(getitem|add|sub|mul|truediv|floordiv|mod|pow|neg|eq|ne|lt|le|gt|ge|and_|or_|not_)"
    r"|torch\.sym_[a-z]+|math\.(ceil|floor|trunc|sqrt)"
)
_SYMBOL = re.compile(r"Symbol\('\w+'(, (positive|integer|nonnegative)=True)*\)|Float\('[\d.e+-]+', precision=\d+\)")
_EXPRESSION = re.compile(
    r"([\s\d+*/%(),<>=-]|\d\.\d|\b(?:u|s|zuf|zf)\d+\b"
    r"|\b(?:Add|Mul|Pow|Integer|Rational|Equality|Unequality|StrictLessThan|LessThan|StrictGreaterThan|GreaterThan|Mod|PythonMod|Max|Min"
    r"|FloorDiv|CeilDiv|CleanDiv|ModularIndexing|IntTrueDiv|FloatTrueDiv|PowByNatural|FloatPow|TruncToInt"
    r"|TruncToFloat|RoundToInt|FloorToInt|CeilToInt|ToFloat|Identity|Where|Eq|Ne|Lt|Le|Gt|Ge|floor|ceiling|oo|int_oo|True|False)\b)*"
)
_NAME = re.compile(r"[\w.+*@;-]*")
_CONTAINERS = frozenset({None, "builtins.tuple", "builtins.list", "builtins.dict"})


def checked_export(path: Path) -> io.BytesIO:
    """The archive with nothing in it but tensors and a graph of ATen operators, ready for `torch.export.load`.

    Traces, guards and extra files are left out: running the network needs none of them.

    Raises:
        CorruptData: A part could run code when it is loaded, or is not what it should be; the message names the part.
    """
    parts = read_parts(path, _KEPT)
    for config in _CONFIGS:
        if config in parts:
            _check_config(path, config, parts)
    for name in parts:
        if name.endswith(".pt") and parts[name]:
            parts[name] = _resaved(path, name, parts[name])
        elif name in _GRAPHS:
            parts[name] = json.dumps(_clean(json.loads(parts[name]), "", f"{path}: {name}")).encode()
    return packed(parts, "" if "version" in parts else "checkpoint/")


def _check_config(path: Path, config: str, parts: dict[str, bytes]) -> None:
    """Every tensor that the table of contents names is a plain one; those kept as pickles are saved anew."""
    folder = config.rpartition("/")[0]
    entries: Mapping[str, Mapping[str, Any]] = json.loads(parts[config])["config"]
    for entry in entries.values():
        name = f"{folder}/{entry['path_name']}"
        if name not in parts or entry["path_name"].lower().startswith(("custom_obj", "opaque_obj")):
            raise refusal(f"{path}: {name}", "an object that is no tensor")
        if entry["use_pickle"] and not name.endswith(".pt"):
            parts[name] = _resaved(path, name, parts[name])


def _resaved(path: Path, name: str, content: bytes) -> bytes:
    try:
        tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        raise refusal(f"{path}: {name}", "a pickled object that is no tensor") from error
    out = io.BytesIO()
    torch.save(tensors, out)
    return out.getvalue()


def _clean(value: Any, key: str, where: str) -> Any:
    """The graph without its traces and guards; every text in it is a literal, or cannot be code."""
    if isinstance(value, dict):
        for name in value:
            _expect(_NAME.fullmatch(name), name, where)
        dropped: dict[str, Any] = {"metadata": {}, "guards_code": []}
        return {name: dropped[name] if name in dropped else _clean(inner, name, where) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner, key, where) for inner in value]
    if not isinstance(value, str) or key in ("as_string", "as_strings"):  # these two stand in the graph as literals
        return value
    if key in ("target", "as_operator"):
        match = _OPERATOR.fullmatch(value)
        _expect(match and (match["space"] != "aten" or is_allowed(f"aten::{match['name']}")), value, where)
    elif key == "expr_str":
        _expect(_EXPRESSION.fullmatch(_SYMBOL.sub("", value)), value, where)
    elif key in ("in_spec", "out_spec"):
        for container in _containers(json.loads(value) if value else None):
            _expect(container in _CONTAINERS, str(container), where)
    else:
        _expect(_NAME.fullmatch(value), value, where)
    return value


def _containers(spec: Any) -> Iterator[Any]:
    """The container types of a nested argument list."""
    if isinstance(spec, dict):
        if "type" in spec:
            yield spec["type"]
        for inner in spec.values():
            yield from _containers(inner)
    elif isinstance(spec, list):
        for inner in spec:
            yield from _containers(inner)


def _expect(fits: object, text: str, where: str) -> None:
    if not fits:
        raise refusal(where, f"'{text[:80]}', which is neither an ATen operator nor a plain name or size")
