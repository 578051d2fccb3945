"""Which runs a view shows: partial ones where they are asked for, copies once, and never none without a word."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness.errors import UsageError
from harness.runs import record as records
from harness.views.selection import headings, select, tables
from tests.views.support import evaluated, scored


def run(results: Path, model: str = "majority", *, limit: int | None = None) -> Path:
    return evaluated(results, model, limit=limit).folder


def test_a_partial_run_is_left_out_and_told_and_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    part = run(tmp_path, limit=5)
    with pytest.raises(UsageError, match=r"nothing to show: 1 partial run is left out: limited to the first 5"):
        select([tmp_path])
    assert select([tmp_path], none=True).runs == ()
    whole = run(tmp_path)
    found = select([tmp_path])
    assert [one.folder for one in found.runs] == [whole]
    assert found.left_out == (
        "1 partial run is left out: limited to the first 5 of 20 examples. Show it with --partial, or by naming the run's folder."
    )
    assert {one.folder for one in select([tmp_path], partial=True).runs} == {whole, part}
    assert [one.folder for one in select([part]).runs] == [part]
    assert {one.folder for one in select([tmp_path, part]).runs} == {whole, part}


def test_a_folder_without_runs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no run\.json under .*does not exist"):
        select([tmp_path / "nowhere"])
    run(tmp_path / "results")
    with pytest.raises(UsageError, match=r"no run\.json under"):
        select([tmp_path / "results", tmp_path / "nowhere"])


def test_folders_are_merged_and_copies_count_once(tmp_path: Path) -> None:
    run(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    run(tmp_path / "b", "nearest")
    found = select([tmp_path / "a", tmp_path / "b", tmp_path / "a"])
    assert [one.record.model.name for one in found.runs] == ["majority", "nearest"]
    assert [one.source.split("/")[0] for one in found.runs] == ["vqa_rad", "vqa_rad"]


def test_a_run_that_was_scored_again_counts_once_and_two_at_one_place_are_told_apart_by_the_whole_folder(tmp_path: Path) -> None:
    folder = run(tmp_path / "a")
    other = tmp_path / "b" / folder.relative_to(tmp_path / "a")
    record = records.read(folder)
    records.write(other, structs.replace(record, created="2020-01-01", environment={"harness": "0"}))
    assert len(select([tmp_path / "a", tmp_path / "b"]).runs) == 1
    records.write(other, structs.replace(record, model=replace(record.model, setting="zero-shot")))
    assert [one.source for one in select([tmp_path / "a", tmp_path / "b"]).runs] == [folder.as_posix(), other.as_posix()]


def test_a_table_holds_runs_on_the_same_examples_and_pictures() -> None:
    whole, part = scored("majority"), scored("majority", limit=5)
    one, two = (structs.replace(whole, data=structs.replace(whole.data, pictures=digest)) for digest in ("a", "b"))
    found = [whole, part, one, two]
    assert tables("wpot", found) == [["w", "o"], ["p"], ["t"]], "a record that names no pictures stands with any, two that differ never"
    assert headings([[whole], [part]]) == ["vqa_rad, test split, n = 20, invented sample", "vqa_rad, test split, n = 5, invented sample"]
    assert headings([[whole]]) == ["vqa_rad"]
    assert headings([[one], [two]])[0].endswith(", pictures a")
    assert tables("wv", [whole, structs.replace(whole, split="val")]) == [["w"], ["v"]]
