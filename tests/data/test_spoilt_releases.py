"""Releases with one thing wrong: what is wrong is named, with the file and the place in it, or with the way to what is not there."""

from __future__ import annotations

import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import catalog
from harness.errors import MissingData
from tests.data.support import copied, gzipped, load, refused

Change = Callable[[bytes], bytes]


def cut(end: int) -> Change:
    return lambda content: content[:end]


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def instead(content: bytes | str) -> Change:
    return lambda _: content if isinstance(content, bytes) else content.encode()


def behind(line: str) -> Change:
    return lambda content: content + line.encode()


def replaced(old: str, new: str) -> Change:
    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())

    return change


def rows(change: Callable[[Any], Any], form: Any = json) -> Change:
    """Other content of a JSON file or a pickle."""

    def changed(content: bytes) -> bytes:
        made = form.dumps(change(form.loads(content)))
        return made.encode() if isinstance(made, str) else made

    return changed


def every(form: Any = json, **fields: Any) -> Change:
    """These values in every row."""
    return rows(lambda items: [{**item, **fields} for item in items], form)


def without(name: str) -> Change:
    return rows(lambda items: [{key: value for key, value in item.items() if key != name} for item in items])


def first_study(**fields: Any) -> Change:
    return rows(lambda studies: {**studies, min(studies): {**studies[min(studies)], **fields}})


def arrays(**content: Any) -> Change:
    out = io.BytesIO()
    np.savez(out, **content)
    return instead(out.getvalue())


def shown(*shape: int) -> Any:
    return np.zeros(shape, dtype=np.uint8)


OUTSIDE = "leads outside the release's folder"
VQA, NPZ, SLAKE, PKL = "VQA_RAD Dataset Public.json", "pneumoniamnist.npz", "Slake1.0/test.json", "qas/test_vqa.pkl"
REXRANK, CBIS, INDEX = "ReXRank_IUXray_test.json", "csv/mass_case_description_test_set.csv", "csv/dicom_info.csv"
CXR, REPORT, COLUMNS = "mimic-cxr-2.0.0-split.csv.gz", "files/p90/p90000001/s59000003.txt", ("dicom_id", "study_id", "subject_id", "split")
ADMITTED, LISTED, STAGE = "MP_IN_adm_test.csv", "radiology_test_ids.csv", '"Summary stage 2000 (1998+)"'
BOMB = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;">]><eCitation>&b;</eCitation>'

