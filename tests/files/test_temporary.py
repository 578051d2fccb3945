"""Folders that are gone when they are left, also those of a process that was killed in one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.errors import Unwritable
from harness.files import temporary


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's place for what is temporary."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_its_owners_and_is_gone_when_it_is_left(place: Path) -> None:
    with temporary.folder("pictures") as folder:
        (folder / "1.png").write_bytes(b"x")
        assert folder.parent.parent == place
        assert folder.parent.name.startswith("harness-pictures-")
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700 or os.name == "nt"
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("inside", [False, True], ids=["in the system's place", "inside a folder"])
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_stays(place: Path, inside: bool) -> None:
    where = place / "release" if inside else None
    (place / "release").mkdir()
    others = place / "harness-of-somebody-else"
    others.mkdir()
    (others / "theirs").touch()
    (place / "harness-empty").mkdir()
    code = f"""
import os, tempfile
from pathlib import Path
from harness.files import temporary
tempfile.tempdir = {str(place)!r}
with temporary.folder("pictures", inside={f"Path({str(where)!r})" if inside else None}) as folder:
    (folder / "1.png").write_bytes(b"x")
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode != 0
    (left,) = (where or place).glob(".harness-*" if inside else "harness-pictures-*")
    with temporary.folder("pictures", inside=where) as living:
        assert not left.exists()
        temporary.sweep(where)
        assert living.is_dir()
        assert others.is_dir()
        assert inside or not (place / "harness-empty").exists()


def test_where_none_can_be_made_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "absent"))
    with (
        pytest.raises(Unwritable, match=r"absent: cannot be written \(No such file or directory\)\..* set TMPDIR to a folder that can be"),
        temporary.folder("pictures"),
    ):
        pass
