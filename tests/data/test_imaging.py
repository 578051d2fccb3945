"""PEIR Gross, the tuberculosis sets, IU X-ray and ReXrank's files: quirks of their releases, and what is refused."""

from __future__ import annotations

import random
import shutil
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.data import catalog, readers
from harness.data.readers.chest_tb import age, sex
from harness.data.readers.openi import split_reports
from harness.errors import AdapterError, CorruptData, MissingData
from tests.data.support import SAMPLES, copied, load, refused, sample

# PEIR Gross


def test_captions_are_read_as_they_were_crawled() -> None:
    """Quotation marks and tabs within a caption are a part of it: bioCaption writes no CSV."""
    targets = {example.id: example.target for example in sample("peir_gross").examples}
    assert targets["E_DRAWING_9028.jpg"] == 'DRAWING: Large green shape with two spots on grey cloth, sheet "B"'
    [tabbed] = [e for e in sample("peir_gross", "train").examples if e.id == "D_DRAWING_9021.jpg"]
    assert tabbed.target == "DRAWING: Small red shape with one spot on grey cloth"


def test_a_picture_without_a_caption_is_skipped_and_counted() -> None:
    found = sample("peir_gross", "train")
    assert [(each.where, each.reason) for each in found.skipped] == [("train_images.tsv, line 14", "the picture has no caption")]
    assert found.notes == ("1 row cannot be used: the picture has no caption (first: train_images.tsv, line 14)",)


def test_a_crawl_of_any_size_is_one(tmp_path: Path) -> None:
    folder = copied("peir_gross", tmp_path)
    lines = (folder / "test_images.tsv").read_text().splitlines(keepends=True)
    (folder / "test_images.tsv").write_text("".join(lines[:7]))
    found = load("peir_gross", tmp_path, accept_different=False)
    assert (len(found.examples), found.comparable, found.complete) == (7, True, True)


# Montgomery and Shenzhen


