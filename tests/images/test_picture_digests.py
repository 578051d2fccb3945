"""Digests of pictures: what they tell apart, what is known again, and that nothing stale is."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.data.readers.files import pictures
from harness.errors import MissingData
from harness.images import digests as picture_digests
from harness.types import Example, Image, Input

HOUR = 3600 * 10**9


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "biomed-harness" / "picture_digests.sqlite"


@dataclass
class Counted:
    """A file as a picture that counts how often it is read."""

    path: Path
    reads: list[bytes] = field(default_factory=list)

    @property
    def image(self) -> Image:
        return Image(name="a picture", read=self._read, file=self.path)

    def _read(self) -> bytes:
        self.reads.append(self.path.read_bytes())
        return self.reads[-1]


@pytest.fixture
def picture(tmp_path: Path) -> Counted:
    path = tmp_path / "1.png"
    path.write_bytes(b"white")
    return Counted(path)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour has passed since any file was changed."""
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + HOUR)


def digest(*images: Image, complete: bool = True) -> list[str]:
    with picture_digests.digesting() as digests:
        return [digests.of(image, complete=complete) for image in images]


def of(content: bytes) -> str:
    """The digest of an encoded file, by the definition: no shape, a zero byte, the content."""
    return hashlib.sha256(b"None\0" + content).hexdigest()


def example(name: str, *images: Image) -> Example[str]:
    return Example(id=name, input=Input(text="What is it?", images=images), target="a mass", group=name)


def combined(*examples: Example[str]) -> str:
    with picture_digests.digesting() as digests:
        return picture_digests.of_pictures(((e.id, e.input.images) for e in examples), digests, complete=True)


def raw(content: bytes, name: str = "same name", shape: tuple[int, ...] | None = None) -> Image:
    return Image(name=name, read=lambda: content, shape=shape)


def test_a_digest_is_that_of_the_content_and_not_of_the_name(picture: Counted) -> None:
    assert digest(picture.image, raw(b"white"), raw(b"black")) == [of(b"white"), of(b"white"), of(b"black")]


def test_the_shape_of_raw_pixels_is_a_part_of_them() -> None:
    assert len({*digest(raw(b"abcd", shape=(2, 2)), raw(b"abcd", shape=(1, 4)), raw(b"abcd"))}) == 3


@pytest.mark.usefixtures("later")
def test_a_file_is_read_once_and_known_again_by_the_next_run(picture: Counted) -> None:
    assert digest(picture.image, picture.image) == [of(b"white"), of(b"white")]
    assert digest(picture.image) == [of(b"white")]
    assert picture.reads == [b"white"]


@pytest.mark.usefixtures("later")
def test_a_file_that_was_changed_is_read_again_though_size_and_time_are_the_same(picture: Counted) -> None:
    digest(picture.image)
    before = picture.path.stat()
    picture.path.write_bytes(b"black")
    os.utime(picture.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest(picture.image) == [of(b"black")]


@pytest.mark.usefixtures("later")
def test_another_file_put_in_its_place_is_read(picture: Counted, tmp_path: Path) -> None:
    digest(picture.image)
    (tmp_path / "2.png").write_bytes(b"black")
    (tmp_path / "2.png").replace(picture.path)
    assert digest(picture.image) == [of(b"black")]


def test_a_file_that_was_changed_a_moment_ago_is_not_trusted_to_stay(picture: Counted, cache: Path) -> None:
    digest(picture.image)
    with closing(sqlite3.connect(cache)) as database, database:
        assert database.execute("SELECT COUNT(*) FROM picture_digests").fetchone() == (0,)


@pytest.mark.usefixtures("later")
def test_no_path_is_in_the_cache(picture: Counted, cache: Path) -> None:
    digest(picture.image)
    assert b"1.png" not in cache.read_bytes()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("state", ["absent", "damaged", "a folder", "without a place", "another's table"])
def test_without_a_cache_pictures_are_read_again(picture: Counted, cache: Path, state: str) -> None:
    digest(picture.image)
    if state == "another's table":
        with closing(sqlite3.connect(cache)) as database, database:
            database.execute("UPDATE picture_digests SET made = 'nothing'")
    else:
        cache.unlink()
    if state == "damaged":
        cache.write_bytes(b"no database" * 500)
    if state == "a folder":
        cache.mkdir()
    if state == "without a place":
        cache.parent.rmdir()
        cache.parent.write_bytes(b"")
    assert digest(picture.image) == [of(b"white")]


def test_an_absent_picture_is_named_unless_the_release_is_known_to_lack_some(tmp_path: Path) -> None:
    absent = pictures(tmp_path)("9.png")
    with pytest.raises(MissingData, match=r"9\.png: a row refers to this picture"):
        digest(absent)
    assert digest(absent, complete=False) == [picture_digests.ABSENT]


@pytest.mark.parametrize(
    ("examples", "same"),
    [
        ([example("b", raw(b"2")), example("a", raw(b"1"))], True),
        ([example("a", raw(b"1", "another name")), example("b", raw(b"2", "another name"))], True),
        ([example("a", raw(b"1")), example("b", raw(b"black"))], False),
        ([example("a", raw(b"2")), example("b", raw(b"1"))], False),
        ([example("a", raw(b"1"), raw(b"2")), example("b")], False),
        ([example("a", raw(b"1"))], False),
    ],
    ids=["another order", "other names", "other pixels", "exchanged", "of another example", "fewer"],
)
def test_the_digest_of_a_split_is_that_of_which_picture_belongs_to_which_example(examples: Sequence[Example[str]], same: bool) -> None:
    assert (combined(*examples) == combined(example("a", raw(b"1")), example("b", raw(b"2")))) is same


def test_without_pictures_there_is_no_digest() -> None:
    assert combined(example("a"), example("b")) == ""