SPOILT: list[tuple[str, str, Change, str]] = [
    ("vqa_rad", VQA, cut(5000), r"VQA_RAD Dataset Public\.json: not JSON at line \d+, column \d+ .*truncated download"),
    ("vqa_rad", VQA, without("answer_type"), r"Public\.json, row \d+: no field 'answer_type' \(there are: answer, "),
    ("vqa_rad", VQA, instead('[{"question": "é"}]'.encode("latin-1")), "not UTF-8 at byte 15"),
    *(("vqa_rad", VQA, every(image_name=name), OUTSIDE) for name in ("../secret.jpg", "/etc/passwd", "a/../../secret.jpg")),
    ("pneumoniamnist", NPZ, cut(-3000), r"pneumoniamnist\.npz: not a whole \.npz archive .*truncated download"),
    ("pneumoniamnist", NPZ, arrays(pictures=shown(2, 28, 28)), r"no array 'test_images' \(there are: pictures\)"),
    ("pneumoniamnist", NPZ, arrays(test_images=np.array([object()]), test_labels=shown(1, 1)),
     "test_images holds Python objects, which could run anything; they are not read"),
    ("pneumoniamnist", NPZ, arrays(test_images=shown(3, 28, 28), test_labels=shown(2, 1)), "3 test images and 2 labels"),
    ("meqsum", "MeQSum_ACL2019_BenAbacha_Demner-Fushman.xlsx", cut(200), r"\.xlsx: not an Excel file, or a truncated one"),
    ("iu_xray", "ecgen-radiology/1.xml", instead(BOMB), r"1\.xml: not XML \(EntitiesForbidden"),
    ("trec_ct_2022", "qrels/test.tsv", replaced("\t2\n", "\t3\n"), r"test\.tsv, line 2: the judgement is '3'"),
    ("slake_en", SLAKE, rows(lambda own: {"data": own}), r"Slake1\.0/test\.json: a JSON dict where a list of questions is expected"),
    ("slake_en", SLAKE, rows(lambda own: [*own[:3], 4]), r"Slake1\.0/test\.json, row 3: a JSON int where an object is expected"),
    ("slake_en", SLAKE, instead('[{"question": "?"}]'), r"Slake1\.0/test\.json, row 0: no field 'q_lang' \(there are: question\)"),
    ("slake_en", SLAKE, without("answer_type"), r"test\.json, row \d+: no field 'answer_type' \(there are: answer, base_type, "),
    ("slake_en", SLAKE, cut(500), r"test\.json: not JSON at line \d+, column \d+ .*truncated download"),
    ("slake_en", SLAKE, instead('[{"question": "肺"}]'.encode("gb18030")), r"test\.json: not UTF-8 at byte 15"),
    *(("slake_en", SLAKE, every(img_name=name), OUTSIDE) for name in ("../../../secret.jpg", "/etc/passwd")),
    ("path_vqa@official", PKL, rows(lambda own: {"rows": own}, pickle), r"test_vqa\.pkl: a pickled dict where a list of questions is"),
    ("path_vqa@official", PKL, rows(lambda own: [*own[:2], "x"], pickle), r"test_vqa\.pkl, row 2: a str where a mapping is expected"),
    ("path_vqa@official", PKL, every(pickle, label={}), r"row 0: 'label' is \{\}; the release gives each question one answer"),
    ("path_vqa@official", PKL, instead(pickle.dumps([{"img_id": "a"}])), r"row 0: no field 'label' \(there are: img_id\)"),
    ("path_vqa@official", PKL, cut(-20), r"test_vqa\.pkl: not a pickled list of questions"),
    ("path_vqa@official", PKL, every(pickle, img_id="../../../secret"), OUTSIDE),
    ("icliniq", "test.json", rows(lambda own: {"rows": own["data"]}), r'test\.json: no list under "data"'),
    ("icliniq", "test.json", rows(lambda own: [*own["data"][:2], "x"]), r"test\.json, row 2: a JSON str where an object is expected"),
    ("icliniq", "test.json", instead('[{"id": 1, "src": "a"}]'), r"test\.json, row 0: no field 'tgt' \(there are: id, src\)"),
    ("icliniq", "test.json", instead('[{"id": 1, "src": null, "tgt": "b"}]'), r"row 0: 'src' is null where a text is expected"),
    ("iu_xray@rexrank", REXRANK, first_study(key_image_path="elsewhere.png"), "key_image_path is not one of image_path"),
    ("iu_xray@rexrank", REXRANK, first_study(image_path=None), "key_image_path is not one of image_path"),
    ("iu_xray@rexrank", REXRANK, first_study(section_findings=3), "findings"),
    ("iu_xray@rexrank", REXRANK, first_study(image_path=["/../../x.png"], key_image_path="/../../x.png"), OUTSIDE),
    ("iu_xray@rexrank", REXRANK, instead("[]"), "not an object of one object per study"),
    ("mednli", "mli_test_v1.jsonl", behind('{"gold_label": \n'), "line 37: not JSON"),
    ("mednli", "mli_test_v1.jsonl", behind("[1]\n"), "line 37: a JSON list"),
    ("mednli", "mli_test_v1.jsonl", behind("{}\n"), "line 37: no field 'gold_label'"),
    ("seer_treatment", "columns.toml", replaced(STAGE, '"Radiation recode"'),
     r"the fact 'Stage' is the column 'Radiation recode', which tells the treatment"),
    ("seer_treatment", "columns.toml", replaced(STAGE, '"Reason no cancer-directed surgery"'), r"treatment; leave it out of \[facts\]"),
    ("seer_treatment", "columns.toml", replaced('yes = ["20", "50"]', 'yes = ["50"]'),
     r"line \d+: \(a text of 2 .*\) of the column 'RX Summ.*' is in no list of columns\.toml"),
    ("seer_treatment", "columns.toml", replaced('yes = ["20", "50"]', 'yes = ["20", "50", "0"]'),
     r"\(a text of 1 .*\) of the .* is in the lists yes and no of columns\.toml"),
    ("seer_treatment", "columns.toml", replaced('"Primary Site - labeled"', '"Primary Site"'),
     r"export\.csv: no column Primary Site \(there are: Patient ID"),
    ("seer_treatment", "columns.toml", replaced('patient = "Patient ID"', "patient = 3"),
     r"patient: must be a text, not 3\. harness show seer_treatment"),
    ("seer_treatment", "columns.toml", replaced("[surgery]", "[operation]"), r"columns\.toml: lacks 'surgery'"),
    ("seer_treatment", "columns.toml", replaced('column = "Radiation recode"', ""), "radiation: lacks 'column'"),
    ("seer_treatment", "columns.toml", replaced("[facts]", "[facts"), r"columns\.toml: not a TOML file"),
    ("seer_treatment", "columns.toml", replaced('"export.csv"', '"../export.csv"'), OUTSIDE),
    ("seer_treatment", "export.csv", behind(",1,X0.0-Desk,9000,40-44 years,Regional,0,None/Unknown,Yes\n"),
     r"export\.csv, line 177: no 'Patient ID'"),
    ("mimic3_mortality", ADMITTED, instead("id,text,hospital_expire_flag\n900001,note,yes\n"),
     r"MP_IN_adm_test\.csv, line 2: the outcome is \(a text of 3 characters, withheld\)"),
    ("mimic3_mortality", ADMITTED, instead("id,text,hospital_expire_flag\n5,note,1\n"),
     r"line 2: the admission \(a text of 1 characters, withheld\) is not in .*ADMISSIONS\.csv\.gz"),
    ("mimic3_summary", LISTED, instead("ids\n9000001\n"),  # the published list's own heading; a discharge summary
     r"the note \(.*\) of radiology_test_ids\.csv is of the category \(a text of 17 "),
    ("mimic3_summary", LISTED, instead("ROW_ID\n"), "lists nothing"),
    ("mimic3_summary", LISTED, instead("note\n5\n"), r"no column ROW_ID \(there are: 1 names, withheld\)"),
    ("mimic_cxr_report", REPORT, instead(b"FINDINGS: \xff"), r"s59000003\.txt: not UTF-8 at byte 10"),
    ("mimic_cxr_report", "mimic-cxr-reports.zip", instead("PK\x03\x04 truncated"),
     r"mimic-cxr-reports\.zip: not a whole archive .*truncated download"),
    ("mimic_cxr_report", CXR, half, r"split\.csv\.gz, after line \d+: cannot be read on .*truncated download"),
    ("mimic_cxr_report", CXR, instead(gzipped(("study", "part"), [])),
     r"no column dicom_id, study_id, subject_id, split \(there are: 2 names, withheld\)"),
    *(("mimic_cxr_report", CXR, instead(gzipped(COLUMNS, listed)), message) for listed, message in (
        ([("a", "1", "10000000", "dev")], r"line 2: the split is \(a text of 3 characters, withheld\)"),
        ([("a", "../1", "10000000", "test")], r"line 2: \(a text of 8 .*\) and \(a text of 4 .*\) are no"),
        ([("a", "1", "10000000", "test"), ("b", "1", "10000001", "test")], r"line 3: the study \(.*\) belongs to the patient \(.*\) above"),
        ([("a", "1", "10000000")], "line 2: 3 fields where the header has 4"),
        ([("../../../../../secret", "59000003", "90000001", "test")], OUTSIDE),
    )),
    *(("peir_gross", "test_images.tsv", instead(table), message) for table, message in (
        ("a.jpg\tA shape\nand a spot\n", r"test_images\.tsv, line 2: expected a file name, a tab and a caption"),
        ("\tA shape\n", "line 1: expected a file name"),
        ("a.jpg\tA shape\nb.jpg\tB\na.jpg\tC\n", r"line 3: a\.jpg stands in line 1 too"),
        (b"a.jpg\tA sh\xe4pe\n", r"test_images\.tsv: not UTF-8 at byte 10"),
        ("../../secret.jpg\tA shape\n", rf"'\.\./\.\./secret\.jpg' {OUTSIDE}"),
        ("\n", "no usable row"),
    )),
    ("cbis_ddsm_mass", CBIS, replaced("cropped image file path", "crop"),
     r"test_set\.csv, line 2: 'cropped image file path' is None, no path of the release"),
    ("cbis_ddsm_mass", CBIS, replaced("pathology", "outcome"), "no field 'pathology'"),
    ("cbis_ddsm_mass", CBIS, replaced(",image view,", ",view,"), "no field 'image view'"),
    ("cbis_ddsm_mass", CBIS, replaced("Mass-Test_P_90001_LEFT_CC_1/9.9.0.0/9.9.0.1/000000.dcm,", "000000.dcm,"),
     r"'cropped image file path' is '000000\.dcm'"),
    ("cbis_ddsm_mass", INDEX, replaced("CBIS-DDSM/jpeg/9.9.0.1/", "CBIS-DDSM/../9.9.0.1/"), OUTSIDE),
    ("cbis_ddsm_mass", INDEX, replaced("jpeg/9.9.0.1/1-2.jpg", "1-2.jpg"),
     r"dicom_info\.csv, line 3: image_path is '1-2\.jpg'; expected CBIS-DDSM/jpeg/<series>/<file>"),
    ("cbis_ddsm_mass", INDEX, replaced("SeriesDescription", "Description"),
     r"dicom_info\.csv, line 2: no SeriesDescription and image_path"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "file", "change", "message"), SPOILT, ids=[f"{task}, {message[:30]}" for task, _, _, message in SPOILT])
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, task: str, file: str, change: Change, message: str) -> None:
    path = copied(catalog.card(task).folder, tmp_path) / file
    path.write_bytes(change(path.read_bytes() if path.exists() else b""))
    refused(task, tmp_path, message)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("vqa_rad", r"20 examples where 451 are expected; 4 groups where 203.*10 with answer_type closed where 272.*--accept-different"),
        ("icliniq", "16 examples where 3,108 are expected"),
        ("path_vqa", "24 examples where 6,719 are expected; 12 with yes_no yes_no where 3,362 are expected"),
        ("mednli", "36 examples where 1,422 are expected; 12 with label entailment where 474"),
        ("mimic3_mortality", "21 examples where 9,829 are expected"),
        ("mc_cxr", "24 examples where 138 are expected; .*14 with label normal where 80.*10 with label tub.* 58"),
    ],
)
def test_another_number_of_examples_is_refused_with_both_figures(tmp_path: Path, task: str, message: str) -> None:
    """A random re-split, or another year's file."""
    copied(catalog.card(task).folder, tmp_path)
    refused(task, tmp_path, f"(?s){message}", accept_different=False)


