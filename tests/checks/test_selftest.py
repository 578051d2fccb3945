"""The self-test of scorers: it passes what is right, and finds a metric that rewards nonsense."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.checks import scorers
from harness.checks.nonsense import CONSTANTS
from harness.checks.scorers import Verdict, check
from harness.data import catalog
from harness.metrics.base import Context, Defect, Measure, Metric, Samples, Statistics
from harness.types import Input, Response


def found(verdicts: list[Verdict], metric: str, part: str = "all") -> dict[str, float | None]:
    """Of the first metric of that name."""
    variant = next(v.variant for v in verdicts if v.metric == metric)
    return {v.predictions: v.value for v in verdicts if (v.metric, v.variant, v.slice) == (metric, variant, part)}


def broken(verdicts: list[Verdict]) -> dict[str, str]:
    """The first broken rule of each kind of predictions."""
    return {verdict.predictions: verdict.reason for verdict in reversed(scorers.broken(verdicts))}


def per_sample(name: str, values: dict[str, float], otherwise: float) -> Metric:
    """A mean of values that depend on the reply alone."""

    def run(samples: Samples, context: Context) -> Statistics:
        return Statistics(names=("value",), table=np.array([[values.get(reply, otherwise)] for reply in samples.replies]))

    return Metric(
        name=name,
        variant="toy",
        measure=Measure(name=name, run=run),
        value=lambda statistics, weights: (weights @ statistics.table[:, 0]) / weights.sum(axis=1),
    )


def of(metric: Metric) -> list[Verdict]:
    """A task of summaries under one metric."""
    return check(dataclasses.replace(catalog.task("meqsum"), metrics=(metric,)))


@pytest.fixture(scope="module")
def vqa_rad() -> list[Verdict]:
    return check(catalog.task("vqa_rad"))


@pytest.fixture(scope="module")
def overlaps() -> list[Verdict]:
    """Summaries under the ROUGE family alone; METEOR takes its time."""
    task = catalog.task("meqsum")
    return check(dataclasses.replace(task, metrics=tuple(metric for metric in task.metrics if metric.name.startswith("rouge"))))


def test_what_is_no_answer_scores_nothing_on_closed_questions(vqa_rad: list[Verdict]) -> None:
    assert not broken(vqa_rad)
    closed = found(vqa_rad, "exact_match", "closed")
    assert (closed["oracle"], closed["empty"], closed["unknown"], closed["yes no"]) == (1.0, 0.0, 0.0, 0.0)
    unparsed = found(vqa_rad, "unparsed_rate", "closed")
    assert (unparsed["oracle"], unparsed["empty"], unparsed["unknown"], unparsed["yes no"]) == (0.0, 1.0, 1.0, 1.0)


def test_mirrored_classes_are_all_wrong_and_their_scores_upside_down() -> None:
    verdicts = check(catalog.task("pneumoniamnist"))
    assert found(verdicts, "accuracy")["reversed"] == 0.0
    assert found(verdicts, "auc")["reversed"] == 0.0
    assert found(verdicts, "auc")["unknown"] is None  # a constant text has no scores
    assert not broken(verdicts)


def test_where_any_number_of_labels_may_hold_reversed_says_all_the_others() -> None:
    verdicts = check(catalog.task("chestmnist"))
    assert found(verdicts, "accuracy")["reversed"] == 0.0
    assert not broken(verdicts)


def test_shuffled_answers_are_nobodys_own(overlaps: list[Verdict]) -> None:
    """One answer per example: none of them is right anywhere else."""
    value = found(overlaps, "rouge_l")["shuffled"]
    assert value is not None
    assert value < 1.0


def test_words_from_last_to_first_keep_single_words_and_lose_pairs(overlaps: list[Verdict]) -> None:
    assert found(overlaps, "rouge_1")["reversed"] == pytest.approx(1.0)
    value = found(overlaps, "rouge_2")["reversed"]
    assert value is not None
    assert value < 0.5


HALF = "a constant scores more than 50% of the oracle"


@pytest.mark.parametrize(
    ("values", "otherwise", "higher_is_better", "reasons"),
    [
        ({"": 0.2}, 1.0, True, {"empty": "what is no answer must score 0", **dict.fromkeys(CONSTANTS, HALF)}),
        ({"": 0.0, "unknown": 0.9, "yes no": 0.1, "Yes, this is abnormal.": 0.4}, 0.8, True, {"unknown": "better than the oracle"}),
        ({"": 0.3, "unknown": 0.0}, 0.1, False, {"empty": "what is no answer must score 1", "unknown": "better than the oracle"}),
    ],
    ids=["it rewards silence", "a constant above the oracle", "lower is better"],
)
def test_a_metric_that_rewards_nonsense_is_found(
    values: dict[str, float], otherwise: float, higher_is_better: bool, reasons: dict[str, str]
) -> None:
    metric = dataclasses.replace(per_sample("fond", values, otherwise), higher_is_better=higher_is_better)
    assert broken(of(metric)) == reasons


def test_a_parse_that_guesses_a_class_is_found() -> None:
    def guess(response: Response, item: Input) -> str:
        return next((choice for choice in item.choices if choice == response.text), item.choices[0])

    reasons = broken(check(dataclasses.replace(catalog.task("pneumoniamnist"), parse=guess)))
    assert reasons["unknown"] == reasons["yes no"] == "no answer was read as one of the classes"
    assert "Yes, this is abnormal." not in reasons  # it may name a class, and then scores what that class is worth


def test_what_published_scorers_reward_is_known_and_nothing_else(vqa_rad: list[Verdict]) -> None:
    assert not scorers.broken(vqa_rad)
    assert not scorers.gone(vqa_rad)
    known = {(v.metric, v.variant, v.predictions) for v in scorers.known(vqa_rad)}
    assert known == {
        ("token_recall", "canonical", "yes no"),
        ("token_recall", "llava_med", "yes no"),
        ("token_recall", "multimedeval", "yes no"),
        ("accuracy", "llava_med", "unknown"),
        ("accuracy", "llava_med", "yes no"),
        ("accuracy", "llava_med", "Yes, this is abnormal."),
        ("accuracy", "llava_med-v1", "unknown"),
        ("accuracy", "llava_med-v1", "yes no"),
        ("accuracy", "llava_med-v1", "Yes, this is abnormal."),
        ("accuracy", "multimedeval", "yes no"),
        ("accuracy", "medevalkit", "unknown"),
    }


def test_a_published_scorer_without_its_documentation_is_found() -> None:
    task = catalog.task("vqa_rad")
    bare = tuple(dataclasses.replace(metric, known_defects=()) for metric in task.metrics)
    found = {(v.metric, v.variant) for v in scorers.broken(check(dataclasses.replace(task, metrics=bare)))}
    assert {("accuracy", "llava_med"), ("accuracy", "multimedeval"), ("accuracy", "medevalkit")} <= found


def test_only_the_documented_predictions_are_excused() -> None:
    lenient = per_sample("lenient", {"": 0.2}, otherwise=1.0)
    metric = dataclasses.replace(lenient, known_defects=(Defect(predictions="unknown", slice="all", reason="It likes it."),))
    verdicts = of(metric)
    assert {v.predictions for v in scorers.known(verdicts)} == {"unknown"}
    assert set(broken(verdicts)) == {"empty", "yes no", "Yes, this is abnormal."}
    assert not scorers.gone(verdicts)


def test_a_documented_defect_that_no_longer_shows_is_missed() -> None:
    defect = Defect(predictions="unknown", slice="all", reason="It liked it once.")
    mended = dataclasses.replace(per_sample("mended", dict.fromkeys(("", *CONSTANTS), 0.0), otherwise=1.0), known_defects=(defect,))
    verdicts = of(mended)
    assert not scorers.broken(verdicts)
    [missed] = scorers.gone(verdicts)
    assert (missed.metric, missed.predictions, missed.documented) == ("mended", "unknown", "It liked it once.")


def test_a_defect_that_shows_in_one_task_is_not_missed_in_another() -> None:
    defect = Defect(predictions="unknown", slice="all", reason="It likes it.")
    values = {"": 0.0, "yes no": 0.0, "Yes, this is abnormal.": 0.0}
    metric = dataclasses.replace(per_sample("fond", values, otherwise=1.0), known_defects=(defect,))
    mended = dataclasses.replace(per_sample("fond", {**values, "unknown": 0.0}, otherwise=1.0), known_defects=(defect,))
    hides = of(mended)
    assert scorers.gone(hides)
    assert not scorers.gone([*hides, *of(metric)])


def test_every_task_is_tested_and_a_variant_where_its_metrics_differ() -> None:
    names = scorers.every_metric()
    assert set(catalog.names()) <= set(names)
    assert "iu_xray@r2gen" in names
    assert "pneumoniamnist@224" not in names
