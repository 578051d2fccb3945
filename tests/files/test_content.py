"""The one door for foreign files: what is no regular file, too large, or of another kind is named."""

from __future__ import annotations

import gzip
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import CorruptData, MissingData, UsageError
from harness.files import archives, content, json_text, text_files, xml_text


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"id,question\n", ""),
        (b'{"id": 1}', ""),
        (b"", ""),
        (b"<?xml version='1.0'?><a/>", ""),
        (b"\xff\xfei\0d\0", "UTF-16 text"),
        (b"i\0d\0,\0", "UTF-16 text without its mark, or no text at all,"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"\n <!DOCTYPE html>", "a web page"),
        (b"\xef\xbb\xbf<html lang='en'>", "a web page"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    ],
)
def test_a_file_is_called_by_what_it_begins_with(beginning: bytes, kind: str) -> None:
    assert content.kind_of(beginning) == kind


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices of Unix")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.mkdir, "a folder, not a regular file"),
        (_pipe, "a named pipe, not a regular file"),
        (_device, "a device, not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read"),
    ],
    ids=["folder", "pipe", "device", "circle"],
)
def test_what_is_no_regular_file_is_named_and_never_waited_for(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "rows.json")
    with pytest.raises(CorruptData, match=rf"rows\.json: {said}"):
        content.read(tmp_path / "rows.json")


def test_a_name_that_no_file_has_is_named() -> None:
    with pytest.raises(UsageError, match=r"a\\x00b: no name of a file"):
        content.read(Path("a\0b"), error=UsageError)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert content.read(tmp_path / "a", largest=5) == b"12345"
    with pytest.raises(CorruptData, match=r"a: 5 bytes where no more than 4 are expected"):
        content.read(tmp_path / "a", largest=4)
    with pytest.raises(MissingData, match=r"b: no such file"):
        content.read(tmp_path / "b")


def test_a_text_has_one_kind_of_line_break_and_no_mark() -> None:
    assert content.text(b"\xef\xbb\xbfa\r\nb\rc\n", "t") == "a\nb\nc\n"
    with pytest.raises(CorruptData, match=r"t: not UTF-8 at byte 3"):
        content.text(b"caf\xe9", "t")
    with pytest.raises(CorruptData, match=r"t: a web page where a text is expected, whatever the file is called"):
        content.text(b"<html>", "t")


def test_a_compressed_text_is_read_as_it_comes_and_no_line_is_held_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"ab\ncdefgh\n"))
    monkeypatch.setattr(text_files, "LONGEST_LINE", 4)
    with text_files.opened(path, "a table") as file:
        assert list(text_files.lines(file)) == ["ab\n", "cdef", "gh\n"]


def test_what_unpacks_to_far_more_than_its_size_suggests_is_refused() -> None:
    archives.refuse_bomb(10, 1 << 28, "a.zip")
    archives.refuse_bomb(1 << 28, 50 << 28, "a.zip")
    with pytest.raises(CorruptData, match=r"a\.zip: it unpacks to 268,435,457 bytes"):
        archives.refuse_bomb(10, (1 << 28) + 1, "a.zip")


def test_whatever_a_damaged_archive_raises_is_known() -> None:
    for error in (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        UnicodeDecodeError,
        RecursionError,
        MemoryError,
    ):
        assert issubclass(error, archives.BROKEN)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"<a>", "not XML"),
        (b"<a>" * 10, "not XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "not XML .*EntitiesForbidden"),
        (b'<?xml version="1.0" encoding="none-such"?><a/>', "not XML"),
        (b"%PDF-1.7", "a PDF where an XML file is expected"),
    ],
)
def test_what_is_no_xml_is_named(given: bytes, said: str) -> None:
    with pytest.raises(CorruptData, match=f"t: {said}"):
        xml_text.parse(given, "t")
    assert xml_text.parse("<a>é</a>".encode("utf-16"), "t").text == "é"


def test_numbers_that_are_none_are_read_where_python_writes_them() -> None:
    assert json_text.parse("[-Infinity]", "t", constants=True) == [float("-inf")]
    with pytest.raises(UsageError, match="-Infinity is no JSON number"):
        json_text.parse("[-Infinity]", "t", error=UsageError)
