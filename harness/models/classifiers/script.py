"""A TorchScript archive, read as text before anything in it is compiled, and looked at once more when it is.

TorchScript cannot call Python, but its operators write files (``torch.from_file``), and it runs code while it is loaded: default values
of arguments, ``__setstate__``, and whatever the compiler computes in advance. So the code of the archive is read first: it may hold
classes, functions and plain values, and name no operator that is not on the list (`operators`). Then only what was read is loaded, and
every operator of what was compiled has to be on the list as well, before the first call.
"""

from __future__ import annotations

import ast
import pickletools
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from harness.models.classifiers.operators import is_allowed
from harness.models.classifiers.parts import packed, read_parts, refusal

_KEPT = re.compile(r"code/__torch__(/\w+)*\.py|(data|constants)\.pkl|(data|constants)/\w+|(\.data/)?version|byteorder")
_FUNCTIONS = frozenset(
    "annotate bool complex dict enumerate float getattr hasattr int isinstance len list max min abs all any range round sorted str"
    " sum tuple unchecked_cast uninitialized zip".split()
)
"""Of TorchScript's own that code may call by a bare name."""
_PICKLED = re.compile(
    r"__torch__\.(?!torch\.classes\b)[\w.]+ \w+|__torch__ \w+|collections OrderedDict|torch device"
    r"|torch\._utils _rebuild_(tensor_v2|parameter|qtensor)|torch\.jit\._pickle \w+|torch (\w+Storage|serialization\._get_layout)"
)
_SYNTAX = (
    ast.Module, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Pass,
    ast.If, ast.While, ast.For, ast.With, ast.withitem, ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Constant, ast.Subscript,
    ast.Slice, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.IfExp, ast.Starred, ast.expr_context, ast.unaryop,
    ast.BinOp, ast.operator, ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop, ast.AugAssign, ast.Assert, ast.Break, ast.Continue,
)  # fmt: skip
_TYPE = (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.expr_context)


