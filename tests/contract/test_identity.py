"""Whatever can change a reply is in the request's digest: every field of what is asked, every option of the command line.

A field or option that is added without a place in one of these tables fails here.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli.run import run as run_command
from harness.cli.score import score as score_command
from harness.data import catalog
from harness.runs.plan import Options, prepare
from harness.runs.prompting import Prompting
from harness.runs.questions import digesting
from harness.types import Decoding, Image, Input, Model, ModelInfo, Request, Response, Scene

DECODING: Mapping[str, Any] = {
    "max_new_tokens": 3,
    "temperature": 0.5,
    "top_p": 0.5,
    "seed": 7,
    "beams": 2,
    "length_penalty": 2.0,
    "no_repeat_ngram": 4,
    "stop": ("\n",),
    "score_choices": True,
}
PROMPTING: Mapping[str, Prompting] = {
    "system": Prompting(system="Be brief."),
    "template": Prompting(template="Q: {question}"),
    "shots": Prompting(shots=2),
    "by": Prompting(shots=2, by="nearest"),
}
ITEM: Mapping[str, Any] = {
    "text": "Is it not?",
    "images": (Image(name="1.png", read=lambda: b"other"),),
    "context": {"organ": "head"},
    "choices": ("no", "yes"),
}
REQUEST: Mapping[str, Any] = {
    "id": "2",
    "prompt": "Is it",
    "item": Input(text="Is it not?"),
    "decoding": Decoding(beams=2),
    "system": "Be brief.",
}


@dataclass(frozen=True, slots=True)
class Listening:
    """A model that reads prompts and proves what it is."""

    info: ModelInfo = ModelInfo(name="listening", kind="test", digest="d")  # noqa: RUF009  frozen

    def for_task(self, _: Scene) -> Model:
        return self

    def generate(self, requests: Any) -> list[Response]:
        return [Response(text="yes") for _ in requests]


def asked(tmp_path: Path, **changed: Any) -> tuple[set[str], str, Path]:
    """The digests of a run's requests, its prompting id and its folder."""
    plan = prepare(catalog.task("vqa_rad"), Listening(), Options(results=tmp_path, **changed))
    return {item.digest for item in plan.asked()}, plan.prompting_id, plan.folder


def differ(one: tuple[set[str], str, Path], other: tuple[set[str], str, Path]) -> bool:
    return not one[0] & other[0] and one[1] != other[1] and one[2] != other[2]


@pytest.mark.parametrize("name", [item.name for item in fields(Decoding)])
def test_every_field_of_the_decoding_asks_anew(tmp_path: Path, name: str) -> None:
    own = getattr(catalog.task("vqa_rad").decoding, name)
    assert DECODING[name] != own
    assert differ(asked(tmp_path), asked(tmp_path, decoding={name: DECODING[name]}))
    assert asked(tmp_path) == asked(tmp_path, decoding={name: own})


@pytest.mark.parametrize("name", [item.name for item in fields(Prompting)])
def test_every_change_of_the_prompt_asks_anew(tmp_path: Path, name: str) -> None:
    changed = PROMPTING[name]
    before = replace(changed, **{name: getattr(Prompting(), name)})
    assert differ(asked(tmp_path, prompting=before), asked(tmp_path, prompting=changed))


def digest(request: Request) -> str:
    return digesting("m")(request, [image.digest() for image in request.item.images])


@pytest.mark.parametrize(("kind", "name"), [*((Input, item.name) for item in fields(Input)), *((Request, i.name) for i in fields(Request))])
def test_all_that_a_model_may_know_of_a_request_is_in_its_digest(kind: type, name: str) -> None:
    """But its id, under which the journal keeps the reply."""
    item = Input(text="Is it?", images=(Image(name="1.png", read=lambda: b"picture"),), choices=("yes", "no"))
    request = Request(id="1", prompt="Is it?", item=item, decoding=Decoding())
    item = item if kind is Request else replace(item, **{name: ITEM[name]})
    changed = replace(request, **({name: REQUEST[name]} if kind is Request else {"item": item}))
    assert (digest(changed) == digest(request)) == (name == "id")


MODEL = """
from harness.types import ModelInfo, Response

class Listening:
    def __init__(self, word="yes", chat_template="yes"):
        self.word = word
        self.info = ModelInfo(name="listening", kind="mine")

    def for_task(self, scene):
        return self

    def generate(self, requests):
        return [Response(text=self.word) for _ in requests]
"""
OTHER = MODEL.replace('name="listening"', 'name="listening", revision="2"')

