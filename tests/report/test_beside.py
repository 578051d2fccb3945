"""The file beside a page: what it holds, that it fits its page, and that a page without need has none."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness.checks.shareable.contents import of_path
from harness.data import catalog
from harness.data import examples as loading
from harness.errors import CorruptData
from harness.report.beside import COMMENT, Beside
from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.types import Image
from tests.report.opened import read, samples_of
from tests.report.test_report import Found, run


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return run(tmp_path_factory.mktemp("beside"), "nearest", "vqa_rad")


def opened(path: Path) -> tuple[dict[str, Any], bytes]:
    """The index of a file and all of it, as the page's script finds them."""
    content = path.read_bytes()
    *_, start, length = content[-len(COMMENT.format(0, 0)) :].split()
    index: dict[str, Any] = json.loads(content[int(start) : int(start) + int(length)])
    return index, content


def test_texts_that_are_too_many_are_all_in_the_file(found: Found, tmp_path: Path) -> None:
    beside = Beside()
    page = samples_of(build([found], PageOptions(texts=200, beside="report.samples.zip"), beside=beside))
    assert beside.write(tmp_path / "beside", private=False) == (tmp_path / "beside").stat().st_size
    index, content = opened(tmp_path / "beside")
    assert index["id"] == page["id"]
    assert page["beside"] == {"file": "report.samples.zip", "texts": 1, "pictures": 0}
    first, length = index["texts"]
    [texts] = json.loads(content[first : first + length])
    whole = samples_of(build([found], PageOptions()))["tasks"][0]
    assert [read(texts["p"], place) for place in range(20)] == [read(whole["p"], place) for place in range(20)]
    assert [read(texts["y"][0], place) for place in range(20)] == [read(whole["y"][0], place) for place in range(20)]


def test_pictures_stand_there_once_and_at_full_size(found: Found, tmp_path: Path) -> None:
    """Each of the invented pictures, byte by byte; several questions are asked of one."""
    beside = Beside(wanted=True)
    page = samples_of(build([found], PageOptions(pictures=0, beside="x"), beside=beside))
    beside.write(tmp_path / "beside", private=False)
    index, content = opened(tmp_path / "beside")
    known = {hashlib.sha256(e.input.images[0].read()).hexdigest() for e in loading.load(catalog.task("vqa_rad")).examples}
    assert {hashlib.sha256(content[first : first + length]).hexdigest() for first, length, _ in index["pictures"]} == known
    assert {kind for _, _, kind in index["pictures"]} <= {"png", "jpeg"}
    with zipfile.ZipFile(tmp_path / "beside") as archive:
        assert archive.testzip() is None
        assert {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name.startswith("pictures/")} == known
    places = [place for own in page["tasks"][0]["fm"].values() for place in own]
    assert (len(places), set(places)) == (20, set(range(len(known))))
    assert page["images"] == []


def test_a_page_that_holds_everything_has_no_file(found: Found) -> None:
    beside = Beside()
    assert samples_of(build([found], PageOptions(beside="x"), beside=beside))["beside"] is None
    assert not beside


def test_a_picture_that_cannot_be_read_is_missed_alone(tmp_path: Path) -> None:
    def refuse() -> bytes:
        raise CorruptData("no picture")

    beside = Beside(wanted=True)
    beside.place(Image(name="bad", read=refuse), "a")
    beside.place(Image(name="grey", read=lambda: b"\x00\xff", shape=(1, 2)), "b")
    beside.write(tmp_path / "beside", private=False)
    index, _ = opened(tmp_path / "beside")
    assert [(length > 0, kind) for _, length, kind in index["pictures"]] == [(False, ""), (True, "png")]


def test_what_may_not_be_given_away_is_found_in_the_page_and_in_its_file(found: Found, tmp_path: Path) -> None:
    """Packed or not, `harness verify --shareable` sees texts and pictures."""
    beside = Beside(wanted=True)
    (tmp_path / "page.html").write_text(build([found], PageOptions(texts=200, beside="x"), beside=beside), encoding="utf-8")
    beside.write(tmp_path / "x", private=False)
    example = loading.load(catalog.task("vqa_rad")).examples[-1]
    for file in ("page.html", "x"):
        parts = list(of_path(tmp_path / file))
        assert any(part.picture == example.input.images[0].read() for part in parts) == (file == "x")
        assert any(example.input.text in (part.text or "") for part in parts) == (file == "x")
        assert any('"o":["' in (part.text or "") for part in parts) == (file == "page.html")
