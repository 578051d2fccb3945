"""What words and code name: another file, folder or import behind the same words is another model."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, cast

import pytest

from harness import models
from harness.base import plug_ins
from harness.models import foreign, sameness
from harness.models.code import code_of
from harness.models.named import last_part, named, shown, spelled
from harness.types import Pipelined, Scene, Task

WORKER = """
import json, sys
sys.stdin.readline()
print(json.dumps({"ready": True, "revision": "1"}), flush=True)
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "text": "yes"}), flush=True)
"""
MINE = """
from dataclasses import dataclass, field
from harness.types import ModelInfo, Response

@dataclass
class Mine:
    weights: str = ""
    rate: str = ""
    info: ModelInfo = field(default_factory=lambda: ModelInfo(name="mine", kind="mine", revision="1"))

    def for_task(self, scene):
        return self

    def generate(self, requests):
        return [Response(text="yes") for _ in requests]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two working folders with the same files in them, the first one entered."""
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "ckpt" / "shards").mkdir(parents=True)
        (folder / "w.pt").write_bytes(b"weights")
        (folder / "ckpt" / "config.json").write_text("{}")
        (folder / "ckpt" / "shards" / "1.bin").write_bytes(b"12")
        (folder / "mine.py").write_text(MINE)
        (folder / "worker.py").write_text(WORKER)
    monkeypatch.chdir(tmp_path / "one")
    return tmp_path / "one"


Digest = Callable[..., str]


Opened = Callable[..., Any]


@pytest.fixture
def opened(toy_task: Task[str]) -> Opened:
    """The model that a spec opens, by default that of the user's file."""

    def model(spec: str = "mine.py:Mine", **arguments: str) -> Any:
        return models.open_model(spec, arguments).for_task(Scene(task=toy_task, split="test", examples=()))

    return model


@pytest.fixture
def of_worker(opened: Opened) -> Digest:
    """The digest of the model behind a worker's command."""

    def digest(*words: str) -> str:
        model = opened(f"worker:{shlex.join([sys.executable, *words])}")
        model.close()
        return sameness.of_model(model.info)

    return digest


@pytest.fixture
def of_file(opened: Opened) -> Digest:
    """The digest of the model that a file's function makes."""
    return lambda *spec, **arguments: sameness.of_model(opened(*spec, **arguments).info)


