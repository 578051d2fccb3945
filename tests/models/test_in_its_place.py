"""What a download leaves in the place of a checkpoint is called what it is, by a bare path and by every kind that reads a file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from harness import models
from harness.errors import CorruptData, HarnessError, MissingData
from harness.files import content

PLACES = {
    "a web page": (b"\n <!DOCTYPE html>\n<html>", CorruptData, r"net\.pt: a web page where a checkpoint is expected.*ends in dl=1"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", MissingData, r"net\.pt: a Git LFS pointer"),
    "a PDF": (b"%PDF-1.7\n", CorruptData, r"net\.pt: a PDF where a checkpoint is expected"),
    "a gzip file": (b"\x1f\x8b\x08\0", CorruptData, r"net\.pt: a gzip file where a checkpoint is expected"),
}


@pytest.mark.parametrize("what", PLACES)
@pytest.mark.parametrize("kind", ["", "torch:", "timm:", "biomedgpt:"])
def test_it_is_called_what_it_is(tmp_path: Path, kind: str, what: str) -> None:
    found, error, message = PLACES[what]
    path = tmp_path / "net.pt"
    path.write_bytes(found)
    if kind:
        pytest.importorskip("torch")
    if kind == "timm:":
        from harness.base import torch_vision

        torch_vision.ready()
        pytest.importorskip("timm")
    declared = {"size": "8", "channels": "1", "mean": "0", "std": "1", "output": "logits", "labels": "a|b"}
    given = {"torch:": declared, "timm:": {"architecture": "resnet10t", "labels": "a|b"}}.get(kind, {})
    with pytest.raises(error, match=message):
        models.open_model(f"{kind}{path}", given)


def test_an_archive_without_its_end_was_cut_off(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("net/data.pkl", bytes(2000))
    (tmp_path / "net.pt").write_bytes(whole.getvalue()[:1500])
    with pytest.raises(CorruptData, match=r"net\.pt: not a whole file: it begins as PyTorch's files do and was cut off after 1,500 bytes"):
        models.open_model(str(tmp_path / "net.pt"), {})


@pytest.mark.parametrize("name", ["config.json", "adapter_config.json"])
def test_a_page_in_the_place_of_a_folder_s_settings_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PLACES["a web page"][0])
    with pytest.raises(CorruptData, match=rf"{name}: a web page where a checkpoint"):
        models.open_model(str(tmp_path), {})


@pytest.mark.parametrize(
    "begins", [b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9c", b"\x10\0\0\0\0\0\0\0{", b"\x1f\x8b\0\0\0\0\0\0{", b"\0\x01", b"", b"hello"]
)
def test_what_may_hold_weights_is_left_to_its_reader(tmp_path: Path, begins: bytes) -> None:
    (tmp_path / "net.pt").write_bytes(begins)
    try:
        content.refuse_no_weights(tmp_path / "net.pt")
    except HarnessError as error:
        pytest.fail(str(error))
