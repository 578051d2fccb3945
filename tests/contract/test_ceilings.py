"""The oracle's score is the ceiling of a metric on a release, and not always 1."""

from __future__ import annotations

import pytest

from harness import models
from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.runs.plan import Options, prepare
from harness.runs.scoring import score
from harness.stats.bootstrap import Bootstrap


def oracle(name: str) -> tuple[Dataset, dict[tuple[str, str], float | None], dict[tuple[str, str], str]]:
    plan = prepare(catalog.task(name), models.open_model("baseline:oracle", {}), Options())
    responses = plan.model.generate(plan.requests)
    train = examples.train_reader(plan.dataset, data_root=None)
    found = score(
        plan.task, plan.examples, responses, split="test", info=plan.info, complete=True, train=train, plan=Bootstrap(resamples=0)
    )
    whole = [estimate for estimate in found.estimates if estimate.slice == "all"]
    return plan.dataset, {(e.metric, e.variant): e.value for e in whole}, {(e.metric, e.variant): e.note for e in whole}


def test_labels_and_answers_against_themselves_are_all_right() -> None:
    for name in ("vqa_rad", "pneumoniamnist"):
        dataset, found, _ = oracle(name)
        upwards = {(metric.name, metric.variant): metric.higher_is_better for metric in dataset.task.metrics}
        for key, value in found.items():
            if key != ("exact_match", "biomedgpt"):
                assert value == pytest.approx(float(upwards[key]), abs=1e-8), key


def test_biomedgpt_counts_the_releases_own_capitals_and_tabs_as_wrong() -> None:
    """Its preprocessing lower-cases VQA-RAD's answers and deletes tabs: of the sample's twenty, three have a capital and one a tab."""
    dataset, found, _ = oracle("vqa_rad")
    assert sum(example.target != example.target.lower() for example in dataset.examples) == 3
    assert sum("\t" in example.target for example in dataset.examples) == 1
    assert found["exact_match", "biomedgpt"] == 16 / 20


def test_a_perfect_ranking_of_short_topics_is_below_one_and_its_ceiling_is_printed() -> None:
    """Two of twelve trials are eligible for each of the six patients."""
    _, found, notes = oracle("trec_ct_2022")
    assert found["p_at_10", "eligible"] == pytest.approx(0.2)
    assert "a perfect ranking has P@10 0.2000 on these 6 topics" in notes["p_at_10", "eligible"]
    assert found["ndcg_at_10", "linear"] == pytest.approx(1.0)
