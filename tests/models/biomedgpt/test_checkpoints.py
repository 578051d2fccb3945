"""Checkpoint files and folders as people have them, opened by a bare path: what runs and what it says of itself, or the message."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from harness import models
from harness.data import catalog
from harness.errors import HarnessError
from harness.types import Scene
from tests.models import asking
from tests.models.biomedgpt import recipe

WHAT_RUNS = {
    "BiomedGPT checkpoints": {
        "a file of the trainer, asked a question": "runs, freely, and says that the official evaluation has a list",
        "the same with `-a answers=`": "runs, with the list, and says what it holds",
        "a file with averaged weights": "runs, with them",
        "a file of the older trainer, which has `args` and no `cfg`": "runs",
        "a pretrained file (`unify_task`)": "runs, zero-shot, and says that no list constrains it",
        "an instruction-tuned file (`unconstrained_training`)": "runs, freely, and says that it was trained so",
        "the same with `-a answers=`, which it was trained without": "runs, with the list, and says so",
        "a folder of transformers (`ofa`), vocabulary inside": "runs, zero-shot, and says that the folder names no task",
        "a file whose `constraint_range` leaves out codes and boxes": "runs, and writes words alone",
        "a file whose `constraint_range` leaves out words": "constraint_range as 58457,59457: it writes those tokens alone",
        "a file whose `constraint_range` is no range": "constraint_range as 'words'; it must be two numbers",
        "a file of an unknown `prompt_type`": "prompt_type as 'prefix', which the trainer does not know",
        "a file with adapters": "adapter is on",
        "a file without its settings": "the model's settings (args, or cfg with model and task) were stripped from it",
        "its weights alone": "holds BiomedGPT's weights alone",
        "a file that was cut off": "it begins as PyTorch's files do and was cut off after 100,000 bytes",
        "a web page in its place": "a web page where a checkpoint is expected",
        "a Git LFS pointer in its place": "a Git LFS pointer, not the file itself",
        "a folder with a web page in the place of its weights": "a web page where a checkpoint is expected",
        "a folder with a pointer in the place of its weights": "a Git LFS pointer, not the file itself",
        "a folder with a web page in the place of its settings": "a web page where a checkpoint is expected",
        "the file of weights in a folder of transformers": "name the folder: biomedgpt:",
        "a folder of transformers as `hf:`": "transformers has no such architecture. The harness runs it by itself: biomedgpt:",
    }
}
[OUTCOMES] = WHAT_RUNS.values()
PAGE = b"<!DOCTYPE html>\n<html><head><title>Download</title></head></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 2188\n"
ANSWERS = {"answers": "ANSWERS"}
SMALL = {"patch_image_size": 64}


def file(folder: Path, model: Mapping[str, torch.Tensor], **settings: Any) -> Path:
    torch.save(recipe.container(model, recipe.MINI, **settings), folder / "model.pt")
    return folder / "model.pt"


def older(content: dict[str, Any]) -> None:
    """Settings of model and task in one record, as before ``cfg``."""
    cfg = content.pop("cfg")
    task = cfg["task"].pop("_name")
    content["args"] = argparse.Namespace(task=task, **cfg["task"], **vars(cfg["model"]))


def folder(root: Path, model: Mapping[str, torch.Tensor], invented: Path) -> Path:
    (root / "config.json").write_text(json.dumps(recipe.port(recipe.MINI)))
    torch.save({recipe.port_name(name): tensor for name, tensor in model.items()}, root / "pytorch_model.bin")
    for name in ("encoder.json", "vocab.bpe", "dict.txt"):
        shutil.copy(invented / name, root / name)
    return root


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path.parent if path.parent.name == "ofa" else path


@pytest.fixture
def made(
    thin: Mapping[str, torch.Tensor], averaged: Mapping[str, torch.Tensor], invented: Path, tmp_path: Path
) -> Iterator[Callable[[str], tuple[str, dict[str, str]]]]:
    """What is given of the table, as the name of a model and its arguments."""

    def changed(change: Callable[[dict[str, Any]], Any]) -> Path:
        content = recipe.container(thin, recipe.MINI, **SMALL)
        torch.save(change(content) or content, tmp_path / "model.pt")
        return tmp_path / "model.pt"

    def with_adapter(content: dict[str, Any]) -> None:
        content["cfg"]["model"].adapter = True

    def plain(**settings: Any) -> Path:
        return file(tmp_path, thin, **SMALL, **settings)

    def port() -> Path:
        (tmp_path / "ofa").mkdir()
        return folder(tmp_path / "ofa", thin, invented)

    makers: Mapping[str, tuple[Callable[[], Path], Mapping[str, str]]] = {
        "a file of the trainer, asked a question": (plain, {}),
        "the same with `-a answers=`": (plain, ANSWERS),
        "a file with averaged weights": (lambda: plain(ema=recipe.thin(averaged)), {}),
        "a file of the older trainer, which has `args` and no `cfg`": (lambda: changed(older), {}),
        "a pretrained file (`unify_task`)": (lambda: plain(_name="unify_task"), {"max_len": "4"}),
        "an instruction-tuned file (`unconstrained_training`)": (lambda: plain(unconstrained_training=True), {}),
        "the same with `-a answers=`, which it was trained without": (lambda: plain(unconstrained_training=True), ANSWERS),
        "a folder of transformers (`ofa`), vocabulary inside": (port, {"max_len": "4", "image_size": "64"}),
        "a file whose `constraint_range` leaves out codes and boxes": (lambda: plain(constraint_range="4,50265"), {}),
        "a file whose `constraint_range` leaves out words": (lambda: plain(constraint_range="58457,59457"), {}),
        "a file whose `constraint_range` is no range": (lambda: plain(constraint_range="words"), {}),
        "a file of an unknown `prompt_type`": (lambda: plain(prompt_type="prefix"), {}),
        "a file with adapters": (lambda: changed(with_adapter), {}),
        "a file without its settings": (lambda: changed(lambda content: {"model": content["model"]}), {}),
        "its weights alone": (lambda: changed(lambda content: content["model"]), {}),
        "a file that was cut off": (lambda: put(tmp_path / "model.pt", plain().read_bytes()[:100_000]), {}),
        "a web page in its place": (lambda: put(tmp_path / "model.pt", PAGE), {}),
        "a Git LFS pointer in its place": (lambda: put(tmp_path / "model.pt", POINTER), {}),
        "a folder with a web page in the place of its weights": (lambda: put(port() / "pytorch_model.bin", PAGE), {}),
        "a folder with a pointer in the place of its weights": (lambda: put(port() / "pytorch_model.bin", POINTER), {}),
        "a folder with a web page in the place of its settings": (lambda: put(port() / "config.json", PAGE), {}),
        "the file of weights in a folder of transformers": (lambda: port() / "pytorch_model.bin", {}),
        "a folder of transformers as `hf:`": (port, {}),
    }
    assert makers.keys() == OUTCOMES.keys()

    def made(what: str) -> tuple[str, dict[str, str]]:
        make, given = makers[what]
        path = make()
        (tmp_path / "answers.txt").write_text("yes\nno\nleft lung\n")
        arguments = {name: str(tmp_path / "answers.txt") if value == "ANSWERS" else value for name, value in given.items()}
        as_hf = what.endswith("`hf:`")
        own = as_hf or path.is_dir()
        return f"hf:{path}" if as_hf else str(path), {**arguments, "device": "cpu", **({} if own else {"bpe": str(invented)})}

    yield made
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def scene() -> Scene:
    own = replace(catalog.task("vqa_rad").decoding, max_new_tokens=3)
    return asking.scene("vqa_rad", 2, decoding=own)


NOTES = {  # what a run that answers says of itself
    "a file of the trainer, asked a question": "answers are written freely; the official evaluation chooses from a list (-a answers=FILE)",
    "the same with `-a answers=`": "chooses among 3 given answers, which hold",
    "a pretrained file (`unify_task`)": "zero-shot: no list constrains its answers, and they do not begin with the question",
    "an instruction-tuned file (`unconstrained_training`)": "the file was trained without a list of answers (unconstrained_training) and is"
    " asked so: answers are written freely",
    "the same with `-a answers=`, which it was trained without": "the file was trained without a list of answers (unconstrained_training)"
    " and chooses from one here",
    "a folder of transformers (`ofa`), vocabulary inside": "zero-shot, because the file does not say what it was trained for: no list",
}


@pytest.mark.parametrize("what", OUTCOMES)
def test_what_runs(what: str, made: Callable[[str], tuple[str, dict[str, str]]], scene: Scene) -> None:
    if what.endswith("`hf:`"):
        pytest.importorskip("transformers", reason="needs the extra hf")
    spec, given = made(what)
    if not OUTCOMES[what].startswith("runs"):
        with pytest.raises(HarnessError) as refused:
            models.open_model(spec, given).for_task(scene)
        assert OUTCOMES[what] in str(refused.value)
        assert Path(spec.removeprefix("hf:")).name in str(refused.value)
        return
    model = models.open_model(spec, given).for_task(scene)
    replies = model.generate(asking.requests(scene))
    assert [reply.error for reply in replies] == [None, None]
    assert NOTES.get(what, "answers are written freely; the official evaluation") in model.info.note
    assert model.info.arguments["weights"] == ("ema" if "averaged" in what else "model")
    if "answers" in given:
        assert {reply.text for reply in replies} <= {"yes", "no", "left lung"}
    if "codes and boxes" in what:
        assert model.info.arguments["search"].endswith("tokens below 50265")
