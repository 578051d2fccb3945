"""CBIS-DDSM: tables with line breaks in their paths, TCIA's trees, Kaggle's copy, masks in the place of crops, absent pictures."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from harness import models
from harness.data import catalog, readers
from harness.errors import CorruptData, MissingData, MissingTool
from harness.images.pixels import decode
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Image, ModelInfo, Request, Response, Scene
from tests.data.support import SAMPLES, copied, load, refused, sample

TASK = "cbis_ddsm_mass"
TEST = "mass_case_description_test_set.csv"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The invented release in Kaggle's layout."""
    return copied("cbis_ddsm", tmp_path)


def mid_grey(image: Image) -> float:
    """Share of a picture's points that are neither black nor white: none of a mask's, nearly all of a crop's."""
    values = np.asarray(decode(image, "L"))
    return float(((values > 16) & (values < 239)).mean())


def test_the_sample_is_read_without_pydicom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydicom", None)
    found = sample(TASK)
    assert (found.layout, found.complete, len(found.examples)) == ("Kaggle", True, 15)
    assert all(mid_grey(example.input.images[0]) > 0.8 for example in found.examples)


def test_rows_are_read_from_tables_that_spell_density_differently() -> None:
    masses = sample(TASK).examples
    assert masses[2].id == "Mass-Test_P_90002_RIGHT_CC_1"
    assert (masses[2].target, masses[2].group) == ("malignant", "P_90002")
    assert masses[2].tags == {"label": "malignant", "density": "density 2", "view": "cc"}
    assert masses[2].input.context == {"view": "cc"}
    dots = sample("cbis_ddsm_calc").examples
    assert [example.tags["density"] for example in dots[:4]] == ["density 1", "density 1", "density unknown", "density 2"]


def cases(root: Path) -> list[dict[str, str]]:
    with (root / "csv" / TEST).open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_hold_the_release_s_quirks(root: Path) -> None:
    """What the next tests read: a line break after the last path, a crop under the mask's name, a series without a description."""
    found = cases(root)
    assert all(row["ROI mask file path"].endswith(".dcm\n") for row in found)
    assert found[7]["cropped image file path"].endswith("000001.dcm")
    assert found[7]["cropped image file path"].split("/")[2] != found[7]["ROI mask file path"].split("/")[2]
    described = (root / "csv" / "dicom_info.csv").read_text()
    assert f"{found[5]['cropped image file path'].split('/')[0]},\n" in described


Form = Callable[[Path, str, int], Path]


def as_in_the_table(tree: Path, row_path: str, file: int) -> Path:
    return (tree / "CBIS-DDSM" / row_path).parent / f"{file:06d}.dcm"


def classic(tree: Path, row_path: str, file: int) -> Path:
    return (tree / "CBIS-DDSM" / row_path).parent / f"1-{file + 1}.dcm"


def descriptive(tree: Path, row_path: str, file: int) -> Path:
    parts = row_path.split("/")
    folder = tree / "manifest-9" / "CBIS-DDSM" / parts[0] / f"10-04-2016-DDSM-{parts[1][-5:]}"
    return folder / f"1.000000-{'ROI mask' if file else 'cropped'} images-{parts[2][-5:]}" / f"1-{file + 1}.dcm"


CROP = (np.arange(48 * 40, dtype=np.uint16).reshape(48, 40) * 31) % 60_000
MASK = np.where(np.hypot(*(np.mgrid[0:96, 0:80] - 40)) < 20, 255, 0).astype(np.uint8)


