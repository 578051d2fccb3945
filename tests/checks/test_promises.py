"""Every promise of the contract can be broken: one mistake each, as people make them, in a task that was in order."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.checks.new_task import scaffold
from harness.checks.promises import PROPERTIES, check
from harness.checks.promises.replies import METRICS
from harness.checks.subject import Property
from harness.data import catalog
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.types import Task

Make = Callable[..., Task[Any]]


@pytest.fixture
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Make:
    """A fresh task of a family, with one piece of one of its files exchanged; its name is unique, as modules are kept by name."""
    name = f"quiz_{abs(hash(request.node.name)) % 10**8}"

    def make(family: str, file: str = "", old: str = "", new: str = "") -> Task[Any]:
        scaffold(name, family, tmp_path)
        path = {
            "card": tmp_path / family / f"{name}.toml",
            "adapter": tmp_path / family / f"{name}.py",
            "sample": tmp_path / "samples" / name / "sample.toml",
            "rows": tmp_path / "samples" / name / "rows.jsonl",
        }.get(file)
        if path is not None:
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new))
        return catalog.task(name, [tmp_path])

    return make


def edit(folder: Path, task: Task[Any], change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the rows of a task's sample."""
    path = folder / "samples" / task.card.name / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


QUICK = [item for item in PROPERTIES if item is not METRICS]


def broken(task: Task[Any], properties: Sequence[Property] = QUICK) -> dict[str, str]:
    return {finding.property: finding.detail for finding in check(task, None, properties) if not finding.holds}


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_a_new_task_keeps_every_promise(made: Make, family: str) -> None:
    found = check(made(family))
    assert [finding.property for finding in found] == [item.name for item in PROPERTIES]
    assert [finding for finding in found if not finding.holds] == []


def _instead(part: str, own: str) -> tuple[str, str]:
    """What to exchange in an adapter so that its task has ``own`` as one of its parts, and not its family's."""
    head = "def task(card: Card) -> Task[str]:"
    of_family = f"import dataclasses\n{own}\ndef task(card):\n    return dataclasses.replace(of_family(card), {part}=own)\n\n\n"
    return head, of_family + head.replace("task(", "of_family(")


