"""Fetching whole releases, against a server of our own on this machine: the invented samples stand in for them."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness import cards
from harness.cards import Card, Split
from harness.data import catalog
from harness.data.fetch import releases
from harness.data.fetch.plans import plan
from harness.data.fetch.releases import Fetched
from harness.errors import AdapterError, CorruptData, GatedData, MissingData, PrerequisiteError
from harness.types import Task
from tests.data.support import SAMPLES, copied

VQA = SAMPLES / "vqa_rad"
ROWS = "VQA_RAD Dataset Public.json"
PICTURES = "VQA_RAD Image Folder"
XLSX = "MeQSum_ACL2019_BenAbacha_Demner-Fushman.xlsx"


def with_source(task: Task[Any], source: dict[str, Any]) -> Task[Any]:
    """The task, its card's counts those of the invented sample, its release to be had from elsewhere."""
    card = cards.with_sample(task.card, SAMPLES / task.card.folder / "sample.toml")
    return dataclasses.replace(task, card=structs.replace(card, source={**card.source, **source}))


def quickly(task: Task[Any], root: Path) -> Fetched:
    return releases.fetch(task, root, pause=lambda _seconds: None)


@pytest.fixture
def meqsum(server: Any) -> Callable[..., Task[Any]]:
    """One file with a checksum."""
    content = (SAMPLES / "meqsum" / XLSX).read_bytes()
    server.files["/meqsum.xlsx"] = content

    def make(**changes: Any) -> Task[Any]:
        facts = {"url": f"{server.address}/meqsum.xlsx", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return with_source(catalog.task("meqsum"), facts | changes)

    return make


@pytest.fixture
def vqa_rad(server: Any) -> Callable[..., Task[Any]]:
    """A file and an archive of pictures, neither with a checksum."""

    def make(rows: bytes = (VQA / ROWS).read_bytes(), leave_out: str = "") -> Task[Any]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted((VQA / PICTURES).iterdir()):
                if path.name != leave_out:
                    archive.write(path, path.name)
        server.files |= {"/rows": rows, "/pictures": packed.getvalue()}
        downloads = [
            {"file": ROWS, "url": f"{server.address}/rows"},
            {"file": "pictures.zip", "url": f"{server.address}/pictures?zip=", "into": PICTURES, "gives": [PICTURES]},
        ]
        return with_source(catalog.task("vqa_rad"), {"downloads": downloads})

    return make


def test_one_file_with_a_checksum_is_fetched_once(tmp_path: Path, meqsum: Callable[..., Task[Any]], server: Any) -> None:
    found = quickly(meqsum(), tmp_path)
    assert (found.name, found.status, found.checked) == ("meqsum", "fetched", "SHA-256")
    assert found.paths == (tmp_path / "meqsum" / XLSX,)
    assert found.paths[0].read_bytes() == (SAMPLES / "meqsum" / XLSX).read_bytes()

    assert quickly(meqsum(), tmp_path).status == "there"
    assert len(server.ranges) == 1


def test_another_file_of_that_name_is_not_overwritten(tmp_path: Path, meqsum: Callable[..., Task[Any]]) -> None:
    (copied("meqsum", tmp_path) / XLSX).write_bytes(b"the user's own")
    with pytest.raises(CorruptData, match=r"it has 14 bytes, the release's has [\d,]+\. Move the file away and fetch again"):
        quickly(meqsum(), tmp_path)
    assert (tmp_path / "meqsum" / XLSX).read_bytes() == b"the user's own"


def test_several_files_and_an_archive_without_checksums_are_counted(tmp_path: Path, vqa_rad: Callable[..., Task[Any]], server: Any) -> None:
    task = vqa_rad()
    found = quickly(task, tmp_path)
    assert found.status == "fetched"
    assert found.checked == "no published checksum for all of it: the card's counts (test 20, train 76)"
    assert found.paths == (tmp_path / "vqa_rad" / ROWS, tmp_path / "vqa_rad" / PICTURES)
    assert sorted(path.name for path in (tmp_path / "vqa_rad").iterdir()) == sorted([ROWS, PICTURES])  # the archive is gone
    assert quickly(task, tmp_path).status == "there"
    assert len(server.ranges) == 2


def test_an_interrupted_release_goes_on_with_what_is_missing(tmp_path: Path, vqa_rad: Callable[..., Task[Any]], server: Any) -> None:
    task = vqa_rad()
    server.files.pop("/pictures")
    with pytest.raises(MissingData, match=r"vqa_rad: 127\.0\.0\.1 answers 404.*\nBy hand:\ndownload from https://osf.io"):
        quickly(task, tmp_path)
    vqa_rad()
    assert quickly(task, tmp_path).status == "fetched"
    assert len(server.ranges) == 3


def test_what_comes_without_a_checksum_and_has_other_counts_is_refused(tmp_path: Path, vqa_rad: Callable[..., Task[Any]]) -> None:
    rows = json.loads((VQA / ROWS).read_text())
    with pytest.raises(CorruptData, match="75 examples where 76 are expected"):
        quickly(vqa_rad(json.dumps(rows[1:]).encode()), tmp_path)


def test_a_picture_that_did_not_come_is_named(tmp_path: Path, vqa_rad: Callable[..., Task[Any]]) -> None:
    name = json.loads((VQA / ROWS).read_text())[0]["image_name"]
    with pytest.raises(MissingData, match=f"{name}: a row refers to this picture, and it is not there"):
        quickly(vqa_rad(leave_out=name), tmp_path)


def test_an_archive_of_something_else_is_kept_and_named(tmp_path: Path, vqa_rad: Callable[..., Task[Any]]) -> None:
    task = vqa_rad()
    downloads = [*task.card.source["downloads"][:1], {**task.card.source["downloads"][1], "gives": ["no such folder"]}]
    with pytest.raises(CorruptData, match=r"pictures\.zip: it was extracted and does not hold .*no such folder"):
        quickly(with_source(task, {"downloads": downloads}), tmp_path)


def test_a_whole_release_in_another_layout_is_left_alone_and_a_part_of_one_would_hide_what_comes(tmp_path: Path, server: Any) -> None:
    corpus = copied("trec_ct_2022", tmp_path) / "corpus.jsonl"
    task = with_source(catalog.task("trec_ct_2022"), {"downloads": [{"file": "topics2022.xml", "url": f"{server.address}/topics"}]})
    found = quickly(task, tmp_path)
    assert found.status == "there"
    assert found.checked.startswith("the layout BEIR, no published checksum")
    corpus.write_text("".join(corpus.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(CorruptData, match="a part of the release is there in the layout BEIR; move it away, then fetch"):
        quickly(task, tmp_path)
    assert server.ranges == []


@pytest.mark.usefixtures("no_socket")
def test_offline_what_is_there_is_checked_and_what_is_not_is_refused(
    tmp_path: Path, meqsum: Callable[..., Task[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied("meqsum", tmp_path / "full")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert quickly(meqsum(), tmp_path / "full").status == "there"
    with pytest.raises(PrerequisiteError, match="HF_HUB_OFFLINE is set: no connection is made"):
        quickly(meqsum(), tmp_path / "empty")


def from_hub(task: Task[Any], **changes: Any) -> Task[Any]:
    files = [{"path": f"data/{name}", "file": name, **changes} for name in ("test.json", "train.json")]
    source = {"reader": "json", "file": "test.json", "hub": "someone/something", "revision": "0" * 40, "hub_files": files}
    splits = {name: Split(n=1, select={"file": f"{name}.json"}) for name in ("test", "train")}
    return dataclasses.replace(task, card=structs.replace(task.card, source=source, splits=splits))


@pytest.mark.usefixtures("no_socket")
def test_offline_a_dataset_of_the_hub_is_refused_and_one_that_is_there_is_checked(
    tmp_path: Path, toy_task: Task[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    with pytest.raises(PrerequisiteError, match="HARNESS_OFFLINE is set"):
        quickly(from_hub(toy_task), tmp_path)
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "test.json").write_text("[]")
    assert releases.absent(from_hub(toy_task).card, tmp_path) == ("train.json",)
    with pytest.raises(PrerequisiteError, match="HARNESS_OFFLINE is set"):  # a half of it is no other layout
        quickly(from_hub(toy_task), tmp_path)
    (tmp_path / "toy" / "train.json").write_text("[]")
    assert quickly(from_hub(toy_task, size=2), tmp_path).status == "there"
    with pytest.raises(CorruptData, match="it has 2 bytes, the release's has 3"):
        quickly(from_hub(toy_task, size=3), tmp_path)


def test_a_dataset_of_the_hub_in_another_layout_is_left_alone(tmp_path: Path, toy_task: Task[str]) -> None:
    (tmp_path / "toy" / "other").mkdir(parents=True)
    for name in ("test.json", "train.json"):
        (tmp_path / "toy" / name).write_text(json.dumps([{"id": "1", "q": "?", "a": "yes", "g": "1"}]))
    task = from_hub(toy_task)
    files = [{**entry, "file": f"data/{entry['file']}"} for entry in task.card.source["hub_files"]]
    task = dataclasses.replace(task, card=structs.replace(task.card, source={**task.card.source, "hub_files": files}))
    found = quickly(task, tmp_path)
    assert found.status == "there"
    assert found.checked.startswith("the layout test.json, no published checksum")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"access": "credentialed"}, "the release needs credentialed access and a signed agreement"),
        ({"access": "application"}, "is given on application, under a signed agreement"),
        ({"access": "registration"}, "needs an account with its publisher"),
        ({"source": {}}, "has no direct download that could be checked"),
        ({"source": {"url": "https://example.org/x", "file": "x"}}, "has no direct download that could be checked"),
        ({"source": {"by_hand": "is a crawl: there is no archive of it"}}, "the release is a crawl: there is no archive of it"),
    ],
)
def test_what_cannot_be_fetched_says_why_and_what_to_do(tmp_path: Path, toy_task: Task[str], changes: dict[str, Any], reason: str) -> None:
    task = dataclasses.replace(toy_task, card=structs.replace(toy_task.card, **changes))
    with pytest.raises(GatedData, match=rf"toy: .*{reason}.*; it cannot be fetched\.\nNothing to obtain\."):
        quickly(task, tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        {"url": "https://example.org/x"},
        {"url": "https://example.org/x", "file": "x", "sha1": "0"},
        {"url": "https://example.org/x", "file": "x", "md5": "0" * 32, "sha256": "0" * 64},
        {"url": "https://example.org/x", "file": "x", "md5": "abc"},
        {"url": "https://example.org/x", "file": "x", "sha256": "g" * 64},
        "https://example.org/x",
    ],
    ids=["no file", "unknown key", "two checksums", "short", "not hexadecimal", "no table"],
)
def test_a_download_that_is_described_wrongly_is_the_cards_fault(toy_card: Card, entry: Any) -> None:
    with pytest.raises(AdapterError, match=r"toy\.toml: "):
        plan(structs.replace(toy_card, source={"downloads": [entry]}))


def test_an_address_that_anybody_can_change_is_refused(toy_card: Card) -> None:
    with pytest.raises(CorruptData, match="must be https"):
        plan(structs.replace(toy_card, source={"downloads": [{"url": "http://example.org/x", "file": "x"}]}))


@pytest.mark.parametrize("changes", [{"file": "../../elsewhere"}, {"file": "x", "into": "../elsewhere", "gives": ["y"]}])
def test_a_card_that_names_a_place_outside_its_folder_is_refused(
    tmp_path: Path, toy_task: Task[str], server: Any, changes: dict[str, Any]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("y", "harm")
    server.files["/x"] = packed.getvalue()
    source = {"reader": "json", "file": "x", "downloads": [{"url": f"{server.address}/x", **changes}]}
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        quickly(dataclasses.replace(toy_task, card=structs.replace(toy_task.card, source=source)), tmp_path / "root")
    assert not (tmp_path / "elsewhere").exists()


def test_biomedgpts_vocabulary_goes_to_where_checkpoints_look_for_it(tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.data.fetch.remote import Remote
    from harness.models.biomedgpt import vocabulary_files

    content = {"encoder.json": b"{}", "vocab.bpe": b"#version", "dict.txt": b"1 1"}
    server.files = {f"/{name}": text for name, text in content.items()}
    for name, text in content.items():
        own = Remote(url=f"{server.address}/{name}", algorithm="sha256", checksum=hashlib.sha256(text).hexdigest(), size=len(text))
        monkeypatch.setitem(vocabulary_files.FILES, name, own)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = vocabulary_files.fetch_vocabulary()
    assert (found.name, found.status, found.checked) == ("biomedgpt-vocabulary", "fetched", "SHA-256")
    assert (
        vocabulary_files.find(tmp_path / "no.pt", "")
        == found.paths[0].parent
        == tmp_path / "cache" / "biomed-harness" / "biomedgpt-vocabulary"
    )
    assert vocabulary_files.fetch_vocabulary().status == "there"


def open_cards() -> list[Card]:
    names = [full for name in catalog.names() for full in (name, *(f"{name}@{variant}" for variant in catalog.card(name).variants))]
    return [card for card in map(catalog.card, names) if card.access == "open"]


@pytest.mark.parametrize("card", open_cards(), ids=lambda card: card.full_name)
def test_every_open_release_can_be_fetched_or_says_why_not(card: Card) -> None:
    found = plan(card)
    assert found.items or found.hub or "by_hand" in card.source
    assert bool(found.items or found.hub) == ("harness fetch" in card.obtain)


@pytest.mark.parametrize("card", [card for card in open_cards() if card.folder == "medmnist"], ids=lambda card: card.full_name)
def test_every_size_of_every_medmnist_set_has_its_published_md5(card: Card) -> None:
    [item] = plan(card).items
    assert item.remote.algorithm == "md5"
    assert item.remote.url.startswith("https://zenodo.org/records/")


def test_what_a_crash_left_half_unpacked_is_not_taken_for_the_release(
    tmp_path: Path, vqa_rad: Callable[..., Task[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = vqa_rad()

    def half(archive: Path, into: Path) -> None:
        (into / PICTURES).mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("harness.data.fetch.releases.extract", half)
        with pytest.raises(KeyboardInterrupt):
            quickly(task, tmp_path)
    assert quickly(task, tmp_path).status == "fetched"
    assert any((tmp_path / "vqa_rad" / PICTURES).iterdir())
    assert sorted(path.name for path in (tmp_path / "vqa_rad").iterdir()) == sorted([ROWS, PICTURES])


def test_two_at_once_bring_a_release_once(tmp_path: Path, vqa_rad: Callable[..., Task[Any]], server: Any) -> None:
    """An archive that both unpacked would be removed under the other's hands."""
    task = vqa_rad()
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = list(pool.map(lambda _: quickly(task, tmp_path), range(4)))
    assert {each.paths for each in found} == {(tmp_path / "vqa_rad" / ROWS, tmp_path / "vqa_rad" / PICTURES)}
    assert len(server.ranges) == 2
    assert sorted(path.name for path in (tmp_path / "vqa_rad").iterdir()) == sorted([ROWS, PICTURES])
