"""The real releases: counts as the data sheets give them, scores as their own evaluators do."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from harness import models
from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.errors import MissingData
from harness.metrics.answers.reading import normalise
from harness.runs import evaluate
from harness.runs.evaluate import Run
from harness.runs.plan import Options

pytestmark = pytest.mark.real
CHECKPOINT = Path(__file__).resolve().parent.parent.parent / "examples" / "pneumoniamnist.pt2"


def load(name: str, root: Path, split: str = "test") -> Dataset:
    """A split of a real release; the test is skipped where the release is not among those at hand."""
    try:
        return examples.load(catalog.task(name), split=split, data_root=root)
    except MissingData as error:
        pytest.skip(str(error).splitlines()[0])


def run(name: str, model: str, root: Path, results: Path) -> Run:
    load(name, root)
    return evaluate.evaluate(catalog.task(name), models.open_model(model, {}), Options(data_root=root, results=results, batch_size=64))


def counts(dataset: Dataset, dimension: str) -> dict[str, int]:
    return dict(Counter(example.tags[dimension] for example in dataset.examples))


def test_vqa_rad_has_451_test_questions_over_203_pictures(data_root: Path) -> None:
    found = load("vqa_rad", data_root)
    assert len(found.examples) == 451
    assert counts(found, "answer_type") == {"closed": 272, "open": 179}
    assert counts(found, "yes_no") == {"yes_no": 251, "free_form": 200}
    assert len({example.group for example in found.examples}) == 203
    assert len(load("vqa_rad", data_root, "train").examples) == 1797


def test_pneumoniamnist_has_624_test_pictures(data_root: Path) -> None:
    found = load("pneumoniamnist", data_root)
    assert counts(found, "label") == {"normal": 234, "pneumonia": 390}
    assert [len(load("pneumoniamnist", data_root, split).examples) for split in ("train", "val")] == [4708, 524]


def test_meqsum_is_rows_901_to_1000(data_root: Path) -> None:
    found = load("meqsum", data_root)
    assert [example.id for example in found.examples] == [str(number) for number in range(901, 1001)]
    assert all(example.target == example.target.strip() != "" for example in found.examples)


def test_slake_has_1061_english_and_1033_chinese_test_questions(data_root: Path) -> None:
    found = load("slake_en", data_root)
    assert counts(found, "answer_type") == {"closed": 416, "open": 645}
    assert counts(found, "yes_no") == {"yes_no": 355, "free_form": 706}
    assert len({example.group for example in found.examples}) == 96
    assert len(load("slake_zh", data_root).examples) == 1033
    assert [len(load("slake_en", data_root, split).examples) for split in ("train", "val")] == [4918, 1053]


def test_path_vqa_has_6719_test_questions_on_the_hub_and_6761_in_the_official_release(data_root: Path) -> None:
    for name, n, yes_no in (("path_vqa", 6719, 3362), ("path_vqa@official", 6761, 3391)):
        found = load(name, data_root)
        assert counts(found, "yes_no") == {"yes_no": yes_no, "free_form": n - yes_no}


@pytest.mark.parametrize(("name", "n"), [("healthcaremagic", 22642), ("icliniq", 3108)])
def test_the_frozen_split_of_meddialog_is_the_one_of_helm(data_root: Path, name: str, n: int) -> None:
    assert len(load(name, data_root).examples) == n


def test_the_slice_of_trec_holds_126_of_35394_pairs(data_root: Path) -> None:
    found = load("trec_ct_2022", data_root)
    assert counts(found, "label") == {"not relevant": 97, "excluded": 14, "eligible": 15}
    assert not found.complete
    judged = (data_root / "trec_ct_2022" / "qrels" / "test.tsv").read_text().splitlines()[1:]
    assert Counter(line.split("\t")[2] for line in judged) == {"0": 28419, "1": 3036, "2": 3939}
    card = catalog.card("trec_ct_2022")
    assert (card.splits["test"].n, sum(card.splits["test"].counts["label"].values())) == (35394, 35394)


def test_the_majority_answer_scores_what_ten_lines_compute(data_root: Path, tmp_path: Path) -> None:
    rows = json.loads((data_root / "vqa_rad" / "VQA_RAD Dataset Public.json").read_text())
    train = Counter(" ".join(str(r["answer"]).split()) for r in rows if not r["phrase_type"].startswith("test"))
    answer = min(train, key=lambda text: (-train[text], text))
    test = [r for r in rows if r["phrase_type"].startswith("test")]
    right = [normalise(str(r["answer"])) == normalise(answer) for r in test]
    closed = [r["answer_type"].strip() == "CLOSED" for r in test]
    estimates = run("vqa_rad", "baseline:majority", data_root, tmp_path).record.estimates
    found = {e.slice: e for e in estimates if (e.metric, e.variant) == ("exact_match", "canonical")}
    assert (found["all"].n, found["closed"].n, found["open"].n) == (451, 272, 179)
    assert found["all"].value == sum(right) / 451
    assert found["closed"].value == sum(r and c for r, c in zip(right, closed, strict=True)) / 272


def test_one_run_of_vqa_rad_holds_all_named_variants(data_root: Path, tmp_path: Path) -> None:
    """One pass over the replies: every publication's rule on the whole set and on the parts it is published for."""
    record = run("vqa_rad", "baseline:majority", data_root, tmp_path).record
    found = {(e.variant, e.slice): e.n for e in record.estimates if e.variant not in ("canonical", "sklearn")}
    marked, by_answer = {"all": 451, "closed": 272, "open": 179}, {"all": 451, "yes_no": 251, "free_form": 200}
    expected = {
        "biomedgpt": marked,
        "llava_med": marked,
        "llava_med-v1": {"closed": 272},
        "med_palm_m": {"all": 451},
        "multimedeval": by_answer,
        "medevalkit": by_answer,
    }
    assert found == {(variant, part): n for variant, parts in expected.items() for part, n in parts.items()}


