"""Opening models: by a path, by the name of a function, or by a kind, ours or a plug-in's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness import models
from harness.errors import MissingData, MissingTool, ModelError, PrerequisiteError, UsageError
from tests.models.asking import ask, scene


def test_a_path_that_is_not_there_says_what_a_model_may_be() -> None:
    with pytest.raises(MissingData, match=r"nowhere\.pt2: no such file\. A model is a path, file\.py:factory"):
        models.open_model("nowhere.pt2", {})


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\x01", b"[1, 2]"], ids=["empty", "text", "binary", "json"])
def test_a_file_of_no_known_format_is_told_what_was_looked_for(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.bin"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"not recognised\. Looked for: a BiomedGPT checkpoint, a torch\.export"):
        models.open_model(str(path), {})


FACTORY = """
from harness.types import ModelInfo, Response
class Parrot:
    info = ModelInfo(name="parrot", kind="mine")
    def __init__(self, word="hi"): self.word = word
    def for_task(self, scene): return self
    def generate(self, requests): return [Response(text=self.word) for _ in requests]
"""


def test_a_users_own_factory_is_run_with_its_arguments(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FACTORY)
    backend = models.open_model(f"{path}:Parrot", {"word": "hello"})
    assert {response.text for response in ask(backend, scene("vqa_rad"))} == {"hello"}


@pytest.mark.parametrize(
    ("content", "function", "given", "error", "message"),
    [
        ("x = 1", ":Parrot", {}, UsageError, "defines no 'Parrot'"),
        ("import nonexistent_thing", ":Parrot", {}, ModelError, "importing it raised ModuleNotFoundError"),
        ("def Parrot(): return 3", ":Parrot", {}, UsageError, "returned int; it must return an object with for_task"),
        (FACTORY, ":Parrot", {"words": "hello"}, ModelError, r"mine\.py:Parrot\(words\) raised TypeError"),
        ("raise SystemExit", "", {}, UsageError, r"mine\.py: Python code runs only by the name of a function"),
    ],
    ids=["no such name", "does not import", "not a backend", "raises", "no function is named, and nothing runs"],
)
def test_a_factory_that_is_none_is_told(
    tmp_path: Path, content: str, function: str, given: dict[str, str], error: type[Exception], message: str
) -> None:
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(error, match=message):
        models.open_model(f"{tmp_path / 'mine.py'}{function}", given)


def plug_in(folder: Path, monkeypatch: pytest.MonkeyPatch, entry: str, *, name: str = "plug") -> None:
    """An installed package that announces one entry point."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[harness.models]\n{entry}\n")
    (folder / "plug_for_test.py").write_text(FACTORY + "def open_model(location, arguments):\n    return Parrot(location)\n")
    monkeypatch.syspath_prepend(str(folder))


def test_a_plug_in_adds_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "parrot = plug_for_test:open_model")
    assert {r.text for r in ask(models.open_model("parrot:hey", {}), scene("vqa_rad"))} == {"hey"}


def test_a_plug_in_never_replaces_a_kind_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "baseline = plug_for_test:open_model")
    assert models.open_model("baseline:oracle", {}).for_task(scene("vqa_rad")).info.kind == "baseline"


def test_two_kinds_of_one_name_are_an_error_that_names_both_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        plug_in(tmp_path, monkeypatch, "parrot = plug_for_test:open_model", name=name)
    with pytest.raises(PrerequisiteError, match=r"kind of model parrot: (first|second) 1\.0 and (first|second) 1\.0 both bring one"):
        models.open_model("parrot:hey", {})


def test_a_malformed_plug_in_costs_one_warning_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "parrot = plug_for_test")
    with pytest.warns(UserWarning, match="plug-in 'parrot': 'plug_for_test' is no module:function"), pytest.raises(UsageError):
        models.open_model("parrot:hey", {})


def test_a_plug_in_that_does_not_load_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "parrot = plug_that_is_gone:open_model")
    with pytest.raises(ModelError, match="plug-in plug_that_is_gone:open_model cannot be loaded"):
        models.open_model("parrot:hey", {})


def test_a_backend_whose_package_is_missing_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingTool, match=r"torch: needs the package torch; pip install 'biomed-harness\[torch\]'"):
        models.open_model("torch:net.pt2", {})
