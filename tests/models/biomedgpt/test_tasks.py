"""How a checkpoint takes on tasks: what its file, the user and the official evaluation say, and what becomes of it in a record."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.cards import Card
from harness.console.runs import warnings_of
from harness.data import catalog
from harness.errors import CorruptData, MissingData, UsageError
from harness.models.arguments import parse_arguments
from harness.models.biomedgpt import answers, container, vocabulary_files
from harness.models.biomedgpt.arguments import Arguments
from harness.models.biomedgpt.backend import BiomedGPT, open_checkpoint
from harness.models.biomedgpt.container import Checkpoint
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Image, Model, Pipelined, Scene
from tests.models import asking
from tests.models.asking import requests
from tests.models.biomedgpt import recipe

Opened = Callable[..., BiomedGPT]
CLASSES = {"healthy lung": "0", "inflamed lung": "1"}


@pytest.fixture(scope="module")
def checkpoint(thin: Mapping[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = tmp_path_factory.mktemp("tasks") / "mini.pt"
    torch.save(recipe.container(thin, recipe.MINI, patch_image_size=64), path)
    return container.read(path)


@pytest.fixture(scope="module")
def loaded() -> dict[str, Any]:
    """Networks that were built already: one for all tests here."""
    return {}


@pytest.fixture
def opened(checkpoint: Checkpoint, invented: Path, loaded: dict[str, Any]) -> Opened:
    """A checkpoint whose file says what is given as ``trained``."""

    def opened(trained: Mapping[str, Any] | None = None, **given: str) -> BiomedGPT:
        parsed = parse_arguments("biomedgpt", given, Arguments)
        return BiomedGPT(
            checkpoint=replace(checkpoint, training=replace(checkpoint.training, **(trained or {}))),
            arguments=parsed,
            vocabulary=vocabulary_files.load(invented),
            answers=answers.read(parsed.answers) if parsed.answers else None,
            device=torch.device("cpu"),
            dtype=torch.float32,
            _loaded=loaded,
        )

    return opened


def scene(task: str, n: int = 4) -> Scene:
    return asking.scene(task, n)


def listed(path: Path, content: Any) -> str:
    path.write_bytes(pickle.dumps(content)) if path.suffix == ".pkl" else path.write_text(json.dumps(content))
    return str(path)


def scores(model: Model, of: Scene) -> list[tuple[float, ...] | None]:
    return [reply.choice_log_probs for reply in model.generate(requests(of))]


def test_a_class_list_says_what_stands_for_each_label(opened: Opened, tmp_path: Path) -> None:
    """The same as the words said by hand; other words than those of the task give other scores."""
    of = scene("pneumoniamnist")
    by_list = opened(answers=listed(tmp_path / "class2label.pkl", CLASSES)).for_task(of)
    by_hand = opened(words="healthy lung|inflamed lung").for_task(of)
    assert scores(by_list, of) == scores(by_hand, of) != scores(opened().for_task(of), of)
    assert {reply.text for reply in by_list.generate(requests(of))} <= {"normal", "pneumonia"}
    assert by_list.info.arguments["words"] == "healthy lung|inflamed lung"
    assert by_list.info.arguments["answers"].startswith("2 classes, SHA-256 ")
    assert by_list.info.identity != opened().for_task(of).info.identity


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"inflamed lung": 1, "healthy lung": 0}, ("healthy lung", "inflamed lung")),
        ({"Pneumonia": 0, "Normal": 1}, ("Normal", "Pneumonia")),
        (["pneumonia", "normal"], ("normal", "pneumonia")),
    ],
    ids=["by number", "by name, whatever the numbers", "by name"],
)
def test_a_class_is_its_label_by_name_or_by_the_release_s_number(tmp_path: Path, given: Any, words: tuple[str, ...]) -> None:
    assert answers.words_for(answers.read(Path(listed(tmp_path / "a.json", given))), catalog.card("pneumoniamnist")) == words


@pytest.mark.parametrize(
    ("given", "task", "message"),
    [
        (["sick", "well"], "pneumoniamnist", r"not called as pneumoniamnist's labels.*-a words=normal\|pneumonia"),
        ({"sick": 1, "well": 2}, "pneumoniamnist", "not numbered as the release numbers those"),
        ({"a": 0, "b": 1, "c": 2}, "pneumoniamnist", r"holds 3 classes, and pneumoniamnist has 2 labels: normal, pneumonia"),
        ({"maybe": 0, "yes": 1, "no": 2}, "mednli", "not called as mednli's labels"),
    ],
)
def test_a_class_list_that_cannot_be_matched_is_refused(tmp_path: Path, given: Any, task: str, message: str) -> None:
    card: Card = catalog.card(task)
    with pytest.raises(UsageError, match=message):
        answers.words_for(answers.read(Path(listed(tmp_path / "a.json", given))), card)


@pytest.mark.parametrize(
    ("task", "given", "message"),
    [
        ("pneumoniamnist", {"answers": "LIST", "words": "a|b"}, "both say what stands for each label"),
        ("peir_gross", {"answers": "LIST"}, "asked as caption, which writes freely"),
        ("meqsum", {"answers": "LIST"}, "asked as gigaword, which writes freely"),
        ("vqa_rad", {"words": "a|b"}, "are for tasks with choices"),
        ("meqsum", {"words": "a|b"}, "are for tasks with choices"),
        ("mednli", {"inference": "beam"}, "is for questions about pictures"),
        ("vqa_rad", {"answers": "LIST", "zero_shot": "yes"}, "zero-shot answering uses no list"),
        ("vqa_rad", {"inference": "candidates"}, "needs -a answers=FILE"),
    ],
)
def test_an_argument_that_a_task_has_no_use_for_is_refused(
    opened: Opened, tmp_path: Path, task: str, given: Mapping[str, str], message: str
) -> None:
    path = listed(tmp_path / "a.json", CLASSES)
    with pytest.raises(UsageError, match=message):
        opened(**{name: path if value == "LIST" else value for name, value in given.items()}).for_task(scene(task))


@pytest.mark.parametrize(
    ("content", "name", "texts"),
    [
        (b"\xef\xbb\xbfyes\r\nno\r\n", "a.txt", ("yes", "no")),
        (b" left lung\n\nno \nno \n", "a.txt", (" left lung", "no ")),
        (b'["yes", "no"]', "a.json", ("yes", "no")),
    ],
    ids=["a spreadsheet's", "blanks are theirs", "json"],
)
def test_lists_of_answers_are_read(tmp_path: Path, content: bytes, name: str, texts: tuple[str, ...]) -> None:
    (tmp_path / name).write_bytes(content)
    assert answers.read(tmp_path / name).texts == texts


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.pkl"])
def test_what_a_download_left_in_the_place_of_a_list_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"<!DOCTYPE html><html></html>")
    with pytest.raises(CorruptData, match="a web page where"):
        answers.read(tmp_path / name)
    (tmp_path / name).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(MissingData, match="a Git LFS pointer"):
        answers.read(tmp_path / name)


@pytest.mark.parametrize(
    ("task", "given", "prompt_type"),
    [
        ("vqa_rad", {}, "prev_output"),
        ("mednli", {}, "prev_output"),
        ("peir_gross", {}, "none"),
        ("pneumoniamnist", {}, "none"),
        ("meqsum", {}, "none"),
        ("peir_gross", {"prompt_type": "src"}, "src"),
        ("vqa_rad", {"prompt_type": "none"}, "none"),
        ("vqa_rad", {"zero_shot": "yes"}, "none"),
    ],
)
def test_a_file_s_prompt_type_counts_where_the_official_task_looks_at_it(
    opened: Opened, task: str, given: Mapping[str, str], prompt_type: str
) -> None:
    model: Any = opened(**given).for_task(scene(task))
    assert model.protocol.prompt_type == prompt_type
    assert model.info.arguments.get("prompt_type", "none") == prompt_type


@pytest.mark.parametrize("task", ["peir_gross", "pneumoniamnist", "meqsum"])
def test_an_unknown_prompt_type_stops_only_those(opened: Opened, task: str) -> None:
    opened({"prompt_type": "prefix"}).for_task(scene(task))
    opened({"prompt_type": "prefix"}, prompt_type="src").for_task(scene("vqa_rad"))
    with pytest.raises(CorruptData, match=r"prompt_type as 'prefix'.*it must be none, src, prev_output\. .*-a prompt_type="):
        opened({"prompt_type": "prefix"}).for_task(scene("vqa_rad"))


def test_a_constraint_range_stops_what_is_searched_for_alone(opened: Opened) -> None:
    opened({"constraint_range": "58457,59457"}).for_task(scene("pneumoniamnist"))
    for task in ("vqa_rad", "peir_gross"):
        with pytest.raises(UsageError, match="picture codes or boxes"):
            opened({"constraint_range": "58457,59457"}).for_task(scene(task))


def test_replies_are_the_same_in_batches_of_any_size_and_whatever_is_prepared_ahead(opened: Opened) -> None:
    of = scene("pneumoniamnist", 5)
    model = opened().for_task(of)
    assert isinstance(model, Pipelined)
    asked = requests(of)
    assert [list(places) for places in model.partition(asked, None)] == [[0, 1, 2, 3], [4]]
    prepared = [model.prepare(asked[:2]), model.prepare(asked[2:])]
    ahead = [reply for part in prepared for reply in model.answer(part)]
    alone = [reply for request in asked for reply in model.generate([request])]
    assert [reply.text for reply in ahead] == [reply.text for reply in alone]
    values = [np.array([reply.choice_log_probs for reply in replies], dtype=float) for replies in (ahead, alone)]
    np.testing.assert_allclose(values[0], values[1], atol=1e-4)


def test_texts_alone_are_asked_longest_first(opened: Opened) -> None:
    of = scene("meqsum", 6)
    model: Any = opened().for_task(of)
    asked = requests(of)
    lengths = [len(asked[place].prompt) for places in model.partition(asked, 2) for place in places]
    assert lengths == sorted(lengths, reverse=True)


def test_a_picture_is_read_as_it_is_prepared_and_fails_alone(opened: Opened) -> None:
    of = scene("pneumoniamnist", 3)
    model: Any = opened().for_task(of)
    asked = requests(of)
    broken = replace(asked[1].item, images=(Image(name="x", read=lambda: b"\x89PNG broken"),))
    none = replace(asked[2].item, images=())
    replies = model.answer(model.prepare([asked[0], replace(asked[1], item=broken), replace(asked[2], item=none)]))
    assert replies[0].error is None
    assert [reply.of_request for reply in replies] == [False, True, True]
    assert "has no picture" in replies[2].error


def test_a_run_whose_answers_all_ended_at_the_limit_says_so_in_its_record(opened: Opened, tmp_path: Path) -> None:
    options = Options(results=tmp_path, limit=3, sample=True, plan=Bootstrap(resamples=0))
    cut = evaluate.evaluate(catalog.task("vqa_rad"), opened(zero_shot="yes", max_len="1"), options).record
    assert cut.prompting.cut == 3
    assert cut.model.note == (
        "zero-shot: no list constrains its answers, and they do not begin with the question; every reply was cut off at the limit of tokens"
    )
    assert "3 of 3 replies ended at the limit of 1 tokens; -a max_len=N gives them more" in warnings_of(cut)


@pytest.mark.parametrize(
    ("task", "given", "limit"),
    [
        ("vqa_rad", {}, "200 tokens with the question that they begin with; -a max_len=N gives them more"),
        ("vqa_rad", {"zero_shot": "yes"}, "200 tokens; -a max_len=N gives them more"),
        ("peir_gross", {"max_len": "16"}, "16 tokens; -a max_len=N gives them more"),
        ("pneumoniamnist", {}, ""),
    ],
)
def test_the_limit_is_the_search_s_own(opened: Opened, task: str, given: Mapping[str, str], limit: str) -> None:
    assert opened(**given).for_task(scene(task)).info.limit == limit


def test_each_rank_of_torchrun_takes_a_gpu_of_its_own(checkpoint: Checkpoint, invented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two GPUs, rank 3 takes the second; weights are read once a task is known."""
    taken: list[int] = []
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    backend = open_checkpoint(str(checkpoint.path), {"bpe": str(invented)})
    assert (backend.device, backend.dtype, taken) == (torch.device("cuda"), torch.float16, [1])
