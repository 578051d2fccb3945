"""MIMIC-CXR: trees of any size, reports in their folder or their archive, damaged tables."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cards import Split
from harness.data import catalog, readers
from harness.data import examples as loading
from harness.errors import AdapterError, CorruptData, MissingData
from tests.data.mimic import SAMPLES, load, write_gz

SPLIT = "mimic-cxr-2.0.0-split.csv.gz"


METADATA = "mimic-cxr-2.0.0-metadata.csv.gz"


HEADINGS = ("FINDINGS:", "Findings :", "FINDINGS", "FINIDNGS:", "FINDINGS AND IMPRESSION:")


CLOSINGS = ("IMPRESSION:", "Conclusion:", "IMPRESSION", "IMPRSSION:", "OPINION :")


def tree(root: Path, studies: int) -> int:
    """A tree of studies in the official layout, three to a patient; one in ten lacks findings. Returns the characters of all reports."""
    shown, views, total = [], [], 0
    for number in range(studies):
        subject, study = 90_000_000 + number // 3, 59_000_000 + number
        folder = root / "files" / f"p{subject // 1_000_000}" / f"p{subject}"
        folder.mkdir(parents=True, exist_ok=True)
        findings = "" if number % 10 == 9 else f" {HEADINGS[number % 5]}\n" + f" The sketch of sheet {number} is empty.\n" * 150 + "\n"
        wet = f" WET READ: ___\n IMPRESSION: Hurried.\n {'_' * 40}\n" if number % 7 == 0 else ""
        report = f"{wet}   FINAL REPORT\n EXAMINATION:  Sheet {number}\n\n{findings} {CLOSINGS[number % 5]}\n Sheet {number}: empty.\n"
        total += len(report)
        (folder / f"s{study}.txt").write_text(report, encoding="utf-8")
        for picture in range(1 + number % 2):
            name = f"{number:08x}-{picture:08x}"
            shown.append((name, study, subject, "test" if number >= 200 else "train"))
            views.append((name, subject, study, ("LATERAL", "PA")[picture]))
    write_gz(root / SPLIT, ("dicom_id", "study_id", "subject_id", "split"), shown)
    write_gz(root / METADATA, ("dicom_id", "subject_id", "study_id", "ViewPosition"), views)
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
release = readers.open_release(card, Split(select={"part": "test", "studies": 1800}), Path(sys.argv[1]))
tables = tracemalloc.get_traced_memory()[0]
tracemalloc.reset_peak()
for row in release.rows:
    pass
print(tables, tracemalloc.get_traced_memory()[1])
"""
"""In a process of its own: the table of interned strings, which paths enter, grows by megabytes at once in one that has run for long."""


def test_two_thousand_studies_are_read_one_at_a_time(tmp_path: Path) -> None:
    total = tree(tmp_path, 2000)
    release = readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "test", "studies": 1800}), tmp_path)
    counts = {"rows": 0, "findings": 0, "impression": 0, "pictures": 0}
    patients = set()
    for row in release.rows:
        counts["rows"] += 1
        counts["findings"] += bool(row["findings"])
        counts["impression"] += row["impression"].endswith(": empty.")
        counts["pictures"] += len(row["images"])
        patients.add(row["subject_id"])
        assert row["views"][0] == ("PA" if len(row["images"]) == 2 else "LATERAL")
    assert counts == {"rows": 1800, "findings": 1620, "impression": 1800, "pictures": 2700}
    assert len(patients) == 601
    assert release.complete
    done = subprocess.run([sys.executable, "-c", MEASURED, str(tmp_path)], capture_output=True, text=True, check=True)
    tables, peak = map(int, done.stdout.split())
    assert total > 9_000_000
    assert tables < total / 4  # numbers and names of pictures
    assert peak < total / 2
    assert peak - tables < total / 4  # no report is kept when the next one is read


def test_a_report_is_opened_when_its_row_is_asked_for(cxr: Path) -> None:
    (cxr / "files/p90/p90000112/s59000713.txt").unlink()  # the last of the test
    rows = iter(readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "test"}), cxr).rows)
    assert [next(rows)["study_id"] for _ in range(10)] == [str(59000003 + 71 * number) for number in range(10)]
    with pytest.raises(MissingData, match=r"s59000713\.txt"):
        next(rows)


@pytest.fixture
def cxr(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "mimic_cxr", tmp_path / "mimic_cxr")
    return tmp_path / "mimic_cxr"


def test_a_study_is_one_example_with_its_pictures_frontal_ones_first() -> None:
    examples = loading.load(catalog.task("mimic_cxr_report")).examples
    assert [len(example.input.images) for example in examples] == [2, 1, 2, 2, 1, 2, 1, 2, 2, 1, 2]
    assert [example.tags["view"] for example in examples[:5]] == ["PA", "AP", "PA", "AP", "lateral"]
    assert all(image.read()[:2] == b"\xff\xd8" for image in examples[0].input.images)
    assert examples[0].id == "59000003"
    assert examples[0].group == "90000001"


def test_the_hurried_reading_is_nobody_s_impression() -> None:
    targets = [example.target for example in loading.load(catalog.task("mimic_cxr_summary")).examples]
    assert len(targets) == 11
    assert not any("hurry" in target for target in targets)
    assert targets[0] == "An empty sketch."


def test_studies_without_a_section_are_counted_with_the_reason() -> None:
    skipped = loading.load(catalog.task("mimic_cxr_summary"), split="train").skipped
    assert [each.reason for each in skipped] == ["the report has no impression section", "the report has no findings section"]


def test_a_split_table_with_fewer_studies_than_the_official_one_is_incomplete(cxr: Path) -> None:
    found = load("mimic_cxr_report", cxr)
    assert (found.complete, found.synthetic) == (False, False)
    assert found.notes == (
        "the split table lists 11 of 3,269 studies and 18 of 5,159 pictures of test",
        "the metadata name no view of 2 of 18 pictures",
    )


