"""Checksums that cards state: which files they are held against, and what happens where one differs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from harness import models
from harness.data import catalog, checksums
from harness.runs import evaluate
from harness.runs.plan import Options
from tests.data.support import SAMPLES, copied, load, refused, sample

PUBLISHED = "28209eda62fecd6e6a2d98b1501bb15f"
"""MD5 of pneumoniamnist.npz, record 10519652 of Zenodo."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copied("medmnist", tmp_path / "data")
    return tmp_path / "data"


def official_counts(path: Path) -> None:
    """An archive that every count of the card fits, of black pictures."""
    labels = np.zeros((624, 1), dtype=np.uint8)
    labels[234:] = 1
    np.savez_compressed(path, test_images=np.zeros((624, 28, 28), dtype=np.uint8), test_labels=labels)


def test_a_file_of_the_right_counts_and_another_content_is_refused_with_both_sums_or_not_comparable(root: Path) -> None:
    official_counts(root / "medmnist" / "pneumoniamnist.npz")
    message = rf"pneumoniamnist\.npz: its MD5 is [0-9a-f]{{32}}, the release's is {PUBLISHED}\."
    refused("pneumoniamnist", root, message, accept_different=False)
    found = load("pneumoniamnist", root)
    assert (found.comparable, len(found.examples)) == (False, 624)
    [note] = found.notes
    assert note.startswith("differs from the card: pneumoniamnist.npz: its MD5 is ")


@pytest.mark.parametrize(("model", "reads"), [("nearest", True), ("oracle", False)])
def test_a_train_split_that_differs_is_noted_by_the_runs_that_read_it(root: Path, tmp_path: Path, model: str, reads: bool) -> None:
    options = Options(data_root=root, accept_different=True, results=tmp_path / "results")
    run = evaluate.evaluate(catalog.task("pneumoniamnist"), models.open_model(f"baseline:{model}", {}), options)
    note = "the train split, which was read, differs from the card: 400 examples where 4,708 are expected"
    assert (note in run.record.data.notes) == reads


def test_an_invented_sample_has_no_checksum() -> None:
    found = sample("pneumoniamnist")
    assert (found.comparable, found.notes) == (True, ())


def test_a_sheet_is_held_against_its_sha_256(tmp_path: Path) -> None:
    copied("meqsum", tmp_path)
    found = load("meqsum", tmp_path, split="train")
    assert any("its SHA-256 is " in note and "abedd939d5014306" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("pneumoniamnist@224", {"pneumoniamnist_224.npz"}),
        ("meqsum", {"MeQSum_ACL2019_BenAbacha_Demner-Fushman.xlsx"}),
        ("slake_zh", {"test.json", "validation.json", "train.json", "imgs.zip"}),
        ("trec_ct_2022", {"topics2022.xml", *(f"ClinicalTrials.2021-04-27.part{n}.zip" for n in range(1, 6))}),
        ("path_vqa", {"test-00000-of-00003-e9adadb4799f44d3.parquet", "test-00001-of-00003-7ea98873fc919813.parquet",
                      "test-00002-of-00003-1628308435019820.parquet"}),
        ("vqa_rad", set()),
    ],
)  # fmt: skip
def test_every_way_a_card_states_them_is_read(name: str, files: set[str]) -> None:
    assert set(checksums.published(catalog.card(name))) == files


def test_a_large_file_is_left_for_those_who_ask(root: Path) -> None:
    card, path = catalog.card("pneumoniamnist"), root / "medmnist" / "pneumoniamnist.npz"
    assert checksums.differences(card, [path], largest=path.stat().st_size - 1) == []
    assert len(checksums.differences(card, [path], largest=None)) == 1


def test_a_file_that_was_repaired_is_looked_at_again(root: Path) -> None:
    path = root / "medmnist" / "pneumoniamnist.npz"
    card = structs.replace(catalog.card("pneumoniamnist"), source={"file": path.name, "md5": "5d41402abc4b2a76b9719d911017c592"})
    assert len(checksums.differences(card, [path])) == 1
    path.write_bytes(b"hello")  # whose MD5 that is
    assert checksums.differences(card, [path]) == []


@pytest.mark.parametrize(
    ("name", "there", "message"),
    [
        (
            "pneumoniamnist",
            "pneumoniamnist_224",
            r"are 224 x 224, those of pneumoniamnist are 28 x 28\. .* pneumoniamnist@224: name them pneumoniamnist_224\.npz and run",
        ),
        (
            "pneumoniamnist@64",
            "pneumoniamnist",
            r"pictures are 28 x 28, those of pneumoniamnist@64 are 64 x 64\. .* of pneumoniamnist:",
        ),
        ("bloodmnist", "bloodmnist_128", r"its pictures are 128 x 128 x 3, those of bloodmnist are 28 x 28 x 3\. .* bloodmnist@128:"),
        ("bloodmnist", "pneumoniamnist", r"its pictures are 28 x 28, those of bloodmnist are 28 x 28 x 3\. Get the official file"),
    ],
    ids=["larger", "smaller", "in colour", "grey for colour"],
)
def test_pictures_of_another_size_or_colour_are_those_of_another_task(root: Path, name: str, there: str, message: str) -> None:
    card: Any = catalog.card(name)
    shutil.copy(SAMPLES / "medmnist" / f"{there}.npz", root / "medmnist" / card.source["file"])
    refused(name, root, message)


@pytest.mark.parametrize("name", [name for name in catalog.names() if name.endswith("mnist")])
def test_every_size_of_every_medmnist_set_states_the_shape_of_its_pictures(name: str) -> None:
    colours = [3] if name in ("bloodmnist", "dermamnist", "pathmnist", "retinamnist") else []
    for variant in ("", *catalog.card(name).variants):
        side = int(variant) if variant in ("64", "128", "224") else 28
        full = f"{name}@{variant}" if variant else name
        assert catalog.card(full).source["shape"] == [side, side, *colours]
