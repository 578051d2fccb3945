"""A TorchScript archive touches no file, process or other machine: not while it is loaded, and not when it answers."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from harness import models
from harness.errors import CorruptData
from harness.models.classifiers.operators import is_allowed
from tests.payloads import torchscript
from tests.payloads.torchscript import IN_ITS_CODE

SETTINGS = 'size = 8\nchannels = 1\nmean = [0.5]\nstd = [0.5]\noutput = "logits"\nlabels = ["normal", "pneumonia"]\n'


def trusting(path: Path) -> None:
    """What PyTorch does with the archive where nobody looks at it first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.load(str(path))  # type: ignore[no-untyped-call]
        module(torch.zeros(1, 1, 8, 8))


def opened(path: Path) -> None:
    path.with_suffix(".toml").write_text(SETTINGS)
    models.open_model(f"torch:{path}", {})


@pytest.mark.parametrize("payload", IN_ITS_CODE)
def test_code_in_an_archive_is_refused_by_name_before_it_is_compiled(tmp_path: Path, payload: str) -> None:
    bang, path = tmp_path / "bang", tmp_path / "net.pt"
    torchscript.write(path, payload, bang)
    with pytest.raises(CorruptData) as refused:
        opened(path)
    assert IN_ITS_CODE[payload].refused in str(refused.value)
    assert "it was not loaded" in str(refused.value)
    assert not bang.exists()


@pytest.mark.parametrize("payload", [name for name, payload in IN_ITS_CODE.items() if payload.writes])
def test_these_payloads_write_a_file_where_an_archive_is_trusted(tmp_path: Path, payload: str) -> None:
    """Else the test above would hold for want of a payload."""
    bang, path = tmp_path / "bang", tmp_path / "net.pt"
    torchscript.write(path, payload, bang)
    with contextlib.suppress(RuntimeError):  # of the sum, after the file is there
        trusting(path)
    assert bang.exists()


def test_code_that_runs_while_an_archive_is_loaded_does_not(tmp_path: Path) -> None:
    bang, path = tmp_path / "bang", tmp_path / "net.pt"
    torchscript.write_waking(path, bang)
    with pytest.raises(CorruptData, match=r"a class that runs code while it is loaded \(__setstate__\)"):
        opened(path)
    assert not bang.exists()
    with contextlib.suppress(RuntimeError):  # of the layer that is missing, after the file is there
        trusting(path)
    assert bang.exists(), "the payload does nothing where it is trusted, and shows nothing here"


@pytest.mark.parametrize("part", ["data.pkl", "constants.pkl"])
def test_a_pickle_in_an_archive_names_no_function(tmp_path: Path, part: str) -> None:
    bang, path = tmp_path / "bang", tmp_path / "net.pt"
    torchscript.write_with_pickle(path, part, bang)
    with pytest.raises(CorruptData, match=r"a pickled '[^']+', which is neither a tensor nor a class of its own"):
        opened(path)
    assert not bang.exists()


@pytest.mark.parametrize(
    ("name", "content", "refused"),
    [
        ("net/DATA.PKL", b"", "a part that is there twice"),
        ("net/data/aotinductor/model.so", b"", "compiled code"),
        ("net/constants/7", bytes(65 * 2**20), "would become 68,157,440 bytes where it is unpacked"),
    ],
)
def test_an_archive_is_its_parts_each_once_and_none_of_them_a_bomb(tmp_path: Path, name: str, content: bytes, refused: str) -> None:
    path = tmp_path / "net.pt"
    torchscript.rewrite(path, lambda _, own: own, {name: content})
    with pytest.raises(CorruptData, match=refused):
        opened(path)


def test_a_part_that_nothing_needs_is_not_loaded(tmp_path: Path) -> None:
    """Not those for phones, nor those that climb out of a folder."""
    bang, path = tmp_path / "bang", tmp_path / "net.pt"
    bomb = torchscript.bomb(bang)
    more = {"net/bytecode.pkl": bomb, "net/traced_inputs.pkl": bomb, "net/extra/notes": b"", "net/../../bang": b"out"}
    torchscript.rewrite(path, lambda _, own: own, more)
    opened(path)
    assert not bang.exists()
    assert not (tmp_path.parent / "bang").exists()


