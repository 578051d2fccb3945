"""HealthCareMagic and iCliniq in the form that HELM froze."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples
from harness.data.examples import SAMPLES, Dataset
from harness.errors import CorruptData


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The invented samples, to be spoilt."""
    for name in ("healthcaremagic", "icliniq"):
        shutil.copytree(SAMPLES / name, tmp_path / name)
    return tmp_path


def load(root: Path, name: str = "icliniq", split: str = "test") -> Dataset:
    return examples.load(catalog.task(name), split=split, data_root=root, accept_different=True)


def rewrite(root: Path, change: Callable[[list[Any]], Any]) -> None:
    path = root / "icliniq" / "test.json"
    path.write_text(json.dumps(change(json.loads(path.read_text())["data"])))


def test_line_breaks_in_a_dialogue_become_blanks(root: Path) -> None:
    given = json.loads((root / "healthcaremagic" / "test.json").read_text())["data"]
    assert any("\n" in item["src"] for item in given)
    assert [e.input.text for e in load(root, "healthcaremagic").examples] == [item["src"].replace("\n", " ") for item in given]


def test_ids_are_the_releases(root: Path) -> None:
    given = json.loads((root / "icliniq" / "test.json").read_text())["data"]
    assert [e.id for e in load(root).examples] == [str(item["id"]) for item in given]


def test_an_empty_reference_stays_in_the_set_and_is_counted(root: Path) -> None:
    rewrite(root, lambda items: {"data": [{**items[0], "tgt": " "}, *items[1:]]})
    found = load(root)
    assert (len(found.examples), found.examples[0].target) == (16, "")
    assert "empty references: 1 of 16; whatever is written for them scores 0" in found.notes


@pytest.mark.parametrize("form", [lambda items: {"data": items}, lambda items: items], ids=["under data", "a list"])
def test_rows_may_stand_under_data_or_alone(root: Path, form: Callable[[list[Any]], Any]) -> None:
    rewrite(root, form)
    assert load(root).fingerprint == examples.load(catalog.task("icliniq")).fingerprint


def test_the_folder_of_the_repository_may_stay(root: Path) -> None:
    before = load(root)
    (root / "icliniq" / "icliniq").mkdir()
    (root / "icliniq" / "test.json").rename(root / "icliniq" / "icliniq" / "test.json")
    assert load(root).fingerprint == before.fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda items: {"rows": items}, r'test\.json: no list under "data"'),
        (lambda items: {"data": [*items[:2], "text"]}, r"test\.json, row 2: a JSON str where an object is expected"),
        (lambda items: {"data": [{"id": 1, "src": "a"}]}, r"test\.json, row 0: no field 'tgt' \(there are: id, src\)"),
        (lambda items: {"data": [{"id": 1, "src": None, "tgt": "b"}]}, r"test\.json, row 0: 'src' is null where a text is expected"),
    ],
    ids=["no list", "no object", "no reference", "no text"],
)
def test_another_content_is_named_with_its_row(root: Path, change: Callable[[list[Any]], Any], message: str) -> None:
    rewrite(root, change)
    with pytest.raises(CorruptData, match=message):
        load(root)


def test_another_shuffle_is_refused(root: Path) -> None:
    with pytest.raises(CorruptData, match="16 examples where 3,108 are expected"):
        examples.load(catalog.task("icliniq"), data_root=root)
    splits = catalog.card("healthcaremagic").splits
    assert [splits[name].n for name in ("train", "val", "test")] == [181122, 22641, 22642]
