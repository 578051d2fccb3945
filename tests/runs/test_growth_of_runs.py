"""What a run does for a sample it does once for it, and what holds for all samples once for all: counted, not timed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.checks import readiness
from harness.checks.release import audit
from harness.data import catalog, examples
from harness.models.nearest import nearest_answers
from harness.runs import evaluate, requests_file, verify
from harness.runs.plan import Options
from harness.runs.releases import Releases
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, Example, Input, Request
from tests.growth import grown, operations

CARD = """
name = "quiz"
version = 1
family = "understanding"
adapter = "quiz"
title = "Quiz"
modality = "text"
folder = "quiz"
group = "sample"
ids = "the row's id"
labels = ["yes", "no"]
licence = "invented"
access = "open"
homepage = "https://example.org"
citation = "Invented."
obtain = "It is made by its test."

[source]
reader = "jsonl"

[splits.test]
select = { file = "test.jsonl" }
"""
ADAPTER = """
from harness import families
from harness.metrics.labels.classification import ACCURACY, MACRO_F1
from harness.types import Example, Input


def example(row, card):
    return Example(
        id=row.identifier("id"),
        input=Input(text=row.text("question"), choices=card.labels),
        target=row.text("answer"),
        group=row.identifier("id"),
        tags={"topic": row.text("topic")},
    )


def task(card):
    return families.choose(card, example, (ACCURACY, MACRO_F1))
"""
SMALL, LARGE = 150, 600


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks" / "understanding"
    folder.mkdir(parents=True)
    (folder / "quiz.toml").write_text(CARD, encoding="utf-8")
    (folder / "quiz.py").write_text(ADAPTER, encoding="utf-8")
    return tmp_path / "tasks"


def release(root: Path, n: int, topics: int) -> Path:
    """So many questions, each of one of so many topics."""
    (root / "quiz").mkdir(parents=True)
    rows = ({"id": f"q{i}", "question": f"Is {i} even?", "answer": "no" if i % 2 else "yes", "topic": f"t{i % topics}"} for i in range(n))
    (root / "quiz" / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return root


def run(tasks: Path, root: Path, results: Path) -> Callable[[], evaluate.Run]:
    """The run, asked anew at each call, without resamples: how those grow is the bootstrap's to say."""
    calls = iter(range(100))

    def made() -> evaluate.Run:
        options = Options(data_root=root, results=results / str(next(calls)), plan=Bootstrap(resamples=0))
        return evaluate.evaluate(catalog.task("quiz", [tasks]), models.open_model("baseline:constant", {"text": "yes"}), options)

    return made


def test_a_run_costs_what_its_samples_cost(tmp_path: Path, tasks: Path) -> None:
    small = run(tasks, release(tmp_path / "small", SMALL, 3), tmp_path / "of-small")
    large = run(tasks, release(tmp_path / "large", LARGE, 3), tmp_path / "of-large")
    assert grown(small, large, LARGE / SMALL) == {}


def test_as_many_slices_as_samples_cost_what_they_are(tmp_path: Path, tasks: Path) -> None:
    small = run(tasks, release(tmp_path / "small", SMALL, SMALL), tmp_path / "of-small")
    large = run(tasks, release(tmp_path / "large", LARGE, LARGE), tmp_path / "of-large")
    assert grown(small, large, LARGE / SMALL) == {}


def test_verification_costs_what_the_samples_cost(tmp_path: Path, tasks: Path) -> None:
    calls = []
    for name, n in (("small", SMALL), ("large", LARGE)):
        root = release(tmp_path / name, n, 3)
        folder = run(tasks, root, tmp_path / f"of-{name}")().folder
        calls.append(lambda folder=folder, root=root: verify.verify(folder, data_root=root, task_dirs=[tasks]))
    assert all(check.status == "holds" for check in calls[0]())
    assert grown(calls[0], calls[1], LARGE / SMALL) == {}


def test_an_export_costs_what_its_requests_cost(tmp_path: Path, tasks: Path) -> None:
    calls = []
    for name, n in (("small", SMALL), ("large", LARGE)):
        dataset = examples.load(catalog.task("quiz", [tasks]), data_root=release(tmp_path / name, n, 3))
        calls.append(lambda dataset=dataset, out=tmp_path / f"{name}.jsonl": requests_file.write_requests(dataset, out))
    assert grown(calls[0], calls[1], LARGE / SMALL) == {}


@pytest.fixture
def pictured(tasks: Path) -> Path:
    """The quiz with a picture for each question."""
    folder = tasks / "understanding"
    card, adapter = folder / "quiz.toml", folder / "quiz.py"
    card.write_text(card.read_text("utf-8").replace('reader = "jsonl"', 'reader = "jsonl"\nimages = "."'), encoding="utf-8")
    shown = 'text=row.text("question"), images=(row.image(row.text("id") + ".png"),),'
    adapter.write_text(adapter.read_text("utf-8").replace('text=row.text("question"),', shown), encoding="utf-8")
    return tasks


