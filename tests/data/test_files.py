"""What is a file of a release: what file managers leave, pointers of Git LFS, and links of the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog
from harness.data.readers import files
from harness.data.readers.files import inside
from harness.errors import CorruptData, MissingData
from harness.runs import prompting, record, suites
from tests.data.support import copied, load, refused
from tests.growth import operations

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
POINTED = r"a Git LFS pointer, not the file itself\. Run `git lfs pull`"


def test_what_a_file_manager_leaves_is_no_data_and_anything_else_is() -> None:
    assert not any(map(files.is_data, ["._NCT1.xml", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden"]))
    assert all(map(files.is_data, ["NCT1.xml", "a.b.png", "_x.dcm"]))


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
    path = copied(catalog.card(task).folder, tmp_path) / name
    assert path.is_file()
    path.write_text(POINTER)
    refused(task, tmp_path, POINTED, MissingData)


def test_a_pointer_in_the_place_of_a_picture_is_named(tmp_path: Path) -> None:
    for path in (copied("vqa_rad", tmp_path) / "VQA_RAD Image Folder").iterdir():
        path.write_text(POINTER)
    found = load("vqa_rad", tmp_path)
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
    folder = copied("vqa_rad", root)
    target.mkdir(parents=True)
    for path in (folder / "VQA_RAD Image Folder").iterdir():
        path.rename(target / path.name)
        path.symlink_to(target / path.name)
    return root


def test_links_within_the_data_root_are_the_users_own(tmp_path: Path) -> None:
    root = linked(tmp_path / "data", tmp_path / "data" / "pictures")
    assert load("vqa_rad", root).examples[0].input.images[0].read()


def test_links_out_of_the_data_root_need_the_users_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = linked(tmp_path / "data", tmp_path / "elsewhere")
    refused("vqa_rad", root, r"leads through a link to .*elsewhere.*, outside the data root.*HARNESS_LINKS=")
    monkeypatch.setenv("HARNESS_LINKS", str(tmp_path / "elsewhere"))
    assert load("vqa_rad", root).examples[0].input.images[0].read()


@pytest.mark.skipif(os.name == "nt", reason="each folder may be mounted in another there, and is looked up")
def test_a_file_costs_a_look_at_each_folder_of_its_name_however_deep_the_root(tmp_path: Path) -> None:
    """One look at the file, and one at each of the four steps to it from the root."""
    for root in (tmp_path, tmp_path / "1/2/3/4/5/6"):
        (root / "p10/p10000001/s50000001").mkdir(parents=True)
        (root / "p10/p10000001/s50000001/1.jpg").write_bytes(b"x")
        counted = operations(partial(inside, root, "p10/p10000001/s50000001/1.jpg", "a row"))
        assert counted["posix.lstat"] + counted["posix.stat"] == 1 + 4, root


@pytest.mark.parametrize("name", ["folder/1.png", "folder/gone.png", "1.png"])
def test_a_link_on_the_way_is_looked_up_whatever_lies_behind_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.png").write_bytes(b"x")
    root = tmp_path / "release"
    root.mkdir()
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    (root / "1.png").symlink_to(tmp_path / "elsewhere" / "gone.png")
    with pytest.raises(CorruptData, match=r"leads through a link to .*elsewhere"):
        inside(root, name, "a row")
    (root / "folder").unlink()
    (root / "folder").symlink_to(root / "folder")
    with pytest.raises(CorruptData, match=r"is none of a file|leads through a link"):
        inside(root, name, "a row")
