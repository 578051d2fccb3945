"""Archives made to do harm, one harm each, and those that releases really come in."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.data.fetch import archives
from harness.data.fetch.archives import extract
from harness.errors import CorruptData
from harness.files import archives as limits

FILES = {"images/one.png": b"first picture", "images/two.png": b"second picture", "rows.json": b"[]"}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def taped(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


Pack = Callable[[Path, dict[str, bytes]], Path]
BOTH = pytest.mark.parametrize("pack", [zipped, taped], ids=["zip", "tgz"])


def nothing_but(folder: Path, *names: str) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


@BOTH
def test_a_release_is_unpacked(tmp_path: Path, pack: Pack) -> None:
    found = extract(pack(tmp_path / "archive", FILES), tmp_path / "release")
    assert {path.relative_to(tmp_path / "release").as_posix(): path.read_bytes() for path in found} == FILES
    assert nothing_but(tmp_path / "release", "images", "rows.json")


@BOTH
def test_a_folder_of_the_targets_own_name_is_left_out(tmp_path: Path, pack: Pack) -> None:
    archive = pack(tmp_path / "archive", {"release/a.png": b"a", "release/b.png": b"b", "__MACOSX/release/._a.png": b"?"})
    extract(archive, tmp_path / "release")
    assert nothing_but(tmp_path / "release", "a.png", "b.png")


def refused(archive: Path, message: str) -> None:
    """Nothing of it lands anywhere."""
    release = archive.with_name("release")
    with pytest.raises(CorruptData, match=message):
        extract(archive, release)
    assert nothing_but(archive.parent, archive.name, "release")
    assert nothing_but(release)


@BOTH
def test_what_is_there_already_is_replaced_file_by_file(tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "release" / "images").mkdir(parents=True)
    (tmp_path / "release" / "images" / "one.png").write_bytes(b"half a pic")
    (tmp_path / "release" / "other.txt").write_text("the user's")
    extract(pack(tmp_path / "archive", FILES), tmp_path / "release")
    assert (tmp_path / "release" / "images" / "one.png").read_bytes() == b"first picture"
    assert (tmp_path / "release" / "other.txt").read_text() == "the user's"


@BOTH
@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "a/../../outside.txt", "..\\outside.txt", "C:/outside.txt"])
def test_no_name_leads_outside(tmp_path: Path, pack: Pack, name: str) -> None:
    archive = pack(tmp_path / "archive", {"good.txt": b"", name: b"harm"})
    refused(archive, r"leads outside the release's folder; nothing was extracted")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_no_link_and_no_device_comes_out_of_a_tape(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "archive", "w") as archive:
        info = tarfile.TarInfo("rows.json")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    refused(tmp_path / "archive", "is a link or a device")


def test_no_link_comes_out_of_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "archive", "w") as archive:
        info = zipfile.ZipInfo("rows.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    refused(tmp_path / "archive", "is a link or a device")


@BOTH
def test_what_unpacks_to_far_more_than_its_size_is_given_up(tmp_path: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_SMALLEST_LIMIT", 1000)
    archive = pack(tmp_path / "archive", {"zeros": bytes(5_000_000)})
    assert archive.stat().st_size < 10_000
    refused(archive, "it unpacks to more than")


@BOTH
def test_too_many_files_are_given_up(tmp_path: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_FILES", 10)
    refused(pack(tmp_path / "archive", {f"{n}": b"x" for n in range(11)}), "or 10 files")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@BOTH
def test_a_name_that_occurs_twice_is_refused(tmp_path: Path, pack: Pack) -> None:
    refused(pack(tmp_path / "archive", {"rows.json": b"1", "Rows.json": b"2"}), r"'Rows\.json' occurs twice")


@BOTH
def test_what_is_no_archive_and_a_truncated_one_leave_nothing_behind(tmp_path: Path, pack: Pack) -> None:
    archive = pack(tmp_path / "archive", {"rows.json": bytes(range(256)) * 100})
    archive.write_bytes(archive.read_bytes()[:-30])
    refused(archive, "not a whole archive")
    archive.write_text("<html>Not found</html>")
    refused(archive, "not a whole archive")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "archive", {"rows.json": b"secret"})
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # the flag of the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and that of the directory
    archive.write_bytes(content)
    refused(archive, r"is encrypted; extract it by hand")
