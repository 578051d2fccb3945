"""Pictures in a folder per class: which are read, under which ids, and what is no class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from harness.cards import Card, Split
from harness.data.readers import class_folders
from harness.errors import AdapterError, CorruptData, MissingData
from harness.rows import Row

LABELS = ("clear lungs", "opaque")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two pictures of a class in folders of patients, one of the other, and what is no picture."""
    for name in ("test/CLEAR_lungs/p1/a.png", "test/CLEAR_lungs/p1/b.jpg", "test/opaque/c.PNG", "test/opaque/notes.txt", "test/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.fixture
def read(toy_card: Card, home: Path) -> Callable[..., list[Row]]:
    def rows(select: dict[str, str] | None = None, labels: tuple[str, ...] = LABELS) -> list[Row]:
        card = structs.replace(toy_card, labels=labels)
        return list(class_folders.read(card, Split(select={"folder": "test"} if select is None else select), home).rows)

    return rows


def test_a_folder_is_a_label_and_nothing_of_its_name_stands_in_an_id(read: Callable[..., list[Row]]) -> None:
    found = {row["image"]: row for row in read()}
    assert {name: row["label"] for name, row in found.items()} == {
        "CLEAR_lungs/p1/a.png": "clear lungs",
        "CLEAR_lungs/p1/b.jpg": "clear lungs",
        "opaque/c.PNG": "opaque",
    }
    # The first 16 digits of hashlib.sha256(b"toy:test/opaque/c.PNG").hexdigest().
    assert found["opaque/c.PNG"]["id"] == "fc486ce212027f6e"
    assert found["opaque/c.PNG"].image("opaque/c.PNG").read() == b"test/opaque/c.PNG"


def test_pictures_of_one_patient_are_one_group(read: Callable[..., list[Row]]) -> None:
    first, second, other = sorted(read(), key=lambda row: row["image"])
    assert first["group"] == second["group"] != other["group"] == other["id"]


def test_what_is_no_picture_is_counted_and_named(toy_card: Card, home: Path) -> None:
    release = class_folders.read(structs.replace(toy_card, labels=LABELS), Split(select={"folder": "test"}), home)
    assert release.notes == ("1 file is no picture and left out (first: opaque/notes.txt)",)


def test_a_folder_that_is_no_label_is_named(read: Callable[..., list[Row]]) -> None:
    with pytest.raises(CorruptData, match=r"'opaque' is no label of toy \(clear lungs, dense\)"):
        read(labels=("clear lungs", "dense"))


def test_folders_without_a_picture_are_missing(read: Callable[..., list[Row]], home: Path) -> None:
    (home / "empty").mkdir()
    with pytest.raises(MissingData, match="no picture in"):
        read({"folder": "empty"})
    with pytest.raises(MissingData, match="val is not there"):
        read({"folder": "val"})


@pytest.mark.parametrize(
    ("select", "labels", "message"),
    [({"part": "test"}, LABELS, 'selects by folder = "…", not by part'), ({"folder": "test"}, (), "'labels' says which folders there are")],
)
def test_a_card_that_does_not_fit_is_told(
    read: Callable[..., list[Row]], select: dict[str, str], labels: tuple[str, ...], message: str
) -> None:
    with pytest.raises(AdapterError, match=message):
        read(select, labels)


def test_a_link_out_of_the_release_is_refused(read: Callable[..., list[Row]], home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    outside.write_bytes(b"x")
    (home / "test" / "opaque" / "link.png").symlink_to(outside)
    with pytest.raises(CorruptData, match="leads through a link"):
        [row.image(row["image"]) for row in read()]
