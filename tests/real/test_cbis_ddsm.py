"""The real case descriptions of CBIS-DDSM, whose pictures are not at hand."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from sklearn.metrics import f1_score

from harness import models
from harness.data import catalog, examples
from harness.errors import MissingData
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap

pytestmark = pytest.mark.real

BOTH = pytest.mark.parametrize(
    ("kind", "n", "patients", "classes", "train"),
    [
        ("mass", 378, 201, {"benign": 194, "malignant": 147, "benign without callback": 37}, 1318),
        ("calc", 326, 151, {"benign": 130, "malignant": 129, "benign without callback": 67}, 1546),
    ],
    ids=["masses", "calcifications"],
)


def table(root: Path, kind: str, part: str) -> list[dict[str, str]]:
    path = root / "cbis_ddsm" / f"{kind}_case_description_{part}_set.csv"
    if not path.exists():
        pytest.skip(f"no {path}")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@BOTH
def test_the_tables_give_the_official_splits(
    data_root: Path, kind: str, n: int, patients: int, classes: dict[str, int], train: int
) -> None:
    rows = table(data_root, kind, "test")
    found = examples.load(catalog.task(f"cbis_ddsm_{kind}"), data_root=data_root)
    assert (len(found.examples), len(found.skipped)) == (n, 0)
    assert Counter(example.target for example in found.examples) == classes
    assert len({example.group for example in found.examples}) == patients
    assert [example.target for example in found.examples] == [row["pathology"].replace("_", " ").lower() for row in rows]
    assert len(examples.load(catalog.task(f"cbis_ddsm_{kind}"), split="train", data_root=data_root).examples) == train
    card = catalog.card(f"cbis_ddsm_{kind}")
    assert (card.splits["test"].n, card.splits["test"].groups, card.splits["train"].n) == (n, patients, train)
    assert dict(card.splits["test"].counts["label"]) == classes
    views = Counter(row["image view"].lower() for row in rows)
    assert dict(card.splits["test"].counts["view"]) == views == Counter(example.tags["view"] for example in found.examples)
    assert card.splits["train"].groups == len({row["patient_id"] for row in table(data_root, kind, "train")})


@BOTH
def test_the_majority_class_is_scored_on_the_tables_and_not_ranked(
    data_root: Path, tmp_path: Path, kind: str, n: int, patients: int, classes: dict[str, int], train: int
) -> None:
    """Train's most frequent class is malignant for both."""
    table(data_root, kind, "test")
    options = Options(data_root=data_root, results=tmp_path, plan=Bootstrap(resamples=0))
    record = evaluate.evaluate(catalog.task(f"cbis_ddsm_{kind}"), models.open_model("baseline:majority", {}), options).record
    found = {estimate.metric: estimate for estimate in record.estimates if estimate.slice == "all"}
    assert found["macro_f1"].n == n
    assert found["accuracy"].value == classes["malignant"] / n
    truth = [label for label, count in classes.items() for _ in range(count)]
    assert found["macro_f1"].value == pytest.approx(f1_score(truth, ["malignant"] * n, average="macro"), abs=1e-15)
    assert found["auc"].value == 0.5
    assert record.data.notes == (f"0 of {n} pictures are at hand",)
    assert record.not_ranked == ("part of the release is absent",)


def test_no_patient_stands_in_both_parts_of_a_table_and_some_in_parts_of_the_other(data_root: Path) -> None:
    parts = {
        (kind, part): {row["patient_id"] for row in table(data_root, kind, part)} for kind in ("mass", "calc") for part in ("test", "train")
    }
    assert not parts["mass", "test"] & parts["mass", "train"]
    assert not parts["calc", "test"] & parts["calc", "train"]
    assert len(parts["calc", "test"] & parts["mass", "train"]) == 13
    assert len(parts["mass", "test"] & parts["calc", "train"]) == 18


def test_a_picture_says_that_it_is_not_at_hand(data_root: Path) -> None:
    table(data_root, "mass", "test")
    example = examples.load(catalog.task("cbis_ddsm_mass"), data_root=data_root).examples[0]
    with pytest.raises(MissingData, match=r"Mass-Test_P_00016_LEFT_CC_1: this picture is not at hand"):
        example.input.images[0].read()
