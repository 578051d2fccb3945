"""What is a file of a release: what file managers leave, pointers of Git LFS, and links of the user's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog, examples
from harness.data.readers import files
from harness.errors import CorruptData, MissingData
from harness.runs import prompting, record, suites

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
POINTED = r"a Git LFS pointer, not the file itself\. Run `git lfs pull`"


@pytest.mark.parametrize("name", ["._NCT1.xml", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden"])
def test_what_a_file_manager_leaves_is_no_data(name: str) -> None:
    assert not files.is_data(name)


@pytest.mark.parametrize("name", ["NCT1.xml", "a.b.png", "_x.dcm"])
def test_anything_else_is(name: str) -> None:
    assert files.is_data(name)


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("meqsum", "MeQSum_ACL2019_BenAbacha_Demner-Fushman.xlsx"),
        ("pneumoniamnist", "pneumoniamnist.npz"),
        ("vqa_rad", "VQA_RAD Dataset Public.json"),
        ("trec_ct_2022", "queries.jsonl"),
        ("mednli", "mli_test_v1.jsonl"),
        ("slake_en", "Slake1.0/test.json"),
        ("path_vqa", "data/test-00000-of-00002-00005eed00000000.parquet"),
        ("cbis_ddsm_mass", "csv/mass_case_description_test_set.csv"),
    ],
)
def test_a_pointer_in_the_place_of_a_table_is_named(tmp_path: Path, task: str, name: str) -> None:
    card = catalog.task(task).card
    shutil.copytree(examples.SAMPLES / card.folder, tmp_path / card.folder)
    assert (tmp_path / card.folder / name).is_file()
    (tmp_path / card.folder / name).write_text(POINTER)
    with pytest.raises(MissingData, match=POINTED):
        examples.load(catalog.task(task), data_root=tmp_path, accept_different=True)


def test_a_pointer_in_the_place_of_a_picture_is_named(tmp_path: Path) -> None:
    shutil.copytree(examples.SAMPLES / "vqa_rad", tmp_path / "vqa_rad")
    for path in (tmp_path / "vqa_rad" / "VQA_RAD Image Folder").iterdir():
        path.write_text(POINTER)
    found = examples.load(catalog.task("vqa_rad"), data_root=tmp_path, accept_different=True)
    with pytest.raises(MissingData, match=POINTED):
        found.examples[0].input.images[0].read()


@pytest.mark.parametrize("spec", ["torch:model.pt2", "model.pt2", "predictions:model.pt2", "biomedgpt:model.pt2", "hf:folder"])
def test_a_pointer_in_the_place_of_weights_or_replies_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    if spec.startswith("hf:"):
        pytest.importorskip("transformers", reason="needs the extra hf")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "config.json").write_text("{}")
    for name in ("model.pt2", "folder/model.safetensors"):
        (tmp_path / name).write_text(POINTER)
    with pytest.raises(MissingData, match=POINTED):
        models.open_model(spec, {})


@pytest.mark.parametrize("read", [prompting.read_template, suites.read_suite, record.read_file], ids=["template", "suite", "record"])
def test_a_pointer_in_the_place_of_a_file_of_the_users_is_named(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    (tmp_path / "file").write_text(POINTER)
    with pytest.raises(MissingData, match=POINTED):
        read(tmp_path / "file")


def linked(root: Path, target: Path) -> Path:
    """VQA-RAD's sample whose pictures are links to a folder elsewhere."""
    shutil.copytree(examples.SAMPLES / "vqa_rad", root / "vqa_rad")
    target.mkdir(parents=True)
    for path in (root / "vqa_rad" / "VQA_RAD Image Folder").iterdir():
        path.rename(target / path.name)
        path.symlink_to(target / path.name)
    return root


def test_links_within_the_data_root_are_the_users_own(tmp_path: Path) -> None:
    root = linked(tmp_path / "data", tmp_path / "data" / "pictures")
    assert examples.load(catalog.task("vqa_rad"), data_root=root, accept_different=True).examples[0].input.images[0].read()


def test_links_out_of_the_data_root_need_the_users_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = linked(tmp_path / "data", tmp_path / "elsewhere")
    with pytest.raises(CorruptData, match=r"leads through a link to .*elsewhere.*, outside the data root.*HARNESS_LINKS="):
        examples.load(catalog.task("vqa_rad"), data_root=root, accept_different=True)
    monkeypatch.setenv("HARNESS_LINKS", str(tmp_path / "elsewhere"))
    assert examples.load(catalog.task("vqa_rad"), data_root=root, accept_different=True).examples[0].input.images[0].read()


def test_rows_that_cannot_be_used_are_told_with_place_and_reason() -> None:
    found = examples.load(catalog.task("peir_gross"), split="train")
    assert found.notes == ("1 row cannot be used: the picture has no caption (first: train_images.tsv, line 14)",)