@pytest.mark.parametrize(
    ("task", "gone", "message"),
    [
        ("vqa_rad", ".", r"vqa_rad: .*vqa_rad is not there\.\nharness fetch vqa_rad .*\nor download from https://osf\.io/89kps/"),
        ("path_vqa@official", "qas", r"qas/test_vqa\.pkl or .*qas/test/test_qa\.pkl is not there\.\nDownload the authors' archive"),
        ("slake_en", "Slake1.0", r"Slake1\.0 or .*Slake1\.0\.zip or .*test\.json is not there\.\nharness fetch slake_en"),
        ("mednli", "mli_test_v1.jsonl", r"mli_test_v1\.jsonl or .* is not there"),
        ("mc_cxr", "MontgomerySet", r"(?s)MontgomerySet or .*NLM-MontgomeryCXRSet\.zip is not there\..*openi"),
        ("seer_treatment", "export.csv", r"(?s)export\.csv is not there.*Apply at https://seer\.cancer\.gov"),
        ("seer_treatment", "columns.toml", r"(?s)columns\.toml is not there.*columns\.toml declares the export"),
        ("mimic3_mortality", "NOTEEVENTS.csv.gz", r"(?s)NOTEEVENTS\.csv\.gz.* is not there.*mp\.py"),
        ("mimic3_mortality", "ADMISSIONS.csv.gz", r"(?s)ADMISSIONS\.csv\.gz.* is not there.*mp\.py"),
        ("mimic3_mortality", "mimic_test.csv", r"(?s)mimic_test\.csv.* is not there.*mp\.py"),
        ("mimic_cxr_report", REPORT, r"s59000003\.txt: the split lists this study and its report is not there"),
        ("cbis_ddsm_mass", INDEX, r"(?s)csv/dicom_info\.csv or .*is not there.*awsaf49"),
    ],
)
def test_what_is_not_there_is_named_with_the_way_to_it(tmp_path: Path, task: str, gone: str, message: str) -> None:
    path = copied(catalog.card(task).folder, tmp_path) / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    refused(task, tmp_path, message, MissingData)


