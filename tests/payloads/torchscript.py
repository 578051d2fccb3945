"""TorchScript archives whose code was written by hand: an archive holds its code as text, so anybody can."""

from __future__ import annotations

import io
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

CODE = "net/code/__torch__/tests/payloads/torchscript.py"


class Net(nn.Module):
    """One linear layer over pooled pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(nn.functional.adaptive_avg_pool2d(x, (2, 2)).flatten(1))  # type: ignore[no-any-return]


_PLAIN = """class Net(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  last : CLASS_OF_THE_LAYER
{fields}
  def forward(self: __torch__.tests.payloads.torchscript.Net,
    x: Tensor{arguments}) -> Tensor:
{body}
    last = self.last
    return (last).forward(torch.flatten(torch.adaptive_avg_pool2d(x, [2, 2]), 1), )
{methods}
"""
_WRITES = '"{bang}", True, 16, dtype=6'
_CALL = f"torch.from_file({_WRITES})"
_OTHER = f"  def other(self: __torch__.tests.payloads.torchscript.Net) -> Tensor:\n    return torch.sum({_CALL})"


def _used(*statements: str) -> Mapping[str, str]:
    """What is not used is not computed."""
    return {"body": "\n".join(f"    {statement}" for statement in statements) + "\n    x = torch.add(x, torch.sum(y))"}


@dataclass(frozen=True, slots=True)
class Payload:
    """Something in the code of an archive."""

    code: Mapping[str, str]
    """As of `code`."""
    refused: str
    """What of it is named."""
    writes: bool = False
    """Whether it writes a file where the archive is trusted."""


IN_ITS_CODE: Mapping[str, Payload] = {
    "an operator": Payload(_used(f"y = {_CALL}"), "'torch.from_file'", writes=True),
    "an operator by its full name": Payload(_used(f"y = ops.aten.from_file({_WRITES})"), "'ops.aten.from_file'", writes=True),
    "an operator under another name": Payload(_used("f = torch.from_file", f"y = f({_WRITES})"), "'torch.from_file'", writes=True),
    "an operator inside a condition": Payload(
        _used("if torch.gt(torch.len(x), 0):", f"  y = {_CALL}", "else:", "  y = x"), "'torch.from_file'", writes=True
    ),
    "an operator inside a loop": Payload(_used("y = x", "for i in range(1):", f"  y = {_CALL}"), "'torch.from_file'", writes=True),
    "an operator as a method of a text": Payload(_used('y = ("{bang}").from_file(True, 16)'), "'from_file'"),
    "an operator as a field of a text": Payload(_used('f = getattr("{bang}", "from_file")', "y = f(True, 16)"), "'from_file'"),
    "an operator in a method that forward does not call": Payload({"methods": _OTHER}, "'torch.from_file'"),
    "an operator in a method that forward calls": Payload(
        {**_used("y = (self).other()"), "methods": _OTHER}, "'torch.from_file'", writes=True
    ),
    "an operator in the default value of an argument": Payload(
        {"arguments": f",\n    y: Tensor={_CALL}"}, "an argument of forward whose default value is computed", writes=True
    ),
    "an operator in the value of a field": Payload(
        {"fields": "  size : Final[int] = torch.len([1])"}, "a field of Net whose value is computed"
    ),
    "torch under another name": Payload({"body": f"    t = torch\n    y = t.from_file({_WRITES})"}, "'torch'"),
    "torch.save": Payload({"body": '    y = torch.save(x, "{bang}")'}, "'torch.save'"),
    "an operator of another package": Payload({"body": '    y = ops.image.write_file("{bang}", x)'}, "'ops.image.write_file'"),
    "a call into Python": Payload({"body": "    y = ^system()(x)"}, "code that cannot be read"),
    "another thread": Payload({"body": "    y = fork(self, x)"}, "'fork'"),
    "another machine": Payload({"body": '    y = rpc_async("elsewhere", x)'}, "'rpc_async'"),
    "a class of compiled code": Payload(
        {"fields": "  loader : __torch__.torch.classes.profiling.SourceStats"}, "'__torch__.torch.classes.profiling.SourceStats'"
    ),
    "an escape for the terminal": Payload({"body": '    y = print("\\033]0;owned\\007")'}, "'print'"),
    "the global generator of random numbers": Payload({"body": "    y = torch.manual_seed(0)"}, "'torch.manual_seed'"),
    "code outside of functions": Payload({"methods": f"y = {_CALL}"}, "code outside of its classes and functions"),
    "code nested 3,000 deep": Payload({"body": "    y = " + "(" * 3000 + "x" + ")" * 3000}, "code that cannot be read"),
}


def save(net: nn.Module, path: Path) -> None:
    """A network as PyTorch saves it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(net.eval()), str(path))


def write(path: Path, payload: str, bang: Path) -> None:
    """The network with a payload of `IN_ITS_CODE` in its code."""
    own = code(bang, **IN_ITS_CODE[payload].code)
    rewrite(path, lambda name, content: own if name == CODE else content)


def code(bang: Path = Path("bang"), *, fields: str = "", arguments: str = "", body: str = "", methods: str = "") -> bytes:
    """The code of the network with something put into it."""
    return _PLAIN.format(fields=fields, arguments=arguments, body=body, methods=methods).replace("{bang}", str(bang)).encode()


def rewrite(path: Path, change: Callable[[str, bytes], bytes], more: Mapping[str, bytes] | None = None) -> None:
    """The network with its parts changed, and further ones; its layer's class has a number where one was compiled before."""
    plain = path.with_suffix(".plain")
    save(Net(), plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            name = "net/" + member.partition("/")[2]
            if not name.endswith(".debug_pkl"):
                content = old.read(member)
                layer = re.search(rb"last : (\S+)", content) if name == CODE else None
                new.writestr(name, change(name, content).replace(b"CLASS_OF_THE_LAYER", layer[1] if layer else b""))
        for name, content in (more or {}).items():
            new.writestr(name, content, compress_type=zipfile.ZIP_DEFLATED)
    plain.unlink()


class Waking(Net):
    """A network whose code writes a file when it is loaded, as PyTorch itself saves it."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    @torch.jit.export
    def __getstate__(self) -> tuple[str, bool]:
        return self.path, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, bool]) -> None:
        self.path = state[0]
        self.training = bool(torch.from_file(state[0], True, 16).sum() > 0)


def write_waking(path: Path, bang: Path) -> None:
    """An archive whose ``__setstate__`` writes."""
    save(Waking(str(bang)), path)
    bang.unlink(missing_ok=True)


class _Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)


def bomb(path: Path) -> bytes:
    """A pickle that makes a file where it is trusted."""
    out = io.BytesIO()
    pickle.dump({"last.weight": _Touch(path)}, out, protocol=2)
    return out.getvalue()


def write_with_pickle(path: Path, part: str, bang: Path) -> None:
    """The network with a hostile pickle in the place of one of its own."""
    rewrite(path, lambda name, content: bomb(bang) if name == f"net/{part}" else content)