def tcia(root: Path, form: Form, dicom: Callable[..., bytes], *, swapped: frozenset[int] = frozenset()) -> None:
    """The invented tables with a DICOM tree in the place of the JPEG folders; each case's crop is its own."""
    for number, row in enumerate(cases(root)):
        crop = CROP.copy()
        crop[0, 0] = 60_000 + number
        contents = [crop, MASK][:: -1 if number in swapped else 1]
        for place, values in enumerate(contents):
            path = form(root, row["cropped image file path"].strip(), place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(dicom(values))
    shutil.copy(root / "csv" / TEST, root / TEST)
    shutil.rmtree(root / "csv")
    shutil.rmtree(root / "jpeg")


@pytest.mark.parametrize("form", [as_in_the_table, classic, descriptive], ids=["as in the table", "classic", "descriptive"])
def test_the_crop_is_found_in_every_form_of_tcia_s_tree(root: Path, form: Form, dicom: Callable[..., bytes]) -> None:
    kaggle = load(TASK, root.parent)
    tcia(root, form, dicom, swapped=frozenset({1, 4}))
    found = load(TASK, root.parent)
    assert (found.layout, found.complete) == ("TCIA", True)
    assert found.fingerprint == kaggle.fingerprint
    for number, example in enumerate(found.examples):
        crop = CROP.copy()
        crop[0, 0] = 60_000 + number
        assert example.input.images[0].read() == dicom(crop), example.id


def test_a_sixteen_bit_crop_is_scaled_from_its_own_range(root: Path, dicom: Callable[..., bytes]) -> None:
    tcia(root, classic, dicom)
    seen = np.asarray(decode(load(TASK, root.parent).examples[0].input.images[0], "L"))
    assert (seen.shape, seen.min(), seen.max()) == ((48, 40), 0, 255)
    assert seen[20, 7] == round(int(CROP[20, 7]) * 255 / 60_000)


def test_a_damaged_dicom_file_and_a_case_with_nothing_but_its_mask_are_named(root: Path, dicom: Callable[..., bytes]) -> None:
    tcia(root, classic, dicom)
    path = next((root / "CBIS-DDSM" / "Mass-Test_P_90001_LEFT_CC_1").rglob("1-1.dcm"))
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(CorruptData, match=r"1-1\.dcm: not a readable DICOM picture .*get the file again"):
        load(TASK, root.parent).examples[0].input.images[0].read()
    path.unlink()
    with pytest.raises(CorruptData, match=r"Mass-Test_P_90001_LEFT_CC_1: .*1-2\.dcm: nothing but masks; the crop is missing"):
        load(TASK, root.parent).examples[0].input.images[0].read()


def test_dicom_needs_pydicom_and_its_tables_do_not(root: Path, dicom: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    tcia(root, classic, dicom)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    found = load(TASK, root.parent)
    assert (len(found.examples), found.complete) == (15, True)
    with pytest.raises(MissingTool, match=r"pip install 'biomed-harness\[dicom\]'"):
        found.examples[0].input.images[0].read()


def test_whether_the_pictures_are_there_is_asked_without_opening_one(root: Path) -> None:
    for path in root.rglob("*.jpg"):
        path.write_bytes(b"no picture")
    assert load(TASK, root.parent).complete
    gone = cases(root)[0]["cropped image file path"].split("/")[2]
    shutil.rmtree(root / "jpeg" / gone)
    found = load(TASK, root.parent)
    assert (found.complete, found.notes) == (False, ("14 of 15 pictures are at hand",))


@pytest.fixture
def tables(root: Path) -> Path:
    """The four tables alone."""
    for path in (root / "csv").glob("*_set.csv"):
        shutil.copy(path, root / path.name)
    shutil.rmtree(root / "csv")
    shutil.rmtree(root / "jpeg")
    return root


def test_tables_alone_are_an_incomplete_release_that_says_how_much_is_there(tables: Path) -> None:
    found = load(TASK, tables.parent, accept_different=False)
    assert (found.layout, found.complete, found.notes) == ("tables", False, ("0 of 15 pictures are at hand",))
    with pytest.raises(MissingData, match=r"Mass-Test_P_90001_LEFT_CC_1: this picture is not at hand, its row .*place CBIS-DDSM/ or jpeg/"):
        found.examples[0].input.images[0].read()


def options(root: Path, results: Path) -> Options:
    return Options(data_root=root.parent, results=results, plan=Bootstrap(resamples=0))


def test_a_baseline_that_looks_at_no_picture_is_scored_on_tables_and_not_ranked(tables: Path, tmp_path: Path) -> None:
    task = catalog.task(TASK)
    record = evaluate.evaluate(task, models.open_model("baseline:majority", {}), options(tables, tmp_path / "results")).record
    assert (record.counts.examples, record.counts.answered, record.status) == (15, 15, "partial")
    assert record.not_ranked == ("part of the release is absent",)
    with pytest.raises(MissingData, match="not at hand"):
        evaluate.evaluate(task, models.open_model("baseline:nearest", {}), options(tables, tmp_path / "results"))


class Looking:
    """A model, and its own backend, that opens every picture."""

    info = ModelInfo(name="looking", kind="test")

    def for_task(self, scene: Scene) -> Looking:  # noqa: ARG002  it serves every task
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(text="benign" if request.item.images[0].read() else "") for request in requests]


def test_a_model_that_looks_fails_on_what_is_absent_alone(root: Path, tmp_path: Path) -> None:
    """The run is partial: an absent picture is no wrong answer, and no right one."""
    shutil.rmtree(root / "jpeg" / cases(root)[0]["cropped image file path"].split("/")[2])
    record = evaluate.evaluate(catalog.task(TASK), Looking(), options(root, tmp_path / "results")).record
    assert (record.counts.answered, record.counts.failed) == (14, 1)
    assert "1 of 15 requests failed" in record.not_ranked


def test_a_pathology_that_is_no_class_is_counted_as_a_difference(root: Path) -> None:
    """The card has three classes; a fourth is another release, whatever the count."""
    path = root / "csv" / TEST
    path.write_bytes(path.read_bytes().replace(b"MALIGNANT", b"UNSURE"))
    assert {each.reason for each in load(TASK, root.parent).skipped} == {"the pathology is 'UNSURE', no class of this task"}
    refused(TASK, root.parent, "0 with label malignant where 147 are expected", accept_different=False)


def test_no_path_leads_outside_the_release(root: Path, dicom: Callable[..., bytes]) -> None:
    tcia(root, classic, dicom)
    path = root / TEST
    path.write_bytes(path.read_bytes().replace(b"Mass-Test_P_90001_LEFT_CC_1/", b"../"))
    refused(TASK, root.parent, r"the name '\.\.' leads outside")


def test_every_split_of_both_tables_is_found() -> None:
    card = catalog.card("cbis_ddsm_calc")
    rows = {split: list(readers.open_release(card, card.splits[split], SAMPLES / "cbis_ddsm").rows) for split in ("train", "test")}
    assert {split: len(own) for split, own in rows.items()} == {"train": 15, "test": 12}
