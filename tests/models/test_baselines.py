"""Baselines: what each says, what it learns from, and where it is refused."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest

from harness import models
from harness.data import catalog
from harness.errors import MissingData, UsageError
from harness.types import Example, Input, Request, Scene
from tests.models.asking import ask, scene

TASKS = ("vqa_rad", "iu_xray", "pneumoniamnist", "trec_ct_2022", "meqsum")


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("baseline", ["majority", "constant", "random", "nearest", "oracle"])
def test_a_baseline_answers_every_request_the_same_way_whatever_their_order(baseline: str, name: str) -> None:
    place = scene(name)
    if place.train is None and baseline == "nearest":
        pytest.skip("the release has no train split, and the refusal is tested on its own")
    model = models.open_model(f"baseline:{baseline}", {}).for_task(place)
    requests = [Request(id=e.id, prompt="", item=e.input, decoding=place.task.decoding) for e in place.examples]
    forwards, backwards = model.generate(requests), model.generate(requests[::-1])
    assert list(forwards) == list(backwards)[::-1]
    assert all(response.error is None for response in forwards)


def test_majority_learns_from_train() -> None:
    place = scene("meqsum")
    assert place.train is not None
    [(most, _)] = Counter(sorted(example.target for example in place.train())).most_common(1)
    assert {response.text for response in ask(models.open_model("baseline:majority", {}), place)} == {most}


def test_majority_without_a_train_split_is_labelled_a_bound() -> None:
    info = models.open_model("baseline:majority", {}).for_task(scene("trec_ct_2022")).info
    assert (info.name, info.reads_targets) == ("majority (test prior)", True)
    assert "no train split" in info.note


@pytest.mark.parametrize(
    ("baseline", "task"), [("majority", "meqsum"), ("nearest", "meqsum"), ("random", "meqsum"), ("majority", "pneumoniamnist")]
)
def test_what_learns_from_the_train_split_has_seen_the_targets_of_that_split(baseline: str, task: str) -> None:
    place = scene(task)
    opened = models.open_model(f"baseline:{baseline}", {})
    assert not opened.for_task(place).info.reads_targets
    info = opened.for_task(replace(place, split="train")).info
    assert info.reads_targets
    assert "the split that it answers" in info.note


def test_majority_gives_the_prior_as_scores() -> None:
    """48 not relevant, 12 excluded, 12 eligible of 72."""
    [first, *_] = ask(models.open_model("baseline:majority", {}), scene("trec_ct_2022"))
    assert first.choice_log_probs == pytest.approx((math.log(48 / 72), math.log(12 / 72), math.log(12 / 72)))


def test_random_draws_choices_about_equally_and_by_its_seed() -> None:
    place = scene("pneumoniamnist")
    first = [response.text for response in ask(models.open_model("baseline:random", {}), place)]
    other = [response.text for response in ask(models.open_model("baseline:random", {"seed": "1"}), place)]
    assert 70 <= Counter(first)["normal"] <= 130
    assert first != other


def test_constant_says_what_it_is_told() -> None:
    assert {r.text for r in ask(models.open_model("baseline:constant", {"text": "yes no"}), scene("vqa_rad"))} == {"yes no"}


def test_lead_gives_the_first_sentences_and_copy_everything() -> None:
    place = scene("meqsum")
    text = place.examples[1].input.text
    one = ask(models.open_model("baseline:lead", {"sentences": "1"}), place)[1].text
    assert " ".join(text.split()).startswith(one)
    assert one.endswith((".", "!", "?"))
    assert ask(models.open_model("baseline:copy", {}), place)[1].text == text


def test_nearest_finds_an_example_that_it_has_seen() -> None:
    place = scene("meqsum")
    assert place.train is not None
    seen = Scene(task=place.task, split="train", examples=place.train(), ids=place.ids, train=place.train)
    found = ask(models.open_model("baseline:nearest", {}), seen)
    assert [response.text for response in found[:6]] == [example.target for example in seen.examples[:6]]


def test_nearest_compares_pictures_where_all_texts_are_alike() -> None:
    place = scene("pneumoniamnist")
    right = sum(r.text == e.target for r, e in zip(ask(models.open_model("baseline:nearest", {}), place), place.examples, strict=True))
    assert right > 110  # of 200; chance is 100


@pytest.mark.parametrize(
    ("spec", "arguments", "name", "message"),
    [
        ("baseline:majorty", {}, "", "unknown baseline 'majorty'. Did you mean majority"),
        ("baseline:lead", {"sentence": "1"}, "", "unknown --model-arg of baseline:lead 'sentence'. Did you mean sentences"),
        ("baseline:oracle", {"x": "1"}, "", "baseline:oracle takes no --model-arg"),
        ("baseline:lead", {"sentences": "none"}, "meqsum", "must be a whole number"),
        ("baseline:lead", {}, "vqa_rad", "repeats a text to be summarised; vqa_rad is a vqa task"),
        ("basline:majority", {}, "", "unknown kind of model 'basline'. Did you mean baseline"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(spec: str, arguments: dict[str, str], name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        models.open_model(spec, arguments).for_task(scene(name))


def test_a_release_without_a_train_split_says_what_to_run_instead() -> None:
    with pytest.raises(MissingData, match=r"nearest learns from a train split, and this release has none\. Run baseline:majority instead"):
        models.open_model("baseline:nearest", {}).for_task(scene("trec_ct_2022"))


def scene_of_labels() -> Scene:
    """Pictures of which any number of two findings may be true; the train split has 4, with 2 nodules and 1 mass."""
    task = catalog.task("pneumoniamnist")
    item = Input(text="", choices=("nodule", "mass"))
    train = [Example(id=f"t{i}", input=item, target=target, group=f"t{i}") for i, target in enumerate(["", "nodule", "", "nodule; mass"])]
    test = [Example(id="1", input=item, target="nodule; mass", group="1"), Example(id="2", input=item, target="", group="2")]
    labelled = replace(task, decide=lambda scores, item: "", say=lambda target: target or "none")
    return Scene(task=labelled, split="test", examples=test, ids=frozenset({"1", "2"}), train=lambda: train)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ("majority", [("none", (1 / 2, 1 / 4)), ("none", (1 / 2, 1 / 4))]),
        ("oracle", [("nodule; mass", (1, 1)), ("none", (0, 0))]),
    ],
)
def test_where_any_number_of_labels_holds_each_has_a_probability_of_its_own(
    baseline: str, expected: list[tuple[str, tuple[float, float]]]
) -> None:
    place = scene_of_labels()
    backend = models.open_model(f"baseline:{baseline}", {})
    found = ask(backend, place)
    assert backend.for_task(place).info.scores == "independent"
    assert [(r.text, tuple(map(math.exp, r.choice_log_probs or ()))) for r in found] == expected


@pytest.mark.parametrize("baseline", ["nearest", "random"])
def test_an_empty_train_split_is_as_good_as_none(baseline: str) -> None:
    place = replace(scene("meqsum"), train=lambda: [])
    with pytest.raises(MissingData, match="and it is not at hand"):
        models.open_model(f"baseline:{baseline}", {}).for_task(place)


def test_majority_over_an_empty_train_split_is_labelled_a_bound() -> None:
    assert models.open_model("baseline:majority", {}).for_task(replace(scene("meqsum"), train=lambda: [])).info.reads_targets
