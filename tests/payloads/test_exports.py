"""A torch.export archive holds tensors and a graph of operators: whatever else it says is refused by name, or left out."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from harness import models
from harness.errors import CorruptData
from tests.payloads.test_torchscript import SETTINGS
from tests.payloads.torchscript import Net, bomb

GRAPH, WEIGHTS = "models/model.json", "data/weights/model_weights_config.json"
Edit = Callable[[dict[str, bytes], Path], None]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "net.pt2"
    batch = torch.export.Dim("batch", min=1, max=64)
    torch.export.save(torch.export.export(Net().eval(), (torch.zeros(2, 1, 8, 8),), dynamic_shapes=({0: batch},)), path)
    return path


def opened(plain: Path, tmp_path: Path, edit: Edit) -> Path:
    """Open the archive after an edit of its parts; the file that must not be there."""
    bang, path = tmp_path / "bang", tmp_path / "net.pt2"
    with zipfile.ZipFile(plain) as old:
        folder = old.namelist()[0].partition("/")[0]
        parts = {name.removeprefix(f"{folder}/"): old.read(name) for name in old.namelist()}
    edit(parts, bang)
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(f"{folder}/{name}", content)
    path.with_suffix(".toml").write_text(SETTINGS)
    models.open_model(f"torch:{path}", {})
    return bang


def replaced(old: str, new: str) -> Edit:
    """A text in the graph's place for another; ``{bang}`` is the file."""

    def edit(parts: dict[str, bytes], bang: Path) -> None:
        text = parts[GRAPH].decode()
        assert old in text, "the format has changed"
        parts[GRAPH] = text.replace(old, json.dumps(new.replace("{bang}", str(bang)))[1:-1]).encode()

    return edit


def target(name: str) -> Edit:
    return replaced("torch.ops.aten.linear.default", name)


def fact(key: str, value: Any) -> Edit:
    """Another value of the first key of that name in the graph; ``{bang}`` is the file."""

    def edit(parts: dict[str, bytes], bang: Path) -> None:
        graph = json.loads(parts[GRAPH])
        assert _set(graph, key, value), "the format has changed"
        parts[GRAPH] = json.dumps(graph).replace("{bang}", str(bang)).encode()

    return edit


def _set(value: Any, key: str, new: Any) -> bool:
    if isinstance(value, dict):
        if key in value:
            value[key] = new
            return True
        return any(_set(inner, key, new) for inner in value.values())
    return isinstance(value, list) and any(_set(inner, key, new) for inner in value)


def _weight(parts: dict[str, bytes], **facts: Any) -> str:
    """Say something else of the first tensor; the part that it then lies in."""
    config = json.loads(parts[WEIGHTS])
    entry = next(iter(config["config"].values()))
    entry.update(facts)
    parts[WEIGHTS] = json.dumps(config).encode()
    return f"data/weights/{entry['path_name']}"


def pickled(parts: dict[str, bytes], bang: Path) -> None:
    parts[_weight(parts, use_pickle=True)] = bomb(bang)


def custom(parts: dict[str, bytes], bang: Path) -> None:
    parts[_weight(parts, path_name="custom_obj_0")] = bomb(bang)


def also(*names: str) -> Edit:
    """Further parts, each a bomb."""
    return lambda parts, bang: parts.update({name: bomb(bang) for name in names})


REFUSED = {
    "an operator that opens a file": (target("torch.ops.aten.from_file.default"), "torch.ops.aten.from_file.default"),
    "an operator of another package": (target("torch.ops.image.write_file.default"), "torch.ops.image.write_file.default"),
    "a function of Python": (target("os.system"), "os.system"),
    "a function of Python's own": (target("builtins.eval"), "builtins.eval"),
    "a private operator": (target("torch.ops.aten._foobar.default"), "torch.ops.aten._foobar.default"),
    "code as a name": (target("torch.ops.aten.linear.default)+__import__('os').system('x'"), "__import__"),
    "code as a size": (fact("expr_str", "__import__('pathlib').Path('{bang}').touch()"), "__import__"),
    "code as a symbol": (fact("expr_str", "Symbol('s0', positive=__import__('pathlib').Path('{bang}').touch())"), "__import__"),
    "a container that is a function": (replaced("builtins.tuple", "os.system"), "os.system"),
    "a pickle in the place of a tensor": (pickled, "a pickled object that is no tensor"),
    "an object of compiled code": (custom, "an object that is no tensor"),
    "a compiled library": (also("data/aotinductor/model/net.so"), "compiled code"),
    "a part under two names": (also(GRAPH.upper()), "a part that is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("payload", REFUSED)
def test_an_archive_with_more_than_a_network_is_refused_by_name(plain: Path, tmp_path: Path, payload: str) -> None:
    edit, said = REFUSED[payload]
    with pytest.raises(CorruptData) as refused:
        opened(plain, tmp_path, edit)
    assert said in str(refused.value)
    assert "it was not loaded" in str(refused.value)
    assert not (tmp_path / "bang").exists()


LEFT_OUT = {
    "guards": fact("guards_code", ["__import__('pathlib').Path('{bang}').touch()"]),
    "parts outside of the archive": also("../../bang", "extra/../../../bang"),
    "further parts": also("data/extra/notes.pkl"),
}


@pytest.mark.parametrize("edit", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_running_the_network_does_not_need_is_left_out(plain: Path, tmp_path: Path, edit: Edit) -> None:
    bang = opened(plain, tmp_path, edit)
    assert not bang.exists()
    assert not (tmp_path.parent / "bang").exists()