def edit(path: Path, *, text: str = "WEIGHTS") -> None:
    """Other content of the same size and time, which only the content tells."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


@pytest.mark.parametrize("word", ["w.pt", "./w.pt", "--weights=w.pt", "a.pt,w.pt", "w.pt:best", "--w=w.pt --fast", "sh -c 'cat w.pt'"])
def test_a_file_is_known_by_its_content_wherever_it_stands_in_a_word(here: Path, word: str) -> None:
    before = named([word])
    assert list(before) == [str(here / "w.pt")]
    edit(here / "w.pt")
    assert named([word]) != before


@pytest.mark.parametrize("word", ["", "yes", "0.7", "http://gpu7:8000/v1", "/", "x" * 5000, "a\0b", "~nobody-of-that-name/w.pt"])
def test_words_that_name_nothing_are_words(here: Path, word: str) -> None:
    assert named([word]) == {}
    assert spelled(word) == word


def test_a_folder_is_known_by_its_files(here: Path) -> None:
    found = [named(["ckpt"])]
    (here / "ckpt" / "shards" / "1.bin").write_bytes(b"123")
    found.append(named(["ckpt"]))
    os.utime(here / "ckpt" / "shards" / "1.bin", ns=(1, 1))
    found.append(named(["ckpt"]))
    (here / "ckpt" / "shards" / "2.bin").write_bytes(b"")
    found.append(named(["ckpt"]))
    assert len({str(one) for one in found}) == 4


def test_what_running_leaves_in_a_folder_does_not_make_it_another(here: Path) -> None:
    before = named(["."])
    (here / "__pycache__").mkdir()
    (here / "__pycache__" / "worker.pyc").write_bytes(b"")
    run = here / "results" / "vqa_rad" / "mine-1" / "sample-1"
    run.mkdir(parents=True)
    (run / "run.lock").touch()
    (run / "replies.jsonl").write_text("{}")
    assert named(["."]) == before


def test_a_record_shows_no_folder_host_or_key(here: Path) -> None:
    words = ["w.pt", str(here / "ckpt"), "--key=abc", "--port", "8000", "http://gpu7.example/v1"]
    assert [shown(word) for word in words] == ["w.pt", "ckpt", "--key=…", "--port", "…", "…"]
    assert [last_part(word) for word in words] == ["w.pt", "ckpt", *words[2:]]


def test_a_workers_full_words_tell_it_from_another(of_worker: Digest, here: Path) -> None:
    commands = [
        ["worker.py"],
        ["worker.py", "w.pt"],
        ["worker.py", str(here.parent / "two" / "w.pt")],
        ["worker.py", "--url", "http://a/v1"],
        ["worker.py", "--url", "http://b/v1"],
        ["-u", "worker.py"],
        [str(here.parent / "two" / "worker.py")],
    ]
    digests = [of_worker(*words) for words in commands]
    assert len(set(digests)) == len(commands)
    assert digests == [of_worker(*words) for words in commands]
    assert of_worker("worker.py", str(here / "w.pt")) == digests[1]


def test_a_worker_is_another_one_in_another_folder(of_worker: Digest, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {of_worker("worker.py", "w.pt"), of_worker("-m", "worker")}
    monkeypatch.chdir(here.parent / "two")
    assert len(found | {of_worker("worker.py", "w.pt"), of_worker("-m", "worker")}) == 4


@pytest.mark.parametrize("changed", ["w.pt", "helper.py", "package/part.py", "worker.py"])
@pytest.mark.parametrize("started", [["worker.py"], ["-m", "worker"]], ids=["script", "module"])
def test_a_worker_whose_files_or_imports_change_is_another(of_worker: Digest, here: Path, changed: str, started: list[str]) -> None:
    (here / "package").mkdir()
    for name, text in {"helper.py": "import package.part\n", "package/__init__.py": "", "package/part.py": "X = 1\n"}.items():
        (here / name).write_text(text)
    (here / "worker.py").write_text(f"import helper\n{WORKER}")
    before = of_worker(*started, "w.pt")
    assert of_worker(*started, "w.pt") == before
    with (here / changed).open("a") as file:
        file.write("#")
    assert of_worker(*started, "w.pt") != before


def test_a_record_of_a_worker_holds_neither_folders_nor_what_follows_an_option(opened: Opened, here: Path) -> None:
    words = [sys.executable, "worker.py", str(here / "w.pt"), "--token", "secret-1", "--url=http://gpu7.example/v1"]
    model = opened(f"worker:{shlex.join(words)}")
    model.close()
    assert model.info.arguments["command"] == f"{Path(sys.executable).name} worker.py w.pt --token … --url=…"


def test_code_is_a_file_and_what_it_imports_that_is_not_installed(here: Path) -> None:
    (here / "old.py").write_text("import numpy, nearby as n  # both\nprint 'Python 2'\ndef f():\n    from deeper.inside import x\n")
    (here / "nearby.py").write_text("from __future__ import annotations\nimport old\nimport harness.types\n")
    (here / "deeper").mkdir()
    (here / "deeper" / "inside.py").write_text("import absent")
    found = [Path(path).relative_to(here).as_posix() for path in sorted(code_of(Path("old.py")))]
    assert found == ["deeper/inside.py", "nearby.py", "old.py"]


def test_a_users_code_arguments_and_their_files_tell_a_model_from_another(of_file: Digest, here: Path) -> None:
    (here / "same.py").write_text(MINE)
    told = [
        {},
        {"weights": "w.pt"},
        {"weights": "ckpt"},
        {"weights": "absent.pt"},
        {"rate": "w.pt"},
        {"spec": "same.py:Mine"},
        {"spec": str(here.parent / "two" / "mine.py:Mine")},
    ]
    digests = [of_file(**arguments) for arguments in told]
    assert len(set(digests)) == len(told)
    assert of_file(rate="1", weights="w.pt") == of_file(weights=str(here / "w.pt"), rate="1")
    edit(here / "w.pt")
    assert of_file(weights="w.pt") != digests[1]


def test_code_that_is_edited_runs_and_is_another_model_though_it_gives_a_revision(opened: Opened, here: Path) -> None:
    """Of the same size and second: compiled code kept beside a file would not know."""
    found = []
    for text in ("yes", "not", "yes"):
        edit(here / "mine.py", text=MINE.replace("yes", text))
        model = opened()
        assert model.info.revision.startswith("1, mine.py@")
        assert model.generate([None])[0].text == text
        found.append(sameness.of_model(model.info))
    assert found[0] == found[2] != found[1]


def test_what_a_users_code_imports_is_its_code(of_file: Digest, here: Path) -> None:
    (here / "helper.py").write_text("RATE = 1\n")
    (here / "mine.py").write_text(MINE.replace("return [Resp", "import helper; return [Resp"))
    before = of_file()
    (here / "helper.py").write_text("RATE = 2\n")
    assert of_file() != before


def test_two_files_of_one_name_are_two_modules(here: Path) -> None:
    (here.parent / "two" / "mine.py").write_text(MINE.replace("class Mine", "class Yours"))
    first = foreign.load_function(Path("mine.py"), "Mine")
    other = foreign.load_function(here.parent / "two" / "mine.py", "Yours")
    assert isinstance(first, type)
    assert isinstance(other, type)
    assert first.__module__ != other.__module__
    assert sys.modules[first.__module__].Mine is first


PIPELINED = """
class Ahead(Mine):
    def partition(self, requests, size):
        return [range(len(requests))]

    def prepare(self, requests):
        return requests

    def answer(self, prepared):
        return self.generate(prepared)

    def stream(self, prepared):
        yield from enumerate(self.generate(prepared))

    def close(self):
        self.closed = True