MISTAKES = {
    "obtain names another folder": ("vqa", "card", "DATA_ROOT/", "~/data/", {"card"}, "does not say that the release goes to DATA_ROOT/"),
    "counts do not add up": (
        "classification", "card", "n = 12\n", "n = 12\ncounts = { label = { clear = 6, opaque = 5 } }\n",
        {"card"}, "the counts of label add up to 11, n is 12",
    ),
    "counts of other labels": (
        "classification", "card", "n = 12\n", "n = 12\ncounts = { label = { clear = 6, dark = 6 } }\n",
        {"card"}, "the counts of label are not those of the card's labels",
    ),
    "no size": ("vqa", "card", "paper_split_known = false", "paper_split_known = true", set(), ""),
    "the sample has another number": ("vqa", "sample", "n = 12", "n = 13", {"readable"}, "12 examples where 13 are expected"),
    "the sample has a split of its own": ("vqa", "sample", ".train]", ".other]", {"readable"}, "a split other that the card does not"),
    "a picture is missing": ("vqa", "rows", '"image": "03.png"', '"image": "99.png"', {"pictures", "blind"}, "99.png: a row refers to"),
    "an id twice": ("vqa", "rows", '"id": "03"', '"id": "04"', {"ids", "readable"}, "the id '04' is that of rows.jsonl, line 4"),
    "an id of blanks": (
        "vqa", "adapter", 'id=row.identifier("id")', 'id=row.text("id") if row["id"] != "03" else " "',
        {"ids"}, "the id is ' '; it must be a text",
    ),
    "no group": ("vqa", "adapter", 'group=row.identifier("image")', 'group=""', {"groups"}, "no group; where nothing belongs together"),
    "tags of some": (
        "vqa", "adapter", 'tags={"answer_type": row.text("type")}', 'tags={"answer_type": row["type"]} if row["id"] != "03" else {}',
        {"tags"}, "line 4: tags [], elsewhere ['answer_type']",
    ),
    "a counted tag is missing": (
        "vqa", "card", "n = 12\n", "n = 12\ncounts = { organ = { chest = 12 } }\n", {"tags"}, "the card counts organ",
    ),
    "words for a dimension that no tag has": (
        "vqa", "card", "[splits.test]", '[words]\norgan = { abd = "abdomen" }\n[splits.test]', {"tags"}, "the card has words for organ",
    ),
    "a function that remembers": (
        "vqa", "adapter", *_instead("prompt", 'def own(item, seen=[]):\n    seen.append("!")\n    return item.text + "".join(seen)'),
        {"pure", "blind"}, "prompt() gives another prompt the second time",
    ),
    "no prompt": ("vqa", "adapter", "answers.VQA", "answers.VQA, prompt=lambda item: ''", {"prompts"}, "the prompt is ''"),
    "choices that are not scored": (
        "classification", "adapter", *_instead("decoding", "from harness.types import Decoding\nown = Decoding()"),
        {"choices"}, "2 choices, and decoding.score_choices is False",
    ),
    "choices in another order": (
        "classification", "adapter", "choices=card.labels", "choices=card.labels[::-1]",
        {"choices"}, "the choices are not the card's labels in their order",
    ),
    "a target that is no choice": (
        "classification", "rows", '"label": "clear"', '"label": "foggy"',
        {"choices", "round trip"}, "the target 'foggy' is none of the choices",
    ),
    "a target that is not what is read": (
        "summarization", "adapter", 'target=one_line(row.text("summary"))', 'target=row["summary"] + "\\n"',
        {"round trip"}, "which is read as",
    ),
    "a prompt that knows whether the answer is yes or no": (
        "vqa", "adapter", 'text=one_line(row.text("question"))',
        'text=row["question"] + (" Answer yes or no." if row["answer"] in ("yes", "no") else "")',
        {"blind"}, "nothing that a model sees may depend on the target",
    ),
    "an id made of the answer": (
        "summarization", "adapter", 'id=row.identifier("id")', 'id=row["id"] + row["summary"][:3]', {"blind"}, "the id differs",
    ),
    "a target that comes from nowhere": (
        "summarization", "adapter", 'target=one_line(row.text("summary"))', 'target="always the same"',
        {"blind"}, "no field of the rows changes a target",
    ),
    "a picture's name in the prompt": (
        "vqa", "adapter", 'text=one_line(row.text("question"))', "text=row['image'] + row['question']",
        {"names stay away"}, "the picture's name '00' is in the prompt or the context",
    ),
    "a first class by default": (
        "classification", "adapter", *_instead("parse", "def own(reply, item):\n    return reply.text or item.choices[0]"),
        {"junk"}, "a reply of empty is read as 'clear'",
    ),
    "a reading that raises": (
        "vqa", "adapter", *_instead("parse", "def own(reply, item):\n    return reply.text.split()[0]"),
        {"junk", "round trip"}, "parse() raised IndexError on the reply to",
    ),
    "a reading that ends the process": (
        "vqa", "adapter", *_instead("parse", "def own(reply, item):\n    raise SystemExit(0)"),
        {"junk", "round trip"}, "parse() raised SystemExit on the reply to",
    ),
    "a reading of another type": (
        "vqa", "adapter", *_instead("parse", "def own(reply, item):\n    return 7"),
        {"junk", "round trip"}, "on a reply of empty, ",
    ),
    "words that are none": (
        "vqa", "adapter", *_instead("say", "def own(target):\n    raise GeneratorExit"), {"round trip"}, "say() raised GeneratorExit",
    ),
    "a substring": (
        "vqa", "adapter", *_instead("parse", 'def own(reply, _):\n    return "no" if "no" in reply.text else one_line(reply.text) or None'),
        {"junk"}, "a reply of both is read as the right answer",
    ),
    "silence as an answer": (
        "summarization", "adapter", *_instead("parse", "def own(reply, item):\n    return one_line(reply.text)"),
        {"junk"}, "a reply that says nothing is read as ''",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("family", "file", "old", "new", "properties", "detail"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_breaks_what_it_should_and_nothing_else(
    made: Make, family: str, file: str, old: str, new: str, properties: set[str], detail: str
) -> None:
    found = broken(made(family, file, old, new))
    assert set(found) == properties
    assert not detail or any(detail in text for text in found.values())


@pytest.mark.parametrize(
    "spell",
    [
        lambda number, label: f"{number:02}_{label}",  # as somebody's export has it
        lambda number, label: f"CHNCXR_{number:04}_{int(label == 'opaque')}",  # as the tuberculosis files are called
        lambda number, label: f"{'n' if label == 'clear' else 't'}{number:02}",
        lambda number, label: f"{'ward' if label == 'clear' else 'clinic'}/{number:02}",
    ],
    ids=["spelled", "last digit", "letter", "folder"],
)
def test_an_id_of_the_release_that_gives_its_label_away_is_found(made: Make, tmp_path: Path, spell: Callable[[int, str], str]) -> None:
    task = made("classification")
    edit(tmp_path, task, lambda rows: [row.update(id=spell(i, row["label"])) for i, row in enumerate(rows)])
    found = broken(task)
    assert set(found) == {"ids say nothing"}
    assert "label" in found["ids say nothing"]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (["~5 cm", "5 cm"], "the target '5 cm' is compared as '5 cm', as is '~5 cm' of"),
        (["5 cm", "-5 cm", "<5 cm", ">5 cm", ".5 cm", "5 %", "1,5", "15", "1.5"], ""),
        (["The left lung.", "left lung", "Left-lung"], ""),  # case, articles and marks
        (["A", "+", "the", "++"], ""),  # compared as they stand
        (["two", "2"], ""),
    ],
    ids=["a symbol", "numbers", "marks", "nothing left", "a small number"],
)
def test_targets_that_the_metric_cannot_tell_apart_are_found(made: Make, tmp_path: Path, answers: list[str], found: str) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        test = [row for row in rows if row["split"] == "test" and row["type"] == "open"]
        assert len(test) >= 3
        for row, answer in zip(test, answers, strict=False):
            row["answer"] = answer

    task = made("vqa")
    edit(tmp_path, task, change)
    details = broken(task)
    assert found in details.pop("round trip", "")
    assert details == {}


@pytest.mark.parametrize(
    ("score", "detail"),
    [
        (lambda right: 1.0, "own/own: empty scores 1.0: what is no answer must score 0"),
        (lambda right: 0.5 * right, "own/own ranks, and a perfect model scores 0.5"),
    ],
    ids=["one that likes everything", "one that a perfect model does not satisfy"],
)
def test_a_metric_at_fault_is_found(made: Make, score: Callable[[bool], float], detail: str) -> None:
    def run(samples: Samples, _context: Context) -> Statistics:
        pairs = zip(samples.predictions, samples.targets, strict=True)
        return Statistics(names=("score",), table=np.array([[score(prediction == target)] for prediction, target in pairs]))

    own = Metric(name="own", variant="own", measure=Measure(name="own", run=run), value=lambda s, w: (w @ s.table[:, 0]) / w.sum(axis=1))
    assert broken(dataclasses.replace(made("summarization"), metrics=(own,)), [METRICS]) == {"metrics": detail}


@pytest.mark.parametrize(
    ("file", "old", "new", "detail"),
    [
        ("adapter", 'id=row.identifier("id")', 'id=str(int(row["question"]))', "example() raised ValueError on rows.jsonl, line 1"),
        ("rows", "{", "<", "rows.jsonl, line 1: not JSON"),
    ],
)
def test_a_sample_that_cannot_be_read_is_one_finding(made: Make, file: str, old: str, new: str, detail: str) -> None:
    [found] = check(made("vqa", file, old, new))
    assert (found.property, found.holds) == ("readable", False)
    assert detail in found.detail


def test_too_few_rows_show_nothing(made: Make) -> None:
    found = broken(made("vqa", "rows", '"split": "test"', '"split": "rest"'))
    assert "0 usable rows" in found["readable"]


def test_a_release_is_looked_at_as_well_and_its_metrics_are_not(made: Make, tmp_path: Path) -> None:
    task = made("vqa")
    shutil.copytree(tmp_path / "samples" / task.card.name, tmp_path / "data" / task.card.name)
    found = check(task, tmp_path / "data")
    assert {finding.data for finding in found} == {"real"}
    assert [finding.property for finding in found] == [item.name for item in PROPERTIES if item.name != "metrics"]
    assert all(finding.holds for finding in found)
