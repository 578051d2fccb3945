"""Writing: whole or not at all, with the user's own umask; a refusal says which file, why, what is kept and what to do."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import Unwritable
from harness.files import locks, writing
from harness.files.refusals import OUT, RESULTS, Place, writable


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a disk that is full: no file grows beyond so many bytes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_a_folder_that_is_not_there_is_made_and_nothing_stands_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.csv"
    writing.replace_file(path, b"old")
    writing.replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    writing.replace_file(path, b"old")
    with pytest.raises(TypeError):
        writing.replace_file(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize(
    ("mask", "private", "file", "folder"), [(0o022, False, 0o644, 0o755), (0o077, False, 0o600, 0o700), (0, True, 0o600, 0o700)]
)
def test_files_and_folders_keep_the_umask_and_private_ones_are_their_owners(
    tmp_path: Path, mask: int, private: bool, file: int, folder: int
) -> None:
    with umask(mask):
        writing.make_folder(tmp_path / "folder", private=private)
        writing.replace_file(tmp_path / "replaced", b"", private=private)
        writing.append(tmp_path / "appended", b"1", private=private)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == folder
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("replaced", "appended")} == {file}


def test_where_no_room_is_left_the_old_file_stays_and_the_message_says_what_was_wanted(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    writing.replace_file(path, b"old", OUT)
    with (
        files_of_at_most(1000),
        pytest.raises(
            Unwritable,
            match=r"page\.html: cannot be written \(File too large; 2,000 bytes were wanted\)\. The file that stands there is as it was\."
            r" Raise the largest size of a file \(`ulimit -f`\), or name another file with --out; the same command then goes on\.$",
        ),
    ):
        writing.replace_file(path, b"x" * 2000, OUT)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_with_what_is_free(tmp_path: Path) -> None:
    said = r"/dev/full: cannot be written \(No space left on device; 3 bytes were wanted and [\d,]+ are free\)\. Make room there"
    with pytest.raises(Unwritable, match=said):
        writing.replace_file(Path("/dev/full"), b"abc")
    assert not Path("/dev/full").is_file()


def _file(path: Path) -> Path:
    path.write_text("")
    return path / "below" / "x"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _circle(path: Path) -> Path:
    path.symlink_to(path)
    return path / "x"


@pytest.mark.parametrize(
    ("make", "why", "remedy"),
    [
        (_file, "Not a directory: .*here is a file where a folder is needed", "Move that file away"),
        (_folder, "Is a directory", "Move the folder away"),
        (_circle, "Too many levels of symbolic links", "Mend the link, which leads in a circle"),
        (lambda path: path / ("x" * 300), "File name too long", "Choose a shorter name"),
    ],
    ids=["a file for a folder", "a folder for a file", "a circle of links", "a name too long"],
)
def test_what_is_in_the_way_is_named(tmp_path: Path, make: Callable[[Path], Path], why: str, remedy: str) -> None:
    path = make(tmp_path / "here")
    said = rf"{re.escape(str(path))}: cannot be written \({why}\)\. Kept\. {remedy}, or go; the same command then goes on\.$"
    with pytest.raises(Unwritable, match=said):
        writing.replace_file(path, b"x", Place(kept="Kept.", instead="go"))


def test_the_longest_name_that_a_folder_takes_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 125 + ".html")
    writing.replace_file(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_folder_is_not_made_where_a_file_stands(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(Unwritable, match=r"x: cannot be written \(File exists: it is a file where a folder is needed\)\. What was"):
        writing.make_folder(tmp_path / "x", RESULTS)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_is_written_to_and_one_that_nobody_reads_refuses_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(Unwritable, match=r"pipe: cannot be written \(No such device or address\)"):
        writing.replace_file(path, b"x")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        writing.replace_file(path, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folder")
def test_a_file_is_on_disk_before_it_has_its_name_and_its_name_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    seen: list[tuple[str, bool]] = []

    def synced(descriptor: int) -> None:
        known = os.fstat(descriptor)
        what = "folder" if stat.S_ISDIR(known.st_mode) else f"file of {known.st_size}"
        seen.append((what, path.exists()))

    monkeypatch.setattr(os, "fsync", synced)
    writing.replace_file(path, b"whole")
    assert seen == [("file of 5", False), ("folder", True)]


def test_what_a_killed_process_left_is_removed_by_the_next_writer_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    path = tmp_path / "a*b.csv"
    code = f"""
import os, pathlib
from harness.files import writing
writing.os.fsync = lambda _: os.kill(os.getpid(), 9)
writing.replace_file(pathlib.Path({str(path)!r}), b"half")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode != 0
    (left,) = tmp_path.iterdir()
    assert re.fullmatch(r"\.a\*b\.csv\.[0-9a-f]{8}\.new", left.name)
    living = tmp_path / ".a*b.csv.01234567.new"
    editors = tmp_path / ".a*b.csv.swp"
    editors.touch()
    with living.open("wb") as file:
        locks.hold(file.fileno())
        writing.replace_file(path, b"whole")
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, living.name, editors.name}


def test_an_error_of_another_kind_passes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), writable(tmp_path):
        raise ValueError("mine")
