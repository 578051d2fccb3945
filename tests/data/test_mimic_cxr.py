"""MIMIC-CXR: trees of any size, reports in their folder or their archive, damaged tables."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.cards import Split
from harness.data import catalog, readers
from harness.errors import AdapterError, MissingData
from tests.data.support import copied, gzipped, load, refused, sample

SPLIT, METADATA = "mimic-cxr-2.0.0-split.csv.gz", "mimic-cxr-2.0.0-metadata.csv.gz"
HEADINGS = ("FINDINGS:", "Findings :", "FINDINGS", "FINIDNGS:", "FINDINGS AND IMPRESSION:")
CLOSINGS = ("IMPRESSION:", "Conclusion:", "IMPRESSION", "IMPRSSION:", "OPINION :")


def tree(root: Path, studies: int) -> int:
    """A tree of studies in the official layout, three to a patient; one in ten lacks findings. Returns the characters of all reports."""
    shown, views, total = [], [], 0
    for number in range(studies):
        subject, study = 90_000_000 + number // 3, 59_000_000 + number
        folder = root / "files" / f"p{subject // 1_000_000}" / f"p{subject}"
        folder.mkdir(parents=True, exist_ok=True)
        findings = (
            "" if number % 10 == 9 else f" {HEADINGS[number % 5]}\n" + (f" The sketch of sheet {number} is empty." * 20 + "\n") * 20 + "\n"
        )
        wet = f" WET READ: ___\n IMPRESSION: Hurried.\n {'_' * 40}\n" if number % 7 == 0 else ""
        report = f"{wet}   FINAL REPORT\n EXAMINATION:  Sheet {number}\n\n{findings} {CLOSINGS[number % 5]}\n Sheet {number}: empty.\n"
        total += len(report)
        (folder / f"s{study}.txt").write_text(report, encoding="utf-8")
        for picture in range(1 + number % 2):
            name = f"{number:08x}-{picture:08x}"
            shown.append((name, study, subject, "test" if number >= 50 else "train"))
            views.append((name, subject, study, ("LATERAL", "PA")[picture]))
    (root / SPLIT).write_bytes(gzipped(("dicom_id", "study_id", "subject_id", "split"), shown))
    (root / METADATA).write_bytes(gzipped(("dicom_id", "subject_id", "study_id", "ViewPosition"), views))
    return total


MEASURED = """
import sys, tracemalloc
from pathlib import Path
from harness.cards import Split
from harness.data import catalog, readers
from harness.data.examples import SAMPLES

card = catalog.card("mimic_cxr_report")
list(readers.open_release(card, Split(select={"part": "test"}), SAMPLES / "mimic_cxr").rows)  # imports are no part of the reading
tracemalloc.start()
release = readers.open_release(card, Split(select={"part": "test", "studies": 250}), Path(sys.argv[1]))
tables = tracemalloc.get_traced_memory()[0]
tracemalloc.reset_peak()
for row in release.rows:
    pass
