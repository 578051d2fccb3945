"""Runs against runs: paired on the same samples, refused where they are not the same, and the samples that changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness import models
from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.errors import UsageError
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.runs.record import Record
from harness.stats.paired import Difference
from harness.views import between_runs, pairing
from harness.views.between_runs import Contrast
from harness.views.samples import changes, told


def run(tmp_path: Path, model: str, task: str = "vqa_rad", *, limit: int | None = None, real: bool = False) -> tuple[Path, Record]:
    options = Options(results=tmp_path / "results", limit=limit, data_root=SAMPLES if real else None, accept_different=real)
    done = evaluate.evaluate(catalog.task(task), models.open_model(f"baseline:{model}", {}), options)
    return done.folder, done.record


def leading(found: list[Contrast]) -> Contrast:
    return next(contrast for contrast in found if contrast.slice == "all")


def test_the_second_run_is_set_against_the_first(tmp_path: Path) -> None:
    """The invented VQA-RAD sample: majority answers 2 of 20 questions, the oracle all."""
    task = catalog.task("vqa_rad")
    found = leading(between_runs.versus(run(tmp_path, "majority")[1], run(tmp_path, "oracle")[1], task))
    assert found.difference is not None
    assert (found.metric, found.difference.first, found.difference.second) == ("exact_match", 0.1, 1.0)
    assert found.difference.value == pytest.approx(0.9)


def test_better_is_said_of_a_significant_difference_alone(tmp_path: Path) -> None:
    """200 phantoms, each a group of its own: 50 % against 100 % is no chance; 12 pictures of the VQA sample cannot tell."""
    phantoms, quiz = catalog.task("pneumoniamnist"), catalog.task("vqa_rad")
    runs = [run(tmp_path, name, "pneumoniamnist")[1] for name in ("majority", "oracle")]
    assert leading(between_runs.versus(runs[0], runs[1], phantoms)).better == "oracle"
    assert leading(between_runs.versus(runs[1], runs[0], phantoms)).better == "oracle"
    assert leading(between_runs.versus(run(tmp_path, "majority")[1], run(tmp_path, "nearest")[1], quiz)).better == ""


def test_slices_are_compared_under_the_metric_that_ranks(tmp_path: Path) -> None:
    found = between_runs.versus(run(tmp_path, "majority")[1], run(tmp_path, "nearest")[1], catalog.task("vqa_rad"))
    assert {"all", "closed", "open"} <= {contrast.slice for contrast in found}
    assert {contrast.metric for contrast in found if contrast.slice != "all"} == {"exact_match"}


def test_the_order_of_samples_on_disk_does_not_matter(tmp_path: Path) -> None:
    first, second = run(tmp_path, "majority")[1], run(tmp_path, "nearest")[1]
    turned = structs.replace(
        second,
        samples=second.samples[::-1],
        measures={
            name: replace(found, statistics=replace(found.statistics, table=found.statistics.table[::-1]))
            for name, found in second.measures.items()
            if found.statistics is not None
        },
    )
    task = catalog.task("vqa_rad")
    assert between_runs.versus(first, turned, task) == between_runs.versus(first, second, task)


def test_what_must_not_be_compared_is_refused_with_the_reason(tmp_path: Path) -> None:
    _, first = run(tmp_path, "majority")
    _, other_task = run(tmp_path, "majority", "meqsum")
    _, limited = run(tmp_path, "nearest", limit=5)
    _, real = run(tmp_path, "nearest", real=True)
    assert pairing.refusal(first, other_task) == "different tasks: vqa_rad and meqsum"
    assert pairing.refusal(first, structs.replace(first, split="train")) == "different splits: test and train"
    assert pairing.refusal(first, limited) == ("nearest is partial: limited to the first 5 of 20 examples; synthetic sample")
    assert pairing.refusal(first, real) == "one is of an invented sample, the other of real data"
    mine = first.card_version
    assert pairing.refusal(first, structs.replace(first, card_version=mine + 1)) == f"different versions of the card: {mine} and {mine + 1}"
    assert pairing.refusal(first, structs.replace(first, samples=first.samples[1:])) == "different samples were scored"
    changed = structs.replace(first, estimates=tuple(structs.replace(estimate, scoring_id="other") for estimate in first.estimates))
    assert pairing.refusal(first, changed) == "different targets: the releases behind the two are not the same"
    assert pairing.refusal(first, structs.replace(first, estimates=())) == "they have no metric in common"
    assert pairing.refusal(first, first) == ""


def test_a_refused_pair_has_no_difference(tmp_path: Path) -> None:
    _, first = run(tmp_path, "majority")
    [contrast] = between_runs.versus(first, run(tmp_path, "nearest", limit=5)[1], catalog.task("vqa_rad"))
    assert (contrast.difference, contrast.better) == (None, "")
    assert contrast.refused


def test_holm_is_over_the_tasks_for_the_metric_that_ranks(tmp_path: Path) -> None:
    """Two tasks: the smaller p is doubled, the larger one keeps its value or the smaller one's."""
    found = []
    for name in ("vqa_rad", "pneumoniamnist"):
        found += between_runs.versus(run(tmp_path, "majority", name)[1], run(tmp_path, "nearest", name)[1], catalog.task(name))
    done = [contrast for contrast in between_runs.adjusted(found) if contrast.family == "leading"]
    assert [contrast.task for contrast in done] == ["vqa_rad", "pneumoniamnist"]
    smaller, larger = sorted(done, key=lambda contrast: contrast.difference.p if contrast.difference and contrast.difference.p else 1.0)
    assert smaller.difference is not None
    assert larger.difference is not None
    assert smaller.p_holm == pytest.approx(2 * (smaller.difference.p or 0))
    assert larger.p_holm == pytest.approx(max(larger.difference.p or 0, smaller.p_holm or 0))
    assert {contrast.family_size for contrast in done} == {2}