@pytest.mark.parametrize("save", [torch.jit.script, lambda net: torch.jit.trace(net, torch.zeros(1, 1, 8, 8))], ids=["scripted", "traced"])  # type: ignore[no-untyped-call]
def test_a_network_with_the_usual_language_around_its_operators_is_loaded(
    tmp_path: Path, save: Callable[..., torch.jit.ScriptModule]
) -> None:
    class Usual(torchscript.Net):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.dim() != 4:
                raise ValueError("expected 4 axes, got " + str(x.dim()))
            sizes = {"batch": x.shape[0]}
            for _ in range(2):
                x = torch.nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            total = torch.zeros([sizes["batch"], 1], dtype=x.dtype, device=x.device)
            return self.last(torch.nn.functional.adaptive_avg_pool2d(x, (2, 2)).flatten(1)) + total  # type: ignore[no-any-return]

    path = tmp_path / "net.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(Usual().eval()).save(str(path))
    opened(path)


def test_what_a_network_says_on_the_way_does_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    code = torchscript.code(body='    torch.warn("\\033]0;owned\\007", 2)')
    torchscript.rewrite(path, lambda name, own: code if name == torchscript.CODE else own)
    opened(path)  # a warning is an error in these tests


# Every text that an operator on the list takes, by the argument's name: what it means, and so why it is no path.
TEXTS = {
    "approximate": "the name of an approximation",
    "assert_msg": "what is said where an assertion fails",
    "cls": "the name of an error, which stays a text",
    "device_type": "the name of a kind of device",
    "equation": "of einsum",
    "indexing": "ij or xy",
    "interpolation": "the name of an interpolation",
    "message": "of a warning, which is left out",
    "mode": "the name of a way to fill or to interpolate",
    "msg": "of an error",
    "norm": "the name of a normalisation",
    "ord": "the name of a norm",
    "pad_mode": "the name of a way to fill",
    "padding": "same or valid",
    "padding_side": "left or right",
    "reduce": "the name of a reduction",
    "rounding_mode": "floor or trunc",
    "side": "left or right",
    "type": "the name of a device",
}
OF_TEXTS = {"a", "b", "chars", "dict", "el", "idx", "ind", "input", "inputs", "item", "key", "l", "new", "old", "s", "self", "separator",
            "string", "substr", "t", "to_add", "values"}  # fmt: skip
"""Arguments of what joins, compares, keeps and takes apart texts."""


def schemas() -> list[torch._C.FunctionSchema]:
    return list(torch._C._jit_get_all_schemas())


def test_no_operator_on_the_list_takes_a_path_a_storage_or_an_object_of_compiled_code() -> None:
    """Over all operators of the PyTorch that is installed."""
    known = TEXTS.keys() | OF_TEXTS
    strange = [
        f"{schema.name}({argument.type} {argument.name})"
        for schema in schemas()
        if is_allowed(schema.name)
        for argument in schema.arguments
        if any(kind in str(argument.type) for kind in ("Storage", "__torch__", "Stream", "Future", "RRef", "PyObject"))
        or ("str" in str(argument.type) and argument.name not in known)
    ]
    assert strange == []


@pytest.mark.parametrize("word", ["file", "save", "load", "seed", "rpc", "owner", "print", "Python", "wait", "fork", "stream", "set_data"])
def test_no_operator_on_the_list_is_named_after_files_processes_or_machines(word: str) -> None:
    assert [schema.name for schema in schemas() if word.lower() in schema.name.lower() and is_allowed(schema.name)] == []


@pytest.mark.parametrize(
    "operator",
    ["aten::from_file", "aten::save", "aten::set_", "aten::to_here", "prim::PythonOp", "prim::rpc_sync", "prim::fork", "prim::Print",
     "image::write_file", "quantized::conv2d", "c10d::send", "profiler::_record_function_enter", "static_runtime::select_tensor",
     "aten::__class__", "", "from_file"],
)  # fmt: skip
def test_these_are_not_on_the_list(operator: str) -> None:
    assert not is_allowed(operator)


def test_what_is_on_the_list_is_there_or_was() -> None:
    """A name that no operator has would be a slip of the pen."""
    names = {schema.name for schema in schemas()}
    from harness.models.classifiers import operators

    assert [name for name in operators._ATEN if not {f"aten::{name}", f"aten::{name}_"} & names] == []


def test_the_compiled_graph_is_looked_at_as_well(tmp_path: Path) -> None:
    """Where the text were read otherwise by the compiler than by us, the graph says what it became."""
    from harness.models.classifiers import script

    path = tmp_path / "net.pt"
    torchscript.write(path, "an operator in a method that forward does not call", tmp_path / "bang")
    unit = torch._C.CompilationUnit()
    load = torch._C.import_ir_module_from_buffer
    load(unit, path.read_bytes(), torch.device("cpu"), {}, False)  # type: ignore[arg-type,call-arg]
    with pytest.raises(CorruptData, match="the operator aten::from_file"):
        script._check_graphs(unit, path)
