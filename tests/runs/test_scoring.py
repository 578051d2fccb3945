"""Scoring: what becomes of a reply, and what a score is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from harness.errors import AdapterError
from harness.metrics.base import Context, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.measuring import measure
from harness.runs.reading import read_reply
from harness.runs.scoring import scoring_id, targets_digest
from harness.stats.bootstrap import Bootstrap
from harness.types import Example, Input, Response, Task
from tests.metrics import samples
from tests.runs.support import INFO, scored

CHOICES = Example(id="1", input=Input(text="?", choices=("no", "maybe", "yes")), target="yes", group="1")


def run(task: Task[str], examples: list[Example[str]], texts: list[str]) -> dict[tuple[str, str], float | None]:
    return {(estimate.metric, estimate.slice): estimate.value for estimate in scored(task, examples, texts).estimates}


@pytest.mark.parametrize(
    ("response", "outcome", "prediction"),
    [
        (Response(text="Yes"), "answered", "yes"),
        (Response(text="  \n"), "empty", None),
        (Response(error="timeout"), "failed", None),
        (Response(text="yes", error="cut off"), "failed", None),
        (Response(choice_log_probs=(-3.0, -0.1, -2.0)), "answered", "maybe"),
        (Response(choice_log_probs=(-0.7, -0.7, -2.0)), "answered", "no"),
        (Response(text="yes", choice_log_probs=(-0.1, -3.0, -2.0)), "answered", "yes"),
        (Response(finish="stop", choice_log_probs=(-0.1, -3.0, -2.0)), "empty", None),
        (Response(finish="length", thinking="Let me see", choice_log_probs=(-0.1, -3.0, -2.0)), "unparsed", None),
    ],
    ids="text, blank, failed, failed with text, classifier, a tie goes to the first, a generator's text counts,"
    " a generator that says nothing, a budget spent on thinking".split(", "),
)
def test_a_reply_is_read_one_way(toy_task: Task[str], response: Response, outcome: str, prediction: str | None) -> None:
    reading = read_reply(toy_task, CHOICES, response)
    assert (reading.outcome, reading.prediction) == (outcome, prediction)


def test_what_cannot_be_parsed_is_unparsed_and_wrong(toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]]) -> None:
    strict = replace(toy_task, parse=lambda response, item: response.text if response.text in ("yes", "no") else None)
    assert run(strict, toy_examples(4), ["yes", "perhaps", "yes", "no"])["accuracy", "all"] == 0.75


def test_a_reply_in_which_the_measure_finds_no_answer_is_unparsed(
    toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]], accuracy: Metric
) -> None:
    """The task reads any text, the measure only yes and no: the run counts what the metric counts, and silence stays silence."""
    replies = ["yes", "perhaps", "", "no"]
    measured = replace(accuracy.measure, unread=lambda found: np.array([reply not in ("yes", "no") for reply in replies]))
    found = scored(replace(toy_task, metrics=(replace(accuracy, measure=measured),)), toy_examples(4), replies)
    assert [reading.outcome for reading in found.readings] == ["answered", "unparsed", "empty", "answered"]


def test_an_adapter_that_raises_on_a_reply_or_on_scores_is_named(toy_task: Task[str]) -> None:
    broken = replace(toy_task, decide=lambda scores, item: str(1 // 0), parse=lambda response, item: str(int(response.text)))
    with pytest.raises(AdapterError, match=r"toy: decide\(\) raised ZeroDivisionError on the scores for '1'"):
        read_reply(broken, CHOICES, Response(choice_log_probs=(-0.1, -3.0, -2.0)))
    with pytest.raises(AdapterError, match=r"toy: parse\(\) raised ValueError on the reply to '1'"):
        read_reply(broken, CHOICES, Response(text="x"))


def test_every_metric_is_given_for_the_whole_set_and_each_slice(
    toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]]
) -> None:
    found = run(toy_task, toy_examples(4), ["yes", "yes", "yes", "no"])
    assert found == {
        ("accuracy", "all"): 0.75,
        ("accuracy", "first"): 0.5,
        ("accuracy", "second"): 1.0,
        ("median_length", "all"): 3.0,
        ("median_length", "first"): 3.0,
        ("median_length", "second"): 2.5,
    }


def test_a_metric_of_the_whole_set_has_no_slices_and_a_recall_only_label_slices(
    toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]], accuracy: Metric
) -> None:
    examples = [replace(example, tags={**example.tags, "label": example.target}) for example in toy_examples(4)]
    metrics = (accuracy, replace(accuracy, name="whole", scope="whole set"), replace(accuracy, name="recall", scope="label slices"))
    found = run(replace(toy_task, metrics=metrics), examples, ["yes", "yes", "yes", "no"])
    assert sorted(found) == [
        ("accuracy", "all"),
        ("accuracy", "first"),
        ("accuracy", "second"),
        ("recall", "no"),
        ("recall", "yes"),
        ("whole", "all"),
    ]
    assert found["recall", "no"] == 0.5


def test_metrics_that_are_for_none_of_the_samples_are_named(
    toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]], accuracy: Metric
) -> None:
    """A record without a number could not be read."""
    task = replace(toy_task, metrics=(replace(accuracy, slices=("organ=heart",)),))
    with pytest.raises(AdapterError, match=r"for any of these 2 samples: accuracy/.* is for organ=heart; the samples"):
        run(task, toy_examples(2), ["yes", "no"])


def test_a_metric_that_needs_scores_is_null_with_the_reason_where_there_are_none(
    toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]], accuracy: Metric
) -> None:
    needy = replace(accuracy, measure=replace(accuracy.measure, needs=frozenset({"choice_log_probs"})))
    found = scored(replace(toy_task, metrics=(needy,)), toy_examples(2), ["yes", "yes"], plan=Bootstrap())
    [estimate] = [estimate for estimate in found.estimates if estimate.slice == "all"]
    assert (estimate.value, estimate.low, estimate.note) == (None, None, "not computed: the model gives no scores")


@pytest.mark.parametrize(
    ("differing", "note"),
    [(2, ""), (3, "in 3 of 20 replies the likeliest choice is not what the text says"), (20, "in 20 of 20 replies")],
    ids=["a few", "more than a few", "all"],
)
def test_scores_that_are_another_answer_than_the_text_are_told_beside_what_reads_them(
    toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]], accuracy: Metric, differing: int, note: str
) -> None:
    needy = replace(accuracy, name="needy", measure=replace(accuracy.measure, name="needy", needs=frozenset({"choice_log_probs"})))
    examples = [replace(example, input=replace(example.input, choices=("yes", "no"))) for example in toy_examples(20)]
    responses = [Response(text="yes", choice_log_probs=(-3.0, -0.1) if place < differing else (-0.1, -3.0)) for place in range(20)]
    replies = [*responses[:-1], replace(responses[-1], finish="stop")]
    found = scored(replace(toy_task, metrics=(accuracy, needy)), examples, replies, replace(INFO, scores="softmax"))
    notes = {estimate.metric: estimate.note for estimate in found.estimates if estimate.slice == "all"}
    assert note in notes["needy"]
    assert bool(note) == ("likeliest" in notes["needy"])
    assert "likeliest" not in notes[accuracy.name]


SAMPLES = samples.of([None, None, None], ["a", "a", "a"])


def test_a_measure_runs_once_for_all_its_metrics(accuracy: Metric) -> None:
    calls = []

    def count(given: Samples, context: Context) -> Statistics:
        calls.append(1)
        return Statistics(names=("one",), table=np.ones((len(given), 1)))

    shared = Measure(name="shared", run=count)
    measure([replace(accuracy, name="a", measure=shared), replace(accuracy, name="b", measure=shared)], SAMPLES, Context())
    assert len(calls) == 1


def test_a_measure_that_cannot_run_here_gives_its_reason(accuracy: Metric) -> None:
    def absent(given: Samples, context: Context) -> Statistics:
        raise NotComputed("Java absent")

    found = measure([replace(accuracy, measure=Measure(name="m", run=absent))], SAMPLES, Context())
    assert found["m"].statistics is None
    assert found["m"].note == "not computed: Java absent"


def test_targets_have_one_digest_in_whatever_order_they_come() -> None:
    assert targets_digest([("1", "yes"), ("2", "no")]) == targets_digest([("2", "no"), ("1", "yes")])
    assert targets_digest([("1", "yes"), ("2", "no")]) != targets_digest([("1", "no"), ("2", "yes")])


@pytest.mark.parametrize(
    "other",
    [
        ("t@v", 1, "test", "d", "s"),
        ("t", 2, "test", "d", "s"),
        ("t", 1, "val", "d", "s"),
        ("t", 1, "test", "e", "s"),
        ("t", 1, "test", "d", "s|x"),
    ],
    ids=["variant", "card version", "split", "targets", "signature"],
)
def test_scores_of_different_protocols_have_different_ids(other: tuple[str, int, str, str, str]) -> None:
    assert scoring_id(*other) != scoring_id("t", 1, "test", "d", "s")