def test_other_metrics_and_slices_are_adjusted_among_themselves(tmp_path: Path) -> None:
    """The smallest of m p-values is multiplied by m (Holm, 1979), and none of them is left as it was drawn."""
    runs = [run(tmp_path, name, "pneumoniamnist")[1] for name in ("majority", "nearest")]
    found = between_runs.adjusted(between_runs.versus(runs[0], runs[1], catalog.task("pneumoniamnist")))
    further = [contrast for contrast in found if contrast.family == "further"]
    assert len(further) > 1
    drawn = [contrast.difference.p for contrast in further if contrast.difference is not None and contrast.difference.p is not None]
    assert min(contrast.p_holm or 0 for contrast in further) == pytest.approx(min(1.0, len(drawn) * min(drawn)))
    assert {contrast.family_size for contrast in further} == {len(drawn)}


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


def test_a_metric_that_is_named_is_the_only_one_that_is_compared(tmp_path: Path) -> None:
    task = catalog.task("vqa_rad")
    first, second = run(tmp_path, "majority")[1], run(tmp_path, "nearest")[1]
    found = between_runs.versus(first, second, task, metric="token_recall/canonical")
    assert {(one.metric, one.metric_variant) for one in found} == {("token_recall", "canonical")}
    assert {"all", "closed", "open"} <= {one.slice for one in found}, "it takes the place of the metric that ranks"
    assert [one.slice for one in found if one.family == "leading"] == ["all"]


def test_a_named_metric_without_values_says_why(tmp_path: Path) -> None:
    runs = [run(tmp_path, name, "pneumoniamnist")[1] for name in ("majority", "nearest")]
    [found] = between_runs.versus(runs[0], runs[1], catalog.task("pneumoniamnist"), metric="auc")
    assert (found.metric, found.difference) == ("auc", None)
    assert found.refused == "auc/medmnist: not computed: the model gives no scores"


