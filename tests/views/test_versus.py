"""Runs against runs: paired on the same samples, refused where they are not the same, and the samples that changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness.data import catalog
from harness.errors import UsageError
from harness.runs.record import Record
from harness.stats.paired import Difference
from harness.views import between_runs, pairing
from harness.views.between_runs import Contrast
from harness.views.samples import changes, told
from tests.views.support import evaluated, scored


def versus(first: str, second: str, task: str = "vqa_rad", metric: str = "") -> list[Contrast]:
    return between_runs.versus(scored(first, task), scored(second, task), catalog.task(task), metric=metric)


def leading(found: list[Contrast]) -> Contrast:
    return next(contrast for contrast in found if contrast.slice == "all")


def test_the_second_run_is_set_against_the_first() -> None:
    """The invented VQA-RAD sample: majority answers 2 of 20 questions, the oracle all."""
    found = leading(versus("majority", "oracle"))
    assert found.difference is not None
    assert (found.metric, found.difference.first, found.difference.second) == ("exact_match", 0.1, 1.0)
    assert found.difference.value == pytest.approx(0.9)


def test_better_is_said_of_a_significant_difference_alone() -> None:
    """200 phantoms, each a group of its own: 50 % against 100 % is no chance; 12 pictures of the VQA sample cannot tell."""
    assert leading(versus("majority", "oracle", "pneumoniamnist")).better == "oracle"
    assert leading(versus("oracle", "majority", "pneumoniamnist")).better == "oracle"
    assert leading(versus("majority", "nearest")).better == ""


@pytest.mark.parametrize("metric", ["", "token_recall/canonical"])
def test_slices_are_compared_under_the_metric_that_ranks_or_the_one_that_is_named(metric: str) -> None:
    found = versus("majority", "nearest", metric=metric)
    assert {"all", "closed", "open"} <= {one.slice for one in found}
    assert {one.metric for one in found if one.slice != "all"} == {metric.partition("/")[0] or "exact_match"}
    assert [one.slice for one in found if one.family == "leading"] == ["all"]
    assert not metric or {f"{one.metric}/{one.metric_variant}" for one in found} == {metric}


def test_the_order_of_samples_on_disk_does_not_matter() -> None:
    first, second = scored("majority"), scored("nearest")
    turned = structs.replace(
        second,
        samples=second.samples[::-1],
        measures={
            name: replace(found, statistics=replace(found.statistics, table=found.statistics.table[::-1]))
            for name, found in second.measures.items()
            if found.statistics is not None
        },
    )
    assert between_runs.versus(first, turned, catalog.task("vqa_rad")) == versus("majority", "nearest")


def pictured(record: Record, digest: str) -> Record:
    return structs.replace(record, data=structs.replace(record.data, pictures=digest))


def test_what_must_not_be_compared_is_refused_with_the_reason() -> None:
    first, limited = scored("majority"), scored("nearest", limit=5)
    version = first.card_version
    elsewhere = tuple(structs.replace(estimate, scoring_id="other") for estimate in first.estimates)
    for other, why in (
        (scored("majority", "mednli"), "different tasks: vqa_rad and mednli"),
        (structs.replace(first, split="train"), "different splits: test and train"),
        (limited, "nearest is partial: limited to the first 5 of 20 examples; synthetic sample"),
        (scored("nearest", real=True), "one is of an invented sample, the other of real data"),
        (structs.replace(first, card_version=version + 1), f"different versions of the card: {version} and {version + 1}"),
        (structs.replace(first, samples=first.samples[1:]), "different samples were scored"),
        (structs.replace(first, estimates=elsewhere), "different targets: the releases behind the two are not the same"),
        (structs.replace(first, estimates=()), "they have no metric in common"),
        (first, ""),
    ):
        assert pairing.refusal(first, other) == why
    shown = pictured(first, "a")
    assert pairing.refusal(shown, pictured(scored("nearest"), "b")).startswith("different pictures")
    assert pairing.refusal(shown, pictured(scored("nearest"), "")) == ""
    [contrast] = between_runs.versus(first, limited, catalog.task("vqa_rad"))
    assert (contrast.difference, contrast.better, bool(contrast.refused)) == (None, "", True)


def test_the_leading_tests_of_all_tasks_are_adjusted_among_themselves_and_all_others_likewise() -> None:
    """Holm (1979): the smallest of m p-values is multiplied by m, and none is below a smaller one."""
    found = between_runs.adjusted([one for task in ("vqa_rad", "pneumoniamnist") for one in versus("majority", "nearest", task)])
    assert [one.task for one in found if one.family == "leading"] == ["vqa_rad", "pneumoniamnist"]
    for family in ("leading", "further"):
        own = [one for one in found if one.family == family and one.p_holm is not None]
        drawn, made = zip(*sorted((one.difference.p or 0, one.p_holm or 0) for one in own if one.difference), strict=True)
        assert made[0] == pytest.approx(min(1.0, len(own) * drawn[0]))
        assert list(made) == sorted(made)
        assert {one.family_size for one in own} == {len(own)}


def test_better_is_decided_by_the_adjusted_p() -> None:
    """0.03 and 0.04 alone would both be better; Holm over the two makes 0.06 of each."""
    found = between_runs.adjusted([contrast("vqa_rad", 0.03), contrast("meqsum", 0.04)])
    assert [one.p_holm for one in found] == [pytest.approx(0.06), pytest.approx(0.06)]
    assert [one.better for one in found] == ["", ""]
    assert between_runs.adjusted([contrast("vqa_rad", 0.03)])[0].better == "b"


def contrast(task: str, p: float) -> Contrast:
    difference = Difference(first=0.5, second=0.6, value=0.1, low=0.0, high=0.2, p=p, mcnemar_p=None, n=100, n_groups=100)
    return Contrast(
        task=task, metric="m", metric_variant="v", slice="all", unit="fraction", higher_is_better=True, first="a", second="b",
        difference=difference, p_holm=None, family="leading", family_size=0, refused="",
    )  # fmt: skip


def test_a_named_metric_without_values_says_why() -> None:
    [found] = versus("majority", "nearest", "pneumoniamnist", metric="auc")
    assert (found.metric, found.difference) == ("auc", None)
    assert found.refused == "auc/medmnist: not computed: the model gives no scores"


def old(record: Record, metric: str) -> Record:
    """A record whose scores of a metric were made under a definition of its own."""
    estimates = (structs.replace(one, signature=f"{one.signature}|old") if one.metric == metric else one for one in record.estimates)
    return structs.replace(record, estimates=tuple(estimates))


def test_no_other_metric_takes_the_place_of_one_that_is_defined_otherwise_by_now() -> None:
    task, first, second = catalog.task("vqa_rad"), old(scored("majority"), "exact_match"), old(scored("nearest"), "exact_match")
    [found] = [one for one in between_runs.versus(first, second, task) if one.family == "leading"]
    assert (found.metric, found.difference) == ("exact_match", None)
    assert "score them again" in found.refused
    assert changes(first, second, task) == []


def test_runs_are_paired_with_the_first_of_their_own_kind() -> None:
    """A limited run is set against another limited one; alone of its kind, against the first, to say why the two do not compare."""
    whole = [scored(name) for name in ("majority", "nearest", "oracle")]
    part = [scored(name, limit=5) for name in ("majority", "nearest")]
    mixed = list(pairing.pairs([whole[0], part[0], whole[1], part[1]]))
    assert [(a is whole[0], b) for a, b in mixed] == [(True, whole[1]), (False, part[1])]
    assert list(pairing.pairs([*whole, part[0]])) == [(whole[0], other) for other in (*whole[1:], part[0])]
    with pytest.raises(UsageError, match="nothing to compare: vqa_rad has one run"):
        list(pairing.pairs(whole[:1]))


def test_samples_that_changed_are_told_with_their_text_where_it_is_of_the_same_release(tmp_path: Path) -> None:
    first, second = ((run.folder, run.record) for run in (evaluated(tmp_path, name) for name in ("majority", "oracle")))
    task = catalog.task("vqa_rad")
    changed = changes(first[1], second[1], task)
    assert len(changed) == 18
    item = told(changed[:1], task, (first, second), data_root=None)[0]
    assert item.first != item.second == item.reference
    assert item.prompt is not None
    assert item.prompt.endswith("Answer with a single word or a short phrase.")
    other = structs.replace(first[1], data=structs.replace(first[1].data, fingerprint="of another release"))
    [hidden] = told(changed[:1], task, ((first[0], other), second), data_root=None)
    assert (hidden.prompt, hidden.reference, hidden.first) == (None, None, item.first)


def test_losses_come_first() -> None:
    changed = changes(scored("oracle"), scored("nearest"), catalog.task("vqa_rad"))
    assert all((change.first, change.second) == (1.0, 0.0) for change in changed)
