"""Where a vocabulary is looked for, in which layouts it is read, and that another one is never taken for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import CorruptData, MissingData
from harness.models.biomedgpt import vocabulary_files

NAMES = ("encoder.json", "vocab.bpe", "dict.txt")


def put(folder: Path, source: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        shutil.copy(source / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def table(_invented_files: Path) -> Mapping[str, int]:
    """Pieces to our numbers, as transformers' folders have them; the first four are the marks."""
    by_old = {number: piece for piece, number in json.loads((_invented_files / "encoder.json").read_text()).items()}
    order = [line.split(" ")[0] for line in (_invented_files / "dict.txt").read_text().splitlines()]
    words = [by_old[int(old)] if old.isdecimal() else old for old in order]
    return {piece: number for number, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *words, "<mask>"])}


def pair(folder: Path, source: Path, pieces: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "vocab.bpe", folder / "merges.txt")
    (folder / "vocab.json").write_text(json.dumps(pieces, ensure_ascii=False), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("checkpoint", "place"),
    [
        ("model.pt", "."),
        ("model.pt", "BPE"),
        ("model.pt", "utils/BPE"),
        ("scripts/model.pt", "utils/BPE"),
        ("scripts/vqa/model.pt", "utils/BPE"),
        ("checkpoints/tuned_checkpoints/VQA-RAD/base/100_0.04_5e-5_384_/checkpoint_best.pt", "utils/BPE"),
    ],
)
def test_it_is_found_beside_a_checkpoint_and_in_a_clone_of_the_official_repository(
    tmp_path: Path, invented: Path, checkpoint: str, place: str
) -> None:
    put(tmp_path / place, invented)
    (tmp_path / checkpoint).parent.mkdir(parents=True, exist_ok=True)
    assert vocabulary_files.find(tmp_path / checkpoint, "").resolve() == (tmp_path / place).resolve()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"<code_0>": 50265, "<bin_999>": 59456},
        {"<|endoftext|>": None, "madeupword0000": None, "madeupword0001": None, "madeupword0002": None, "<mask>": None},
    ],
    ids=["words and marks", "codes and boxes too", "without what never arises"],
)
def test_a_folder_of_transformers_with_the_same_content_is_the_same_vocabulary(
    tmp_path: Path, invented: Path, table: Mapping[str, int], change: Any
) -> None:
    pieces = {piece: number for piece, number in {**table, **change}.items() if number is not None}
    folder = pair(tmp_path, invented, pieces)
    assert vocabulary_files.find(tmp_path / "model.pt", "") == folder
    ours, theirs = vocabulary_files.load(invented), vocabulary_files.load(folder)
    assert theirs.symbols == ours.symbols
    for text in (" is the heart enlarged?", "caf\u00e9 \u2265 3"):
        assert theirs.encode(text) == ours.encode(text)
        assert theirs.decode(theirs.encode(text)) == text


def swapped(pieces: Mapping[str, int]) -> Mapping[str, int]:
    return {**pieces, "!": pieces["#"], "#": pieces["!"]}


@pytest.mark.parametrize(
    "change",
    [swapped, lambda pieces: {**pieces, "<code_0>": 50266}, lambda pieces: {**pieces, "new": 60000}, lambda _: [], lambda _: {"a": "b"}],
    ids=["two swapped", "a code elsewhere", "one more", "a list", "no numbers"],
)
def test_another_table_of_pieces_is_refused_where_it_is_named_and_hides_nothing_where_it_is_not(
    tmp_path: Path, invented: Path, table: Mapping[str, int], change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = pair(tmp_path / "beside", invented, change(table))
    with pytest.raises(CorruptData, match=r"vocab\.json.*with another vocabulary every word would mean another one"):
        vocabulary_files.load(vocabulary_files.find(folder / "model.pt", str(folder)))
    with pytest.raises(MissingData, match=r"biomedgpt-vocabulary\n.*vocab\.json"):
        vocabulary_files.find(folder / "model.pt", "")
    cached = put(vocabulary_files.home(), invented)
    assert vocabulary_files.find(folder / "model.pt", "") == cached


def test_other_merges_are_refused(tmp_path: Path, invented: Path) -> None:
    folder = pair(tmp_path, invented, {})
    (folder / "merges.txt").write_text("#version: 0.2\n! !\n")
    with pytest.raises(CorruptData, match=r"merges\.txt: its SHA-256 is"):
        vocabulary_files.load(folder)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"<!DOCTYPE html><html></html>", CorruptData, r"dict\.txt: a web page; its SHA-256 is"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", MissingData, r"dict\.txt: a Git LFS pointer"),
    ],
)
def test_what_a_download_left_in_its_place_is_named(
    tmp_path: Path, invented: Path, content: bytes, error: type[Exception], message: str
) -> None:
    (put(tmp_path, invented) / "dict.txt").write_bytes(content)
    with pytest.raises(error, match=message):
        vocabulary_files.load(tmp_path)