def old(record: Record, metric: str) -> Record:
    """A record whose scores of a metric were made under a definition of its own."""
    estimates = (structs.replace(one, signature=f"{one.signature}|old") if one.metric == metric else one for one in record.estimates)
    return structs.replace(record, estimates=tuple(estimates))


def test_no_other_metric_takes_the_place_of_one_that_is_defined_otherwise_by_now(tmp_path: Path) -> None:
    task = catalog.task("vqa_rad")
    first, second = (old(run(tmp_path, name)[1], "exact_match") for name in ("majority", "nearest"))
    found = between_runs.versus(first, second, task)
    [leading_one] = [contrast for contrast in found if contrast.family == "leading"]
    assert (leading_one.metric, leading_one.difference) == ("exact_match", None)
    assert "score them again" in leading_one.refused
    assert changes(first, second, task) == []


def test_runs_that_were_shown_other_pictures_are_not_paired(tmp_path: Path) -> None:
    first, second = run(tmp_path, "majority")[1], run(tmp_path, "nearest")[1]
    shown = [
        structs.replace(record, data=structs.replace(record.data, pictures=digest)) for record, digest in ((first, "a"), (second, "b"))
    ]
    assert pairing.refusal(*shown).startswith("different pictures")
    assert pairing.refusal(shown[0], structs.replace(second, data=structs.replace(second.data, pictures=""))) == ""


def test_runs_are_paired_with_the_first_of_their_own_kind(tmp_path: Path) -> None:
    """A limited run is set against another limited one; alone of its kind, against the first, to say why the two do not compare."""
    whole = [run(tmp_path, name)[1] for name in ("majority", "nearest")]
    part = [run(tmp_path, name, limit=5)[1] for name in ("majority", "nearest")]
    assert [(a is whole[0], b) for a, b in pairing.pairs([whole[0], part[0], whole[1], part[1]])] == [
        (True, whole[1]),
        (False, part[1]),
    ]
    assert list(pairing.pairs([*whole, part[0]])) == [(whole[0], whole[1]), (whole[0], part[0])]


def test_samples_that_changed_are_told_with_their_text(tmp_path: Path) -> None:
    first, second = run(tmp_path, "majority"), run(tmp_path, "oracle")
    task = catalog.task("vqa_rad")
    changed = changes(first[1], second[1], task)
    assert len(changed) == 18
    item = told(changed[:1], task, (first, second), data_root=None)[0]
    assert item.second == item.reference
    assert item.first != item.reference
    assert item.prompt is not None
    assert item.prompt.endswith("Answer with a single word or a short phrase.")


def test_text_of_another_release_is_never_shown_for_the_runs(tmp_path: Path) -> None:
    first, second = run(tmp_path, "majority"), run(tmp_path, "oracle")
    task = catalog.task("vqa_rad")
    other = structs.replace(first[1], data=structs.replace(first[1].data, fingerprint="of another release"))
    [item] = told(changes(first[1], second[1], task)[:1], task, ((first[0], other), second), data_root=None)
    assert (item.prompt, item.reference) == (None, None)
    assert item.first is not None


def test_losses_come_first(tmp_path: Path) -> None:
    changed = changes(run(tmp_path, "oracle")[1], run(tmp_path, "nearest")[1], catalog.task("vqa_rad"))
    assert all((change.first, change.second) == (1.0, 0.0) for change in changed)


def test_each_later_run_of_a_task_is_paired_with_the_first(tmp_path: Path) -> None:
    runs = [run(tmp_path, name)[1] for name in ("majority", "nearest", "oracle")]
    found = [(first.model.name, second.model.name) for first, second in pairing.pairs(runs)]
    assert found == [("majority", "nearest"), ("majority", "oracle")]
    with pytest.raises(UsageError, match="nothing to compare: vqa_rad has one run"):
        list(pairing.pairs(runs[:1]))
