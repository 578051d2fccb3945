"""Tables for papers: columns as asked for, the best in bold with what cannot be told from it, published values with their reasons."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness.data import catalog
from harness.errors import UsageError
from harness.metrics import registry
from harness.views import paper_published
from harness.views.formats import bibtex, latex
from harness.views.formats.latex_text import escape
from harness.views.paper import Asked, Paper, asked, paper
from tests.views.support import committed


def cells(made: Paper, column: int) -> dict[str, tuple[float | None, str]]:
    own = ((row.name, row.cells[column]) for row in made.rows)
    return {name: (cell.estimate.value, cell.mark) for name, cell in own if cell is not None}


def body(text: str) -> list[str]:
    return text.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()


def test_several_tasks_stand_under_the_metric_that_ranks_each() -> None:
    """Values and ranks are those of leaderboard.csv: 88.78 against 83.81 and 62.50, each significantly worse."""
    made = paper(committed("meqsum", "pneumoniamnist", "vqa_rad"))
    assert [(column.heading, column.estimate.metric) for column in made.columns] == [
        ("vqa_rad", "exact_match"),
        ("pneumoniamnist", "accuracy"),
        ("meqsum", "rouge_l"),
    ]
    accuracy = cells(made, 1)
    assert accuracy["harness CNN (28)"][1] == "best"
    assert accuracy["majority"] == (0.625, "")
    assert made.rows[0].name == "nearest", "the only system with a value in every column"


def test_one_task_stands_under_its_first_metrics() -> None:
    made = paper(committed("pneumoniamnist"))
    assert [column.estimate.metric for column in made.columns] == ["accuracy", "auc", "macro_f1", "balanced_accuracy"]


def test_slices_are_columns_and_their_best_is_tested_on_them() -> None:
    """52.6 against 48.9 % of 272 closed questions (p = 0.53), 14.5 against 0 % of 179 open ones (p = 0.001)."""
    made = paper(committed("vqa_rad"), [asked("exact_match:closed"), asked("exact_match:open")])
    assert [(column.estimate.slice, column.estimate.n) for column in made.columns] == [("closed", 272), ("open", 179)]
    assert [cells(made, column)["nearest"][1] for column in (0, 1)] == ["best", "best"]
    assert [cells(made, column)["majority"][1] for column in (0, 1)] == ["tied", ""]


def test_equal_runs_are_both_best_and_one_alone_is_not() -> None:
    runs = committed("vqa_rad")
    [(folder, record)] = [(folder, record) for folder, record in runs.items() if record.model.name == "nearest"]
    twin = structs.replace(record, model=replace(record.model, name="twin"))
    assert not paper({folder: record}).marked
    both = paper({folder: record, "twin": twin}, [Asked(metric="exact_match", slice="closed")])
    assert {mark for _, mark in cells(both, 0).values()} == {"best"}


def test_names_are_found_in_any_spelling_and_each_column_stands_once() -> None:
    made = paper(committed("vqa_rad"), [asked("Exact-Match:Closed"), asked("exact_match:closed"), asked("exact_match:yes-no")])
    assert [column.estimate.slice for column in made.columns] == ["closed", "yes_no"]


def test_runs_without_a_value_are_no_table() -> None:
    [folder, record] = next(iter(committed("meqsum").items()))
    empty = structs.replace(record, estimates=tuple(structs.replace(e, value=None, low=None, high=None) for e in record.estimates))
    with pytest.raises(UsageError, match="no metric has a value in these runs"):
        paper({folder: empty})


def test_a_bare_name_is_the_task_s_own_variant() -> None:
    made = paper(committed("vqa_rad"), [asked("exact_match"), asked("exact_match/biomedgpt")])
    assert [column.estimate.variant for column in made.columns] == ["canonical", "biomedgpt"]
    assert r"exact match (biomedgpt)" in latex.to_latex(made)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exact_match:", "write NAME, NAME/VARIANT or NAME:SLICE"),
        (":closed", "write NAME, NAME/VARIANT or NAME:SLICE"),
        ("exact_mach", "Did you mean exact_match"),
        ("exact_match:clsed", "Did you mean closed"),
    ],
    ids=["no slice", "no metric", "no such metric", "no such slice"],
)
def test_what_there_is_not_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        paper(committed("vqa_rad"), [asked(text)])


def test_a_table_says_what_a_reader_needs() -> None:
    text = latex.to_latex(paper(committed("pneumoniamnist"), [asked("accuracy"), asked("brier")]))
    lines = text.splitlines()
    assert lines[0] == r"% \usepackage{booktabs}"
    [caption] = [line for line in lines if line.startswith(r"\caption")]
    assert caption.startswith(r"\caption{Accuracy (label), Brier score (scikit-learn) on PneumoniaMNIST (test split; n = 624). ")
    assert r"In brackets the 95 \% interval (percentile bootstrap" in caption
    assert r"1,000 resamples). Bold: the best value of a column and those not significantly worse" in caption
    assert r"\label{tab:pneumoniamnist}" in lines
    assert r"System & \multicolumn{2}{c}{accuracy} & \multicolumn{2}{c}{Brier score $\downarrow$} \\" in lines
    assert body(text)[0] == (
        r"harness CNN (28) & \textbf{88.78} & {\scriptsize[86.22, 91.03]} & \textbf{0.084} & {\scriptsize[0.069, 0.101]} \\"
    )


def test_intervals_are_brackets_half_widths_or_none() -> None:
    """[86.22, 91.03] is 4.81 wide."""
    made = paper(committed("pneumoniamnist"), [asked("accuracy")])
    assert body(latex.to_latex(made, style=latex.Style(intervals="pm")))[0] == (
        r"harness CNN (28) & \textbf{88.78} & {\scriptsize$\pm$2.41} \\"
    )
    assert body(latex.to_latex(made, style=latex.Style(intervals="none")))[0] == r"harness CNN (28) & \textbf{88.78} \\"


def test_many_columns_have_their_brackets_below() -> None:
    wanted = [asked(name) for name in ("exact_match:closed", "exact_match:open", "token_recall", "token_f1", "bleu_1")]
    lines = body(latex.to_latex(paper(committed("vqa_rad"), wanted)))
    assert len(lines) == 4
    assert lines[1].count(r"{\tiny[") == 5


def test_published_values_stand_below_with_the_reasons_against_them() -> None:
    made = paper(committed("pneumoniamnist"), [asked("accuracy")])
    [first, *_] = rows = paper_published.published(made, 2)
    assert [(row.system, row.source, row.compares) for row in rows] == [
        ("MedViT-S", "MedViT", True),
        ("Google AutoML Vision", "MedMNIST v2", True),
    ]
    assert first.cells[0] is not None
    questions = paper(committed("vqa_rad"), [asked("exact_match")])
    text = latex.to_latex(questions, paper_published.published(questions, 3))
    assert r"\emph{Published, each under its own protocol}" in text
    assert r"Hulu-Med-32B (Hulu-Med) & 81.40\rlap{\textsuperscript{a,b}}" in text
    assert r"\textsuperscript{a}\,unknown split: the publication does not settle which examples were scored." in text
    assert "93.00" not in text, "of questions that were trained on"
    assert "A letter at a published value says why it does not compare with the column." in text
    assert "Bold: the best value of a column among those scored here and those not significantly worse" in text


def test_a_caption_says_once_which_split_and_how_many() -> None:
    first, *others = (own := committed("vqa_rad"))
    other = structs.replace(own[first], split="train", counts=structs.replace(own[first].counts, examples=7))
    text = latex.to_latex(paper({**{name: own[name] for name in others}, first: other}, [asked("exact_match")]))
    [caption] = [line for line in text.splitlines() if line.startswith(r"\caption")]
    assert caption.startswith(r"\caption{Exact match (canonical) on VQA-RAD (t")
    assert (caption.count("test split"), caption.count("train split")) == (1, 1)


def test_partial_runs_are_never_best_and_say_why() -> None:
    made = paper(committed("trec_ct_2022"))
    assert not made.marked
    assert "part of the release is absent." in latex.to_latex(made)


def test_any_text_is_set_literally() -> None:
    assert escape("50% & a_b {c} #1 ~^\\") == (r"50\% \& a\_b \{c\} \#1 \textasciitilde{}\textasciicircum{}\textbackslash{}")
    assert escape("北 é – ≥ <x>") == r"U+5317 é -- $\geq$ \textless{}x\textgreater{}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX")
def test_latex_and_bibtex_compile(tmp_path: Path) -> None:
    made = paper(committed("meqsum", "pneumoniamnist", "vqa_rad"))
    (tmp_path / "t.tex").write_text(
        "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage{booktabs}\\begin{document}\n"
        + latex.to_latex(made, paper_published.published(made, 2))
        + latex.to_latex(paper(committed("trec_ct_2022")))
        + escape("".join(map(chr, range(32, 0x250))) + "北≥")
        + "\\end{document}\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]


def unnamed(texts: Iterable[str]) -> list[str]:
    """Those that name no entry."""
    return [text for text in sorted(set(texts)) if not bibtex.keys(text)]


def test_every_data_set_and_metric_is_published_somewhere() -> None:
    """What is this harness's own, or a program without a publication, names none."""
    assert unnamed(catalog.card(name).citation for name in catalog.PAPER) == []
    assert unnamed(metric.source for metric in registry.registered()) == [
        "closed and open rules of this harness",
        "this harness",
        "trec_eval P_10",
    ]


def test_references_are_of_the_tasks_and_the_metrics_of_the_runs() -> None:
    runs = committed("vqa_rad")
    text = bibtex.to_bibtex([catalog.card("vqa_rad")], bibtex.sources(runs.values(), {"vqa_rad": catalog.task("vqa_rad")}))
    keys = re.findall(r"^@\w+\{(.+),$", text, re.MULTILINE)
    assert keys[0] == "lau2018vqarad"
    assert keys[-1] == "biomed-harness"
    assert {"rajpurkar2016squad", "papineni2002bleu", "li2023llavamed"} <= set(keys)
    assert len(keys) == len(set(keys))
    assert "title = {{SQuAD}: 100,000+ questions for machine comprehension of text}," in text


def test_a_card_that_nobody_knows_is_cited_in_its_own_words() -> None:
    own = structs.replace(catalog.card("vqa_rad"), name="ours", title="Ours", citation="Somebody. A data set of 100 % ours. 2026.")
    assert "note = {Somebody. A data set of 100 \\% ours. 2026.}," in bibtex.to_bibtex([own], [])