RUN: Mapping[str, tuple[str, ...]] = {
    "model": ("other.py:Listening",),
    "tasks": ("--tasks", "slake_en"),
    "split": ("--split", "train"),
    "limit": ("--limit", "2"),
    "draw": ("--draw", "2"),
    "draw_seed": ("--draw", "2", "--draw-seed", "1"),
    "model_arg": ("-a", "word=no"),
    "name": ("--name", "Other"),
    "batch_size": ("--batch-size", "4", "--temperature", "0.5"),
    "no_chat_template": ("--no-chat-template",),
    "max_new_tokens": ("--max-new-tokens", "3"),
    "temperature": ("--temperature", "0.5"),
    "top_p": ("--top-p", "0.5"),
    "seed": ("--seed", "7"),
    "repeat": ("--repeat", "2", "--temperature", "0.5"),
    "system_prompt": ("--system-prompt", "Be brief."),
    "prompt_file": ("--prompt-file", "template.txt"),
    "few_shot": ("--few-shot", "1"),
    "few_shot_by": ("--few-shot", "1", "--few-shot-by", "nearest"),
    "beams": ("--beams", "2"),
    "images": ("--images", "first"),
}
"""Options that make another run: another folder, whatever else is the same."""
SCORE: Mapping[str, tuple[str, ...]] = {
    "replies": ("other.jsonl",),
    "tasks": ("--tasks", "pneumoniamnist"),
    "split": ("--split", "train"),
    "limit": ("--limit", "2"),
    "draw": ("--draw", "2"),
    "draw_seed": ("--draw", "2", "--draw-seed", "1"),
    "model_arg": ("-a", "scores=independent"),
    "name": ("--name", "Other"),
    "id_column": ("--id", "number"),
    "text": ("--text", "said"),
    "probabilities": ("--probabilities", "none", "--text", "text"),
    "logits": ("--logits", "none", "--text", "text"),
}

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "data_root": "data is known by its content, wherever it lies",
    "sample": "the invented sample is known by its content, and its folder is called so",
    "skip_missing": "which tasks are left out, not what is asked of the others",
    "ignore_extra": "whether replies to other requests are an error; those to these are the same",
    "accept_different": "data is known by its content, whether or not it is the card's",
    "task_dir": "a task is known by what it asks, wherever it lies",
    "setting": "said by the user for the record",
    "shard": "which of the requests this process asks",
    "allow_remote": "whether there may be an answer at all",
    "give_up_after": "whether more is asked after failures, which are no replies",
    "refusals": "how replies are counted once they are there",
    "resamples": "how intervals are made of replies",
    "bootstrap_seed": "how intervals are made of replies",
    "metrics": "what is computed of replies",
    "results": "where replies are kept",
    "as_json": "how the outcome is printed",
    "everything": "how much of the outcome is printed",
    "quiet": "how progress is printed",
}


@pytest.mark.parametrize(("command", "moves"), [(run_command, RUN), (score_command, SCORE)], ids=["run", "score"])
def test_every_option_asks_anew_or_says_why_not(command: Callable[..., None], moves: Mapping[str, Any]) -> None:
    options = set(inspect.signature(command).parameters)
    assert options == (options & set(CANNOT_CHANGE_A_REPLY)) | set(moves)
    assert not set(CANNOT_CHANGE_A_REPLY) & set(moves)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Runs a command on the invented sample and gives the folders of its runs."""
    from harness.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "mine.py").write_text(MODEL)
    (tmp_path / "other.py").write_text(OTHER)
    (tmp_path / "template.txt").write_text("Q: {question}")

    def run(*words: str) -> list[str]:
        monkeypatch.setattr("sys.argv", ["harness", *words, "--resamples", "0", "--json", "--quiet"])
        with pytest.raises(SystemExit):
            main()
        written = capsys.readouterr()
        assert written.out, written.err
        return [made["path"] for made in json.loads(written.out)["runs"]]

    return run


@pytest.mark.parametrize("name", RUN)
def test_an_option_of_run_makes_another_run(folders: Callable[..., list[str]], name: str) -> None:
    changed = list(RUN[name])
    model = changed.pop(0) if name == "model" else "mine.py:Listening"
    before = {"few_shot_by": changed[:2], "repeat": changed[2:], "batch_size": changed[2:]}.get(name, [])
    other = [] if "--tasks" in changed else ["--tasks", "vqa_rad"]
    plain = folders("run", "mine.py:Listening", "--tasks", "vqa_rad", *before)
    assert len(plain) == 1
    assert folders("run", "mine.py:Listening", "--tasks", "vqa_rad", *before) == plain
    made = folders("run", model, *other, *changed)
    assert set(made) - set(plain) == set(made[name == "repeat" :])


def test_greedy_answers_are_the_same_in_any_batch(tmp_path: Path) -> None:
    """But for rounding; sampled ones are drawn batch by batch."""
    assert asked(tmp_path, batch_size=4) == asked(tmp_path)
    assert asked(tmp_path, batch_size=4, decoding={"temperature": 1.0})[2] != asked(tmp_path, decoding={"temperature": 1.0})[2]


def reply(number: int, text: str) -> dict[str, Any]:
    return {"id": f"{number:05}", "text": text, "number": number, "said": f"{text}.", "none": None}


@pytest.mark.parametrize("name", SCORE)
def test_an_option_of_score_makes_another_run(folders: Callable[..., list[str]], tmp_path: Path, name: str) -> None:
    for file, text in (("replies.jsonl", "benign"), ("other.jsonl", "malignant")):
        (tmp_path / file).write_text("".join(json.dumps(reply(number, text)) + "\n" for number in range(6)))
    changed = list(SCORE[name])
    replies = changed.pop(0) if name == "replies" else "replies.jsonl"
    other = [] if "--tasks" in changed else ["--tasks", "breastmnist"]
    plain = folders("score", "replies.jsonl", "--tasks", "breastmnist")
    assert len(plain) == 1
    made = folders("score", replies, *other, *changed)
    assert len(made) == 1
    assert made != plain