"""


def test_a_users_model_keeps_all_that_it_can_do(here: Path, opened: Opened) -> None:
    (here / "mine.py").write_text(MINE + PIPELINED)
    plain, ahead = opened(), opened("mine.py:Ahead")
    assert not isinstance(plain, Pipelined)
    assert not hasattr(plain, "close")
    assert isinstance(cast("object", ahead), Pipelined)
    assert [response.text for response in ahead.answer(ahead.prepare([1, 2]))] == ["yes", "yes"]
    assert [place for place, _ in ahead.stream([1, 2])] == [0, 1]
    ahead.close()
    assert ahead.closed


def test_a_plug_in_is_its_package_version_place_and_arguments(here: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "announced.py").write_text(f"{MINE}\ndef opened(location, arguments):\n    return Mine()\n")
    monkeypatch.syspath_prepend(str(here))

    def digest(version: str, location: str, **arguments: str) -> str:
        point = EntryPoint("theirs", "announced:opened", "harness.models")
        monkeypatch.setattr(plug_ins, "announced", lambda _group: [(point, f"their-package {version}")])
        model = opened(f"theirs:{location}", **arguments)
        assert model.info.revision == f"1, their-package {version}"
        return sameness.of_model(model.info)

    told: Sequence[tuple[str, str, dict[str, str]]] = [
        ("1.0", "w.pt", {}),
        ("1.1", "w.pt", {}),
        ("1.0", "ckpt", {}),
        ("1.0", "w.pt", {"rate": "1"}),
    ]
    digests = [digest(version, location, **arguments) for version, location, arguments in told]
    assert len(set(digests)) == len(told)
    assert digest("1.0", "w.pt") == digests[0]
    edit(here / "w.pt")
    assert digest("1.0", "w.pt") != digests[0]


def test_a_model_says_nothing_of_its_own_identity_that_is_lost(here: Path, of_file: Digest) -> None:
    before = of_file()
    (here / "mine.py").write_text(MINE.replace('revision="1"', 'revision="1", identity="a"'))
    assert of_file() != before


def test_the_info_of_a_users_model_is_otherwise_its_own_and_the_model_is_as_it_is(here: Path, opened: Opened) -> None:
    (here / "mine.py").write_text(MINE.replace('kind="mine"', 'kind="mine", note="made on Monday", arguments={"rate": "own"}'))
    model = opened(weights=str(here / "w.pt"), rate="2")
    assert (model.info.name, model.info.note, model.info.arguments) == ("mine", "made on Monday", {"weights": "w.pt", "rate": "own"})
    assert model.weights == str(here / "w.pt")
