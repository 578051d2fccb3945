"""The metrics of captions and reports: what is done to texts, and what holds under any weights."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.metrics.base import Context, Metric, NotComputed
from harness.metrics.texts import captions, java, treatments
from harness.metrics.texts.treatments import bioclean_text, r2gen_words, treebank_tokens
from harness.runs.scoring import wanted
from tests.metrics import samples as made

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "jars.json").read_text(encoding="utf-8"))

REPORTS = [
    ("Heart size is normal. No effusion.", "Heart size is normal. No acute disease."),
    ("No pneumothorax or effusion is seen", "There is no pleural effusion or pneumothorax."),
    (None, "Chest x-ray: clear lungs, stable (old) granuloma."),
    ("Chest x-ray with clear lungs", "Chest x-ray: clear lungs, stable (old) granuloma."),
    ("", "Normal."),
]
"""(prediction, reference); None could not be read."""


def find(name: str, variant: str) -> Metric:
    return made.named(name, variant, captions.CAPTIONS + captions.VARIANTS)


def value(metric: Metric, rows: made.Rows, context: Context | None = None) -> float:
    return made.value(metric, made.texts(rows), context)


def test_the_first_metric_is_rouge_l_of_the_coco_evaluation() -> None:
    assert captions.CAPTIONS[0].signature == "rouge_l|variant:coco-ptb|aggregation:mean|beta:1.2|text:ptb,lower,no-punctuation"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Heart: "normal" (mild-to-moderate); 50%/60%', "heart normal mild-to-moderate 5060"),
        ("=<>@ A-Z_^~`|#$", " a-z~`|#$"),
        (" No acute.  Disease ", "no acute  disease"),
        ("Clear . ", "clear "),
    ],
    ids=["hyphens stay", "the stray range", "blanks stay", "marks go after outer blanks"],
)
def test_bioclean_deletes_what_biomedgpt_deletes(text: str, expected: str) -> None:
    # computed with the function of BiomedGPT's public repository
    assert bioclean_text(text) == expected


def test_bioclean_loses_the_hyphens_of_hypotheses_alone() -> None:
    texts = treatments.bioclean(made.texts([("Chest X-ray.", "Chest X-ray.")]), Context())
    assert (texts.hypotheses, texts.expected) == (("chest xray",), (("chest x-ray",),))
    # so a perfect caption has one of two words right: precision and recall of one half
    assert value(find("rouge_l", "bioclean"), [("Chest X-ray.", "Chest X-ray.")]) == 0.5


@pytest.mark.parametrize(
    ("mimic", "text", "expected"),
    [
        (False, "1. Heart size normal. 2. No x-ray change.", "heart size normal . no x-ray change ."),
        (False, "Stable.. No (acute) disease.", "stable . no acute disease ."),
        (True, "FINDINGS:\nLungs   clear.... ___ seen", "findings lungs clear . seen ."),
        (False, "", "."),
    ],
    ids=["enumeration", "doubled stops", "mimic", "empty"],
)
def test_r2gen_cleaning_keeps_stops_between_sentences(mimic: bool, text: str, expected: str) -> None:
    # computed with the cleaning functions of R2Gen's public repository
    assert " ".join(r2gen_words(text, mimic=mimic)) == expected


HEART = ["heart is normal. " * 2, "heart is big."]
"""As a train split: "heart" and "is" stand there three times, "normal" twice."""


@pytest.mark.parametrize(
    ("train", "threshold", "longest", "pair", "treated"),
    [
        (HEART, 3, 5, ("heart is grossly normal in size", "Heart is grossly normal in size"), ["heart is <unk> <unk> <unk>"] * 2),
        (["unk. unk. unk."], 3, 59, ("<unk>", "unk"), ["<unk> .", "unk ."]),
        (["Normal."], 1, 59, (None, "Normal."), ["", "normal ."]),
    ],
    ids=["both sides are decoded and cut", "an unknown word is none of its vocabulary", "an empty reply gets no full stop to match with"],
)
def test_r2gen_decodes_both_sides(train: list[str], threshold: int, longest: int, pair: tuple[str | None, str], treated: list[str]) -> None:
    treatment = treatments.R2Gen(mimic=False, threshold=threshold, longest=longest)
    texts = treatment(made.texts([pair]), Context(train_targets=lambda: train))
    assert [*texts.hypotheses, *texts.expected[0]] == treated


R2GEN_TRAIN = ["The heart is normal. Lungs are clear.", "The heart is normal. No effusion.", "Heart is big. Lungs are clear; unk."] * 3
R2GEN_TEST = ["The heart is normal. Lungs are hyperinflated.", "No effusion. Old granuloma.", "Heart is normal " + "lungs are clear. " * 30]


@pytest.mark.parametrize(("variant", "mimic"), [("r2gen-iu", False), ("r2gen-mimic", True)])
@pytest.mark.parametrize("name", ["bleu_1", "bleu_4", "rouge_l"])
def test_r2gens_own_decoded_references_and_the_raw_ones_are_perfect(name: str, variant: str, mimic: bool) -> None:
    """Rare words are <unk> in a decoded reference; the first two of R2GEN_TEST have one or two."""
    context = Context(train_targets=lambda: R2GEN_TRAIN * 4)
    treatment = treatments.R2Gen(mimic=mimic, threshold=10 if mimic else 3, longest=99 if mimic else 59)
    decoded = [row[0] for row in treatment(made.texts([("", text) for text in R2GEN_TEST]), context).expected]
    assert [text.count("<unk>") for text in decoded] == [1, 2, 0]
    assert len(decoded[2].split()) == (99 if mimic else 59)
    assert treatment(made.texts([(text, text) for text in decoded]), context).hypotheses == tuple(decoded)
    assert value(find(name, variant), list(zip(decoded, R2GEN_TEST, strict=True)), context) == pytest.approx(1.0, abs=1e-8)
    assert value(find(name, variant), list(zip(R2GEN_TEST, R2GEN_TEST, strict=True)), context) == pytest.approx(1.0, abs=1e-8)


def test_r2gen_without_a_train_split_is_not_computed() -> None:
    with pytest.raises(NotComputed, match="train split"):
        value(find("bleu_4", "r2gen-iu"), REPORTS)


def test_multimedeval_averages_sentences() -> None:
    rows: made.Rows = [("a b c d e", "a b c d e"), ("a b c", "a b c")]
    assert value(find("bleu_4", "mme"), rows) == 0.5  # three words have no n-gram of order 4
    assert value(find("bleu_1", "mme"), [("No", "no")]) == 0.0  # case counts
    assert value(find("rouge_l", "mme"), [("No", "no")]) == 1.0


def test_cider_says_when_its_document_frequencies_are_of_a_part() -> None:
    measure = find("cider", "bioclean").measure
    assert measure.run(made.texts(REPORTS), Context()).note == ""
    part = measure.run(made.texts(REPORTS), Context(complete=False))
    assert part.note == "document frequencies of 5 samples, not of the whole split; do not compare"
    assert part.fixed["document_frequencies"] == measure.run(made.texts(REPORTS), Context()).fixed["document_frequencies"]


def test_cider_of_empty_references_is_not_computed_and_bleu_is_zero() -> None:
    with pytest.raises(NotComputed, match="all references are empty"):
        value(find("cider", "bioclean"), [("a b", ""), ("", "")])
    assert value(find("bleu_1", "bioclean"), [("a b", ""), ("", "")]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("rows", [[("a b c d e", "a b c d e")], [("a b", "a b"), ("a c", "a b")]], ids=["one sample", "one reference"])
def test_cider_has_no_value_where_no_n_gram_tells_samples_apart(rows: made.Rows) -> None:
    """Pycocoevalcap gives a perfect reply 0 there."""
    with pytest.raises(NotComputed, match="no n-gram that tells samples apart"):
        value(find("cider", "bioclean"), rows)
    assert value(find("cider", "bioclean"), [("a b", "a b"), ("c d", "c d")]) > 0


def test_bleu_has_no_value_beyond_the_length_of_every_reference() -> None:
    """Pycocoevalcap gives a perfect reply of three words a BLEU-4 of 0.03, made of its tiny constants."""
    rows: made.Rows = [("no acute disease", "no acute disease"), ("clear", "clear")]
    assert value(find("bleu_3", "bioclean"), rows) == pytest.approx(1.0, abs=1e-8)
    assert np.isnan(value(find("bleu_4", "bioclean"), rows))
    note = find("bleu_4", "bioclean").measure.run(made.texts(rows), Context()).note
    assert note == "no reference has more than 3 words: no value for BLEU of a higher order"


@pytest.mark.parametrize("mark", ["\r", "\v", "\f", "\x85", "\u2028", "\u2029"], ids=ascii)
@pytest.mark.parametrize("variant", ["bioclean", "coco-treebank"])
def test_a_line_break_in_a_text_is_a_blank(variant: str, mark: str) -> None:
    rows: made.Rows = [(f"no acute{mark}disease", "no acute disease"), ("clear", f"clear{mark}")]
    plain: made.Rows = [("no acute disease", "no acute disease"), ("clear", "clear ")]
    assert value(find("rouge_l", variant), rows) == value(find("rouge_l", variant), plain)


DROPPED = set("'' ' `` ` . ? ! , : - -- ... ;".split())
"""What the COCO evaluation drops of the tokeniser's output."""


