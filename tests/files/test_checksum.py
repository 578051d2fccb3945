"""The checksum of a file: of what it holds now, whatever was known of it before."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.files import checksum

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of ``abc``, FIPS 180-2, appendix B.1."""
ABC_MD5 = "900150983cd24fb0d6963f7d28e17f72"
"""MD5 of ``abc``, RFC 1321, appendix A.5."""


def test_each_algorithm_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert checksum.of_file(tmp_path / "a") == ABC
    assert checksum.of_file(tmp_path / "a", "md5") == ABC_MD5


@pytest.mark.parametrize("later", [0, 3600 * 10**9], ids=["a moment ago", "an hour ago"])
def test_a_file_that_was_changed_is_read_again_though_size_and_time_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    path, real = tmp_path / "a", time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + later)
    path.write_bytes(b"cba")
    assert checksum.of_file(path) != ABC
    state = path.stat()
    path.write_bytes(b"abc")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    if later and path.stat().st_ctime_ns == state.st_ctime_ns:
        pytest.skip("this file system's clock did not move between two writes")
    assert checksum.of_file(path) == ABC


def test_a_file_that_stayed_as_it_was_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "a", time.time_ns
    path.write_bytes(b"abc")
    monkeypatch.setattr(time, "time_ns", lambda: real() + 3600 * 10**9)
    checksum.of_file(path)
    opened: list[Path] = []
    monkeypatch.setattr(Path, "open", lambda self, *_: opened.append(self))
    assert checksum.of_file(path) == ABC
    assert opened == []
