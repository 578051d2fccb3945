"""New tasks: what is written, that it is evaluated as it is, and that nothing of the user's is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.checks import promises
from harness.checks.new_task import scaffold
from harness.checks.promises.replies import METRICS
from harness.data import catalog, examples
from harness.errors import PrerequisiteError, UsageError


@pytest.mark.parametrize(
    ("family", "pictures"), [("vqa", 18), ("captioning", 18), ("classification", 18), ("understanding", 0), ("summarization", 0)]
)
def test_a_card_an_adapter_and_a_sample_are_written_and_read(tmp_path: Path, family: str, pictures: int) -> None:
    name = f"my_{family}"
    paths = scaffold(name, family, tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in paths[:4]] == [
        f"{family}/{name}.toml", f"{family}/{name}.py", f"samples/{name}/sample.toml", f"samples/{name}/rows.jsonl",
    ]  # fmt: skip
    assert len(paths) - 4 == len({path.read_bytes() for path in paths[4:]}) == pictures
    assert len(paths[1].read_text().splitlines()) <= 40, "an adapter is as short as ours"
    assert name in catalog.names([tmp_path])
    task = catalog.task(name, [tmp_path])
    assert [len(examples.load(task, split=split).examples) for split in ("test", "train")] == [12, 6]


def test_an_adapter_that_is_edited_is_used_as_it_is_now(tmp_path: Path) -> None:
    """Of the same size and second: neither a module of before nor compiled code beside it may stand in."""
    adapter = scaffold("edited", "vqa", tmp_path)[1]
    budgets = []
    adapter.write_text(adapter.read_text().replace("answers.VQA", "answers.VQA, tokens=16"))
    state = adapter.stat()
    for tokens in ("16", "32"):
        adapter.write_text(adapter.read_text().replace("tokens=16", f"tokens={tokens}"))
        os.utime(adapter, ns=(state.st_atime_ns, state.st_mtime_ns))
        budgets.append(catalog.task("edited", [tmp_path]).decoding.max_new_tokens)
    assert budgets == [16, 32]


@pytest.mark.parametrize(
    ("layout", "family", "written"),
    [
        ("jsonl", "captioning", ["images", "rows.jsonl", "sample.toml"]),
        ("csv", "vqa", ["images", "rows.csv", "sample.toml"]),
        ("parquet", "classification", ["images", "rows.parquet", "sample.toml"]),
        ("folders", "classification", ["sample.toml", "test", "train"]),
        ("several", "vqa", ["rows.parquet", "sample.toml"]),
    ],
)
def test_a_release_may_lie_in_any_layout(tmp_path: Path, layout: str, family: str, written: list[str]) -> None:
    name = f"laid_{layout}"
    scaffold(name, family, tmp_path, layout)
    assert sorted(path.name for path in (tmp_path / "samples" / name).iterdir()) == written
    task = catalog.task(name, [tmp_path])
    assert [len(examples.load(task, split=split).examples) for split in ("test", "train")] == [12, 6]
    # What is measured of a family does not depend on where its rows lie; `several` has an adapter of its own.
    asked = [one for one in promises.PROPERTIES if one is not METRICS or layout == "several"]
    assert [finding.detail for finding in promises.check(task, properties=asked) if not finding.holds] == []


def test_several_pictures_of_a_row_are_shown_in_their_order(tmp_path: Path) -> None:
    scaffold("laid_in_rows", "vqa", tmp_path, "several")
    first, _, third = examples.load(catalog.task("laid_in_rows", [tmp_path])).examples[:3]
    assert (len(first.input.images), len(third.input.images)) == (2, 1)
    assert first.input.images[0].digest() != first.input.images[1].digest()
    assert first.input.choices[:2] == ("left upper field", "right upper field")
    assert first.target in first.input.choices


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    scaffold("my_quiz", "vqa", tmp_path)
    (tmp_path / "vqa" / "my_quiz.toml").unlink()
    (tmp_path / "vqa" / "my_quiz.py").write_text("# three days of work")
    with pytest.raises(UsageError, match=r"my_quiz\.py is there already; nothing was written"):
        scaffold("my_quiz", "vqa", tmp_path)
    assert (tmp_path / "vqa" / "my_quiz.py").read_text() == "# three days of work"
    assert not (tmp_path / "vqa" / "my_quiz.toml").exists()


def test_what_an_interrupted_command_began_is_finished_by_the_next(tmp_path: Path) -> None:
    whole = {path: path.read_bytes() for path in scaffold("my_quiz", "vqa", tmp_path)}
    for path in list(whole)[2:]:
        path.unlink()
    assert {path: path.read_bytes() for path in scaffold("my_quiz", "vqa", tmp_path)} == whole
    with pytest.raises(UsageError, match=r"is there already; nothing was written"):
        scaffold("my_quiz", "vqa", tmp_path)


@pytest.mark.parametrize(
    ("name", "family", "layout", "message"),
    [
        ("vqa_rad", "vqa", "jsonl", "a task called 'vqa_rad' exists already"),
        ("My Quiz", "vqa", "jsonl", "'My Quiz': a task's name is small letters, digits and underscores"),
        ("../escape", "vqa", "jsonl", r"'\.\./escape': a task's name is"),
        ("1st", "vqa", "jsonl", "'1st': a task's name is"),
        ("quiz", "vqqa", "jsonl", r"unknown family 'vqqa'\. Did you mean vqa"),
        ("quiz", "vqa", "folder", "unknown layout 'folder'. Did you mean folders"),
        ("quiz", "vqa", "folders", "--layout folders: .* that is for --family classification"),
    ],
)
def test_a_bad_name_family_or_layout_is_refused(tmp_path: Path, name: str, family: str, layout: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        scaffold(name, family, tmp_path, layout)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PrerequisiteError, match=r"file/vqa/my_quiz\.toml: cannot be written"):
        scaffold("my_quiz", "vqa", tmp_path / "file")