@pytest.mark.parametrize("case", GOLDEN["ptb"], ids=lambda case: case["text"][:20] or "empty")
def test_the_tokeniser_without_java_agrees_with_the_jar_on_usual_texts(case: dict[str, str]) -> None:
    assert treebank_tokens(case["text"]) == " ".join(word for word in case["tokens"].split() if word not in DROPPED)


def test_without_java_the_stand_in_is_scored_under_its_own_name() -> None:
    with pytest.raises(NotComputed, match="Java absent"):
        value(find("rouge_l", "coco-ptb"), [("a text that is in no cache", "a text")])
    assert {metric.variant for metric in wanted(captions.CAPTIONS)} == {"coco-ptb", "coco-treebank", "bioclean"}
    assert value(find("rouge_l", "coco-treebank"), [("Clear lungs.", "clear lungs")]) == 1.0


@pytest.mark.java
def test_with_java_the_stand_in_is_left_out() -> None:
    assert {metric.variant for metric in wanted(captions.CAPTIONS)} == {"coco-ptb", "bioclean"}


@pytest.mark.java
def test_the_jar_tokenises_as_it_did() -> None:
    expected = [" ".join(word for word in case["tokens"].split() if word not in DROPPED) for case in GOLDEN["ptb"]]
    assert list(java.ptb_tokens(tuple(case["text"] for case in GOLDEN["ptb"]))) == expected


