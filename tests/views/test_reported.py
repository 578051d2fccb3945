"""The published numbers: a schema that every row keeps, rows checked by hand, and errors that name the line."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog
from harness.errors import CorruptData
from harness.views import published, published_rows
from harness.views.published import FILE, OTHER_FILE, Other, Reported, for_task, other_for_task, read_other, read_reported
from harness.views.systems import plain
from tests.views.support import COLUMNS, GOOD

QUESTIONS = {"vqa_rad", "slake_en", "path_vqa"}

ROWS = read_reported()
OTHERS = read_other()
EVERYTHING: tuple[Reported | Other, ...] = (*ROWS, *OTHERS)


def one(task: str, metric: str, system: str, **wanted: str) -> Reported:
    """The only number that fits."""
    facts = {"metric": metric, "system": system, "slice": "all", **wanted}
    (found,) = [row for row in for_task(task, None) if all(getattr(row, name) == value for name, value in facts.items())]
    return found


@pytest.mark.parametrize("path", [FILE, OTHER_FILE], ids=lambda path: path.name)
def test_files_are_plain_utf8_lines(path: Path) -> None:
    content = path.read_bytes()
    content.decode("utf-8")
    assert b"\r" not in content
    assert content.endswith(b"\n")
    assert not content.endswith(b"\n\n")


def test_the_variants_of_tasks_that_publications_measured() -> None:
    """That each is of its task's card, the rules of the file say."""
    assert {row.task_variant for row in ROWS} == {"", "official", "r2gen", "rexrank", "64", "128", "224"}


def test_every_number_names_its_source() -> None:
    assert all(row.source_title and row.read_from and row.system for row in OTHERS)  # of the others a rule of the file
    assert min(row.retrieved for row in EVERYTHING) > date(2023, 1, 1)


def test_each_system_has_one_spelling_and_one_size() -> None:
    spellings: dict[str, set[str]] = defaultdict(set)
    sizes: dict[str, set[int]] = defaultdict(set)
    for row in EVERYTHING:
        spellings[plain(row.system)].add(row.system)
        if row.parameters is not None:
            sizes[row.system].add(row.parameters)
    assert [names for names in spellings.values() if len(names) > 1] == []
    assert {system: found for system, found in sizes.items() if len(found) > 1} == {}


def test_every_row_keeps_the_rules_of_the_file() -> None:
    assert published_rows.problems(ROWS) == []


def test_rows_that_are_never_compared_are_sorted_and_stand_once() -> None:
    assert len({astuple(row) for row in OTHERS}) == len(OTHERS)
    others = [(row.dataset, row.metric, row.system.lower(), row.value) for row in OTHERS]
    assert others == sorted(others)