def load_script(path: Path, device: torch.device) -> Any:
    """The module in the archive, on its device, after both looks at it.

    Raises:
        CorruptData: The code names an operator that is not on the list, or would run while it is loaded; the message names it.
    """
    parts = read_parts(path, _KEPT)
    methods = frozenset(name for text in _texts(parts) for name in re.findall(r"\bdef (\w+)", text))
    for name, content in parts.items():
        if name.endswith(".py"):
            _check_code(content, methods, f"{path}: {name}")
        elif name.endswith(".pkl"):
            _check_pickle(content, f"{path}: {name}")
    unit = torch._C.CompilationUnit()
    load: Any = torch._C.import_ir_module_from_buffer  # declared for a file, and for less than it takes
    module = load(unit, packed(parts, "net/").getvalue(), device, {}, False)
    _check_graphs(unit, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the format is deprecated; files in it are not going away
        return torch.jit._recursive.wrap_cpp_module(module)  # type: ignore[no-untyped-call]


def _texts(parts: Mapping[str, bytes]) -> Iterator[str]:
    return (content.decode("utf-8", "replace") for name, content in parts.items() if name.endswith(".py"))


def _check_code(content: bytes, methods: frozenset[str], where: str) -> None:
    """Nothing runs while the code is loaded, and it names no operator that is not on the list."""
    try:
        tree = ast.parse(content.decode("ascii"))
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise refusal(where, f"code that cannot be read ({type(error).__name__})") from error
    for node in nodes:
        if not isinstance(node, _SYNTAX):
            raise refusal(where, f"code with {type(node).__name__} in it")
        if isinstance(node, ast.FunctionDef):
            if node.name == "__setstate__":
                raise refusal(where, "a class that runs code while it is loaded (__setstate__)")
            values = (*node.args.defaults, *(value for value in node.args.kw_defaults if value is not None), *node.decorator_list)
            if not all(map(_is_plain, values)):
                raise refusal(where, f"an argument of {node.name} whose default value is computed while it is loaded")
        elif isinstance(node, ast.ClassDef):
            _check_class(node, where)
    unread = [statement for statement in tree.body if not isinstance(statement, (ast.ClassDef, ast.FunctionDef))]
    if unread:
        raise refusal(where, "code outside of its classes and functions")
    _check_names(nodes, methods, where)


def _check_class(node: ast.ClassDef, where: str) -> None:
    """Its fields have types, and plain values if any."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):  # __annotations__["0"] = …
            if not all(isinstance(inner, _TYPE) for inner in ast.walk(statement.value)):
                raise refusal(where, f"a field of {node.name} whose type is computed")
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            if statement.value is not None and not _is_plain(statement.value):
                raise refusal(where, f"a field of {node.name} whose value is computed while it is loaded")
        elif not isinstance(statement, (ast.FunctionDef, ast.Pass)):
            raise refusal(where, f"code in {node.name} outside of its functions")


def _is_plain(value: ast.expr) -> bool:
    """Whether it is a value, not an expression; ``inf`` and ``nan`` are names here, and enumerations fields."""
    plain = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub, ast.UAdd, ast.expr_context)
    return all(
        isinstance(node, plain) or (isinstance(node, ast.Name) and node.id in ("inf", "nan", "infj", "nanj")) for node in ast.walk(value)
    )


def _check_names(nodes: list[ast.AST], methods: frozenset[str], where: str) -> None:
    """Every operator that is named is on the list, whether it is called there or kept under another name."""
    led = {id(node.value): node for node in nodes if isinstance(node, ast.Attribute)}
    local = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    local |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    inside: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in ("torch", "ops", "__torch__"):
            chain, names = node, [node.id]
            while id(chain) in led:
                chain = led[id(chain)]  # type: ignore[assignment]
                inside.add(id(chain))
                names.append(chain.attr)  # type: ignore[attr-defined]
            _check_chain(names, where)
    for node in nodes:
        if isinstance(node, ast.Attribute) and id(node) not in inside:
            _expect(not _is_refused_operator(node.attr) and (id(node) not in called or node.attr in methods), node.attr, where)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            _expect(node.func.id in _FUNCTIONS | local, node.func.id, where)
            if node.func.id in ("getattr", "hasattr"):
                field = node.args[1] if len(node.args) == 2 else None
                text = field.value if isinstance(field, ast.Constant) and isinstance(field.value, str) else ""
                _expect(text and not _is_refused_operator(text), text or node.func.id, where)


def _check_chain(names: list[str], where: str) -> None:
    """A dotted name that begins with one of TorchScript's own modules."""
    root, *rest = names
    if root == "__torch__":
        fits = rest[:2] != ["torch", "classes"]
    elif root == "torch":
        fits = len(rest) == 1 and is_allowed(f"aten::{rest[0]}")
    else:
        fits = len(rest) == 2 and is_allowed(f"{rest[0]}::{rest[1]}")
    _expect(fits, ".".join(names), where)


def _expect(fits: object, name: str, where: str) -> None:
    if not fits:
        raise refusal(where, f"'{name[:80]}', which is not on the list of what a network may call")


def _is_refused_operator(name: str) -> bool:
    """Whether a field of that name could be an operator instead, called on what stands before the dot."""
    known = any(torch._C._jit_get_schemas_for_operator(f"{space}::{name}") for space in ("aten", "prim"))
    return known and not is_allowed(f"aten::{name}") and not is_allowed(f"prim::{name}")


def _check_pickle(content: bytes, where: str) -> None:
    """The pickle names tensors and the archive's own classes alone."""
    try:
        named = [str(argument) for opcode, argument, _ in pickletools.genops(content) if opcode.name in ("GLOBAL", "INST")]
        others = {opcode.name for opcode, _, _ in pickletools.genops(content)} & {"STACK_GLOBAL", "EXT1", "EXT2", "EXT4"}
    except ValueError as error:
        raise refusal(where, "a pickle that cannot be read") from error
    unknown = next((name for name in named if not _PICKLED.fullmatch(name)), None) or next(iter(others), None)
    if unknown:
        raise refusal(where, f"a pickled '{unknown}', which is neither a tensor nor a class of its own")


def _check_graphs(unit: Any, path: Path) -> None:
    """Every operator that was compiled is on the list; what a network says on the way is left out."""
    seen: set[str] = set()
    while new := [function for function in unit.get_functions() if function.qualified_name not in seen]:
        for function in new:
            seen.add(function.qualified_name)
            for node in list(_nodes(function.graph)):
                if not is_allowed(node.kind()):
                    raise refusal(f"{path}: {function.qualified_name}", f"the operator {node.kind()}")
                if node.kind() == "aten::warn":
                    node.destroy()


def _nodes(block: Any) -> Iterator[Any]:
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _nodes(inner)