@pytest.mark.java
@pytest.mark.parametrize("mark", ["\r", "\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\x07", "\u200b"], ids=ascii)
def test_no_character_shifts_one_text_against_the_next(mark: str) -> None:
    assert java.ptb_tokens((f"one{mark}two", "", mark, "three")) == ("one two", "", "", "three")


@pytest.mark.java
def test_a_lone_surrogate_is_a_question_mark() -> None:
    assert java.ptb_tokens(("one\ud800two", "three")) == ("one?two", "three")


@pytest.mark.java
@pytest.mark.parametrize("name", ["rouge_l", "cider", "bleu_1", "bleu_4"])
def test_coco_ptb_is_what_the_coco_evaluation_gives(name: str) -> None:
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    tokenise: Callable[..., dict[int, list[str]]] = PTBTokenizer().tokenize
    known = tokenise({i: [{"caption": row[1]}] for i, row in enumerate(REPORTS)})
    said = tokenise({i: [{"caption": row[0] or ""}] for i, row in enumerate(REPORTS)})
    with contextlib.redirect_stdout(io.StringIO()):
        bleus, _ = Bleu(4).compute_score(known, said)
    expected = {
        "bleu_1": bleus[0],
        "bleu_4": bleus[3],
        "rouge_l": Rouge().compute_score(known, said)[0],
        "cider": Cider().compute_score(known, said)[0],
    }
    assert value(find(name, "coco-ptb"), REPORTS) == pytest.approx(expected[name], abs=1e-12)
