"""What runs of one name are called, worked out by hand from the facts in which they differ."""

from __future__ import annotations

from typing import Any

import pytest

from harness.runs.facts import PromptingFacts
from harness.runs.record import Record
from harness.types import Decoding, ModelFacts
from harness.views.naming import names_of
from tests.views.support import by_hand


def run(task: str = "vqa_rad", name: str = "llava", **facts: Any) -> Record:
    """A record in which everything but the named facts is alike."""
    of_prompting = ("few_shot", "few_shot_by", "template", "prompting_id")
    prompting = {"prompting_id": "p"} | {key: facts.pop(key) for key in of_prompting if key in facts}
    prompting |= {"model_digest": "m", "images": "", "decoding": Decoding(**facts.pop("decoding", {}))}
    changes = {key: facts.pop(key) for key in ("split", "created", "n") if key in facts}
    return by_hand(task=task, model=ModelFacts(name=name, kind="hf", **facts), prompting=PromptingFacts(**prompting), **changes)


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


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        # One run per task keeps its system's name.
        ([run(), run("meqsum"), run(name="other")], ["llava", "llava", "other"]),
        # Two seeds on one task, one on the other: the profile over tasks joins what belongs together.
        ([run(), run(decoding={"seed": 1}), run("meqsum", n=100)], ["llava (seed 0)", "llava (seed 1)", "llava (seed 0)"]),
        # The size of one task is not told on another.
        ([run(), run(n=20), run("meqsum", n=100)], ["llava (n = 451)", "llava (n = 20)", "llava"]),
        # The last resorts serve those alone that need them.
        (
            [run(), run(created="2026-01-02"), run(decoding={"seed": 1})],
            ["llava (seed 0, 2026-01-01)", "llava (seed 0, 2026-01-02)", "llava (seed 1)"],
        ),
    ],
)
def test_one_way_of_running_a_system_is_called_the_same_on_every_task(runs: list[Record], names: list[str]) -> None:
    assert names_of(runs) == names
