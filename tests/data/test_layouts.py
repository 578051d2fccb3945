"""One release in every form that people have it in: packed or extracted, a folder higher or lower, beside what programs leave there."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from harness.data import catalog
from tests.data.support import copied, load, rewrite

MEDNLI = "mednli-a-natural-language-inference-dataset-for-the-clinical-domain-1.0.0"


def packed(folder: Path, name: str, pattern: str, *, below: str = "", litter: tuple[str, ...] = ()) -> None:
    """Files in an archive of this name alone, in a folder of it where one is named."""
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob(pattern)):
            if path.is_file() and path.suffix != ".zip":
                archive.write(path, Path(below) / path.relative_to(folder))
                path.unlink()
        for left in litter:
            archive.writestr(left, b"left behind")
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def lifted(folder: Path) -> None:
    for path in (folder / "Slake1.0").iterdir():
        path.rename(folder / path.name)
    (folder / "Slake1.0").rmdir()


def as_on_the_hub(folder: Path) -> None:
    """The same JSON files with another name for one, and the pictures in an archive beside them."""
    lifted(folder)
    (folder / "validate.json").rename(folder / "validation.json")
    shutil.make_archive(str(folder / "imgs"), "zip", folder, "imgs")
    shutil.rmtree(folder / "imgs")


def lowered(folder: Path, into: str, *names: str) -> None:
    for name in names:
        (folder / into).mkdir(exist_ok=True)
        (folder / name).rename(folder / into / name)


def taped(folder: Path) -> None:
    with tarfile.open(folder / "NLMCXR_reports.tgz", "w:gz") as archive:
        archive.add(folder / "ecgen-radiology", "ecgen-radiology")
    shutil.rmtree(folder / "ecgen-radiology")


def with_a_mark(folder: Path) -> None:
    path = folder / "VQA_RAD Dataset Public.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def linked(folder: Path) -> None:
    """A folder that the user has linked."""
    pictures = folder / "VQA_RAD Image Folder"
    pictures.rename(folder.parents[1] / "elsewhere")
    pictures.symlink_to(folder.parents[1] / "elsewhere")


def unpacked(folder: Path) -> None:
    for path in folder.glob("*-split.csv.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    lowered(folder, "mimic-cxr-reports", "files")


def with_carriage_returns(folder: Path) -> None:
    """An empty line ends a section: read as other characters, carriage returns would leave most notes without any."""
    notes = folder / "NOTEEVENTS.csv.gz"
    content = gzip.decompress(notes.read_bytes())
    assert b"\r" not in content
    notes.write_bytes(gzip.compress(content.replace(b"\n", b"\r\n")))


def with_litter(folder: Path) -> None:
    (folder / "ecgen-radiology" / "._1.xml").write_bytes(b"\x00\x05\x16\x07")


def without_their_key(folder: Path) -> None:
    for path in folder.glob("*.json"):
        rewrite(path, lambda content: content["data"])


def tuberculosis(archive: str, folder: str, prefix: str) -> Callable[[Path], None]:
    left = (f"__MACOSX/download/{folder}/CXR_png/._{prefix}_0001_0.png", f"download/{folder}/CXR_png/Thumbs.db")
    return partial(packed, name=archive, pattern="*", below="download", litter=left)


@pytest.mark.parametrize(
    ("task", "layout", "rearranged", "change"),
    [
        ("mednli", "jsonl", "zip", partial(packed, name=f"{MEDNLI}.zip", pattern="*.jsonl", below=MEDNLI)),
        ("slake_en", "Slake1.0", "Slake1.0.zip", partial(packed, name="Slake1.0.zip", pattern="*")),
        ("slake_en", "Slake1.0", "test.json, imgs", lifted),
        ("slake_en", "Slake1.0", "test.json, imgs.zip", as_on_the_hub),
        ("path_vqa@official", "qas/test_vqa.pkl", "qas/test_vqa.pkl", lambda folder: lowered(folder, "pvqa", "qas", "images")),
        ("icliniq", "test.json", "icliniq/test.json", lambda folder: lowered(folder, "icliniq", "test.json", "train.json", "valid.json")),
        ("icliniq", "test.json", "test.json", without_their_key),
        ("mimic_cxr_report", "files", "reports.zip", partial(packed, name="mimic-cxr-reports.zip", pattern="*.txt")),
        ("mimic_cxr_summary", "files", "files", unpacked),
        ("iu_xray", "ecgen-radiology", "NLMCXR_reports.tgz", taped),
        ("iu_xray", "ecgen-radiology", "ecgen-radiology", with_litter),
        ("vqa_rad", "VQA_RAD Dataset Public.json", "VQA_RAD Dataset Public.json", with_a_mark),
        ("vqa_rad", "VQA_RAD Dataset Public.json", "VQA_RAD Dataset Public.json", linked),
        ("mimic3_mortality", "NOTEEVENTS", "NOTEEVENTS", with_carriage_returns),
        ("mc_cxr", "MontgomerySet", "NLM-MontgomeryCXRSet.zip", tuberculosis("NLM-MontgomeryCXRSet.zip", "MontgomerySet", "MCUCXR")),
        ("sz_cxr", "ChinaSet_AllFiles", "ChinaSet_AllFiles.zip", tuberculosis("ChinaSet_AllFiles.zip", "ChinaSet_AllFiles", "CHNCXR")),
    ],
)
def test_a_release_is_the_same_however_it_lies(
    tmp_path: Path, task: str, layout: str, rearranged: str, change: Callable[[Path], None]
) -> None:
    card, root = catalog.card(task), tmp_path / "data"
    folder = copied(card.folder, root)

    def content() -> list[tuple[str, list[str]]]:
        found = [load(task, root, split=split) for split in card.splits]
        return [(each.fingerprint, [image.digest() for e in each.examples for image in e.input.images]) for each in found]

    before = content()
    assert load(task, root).layout == layout
    change(folder)
    assert content() == before
    assert load(task, root).layout == rearranged