def test_the_shipped_checkpoint_scores_what_medmnists_evaluator_gives_it(data_root: Path, tmp_path: Path) -> None:
    from medmnist.evaluator import getACC, getAUC

    record = run("pneumoniamnist", str(CHECKPOINT), data_root, tmp_path)
    found = {e.metric: e.value for e in record.record.estimates if e.slice == "all"}
    replies = [json.loads(line) for line in (record.folder / "replies.jsonl").read_text().splitlines()]
    by_id = {reply["id"]: [math.exp(value) for value in reply["choice_log_probs"]] for reply in replies}
    scores = np.array([by_id[f"{i:05d}"] for i in range(624)])
    with np.load(data_root / "medmnist" / "pneumoniamnist.npz") as arrays:
        labels = arrays["test_labels"]
    assert found["accuracy"] == getACC(labels, scores, "binary-class")
    assert found["auc"] == pytest.approx(getAUC(labels, scores, "binary-class"), abs=1e-14)
    assert 0.83 <= getACC(labels, scores, "binary-class") <= 0.91  # the band of examples/README.md


@pytest.mark.parametrize(
    ("constant", "closed"),
    [("unknown", 0.0), ("yes no", 0.0), ("Yes, this is abnormal.", 118 / 272)],
)
def test_constants_that_published_scorers_reward_score_what_they_answer(
    data_root: Path, tmp_path: Path, constant: str, closed: float
) -> None:
    """118 of the 272 closed questions are answered yes; LLaVA-Med's scorer gives these constants 0.49, 0.92 and 0.93."""
    load("vqa_rad", data_root)
    backend = models.open_model("baseline:constant", {"text": constant})
    found = evaluate.evaluate(catalog.task("vqa_rad"), backend, Options(data_root=data_root, results=tmp_path)).record.estimates
    assert next(e.value for e in found if (e.metric, e.slice) == ("exact_match", "closed")) == pytest.approx(closed)