@pytest.mark.parametrize(
    ("task", "pictures", "message"),
    [
        ("vqa_rad", "VQA_RAD Image Folder/*", r"synpic9\d\d\.jpg: a row refers to this picture"),
        ("slake_en", "Slake1.0/imgs/*/*", r"imgs/xmlab\d+/source\.jpg: .*is the archive fully extracted"),
        ("peir_gross", "peir_gross_images/B_DRAWING_9007.jpg", r"B_DRAWING_9007\.jpg: a row refers to this picture, and it is not there"),
    ],
)
def test_pictures_are_opened_when_they_are_read_and_named_when_they_are_not_there(
    tmp_path: Path, task: str, pictures: str, message: str
) -> None:
    for path in copied(catalog.card(task).folder, tmp_path).glob(pictures):
        path.unlink()
    [image, *_] = load(task, tmp_path).examples[0].input.images
    with pytest.raises(MissingData, match=message):
        image.read()


@pytest.mark.parametrize(
    ("task", "archive", "message"),
    [
        ("mednli", "mednli-a-natural-language-inference-dataset-for-the-clinical-domain-1.0.0.zip", r"holds no usable mli_test_v1\.jsonl"),
        ("mc_cxr", "NLM-MontgomeryCXRSet.zip", "holds no folder MontgomerySet"),
    ],
)
def test_damaged_and_foreign_archives_are_named(tmp_path: Path, task: str, archive: str, message: str) -> None:
    folder = tmp_path / catalog.card(task).folder
    folder.mkdir()
    (folder / archive).write_bytes(b"PK\x03\x04 truncated")
    refused(task, tmp_path, r"\.zip: not a whole archive .*truncated download")
    (folder / "other").mkdir()
    (folder / archive).unlink()
    shutil.make_archive(str(folder / archive.removesuffix(".zip")), "zip", folder, "other")
    refused(task, tmp_path, message)