def test_reports_are_read_out_of_the_archive_as_it_is_distributed(cxr: Path) -> None:
    before = load("mimic_cxr_report", cxr)
    with zipfile.ZipFile(cxr / "mimic-cxr-reports.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(cxr.rglob("*.txt")):
            archive.write(path, path.relative_to(cxr))
            path.unlink()
    after = load("mimic_cxr_report", cxr)
    assert (before.layout, after.layout) == ("files", "reports.zip")
    assert before.fingerprint == after.fingerprint


def test_unpacked_tables_and_reports_in_a_folder_of_their_own_are_read(cxr: Path) -> None:
    before = load("mimic_cxr_summary", cxr)
    (cxr / SPLIT.removesuffix(".gz")).write_bytes(gzip.decompress((cxr / SPLIT).read_bytes()))
    (cxr / SPLIT).unlink()
    (cxr / "mimic-cxr-reports").mkdir()
    shutil.move(cxr / "files", cxr / "mimic-cxr-reports" / "files")
    assert load("mimic_cxr_summary", cxr).fingerprint == before.fingerprint


def test_the_summary_needs_neither_pictures_nor_their_table(cxr: Path) -> None:
    (cxr / METADATA).unlink()
    for path in cxr.rglob("*.jpg"):
        path.unlink()
    assert len(load("mimic_cxr_summary", cxr).examples) == 11
    with pytest.raises(MissingData, match=r"mimic-cxr-2\.0\.0-metadata\.csv\.gz or .* is not there"):
        load("mimic_cxr_report", cxr)


def test_a_report_that_is_not_there_is_named(cxr: Path) -> None:
    (cxr / "files/p90/p90000001/s59000003.txt").unlink()
    with pytest.raises(MissingData, match=r"s59000003\.txt: the split lists this study and its report is not there"):
        load("mimic_cxr_report", cxr)
    with zipfile.ZipFile(cxr / "mimic-cxr-reports.zip", "w") as archive:
        archive.writestr("files/readme.txt", "")
    with pytest.raises(MissingData, match=r"no files/p90/p90000001/s59000003\.txt"):
        load("mimic_cxr_report", cxr)


def test_a_damaged_archive_or_report_is_named(cxr: Path) -> None:
    (cxr / "files/p90/p90000001/s59000003.txt").write_bytes(b"FINDINGS: \xff")
    with pytest.raises(CorruptData, match=r"s59000003\.txt: not UTF-8 at byte 10"):
        load("mimic_cxr_report", cxr)
    (cxr / "mimic-cxr-reports.zip").write_bytes(b"PK\x03\x04 truncated")
    with pytest.raises(CorruptData, match=r"mimic-cxr-reports\.zip: not a whole archive .*truncated download"):
        load("mimic_cxr_report", cxr)


def test_a_truncated_table_is_named(cxr: Path) -> None:
    content = (cxr / SPLIT).read_bytes()
    (cxr / SPLIT).write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptData, match=r"split\.csv\.gz, after line \d+: cannot be read on .*truncated download"):
        load("mimic_cxr_report", cxr)


COLUMNS = ("dicom_id", "study_id", "subject_id", "split")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "1", "10000000", "dev")], r"line 2: the split is \(a text of 3 characters, withheld\)"),
        (
            [("a", "../1", "10000000", "test")],
            r"line 2: \(a text of 8 .*\) and \(a text of 4 .*\) are no",
        ),
        (
            [("a", "1", "10000000", "test"), ("b", "1", "10000001", "test")],
            r"line 3: the study \(.*\) belongs to the patient \(.*\) above",
        ),
        ([("a", "1", "10000000")], r"line 2: 3 fields where the header has 4"),
    ],
)
def test_a_table_that_is_not_the_official_one_is_refused(cxr: Path, rows: Sequence[Sequence[str]], message: str) -> None:
    write_gz(cxr / SPLIT, COLUMNS, rows)
    with pytest.raises(CorruptData, match=message):
        load("mimic_cxr_report", cxr)


def test_a_table_of_other_columns_says_which_are_missing_and_not_what_may_be_a_row(cxr: Path) -> None:
    write_gz(cxr / SPLIT, ("study", "part"), [])
    with pytest.raises(CorruptData, match=r"no column dicom_id, study_id, subject_id, split \(there are: 2 names, withheld\)"):
        load("mimic_cxr_report", cxr)


def test_a_picture_outside_the_release_is_never_opened(cxr: Path) -> None:
    write_gz(cxr / SPLIT, COLUMNS, [("../../../../../secret", "59000003", "90000001", "test")])
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        load("mimic_cxr_report", cxr)


def test_a_part_that_does_not_exist_is_the_card_s_mistake(cxr: Path) -> None:
    with pytest.raises(AdapterError, match="selects part = train, validate, test, not 'dev'"):
        readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "dev"}), cxr)


def test_sections_by_mit_lcp_s_rules_are_those_of_its_table(cxr: Path) -> None:
    """Its rules read CHEST, TWO VIEWS: as findings; whatever the table says is taken."""
    path = cxr / "mimic_cxr_sectioned.csv"
    study = f"s{load('mimic_cxr_report', cxr).examples[0].id}"
    path.write_text(f'study,impression,findings,last_paragraph,comparison\n{study},Theirs.,"What stands\nunder CHEST, TWO VIEWS:",,\n')
    found = load("mimic_cxr_report@mit_lcp", cxr, accept_different=True)
    assert [(f"s{each.id}", each.target) for each in found.examples] == [(study, "What stands under CHEST, TWO VIEWS:")]
    assert len(found.skipped) == 10
