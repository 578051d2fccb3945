"""What runs of one name are called, worked out by hand from the facts in which they differ."""

from __future__ import annotations

from typing import Any

import pytest

from harness.runs.facts import Counts, DataFacts, PromptingFacts
from harness.runs.record import Record
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, ModelFacts
from harness.views.naming import names_of


def run(task: str = "vqa_rad", name: str = "llava", *, n: int = 451, **facts: Any) -> Record:
    """A record in which everything but the named facts is alike."""
    decoding = Decoding(**facts.pop("decoding", {}))
    prompting: dict[str, Any] = {"prompting_id": "p", "model_digest": "m", "images": "", "decoding": decoding}
    prompting |= {key: facts.pop(key) for key in ("few_shot", "few_shot_by", "template", "prompting_id") if key in facts}
    split, created = facts.pop("split", "test"), facts.pop("created", "2026-01-01")
    return Record(
        task=task,
        task_variant="",
        card_version=1,
        split=split,
        status="complete",
        not_ranked=(),
        model=ModelFacts(name=name, kind="hf", **facts),
        data=DataFacts(kind="real", layout="", fingerprint="f", pictures="", complete=True, comparable=True, limit=None, notes=()),
        counts=Counts(examples=n, answered=n, unparsed=0, empty=0, failed=0, skipped=0),
        prompting=PromptingFacts(**prompting),
        bootstrap=Bootstrap(),
        measures={},
        estimates=(),
        samples=(),
        environment={},
        created=created,
    )


def test_one_run_per_task_keeps_its_systems_name() -> None:
    assert names_of([run(), run("meqsum"), run(name="other")]) == ["llava", "llava", "other"]


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ({}, {"few_shot": 3}, ["llava (0-shot)", "llava (3-shot)"]),
        ({"few_shot": 3}, {"few_shot": 3, "few_shot_by": "nearest"}, ["llava (3-shot)", "llava (3-shot by likeness)"]),
        ({}, {"decoding": {"seed": 1}}, ["llava (seed 0)", "llava (seed 1)"]),
        ({}, {"decoding": {"temperature": 0.7}}, ["llava (temperature 0)", "llava (temperature 0.7)"]),
        ({}, {"decoding": {"score_choices": True}}, ["llava (score choices off)", "llava (score choices on)"]),
        ({"setting": "zero-shot"}, {"setting": "fine-tuned"}, ["llava (zero-shot)", "llava (fine-tuned)"]),
        ({"digest": "a" * 64}, {"digest": "b" * 64}, ["llava (weights aaaaaaaa)", "llava (weights bbbbbbbb)"]),
        ({"revision": "c" * 40}, {"revision": "d" * 40}, ["llava (revision cccccccc)", "llava (revision dddddddd)"]),
        ({"arguments": {"size": "28"}}, {"arguments": {"size": "64"}}, ["llava (size=28)", "llava (size=64)"]),
        ({}, {"arguments": {"size": "64"}}, ["llava", "llava (size=64)"]),
        ({}, {"n": 20}, ["llava (n = 451)", "llava (n = 20)"]),
        ({}, {"split": "val"}, ["llava (test split)", "llava (val split)"]),
        # SHA-256 of "Q: {question}" begins so.
        ({}, {"template": "Q: {question}"}, ["llava", "llava (template d9748eab)"]),
        ({}, {"prompting_id": "q"}, ["llava (prompts p)", "llava (prompts q)"]),
        ({}, {"created": "2026-01-02"}, ["llava (2026-01-01)", "llava (2026-01-02)"]),
        ({}, {}, ["llava (run 1)", "llava (run 2)"]),
        ({"few_shot": 3, "decoding": {"seed": 1}}, {}, ["llava (3-shot, seed 1)", "llava (0-shot, seed 0)"]),
    ],
)
def test_runs_of_one_name_say_what_differs(first: dict[str, Any], second: dict[str, Any], names: list[str]) -> None:
    assert names_of([run(**first), run(**second)]) == names


def test_one_way_of_running_a_system_is_called_the_same_on_every_task() -> None:
    """Two seeds on one task, one on the other: the profile over tasks joins what belongs together."""
    assert names_of([run(), run(decoding={"seed": 1}), run("meqsum", n=100)]) == ["llava (seed 0)", "llava (seed 1)", "llava (seed 0)"]


def test_the_size_of_one_task_is_not_told_on_another() -> None:
    assert names_of([run(), run(n=20), run("meqsum", n=100)]) == ["llava (n = 451)", "llava (n = 20)", "llava"]


def test_the_last_resorts_serve_those_alone_that_need_them() -> None:
    found = names_of([run(), run(created="2026-01-02"), run(decoding={"seed": 1})])
    assert found == ["llava (seed 0, 2026-01-01)", "llava (seed 0, 2026-01-02)", "llava (seed 1)"]