def with_pictures(root: Path, n: int) -> Path:
    release(root, n, 3)
    for number in range(n):
        (root / "quiz" / f"q{number}.png").write_bytes(str(number).encode())
    return root


def test_pictures_cost_what_they_are_and_are_read_once_for_all_runs(
    tmp_path: Path, pictured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a first call counts is gone by the second, which asks each file for its state and reads none."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 3600 * 10**9)  # a file that was changed just now is read again
    roots = {n: with_pictures(tmp_path / str(n), n) for n in (SMALL, LARGE)}
    for call in ("run", "audit"):
        calls = {
            n: run(pictured, root, tmp_path / f"of-{n}")
            if call == "run"
            else lambda root=root: audit(catalog.task("quiz", [pictured]), data_root=root)
            for n, root in roots.items()
        }
        assert grown(calls[SMALL], calls[LARGE], LARGE / SMALL) == {}
        assert operations(calls[LARGE])["harness.data.readers.files._picture"] == 0


def test_scoring_a_table_of_replies_costs_what_its_rows_cost(tmp_path: Path, tasks: Path) -> None:
    calls = []
    for name, n in (("small", SMALL), ("large", LARGE)):
        root, table = release(tmp_path / name, n, 3), tmp_path / f"{name}.jsonl"
        table.write_text("".join(json.dumps({"id": f"q{i}", "text": "yes"}) + "\n" for i in range(n)), encoding="utf-8")
        given = iter(range(100))

        def scored(root: Path = root, table: Path = table, given: Iterator[int] = given) -> evaluate.Run:
            options = Options(data_root=root, results=root / f"of-{next(given)}", plan=Bootstrap(resamples=0))
            return evaluate.evaluate(catalog.task("quiz", [tasks]), models.open_model(f"predictions:{table}", {}), options)

        calls.append(scored)
    assert grown(calls[0], calls[1], LARGE / SMALL) == {}


@pytest.mark.parametrize("topics", ["few", "many"])
def test_an_audit_and_a_diagnosis_cost_what_the_rows_cost(tmp_path: Path, tasks: Path, topics: str) -> None:
    audits, diagnoses = [], []
    for name, n in (("small", SMALL), ("large", LARGE)):
        root = release(tmp_path / name, n, 3 if topics == "few" else n)
        audits.append(lambda root=root: audit(catalog.task("quiz", [tasks]), data_root=root))
        diagnoses.append(lambda root=root: readiness.diagnose(["quiz"], data_root=root, task_dirs=[tasks], deep=True))
    assert grown(audits[0], audits[1], LARGE / SMALL) == {}
    assert grown(diagnoses[0], diagnoses[1], LARGE / SMALL) == {}


def test_the_nearest_text_is_looked_up_whatever_there_are(tmp_path: Path) -> None:
    """The work for one question, in calls, is that of its words: none is made for each text."""
    question = Request(id="1", prompt="", item=Input(text="word7 and word9"), decoding=Decoding())

    def asked(n: int) -> Callable[[], Any]:
        known = Example(id="", input=Input(text=""), target="", group="")
        train = [replace(known, id=str(i), input=Input(text=f"word{i} and word{i + 1}"), target=str(i)) for i in range(n)]
        answer = nearest_answers(train, str)
        return lambda: [answer(question) for _ in range(50)]

    assert grown(asked(200), asked(2000), 1.0) == {}


def test_runs_of_a_release_are_verified_against_it_read_once(tmp_path: Path, pictured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is true of the release: its rows, its digest, the digests of its pictures."""
    root = with_pictures(tmp_path / "data", 20)
    made = []
    for text in ("yes", "no", "maybe"):
        options = Options(data_root=root, results=tmp_path / "results", plan=Bootstrap(resamples=0))
        table = tmp_path / f"{text}.jsonl"
        table.write_text("".join(json.dumps({"id": f"q{i}", "text": text}) + "\n" for i in range(20)), encoding="utf-8")
        model = models.open_model(f"predictions:{table}", {})
        made.append(evaluate.evaluate(catalog.task("quiz", [pictured]), model, options))
    folders = [run.folder for run in made]
    assert all(run.record.data.pictures for run in made)
    read: list[str] = []
    real = examples.load

    def load(task: Any, **options: Any) -> Any:
        read.append(task.card.full_name)
        return real(task, **options)

    monkeypatch.setattr(examples, "load", load)
    releases = Releases()
    found = [verify.verify(folder, data_root=root, task_dirs=[pictured], releases=releases) for folder in folders]
    assert all(check.status != "fails" for checks in found for check in checks)
    assert read == ["quiz"]
    again = operations(lambda: [verify.verify(folder, data_root=root, task_dirs=[pictured], releases=releases) for folder in folders])
    assert again["harness.images.digests.Digests.of"] == 0