print(tables, tracemalloc.get_traced_memory()[1])
"""
"""In a process of its own: the table of interned strings, which paths enter, grows by megabytes at once in one that has run for long."""


def test_studies_are_read_one_at_a_time(tmp_path: Path) -> None:
    total = tree(tmp_path, 300)
    release = readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "test", "studies": 250}), tmp_path)
    counts = {"rows": 0, "findings": 0, "impression": 0, "pictures": 0}
    patients = set()
    for row in release.rows:
        counts["rows"] += 1
        counts["findings"] += bool(row["findings"])
        counts["impression"] += row["impression"].endswith(": empty.")
        counts["pictures"] += len(row["images"])
        patients.add(row["subject_id"])
        assert row["views"][0] == ("PA" if len(row["images"]) == 2 else "LATERAL")
    assert counts == {"rows": 250, "findings": 225, "impression": 250, "pictures": 375}
    assert len(patients) == 84
    assert release.complete
    done = subprocess.run([sys.executable, "-c", MEASURED, str(tmp_path)], capture_output=True, text=True, check=True)
    tables, peak = map(int, done.stdout.split())
    assert total > 3_500_000
    assert tables < total / 4  # numbers and names of pictures
    assert peak < total / 2  # no report is kept when the next one is read


def test_a_report_is_opened_when_its_row_is_asked_for(cxr: Path) -> None:
    (cxr / "files/p90/p90000112/s59000713.txt").unlink()  # the last of the test
    rows = iter(readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "test"}), cxr).rows)
    assert [next(rows)["study_id"] for _ in range(10)] == [str(59000003 + 71 * number) for number in range(10)]
    with pytest.raises(MissingData, match=r"s59000713\.txt"):
        next(rows)


@pytest.fixture
def cxr(tmp_path: Path) -> Path:
    return copied("mimic_cxr", tmp_path)


def test_a_study_is_one_example_with_its_pictures_frontal_ones_first() -> None:
    examples = sample("mimic_cxr_report").examples
    assert [len(example.input.images) for example in examples] == [2, 1, 2, 2, 1, 2, 1, 2, 2, 1, 2]
    assert [example.tags["view"] for example in examples[:5]] == ["PA", "AP", "PA", "AP", "lateral"]
    assert all(image.read()[:2] == b"\xff\xd8" for image in examples[0].input.images)
    assert examples[0].id == "59000003"
    assert examples[0].group == "90000001"


def test_the_hurried_reading_is_nobody_s_impression() -> None:
    targets = [example.target for example in sample("mimic_cxr_summary").examples]
    assert len(targets) == 11
    assert not any("hurry" in target for target in targets)
    assert targets[0] == "An empty sketch."


def test_studies_without_a_section_are_counted_with_the_reason() -> None:
    skipped = sample("mimic_cxr_summary", "train").skipped
    assert [each.reason for each in skipped] == ["the report has no impression section", "the report has no findings section"]


def test_a_split_table_with_fewer_studies_than_the_official_one_is_incomplete(cxr: Path) -> None:
    found = load("mimic_cxr_report", cxr.parent, accept_different=False)
    assert (found.complete, found.synthetic) == (False, False)
    assert found.notes == (
        "the split table lists 11 of 3,269 studies and 18 of 5,159 pictures of test",
        "the metadata name no view of 2 of 18 pictures",
    )


def test_the_summary_needs_neither_pictures_nor_their_table(cxr: Path) -> None:
    (cxr / METADATA).unlink()
    for path in cxr.rglob("*.jpg"):
        path.unlink()
    assert len(load("mimic_cxr_summary", cxr.parent).examples) == 11
    refused("mimic_cxr_report", cxr.parent, r"mimic-cxr-2\.0\.0-metadata\.csv\.gz or .* is not there", MissingData)


def test_a_report_that_is_not_in_the_archive_is_named(cxr: Path) -> None:
    with zipfile.ZipFile(cxr / "mimic-cxr-reports.zip", "w") as archive:
        archive.writestr("files/readme.txt", "")
    refused("mimic_cxr_report", cxr.parent, r"no files/p90/p90000001/s59000003\.txt", MissingData)


def test_a_part_that_does_not_exist_is_the_card_s_mistake(cxr: Path) -> None:
    with pytest.raises(AdapterError, match="selects part = train, validate, test, not 'dev'"):
        readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "dev"}), cxr)


def test_sections_by_mit_lcp_s_rules_are_those_of_its_table(cxr: Path) -> None:
    """Its rules read CHEST, TWO VIEWS: as findings; whatever the table says is taken."""
    path = cxr / "mimic_cxr_sectioned.csv"
    study = f"s{load('mimic_cxr_report', cxr.parent).examples[0].id}"
    path.write_text(f'study,impression,findings,last_paragraph,comparison\n{study},Theirs.,"What stands\nunder CHEST, TWO VIEWS:",,\n')
    found = load("mimic_cxr_report@mit_lcp", cxr.parent)
    assert [(f"s{each.id}", each.target) for each in found.examples] == [(study, "What stands under CHEST, TWO VIEWS:")]
    assert len(found.skipped) == 10