def test_accuracies_can_come_from_their_n() -> None:
    """An accuracy over n questions is k/n; all numbers whose n is given are one, within a unit of their last digit."""
    checked = 0
    for row in ROWS:
        counted = row.metric in ("exact_match", "accuracy") and row.open_metric in ("", "exact_match")
        if row.n is None or row.task not in QUESTIONS or not counted or row.metric_variant == "multimedeval":
            continue
        digits = len(row.original_value.partition(".")[2]) + (0 if row.original_unit == "fraction" else 2)
        assert abs(round(row.value * row.n) / row.n - row.value) <= 10**-digits + 1e-9, row
        checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    ("task", "variant", "sizes"),
    [
        # 272 closed and 179 open questions by the release's own answer_type; 251 are yes/no questions.
        ("vqa_rad", "", {"all": 451, "closed": 272, "open": 179, "yes_no": 251, "free_form": 200}),
        ("slake_en", "", {"all": 1061, "closed": 416, "open": 645}),
        # LLaVA-Med (2023), Table 3; the Hub's copy is smaller.
        ("path_vqa", "official", {"all": 6761, "closed": 3391, "open": 3370}),
        ("path_vqa", "", {"all": 6719}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_n_is_the_size_of_the_slice(task: str, variant: str, sizes: dict[str, int]) -> None:
    found = {(row.slice, row.n) for row in for_task(task, variant) if row.split == "test" and row.n is not None}
    assert found == set(sizes.items())


def test_paper_numbers_without_a_known_split_say_so() -> None:
    """The tuberculosis hold-outs, the two cross-validations, mortality, MIMIC reports and summaries: no split was published."""
    unknown = {"mc_cxr", "sz_cxr", "trec_ct_2022", "seer_treatment", "mimic3_mortality"}
    unknown |= {"mimic_cxr_report", "mimic_cxr_summary", "mimic3_summary"}
    assert {row.task for row in ROWS if row.system == "BiomedGPT-B" and not row.split_known} == {*unknown, "path_vqa", "organcmnist"}


def test_biomedgpt_vqa_rad_as_printed() -> None:
    """Zhang et al. (2024) as two later tables print it: 60.9 open, 81.3 closed, 73.2 of 451."""
    parts = {part: one("vqa_rad", "exact_match", "BiomedGPT-B", slice=part) for part in ("all", "closed", "open")}
    assert {part: (row.value, row.n) for part, row in parts.items()} == {"all": (0.732, 451), "closed": (0.813, 272), "open": (0.609, 179)}
    overall = parts["all"]
    assert (overall.original_value, overall.original_unit, overall.parameters) == ("73.2", "%", 182_000_000)
    assert (overall.metric_variant, overall.answer_list, overall.split_known) == ("biomedgpt", "train+test", True)
    # (179 * 60.9 + 272 * 81.3) / 451 = 73.20
    assert (179 * parts["open"].value + 272 * parts["closed"].value) / 451 == pytest.approx(overall.value, abs=5e-4)


@pytest.mark.parametrize(
    ("task", "metric", "system", "wanted", "facts"),
    [
        # MedMNIST v2, doi:10.1038/s41597-022-01721-8, Table 3: 28 x 28 pictures only; its ResNets of 224 saw them enlarged
        ("pneumoniamnist", "accuracy", "ResNet-18 (28)", {}, {"value": 0.854, "resolution": "28", "input_resolution": 28, "n": 624}),
        ("pneumoniamnist", "accuracy", "ResNet-18 (224)", {}, {"value": 0.864, "resolution": "28", "input_resolution": 224, "n": 624}),
        ("pneumoniamnist", "auc", "ResNet-18 (28)", {}, {"value": 0.944}),
        ("pneumoniamnist", "accuracy", "Google AutoML Vision", {}, {"value": 0.946}),
        ("organcmnist", "auc", "auto-sklearn", {}, {"value": 0.976}),
        # the paper's organ pictures are another release
        ("organcmnist", "accuracy", "BiomedGPT-B", {}, {"value": 0.91, "resolution": "raw", "split_known": False}),
        ("trec_ct_2022", "accuracy", "BiomedGPT-B", {}, {"value": 0.852, "spread": 0.015, "split": "10-fold-cross-validation"}),
        # Med-PaLM M, arXiv:2307.14334: 120 of 138 pictures; a CIDEr of 23.43, printed times 100
        ("mc_cxr", "accuracy", "Med-PaLM M 12B", {}, {"value": 0.8696}),
        ("mimic_cxr_report", "cider", "Med-PaLM M 12B", {}, {"value": 0.2343}),
        # LLaVA-Med, arXiv:2306.00890v1, Table 4a: recall where the question is open, 226 of 272 where it is closed
        ("vqa_rad", "token_recall", "LLaVA-Med (BiomedCLIP encoder)", {"slice": "open"}, {"value": 0.6475}),
        ("vqa_rad", "accuracy", "LLaVA-Med (BiomedCLIP encoder)", {"slice": "closed"}, {"value": 0.8309}),
        # Lingshu judges by a language model
        (
            "vqa_rad", "accuracy", "BiomedGPT (Hugging Face port)", {"source_title": "Lingshu"},
            {"value": 0.166, "judge": "language model", "open_metric": "judged", "metric_variant": "medevalkit"},
        ),
        # R2Gen, arXiv:2010.16056
        ("iu_xray", "bleu_4", "R2Gen", {}, {"value": 0.165}),
        ("iu_xray", "cider", "BiomedGPT-B", {}, {"value": 0.401}),
        ("peir_gross", "cider", "BiomedGPT-B", {}, {"value": 1.227}),
        ("mednli", "accuracy", "BiomedGPT-B", {}, {"value": 0.8383}),
        ("meqsum", "rouge_l", "BiomedGPT-B", {}, {"value": 0.523}),
        ("meqsum", "rouge_1", "Mixtral-8x22B", {"setting": "zero- or few-shot"}, {"value": 0.3994}),
    ],
)  # fmt: skip
def test_numbers_checked_by_hand(task: str, metric: str, system: str, wanted: dict[str, str], facts: dict[str, Any]) -> None:
    row = one(task, metric, system, **wanted)
    assert {name: getattr(row, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("task", "variant", "metric", "system", "resolution", "value"),
    [
        # read in the sources themselves: tables of github:sdoerrich97/rethinking-model-prototyping-MedMNISTPlus, mean of three seeds
        ("bloodmnist", "224", "accuracy", "CLIP ViT-B/16 (k-NN, k = 11)", "224", 0.9319),
        ("dermamnist", "128", "auc", "DINO ViT-B/16 (linear probe)", "128", 0.9595),
        ("octmnist", "", "accuracy", "VGG16 (end to end)", "28", 0.775),
        ("organcmnist", "64", "auc", "DINO ViT-B/16 (end to end)", "64", 0.9963),
        # github:rajpurkarlab/ReXrank, results/findings_result_iu_xray.csv and findings_result_mimiccxr.csv
        ("iu_xray", "rexrank", "bertscore", "CheXpertPlus-CheX-MIMIC", "", 0.453),
        ("iu_xray", "rexrank", "bleu_2", "LLM-CXR", "", 0.033),
        ("mimic_cxr_report", "rexrank", "bertscore", "MedVersa", "", 0.448),
        # the model card of MedGemma 1.0.1: 29.5 is the pretrained checkpoint's, 30.3 the one tuned for chest X-rays has
        ("mimic_cxr_report", "", "radgraph_f1", "MedGemma 4B PT (tuned for CXR)", "", 0.303),
    ],
)
def test_numbers_read_again_in_their_sources(task: str, variant: str, metric: str, system: str, resolution: str, value: float) -> None:
    found = [row for row in for_task(task, variant) if (row.metric, row.system, row.resolution) == (metric, system, resolution)]
    assert {row.value for row in found} == {value}


def test_the_pretrained_medgemma_is_not_called_tuned() -> None:
    found = {row.system for row in for_task("mimic_cxr_report") if row.metric == "radgraph_f1" and row.value == 0.295}
    assert found == {"MedGemma 4B PT", "PaliGemma 2 10B (tuned for CXR)"}


def test_there_are_more_than_three_thousand() -> None:
    assert (len(ROWS), len(OTHERS)) == (3468, 308)


def test_contradicting_sources_both_stand() -> None:
    found = {row.value: row.source_id for row in for_task("slake_en") if row.system == "BiomedGPT-B" and row.metric == "exact_match"}
    assert found[0.865] == "arXiv:2303.00915v3"
    assert found[0.861] == "github:taokz/BiomedGPT"


def test_for_task_keeps_variants_apart() -> None:
    ours, theirs, both = for_task("iu_xray"), for_task("iu_xray", "r2gen"), for_task("iu_xray", None)
    assert "R2Gen" in {row.system for row in theirs} - {row.system for row in ours if row.source_title == "R2Gen"}
    assert {row.task_variant for row in ours} == {""}
    assert len(both) == len(ours) + len(theirs) + len(for_task("iu_xray", "rexrank"))
    assert for_task("healthcaremagic", None) == ()


def test_for_task_decodes_each_row_of_its_task_once_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []

    decode = published.row_of

    def counted(texts: Mapping[str, str], where: str) -> Reported:
        decoded.append(texts["task"])
        return decode(texts, where)

    monkeypatch.setattr(published, "row_of", counted)
    published._number.cache_clear()
    found = for_task("meqsum", None)
    assert for_task("meqsum", None) == found
    assert decoded == ["meqsum"] * len(found)


def test_other_numbers_say_why_they_are_not_compared() -> None:
    assert all(row.why for row in OTHERS)
    graded = [row for row in OTHERS if row.metric == "accuracy_manual" and row.system == "Instruct-BiomedGPT-B"]
    assert sorted((row.value, row.unit, row.why) for row in graded) == [
        ("52.1", "%", "graded by people"),
        ("54.7", "% (+-5.7)", "graded by people"),
    ]
    assert {row.metric for row in OTHERS if row.dataset == "VQA-RAD"}.isdisjoint(row.original_metric for row in ROWS)


def written(folder: Path, *rows: Iterable[str]) -> Path:
    path = folder / "reported.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def test_empty_fields_are_none_where_a_number_is_missing(tmp_path: Path) -> None:
    (row,) = read_reported(written(tmp_path, COLUMNS, GOOD.values()))
    assert (row.system, row.value, row.split_known, row.retrieved) == ("Invented", 0.5, True, date(2026, 1, 31))
    assert (row.n, row.parameters, row.spread, row.input_resolution) == (None, None, None, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "high"}, "line 3: value: expected float, got str"),
        ({"value": "nan"}, "line 3: value is nan; a fraction lies between 0 and 1"),
        ({"value": "87.8"}, "line 3: value is 87.8; a fraction lies between 0 and 1"),
        ({"value": "-0.1"}, "line 3: value is -0.1; a fraction lies between 0 and 1"),
        ({"unit": "percent"}, "line 3: unit is 'percent'; it must be one of fraction, CIDEr (0-10)"),
        ({"n": "0"}, "line 3: n: must be a whole number above 0, or empty, not '0'"),
        ({"parameters": "7B"}, "line 3: parameters: must be a whole number above 0, or empty, not '7B'"),
        ({"split_known": "maybe"}, "line 3: split_known: must be yes or no, not 'maybe'"),
        ({"confidence": "sure"}, "line 3: confidence: must be one of certain, guess, likely, not 'sure'"),
        ({"retrieved": "May 2026"}, "line 3: retrieved: must be a day such as 2026-01-31, not 'May 2026'"),
    ],
    ids=["words", "nan", "percent", "negative", "unit", "n", "parameters", "split_known", "confidence", "retrieved"],
)
def test_damage_is_named_by_file_line_and_field(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    path = written(tmp_path, COLUMNS, GOOD.values(), {**GOOD, **changes}.values())
    with pytest.raises(CorruptData, match=re.escape(f"{path}, {message}")):
        read_reported(path)


@pytest.mark.parametrize("read", [read_reported, read_other], ids=["reported", "other"])
def test_a_file_of_other_columns_or_none_is_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    foreign = written(tmp_path, ["task", "value"], ["vqa_rad", "0.5"])
    with pytest.raises(CorruptData, match=r"reported\.csv, line 1: the columns are task, value; expected"):
        read(foreign)
    with pytest.raises(CorruptData, match=r"absent\.csv: cannot be read: No such file or directory; name a CSV file with the columns"):
        read(tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes("naïve".encode("latin-1"))
    with pytest.raises(CorruptData, match=r"latin\.csv: not UTF-8 at byte 3; save it as UTF-8"):
        read(tmp_path / "latin.csv")


def test_a_row_of_another_width_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, COLUMNS, [*GOOD.values(), "more"])
    with pytest.raises(CorruptData, match=r"reported\.csv, line 2: 31 fields where 30 are expected"):
        read_reported(path)


def test_what_people_graded_stands_with_its_task_first() -> None:
    graded = [row for row in OTHERS if row.why == "graded by people"]
    shown = [row for name in catalog.PAPER for row in other_for_task(name) if row.why == "graded by people"]
    assert len(shown) == len(graded) == 63
    first, *_, last = other_for_task("mimic_cxr_report")
    assert (first.why, last.why) == ("graded by people", "a range, not a value")