@pytest.mark.parametrize(
    ("reading", "who", "years"),
    [
        ("Patient's Sex: F\nPatient's Age: 027Y\nnormal\n", "female", 27),
        ("Patient's Sex: M\r\nPatient's Age: 004Y\r\nimproved, 3 yrs of treatment", "male", 4),
        ("male 46yrs\nnormal", "male", 46),
        ("female, 21 yrs\nPTB in the left upper field", "female", 21),
        ("Female45yr\nnormal", "female", 45),
        ("femal 32yrs\nnormal", "female", 32),
        ("male 8month\nnormal", "male", None),
        ("46yrs\nnormal; a small mass of 5 m", "unknown", 46),
        ("the female's", "female", None),
        ("Patient's Sex:\nPatient's Age:", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_sex_and_age_are_read_in_both_formats_or_are_unknown(reading: str, who: str, years: int | None) -> None:
    assert (sex(reading), age(reading)) == (who, years)


@pytest.mark.parametrize(("name", "prefix"), [("mc_cxr", "MCUCXR"), ("sz_cxr", "CHNCXR")])
def test_neither_id_nor_picture_tells_the_label(name: str, prefix: str) -> None:
    """In the release the name ends in the label and the number follows it: whoever sees either knows the answer."""
    found = sample(name).examples
    shown = [repr((example.id, example.group, example.input, example.tags["sex"])) for example in found]
    assert not any(prefix in text or ".png" in text for text in shown)
    by_id = [example.target for example in sorted(found, key=lambda example: example.id)]
    assert [example.target for example in found] == by_id
    assert by_id != sorted(by_id)
    assert all(len(example.id) == 10 for example in found)


def test_shenzhen_readings_without_a_sex_are_unknown() -> None:
    found = [example.tags["sex"] for example in sample("sz_cxr").examples]
    assert {value: found.count(value) for value in ("male", "female", "unknown")} == {"male": 11, "female": 15, "unknown": 2}


def test_a_picture_without_a_reading_is_evaluated(tmp_path: Path) -> None:
    shutil.rmtree(copied("mc_cxr", tmp_path) / "MontgomerySet" / "ClinicalReadings")
    assert {example.tags["sex"] for example in load("mc_cxr", tmp_path).examples} == {"unknown"}


@pytest.mark.parametrize(
    ("stray", "message"),
    [
        ("CHNCXR_0001_0", r"CHNCXR_0001_0\.png: the release's names are like MCUCXR_0001_0\.png; is a picture of another set here"),
        ("MCUCXR_0001_2", r"MCUCXR_0001_2\.png: the release's names are like"),
        ("MCUCXR_0001_1", r"MCUCXR_0001_\d\.png and CXR_png/MCUCXR_0001_\d\.png are one number with two labels"),
    ],
    ids=["of the other set", "no label", "two labels"],
)
def test_a_picture_that_does_not_belong_is_refused(tmp_path: Path, stray: str, message: str) -> None:
    folder = copied("mc_cxr", tmp_path) / "MontgomerySet" / "CXR_png"
    shutil.copy(folder / "MCUCXR_0002_0.png", folder / f"{stray}.png")
    refused("mc_cxr", tmp_path, message)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Montgomery's, with a picture of the healthy and an empty one."""
    path = tmp_path / "mc_cxr" / "NLM-MontgomeryCXRSet.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("MontgomerySet/CXR_png/MCUCXR_0001_0.png", b"picture")
        target.writestr("MontgomerySet/CXR_png/MCUCXR_0002_1.png", b"")
    return path


def test_a_picture_damaged_inside_its_archive_or_empty_is_named(tmp_path: Path, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes().replace(b"picture", b"Picture", 1))
    by_label = {example.target: example.input.images[0] for example in load("mc_cxr", tmp_path).examples}
    with pytest.raises(CorruptData, match=r"MCUCXR_0001_0\.png cannot be read \(Bad CRC-32"):
        by_label["normal"].read()
    with pytest.raises(CorruptData, match=r"MCUCXR_0002_1\.png is empty"):
        by_label["tuberculosis"].read()


def test_an_encrypted_archive_is_named(tmp_path: Path, archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the member's own header, and its entry in the list
        content[content.index(mark) + flags] |= 1
    archive.write_bytes(content)
    with pytest.raises(CorruptData, match=r"MCUCXR_0001_0\.png cannot be read \(.*encrypted"):
        next(e for e in load("mc_cxr", tmp_path).examples if e.target == "normal").input.images[0].read()


# IU X-ray


def write_reports(folder: Path, n: int) -> None:
    """Invented reports in Open-i's form; one in five lacks a section, one in nine a picture, one in seven has two."""
    folder.mkdir(parents=True)
    for number in range(1, n + 1):
        findings = "" if number % 5 == 1 else f"Sheet {number} is empty."
        impression = "" if number % 10 == 3 else " " if number % 10 == 7 else f"Plain sheet {number}."
        views = 0 if number % 9 == 4 else 2 if number % 7 == 2 else 1
        images = "".join(f'<parentImage id="CXR{number}_1_IM-{number:04d}-{view}"/>' for view in range(views))
        (folder / f"{number}.xml").write_text(
            f'<eCitation><uId id="CXR{number}"/><MedlineCitation><Article><Abstract><AbstractText Label="COMPARISON"/>'
            f'<AbstractText Label="FINDINGS">{findings}</AbstractText><AbstractText Label="IMPRESSION">{impression}</AbstractText>'
            f"</Abstract></Article></MedlineCitation>{images}</eCitation>"
        )


def biocaption(folder: Path) -> tuple[list[str], list[str]]:
    """The pictures of both parts by the published recipe, written down once more from its description."""
    kept = {}
    for name in sorted(path.name for path in folder.iterdir()):
        root = ElementTree.parse(folder / name).getroot()  # noqa: S314  written by this test
        texts = {node.get("Label"): node.text for node in root.findall("MedlineCitation/Article/Abstract/AbstractText")}
        if root.findall("parentImage") and texts["FINDINGS"] is not None and texts["IMPRESSION"] is not None:
            kept[name] = [str(node.get("id")) for node in root.findall("parentImage")]
    names = list(kept)
    random.Random(42).shuffle(names)
    cut = int(len(names) * 0.8)
    return [image for name in names[:cut] for image in kept[name]], [image for name in names[cut:] for image in kept[name]]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_the_split_is_what_ten_lines_of_the_recipe_give(tmp_path: Path, packed: bool) -> None:
    root = tmp_path / "iu_xray"
    write_reports(root / "ecgen-radiology", 300)
    (root / "NLMCXR_png").mkdir()
    train, test = biocaption(root / "ecgen-radiology")
    if packed:
        with tarfile.open(root / "NLMCXR_reports.tgz", "w:gz") as archive:
            archive.add(root / "ecgen-radiology", "ecgen-radiology")
        shutil.rmtree(root / "ecgen-radiology")
    found = load("iu_xray", tmp_path)
    assert [example.id for example in found.examples] == test
    assert [example.id for example in load("iu_xray", tmp_path, split="train").examples] == train
    assert (len(train), len(test)) == (173, 41)  # of 187 usable reports 149 and 38
    assert found.examples[0].target == found.examples[0].target.strip()


def test_the_split_of_the_release_s_size_is_pinned() -> None:
    """3,331 usable reports give 2,664 and 667; the names are what random.seed(42) and random.shuffle gave on CPython 3.11."""
    reports = {f"{number}.xml": {"images": ["x"], "has_both": True} for number in range(1, 3332)}
    parts = split_reports(reports)
    assert (len(parts["train"]), len(parts["test"])) == (2664, 667)
    assert [name for name, _ in parts["train"]][:3] == ["959.xml", "1450.xml", "490.xml"]
    test = [name for name, _ in parts["test"]]
    assert (test[:3], test[-1]) == (["262.xml", "201.xml", "1880.xml"], "358.xml")


def test_pictures_that_are_still_packed_must_be_extracted(tmp_path: Path) -> None:
    root = copied("iu_xray", tmp_path)
    shutil.rmtree(root / "NLMCXR_png")
    (root / "NLMCXR_png.tgz").write_bytes(b"packed")
    refused("iu_xray", tmp_path, r"NLMCXR_png\.tgz: pictures cannot be looked up in this archive\. Extract it: .*tar -xzf", MissingData)


def kaggle(root: Path, reports: Sequence[tuple[int, str, str]], views: Sequence[tuple[int, str]]) -> None:
    pictures = root / "images" / "images_normalized"
    pictures.mkdir(parents=True)
    text = "uid,MeSH,Problems,image,indication,comparison,findings,impression\n"
    (root / "indiana_reports.csv").write_text(text + "".join(f'{uid},,,,,None.,"{f}",{i}\n' for uid, f, i in reports))
    (root / "indiana_projections.csv").write_text("uid,filename,projection\n" + "".join(f"{uid},{name},Frontal\n" for uid, name in views))
    for _, name in views:
        shutil.copy(next((SAMPLES / "iu_xray" / "NLMCXR_png").glob("*.png")), pictures / name)


def test_kaggle_s_copy_is_divided_by_the_same_recipe_and_compares_with_nothing(tmp_path: Path) -> None:
    root = tmp_path / "iu_xray"
    usable = [number for number in range(1, 31) if number not in (7, 13)]
    reports = [(number, "" if number == 7 else "Two, even lines.", "" if number == 13 else "Plain.") for number in range(1, 31)]
    kaggle(root, reports, [(number, f"{number}_IM-{number:04d}-1001.dcm.png") for number in range(1, 31)])
    found = load("iu_xray", tmp_path, accept_different=False)
    names = sorted(f"{number}.xml" for number in usable)
    random.Random(42).shuffle(names)
    assert [example.group for example in found.examples] == [f"CXR{name.removesuffix('.xml')}" for name in names[22:]]
    assert (found.layout, found.complete) == ("Kaggle", False)
    assert "the split is derived from 28 reports (3,331 in the Open-i release): another test set" in found.notes[0]
    assert found.examples[0].target == "Plain. Two, even lines."
    assert found.examples[0].input.images[0].read()[:4] == b"\x89PNG"


def test_kaggle_s_copy_of_all_reports_is_the_same_test_set_with_pictures_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.data.readers.openi._OFFICIAL", 30)
    kaggle(tmp_path / "iu_xray", [(n, "Even.", "Plain.") for n in range(1, 31)], [(n, f"{n}.png") for n in range(1, 31)])
    found = load("iu_xray", tmp_path, accept_different=False)
    assert found.notes[0] == "Kaggle's copy: the same 6 reports as Open-i's; its pictures are other pixels, and 1,283 of 1,289 are missing"
    assert not found.complete


def test_the_official_reports_come_before_kaggle_s(tmp_path: Path) -> None:
    kaggle(copied("iu_xray", tmp_path), [(1, "a", "b")], [])
    assert load("iu_xray", tmp_path).layout == "ecgen-radiology"


def test_a_kaggle_table_of_other_columns_lists_them(tmp_path: Path) -> None:
    kaggle(tmp_path / "iu_xray", [(1, "a", "b")], [])
    (tmp_path / "iu_xray" / "indiana_projections.csv").write_text("report,picture\n1,x.png\n")
    refused("iu_xray", tmp_path, r"no field 'uid' \(there are: picture, report\)")


def test_a_part_that_the_recipe_does_not_know_is_the_card_s_mistake() -> None:
    with pytest.raises(AdapterError, match='selects part = "train" or "test"'):
        readers.open_release(catalog.card("iu_xray"), catalog.card("mimic_cxr_report").splits["val"], SAMPLES / "iu_xray")


# ReXrank's split files of both


def test_the_key_picture_stands_first_and_findings_are_the_target() -> None:
    found = sample("iu_xray@rexrank").examples
    names = [[Path(image.name).name for image in example.input.images] for example in found]
    assert names == [["0.png", "1.png"], ["1.png", "0.png"]] * 2 + [["0.png", "1.png"]]
    assert all(example.target.endswith("Drawn on one XXXX.") for example in found)


def test_a_section_that_is_nan_is_no_error_and_no_text() -> None:
    found = sample("mimic_cxr_report@rexrank").examples
    assert (len(found), len({example.group for example in found})) == (11, 4)
    assert found[0].input.context == {"indication": "Age:20-30.Gender:F.Indication: ___-year-old sheet."}
    assert not any("\n" in example.target or "nan" in example.target for example in found)
