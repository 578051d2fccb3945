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


HELD: dict[str, tuple[dict[str, int], dict[str, dict[str, int]], int | None]] = {
    "vqa_rad": (
        {"test": 451, "train": 1797}, {"answer_type": {"closed": 272, "open": 179}, "yes_no": {"yes_no": 251, "free_form": 200}}, 203,
    ),
    "pneumoniamnist": ({"test": 624, "train": 4708, "val": 524}, {"label": {"normal": 234, "pneumonia": 390}}, None),
    "slake_en": (
        {"test": 1061, "train": 4918, "val": 1053},
        {"answer_type": {"closed": 416, "open": 645}, "yes_no": {"yes_no": 355, "free_form": 706}}, 96,
    ),
    "slake_zh": ({"test": 1033}, {}, None),
    "path_vqa": ({"test": 6719}, {"yes_no": {"yes_no": 3362, "free_form": 3357}}, None),
    "path_vqa@official": ({"test": 6761}, {"yes_no": {"yes_no": 3391, "free_form": 3370}}, None),
    "healthcaremagic": ({"test": 22642}, {}, None),  # the frozen splits of MedDialog are those of HELM
    "icliniq": ({"test": 3108}, {}, None),
}  # fmt: skip
"""Examples by split, and of the test split those of each kind and, where the sheet has it, the groups."""


@pytest.mark.parametrize("name", HELD)
def test_a_release_holds_what_its_data_sheet_says(data_root: Path, name: str) -> None:
    splits, kinds, groups = HELD[name]
    found = load(name, data_root)
    assert {split: len(load(name, data_root, split).examples) for split in splits} == splits
    assert {kind: counts(found, kind) for kind in kinds} == kinds
    assert groups in (None, len({example.group for example in found.examples}))


def test_meqsum_is_rows_901_to_1000(data_root: Path) -> None:
    found = load("meqsum", data_root)
    assert [example.id for example in found.examples] == [str(number) for number in range(901, 1001)]
    assert all(example.target == example.target.strip() != "" for example in found.examples)


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
