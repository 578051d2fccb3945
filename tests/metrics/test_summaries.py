"""The metrics of summaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.metrics.base import Context, Metric, NotComputed
from harness.metrics.texts import gigaword, summaries
from harness.metrics.texts.rouge import characters, rouge_lsum
from harness.metrics.texts.treatments import Texts
from harness.text import sentences
from tests.metrics import samples as made

QUESTIONS = [
    ("What are the treatments for gout?", "How is gout treated?"),
    ("can 1 tablet of ibuprofen be taken daily", "Is it safe to take 1 ibuprofen tablet daily?"),
    (None, "Where can I find information on hemochromatosis?"),
    ("does running cause asthma", "Does running run in families, or cause asthma?"),
    ("", "What is RUL pneumonia?"),
    ("3.2 mg dose", "What is the dose, 3.2 mg or 32 mg?"),
]
"""(prediction, reference); None could not be read."""
LOPSIDED = [*QUESTIONS, *((" ".join(reference.split()[:n]), reference) for n in (1, 2, 3) for _, reference in QUESTIONS[:n])]
"""Scores with a long tail, so that the median of resampled means is not their mean."""


def find(name: str, variant: str) -> Metric:
    return made.named(name, variant, summaries.SUMMARIES + summaries.ON_REQUEST)


def value(metric: Metric, rows: Sequence[tuple[str | None, str]]) -> float:
    return made.value(metric, made.texts(rows))


def aggregated(hypotheses: Sequence[str], references: Sequence[str], seed: int) -> dict[str, float]:
    """What rouge-score's own aggregator calls ``mid``."""
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.scoring import BootstrapAggregator

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    aggregator = BootstrapAggregator()
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        aggregator.add_scores(scorer.score(reference, hypothesis))
    state = np.random.get_state()  # noqa: NPY002  the package draws from numpy's global stream
    np.random.seed(seed)  # noqa: NPY002
    found = aggregator.aggregate()
    np.random.set_state(state)  # noqa: NPY002
    return {kind: float(score.mid.fmeasure) for kind, score in found.items()}


def test_the_first_metric_is_stemmed_rouge_l() -> None:
    assert (summaries.SUMMARIES[0].name, summaries.SUMMARIES[0].variant) == ("rouge_l", "stem")


CHINESE = [("痛风怎么治", "痛风如何治疗？"), ("CT 显示肿块", "CT显示肿块"), (None, "Größe 5 µm")]
KINDS = pytest.mark.parametrize(("name", "kind"), [("rouge_1", "rouge1"), ("rouge_2", "rouge2"), ("rouge_l", "rougeL")])


class Characters:
    """What rouge-score asks of a tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        return characters(text)


@KINDS
@pytest.mark.parametrize(
    ("variant", "rows", "given"),
    [("stem", QUESTIONS, {"use_stemmer": True}), ("characters", CHINESE + QUESTIONS, {"tokenizer": Characters()})],
    ids=["stem", "characters"],
)
def test_rouge_is_the_mean_of_rouge_score(
    name: str, kind: str, variant: str, rows: Sequence[tuple[str | None, str]], given: dict[str, Any]
) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer([kind], **given)
    expected = np.mean([scorer.score(reference, said or "")[kind].fmeasure for said, reference in rows])
    assert value(find(name, variant), rows) == pytest.approx(expected, abs=1e-12)


def test_stemmed_rouge_by_hand() -> None:
    # gout, treat | how, is, gout, treat: two of two and two of four words, one of one and one of three pairs
    rows = [("gout treats", "How is gout treated?")]
    assert value(find("rouge_1", "stem"), rows) == pytest.approx(2 * 1.0 * 0.5 / 1.5, abs=1e-15)
    assert value(find("rouge_2", "stem"), rows) == pytest.approx(2 * 1.0 * (1 / 3) / (4 / 3), abs=1e-15)


@KINDS
def test_biomedgpt_is_the_aggregators_median_given_the_same_draws(name: str, kind: str) -> None:
    hypotheses = [gigaword.hypothesis(said or "") for said, _ in LOPSIDED]
    expected = aggregated(hypotheses, [reference.lower() for _, reference in LOPSIDED], seed=0)
    assert value(find(name, "biomedgpt"), LOPSIDED) == pytest.approx(expected[kind], abs=1e-12)


def test_the_median_stands_beside_the_mean_of_the_same_texts() -> None:
    median, mean = value(find("rouge_l", "biomedgpt"), LOPSIDED), value(find("rouge_l", "biomedgpt-mean"), LOPSIDED)
    assert median != mean
    assert median == pytest.approx(mean, abs=0.01)


def test_a_digit_one_costs_a_perfect_system_its_match() -> None:
    # "1" becomes "#", which is no word: three of three and three of four words
    assert value(find("rouge_l", "biomedgpt-mean"), [("take 1 tablet daily", "take 1 tablet daily")]) == pytest.approx(6 / 7, abs=1e-15)
    assert value(find("rouge_l", "stem"), [("take 1 tablet daily", "take 1 tablet daily")]) == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don ' t do this", "do n't do this"),
        ("what ' s the dose ?", "what 's the dose ?"),
        ('he said " hello " today', "he said `` hello '' today"),
        ("a ' b ' c", "a ` b ' c"),
        ("3 , 000 mg , 3 . 03 mg", "3,000 mg , 3.03 mg"),
        ("x - ray , well - known -", "x-ray , well-known -"),
        ("- first a -- b a - - b", "- first a -- b a -- b"),
        ("wait . . . ok", "wait ... ok"),
        ("( a ) [ b ] { c } < d > & e", "-lrb- a -rrb- -lsb- b -rsb- -lcb- c -rcb- &lt; d &gt; &amp; e"),
        ("a - ( b", "a - -lrb- b"),
        ("", ""),
    ],
)
def test_tokens_are_repaired_as_biomedgpt_repairs_them(text: str, expected: str) -> None:
    # computed with the function of BiomedGPT's public repository
    assert gigaword.repaired(text) == expected


def test_characters_by_hand() -> None:
    """痛风怎么治 against 痛风如何治疗: 痛, 风 and 治 of five and of six."""
    assert value(find("rouge_1", "characters"), CHINESE[:1]) == pytest.approx(2 * 3 / (5 + 6), abs=1e-15)
    assert characters("ＣＴ：2.5 厘米é") == ["ct", "2", "5", "厘", "米", "é"]


SEVERAL = [
    ("Gout hurts. It is treated with rest!", "How is gout treated? With rest and drugs. It hurts."),
    ("the cat sat. the cat ran", "the cat ran the cat. sat the the cat? ran"),
    ("a b c d. e f", "f e. d c b a. a b"),
    ("No sentences here", "no sentence here"),
    (None, "One. Two."),
    *QUESTIONS,
]


def test_lsum_is_rouge_score_on_sentences_a_line() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeLsum"], use_stemmer=True)
    lines = [("\n".join(sentences(said or "")), "\n".join(sentences(reference))) for said, reference in SEVERAL]
    expected = [scorer.score(reference, said)["rougeLsum"].fmeasure for said, reference in lines]
    found = rouge_lsum(Texts(hypotheses=tuple(said or "" for said, _ in SEVERAL), expected=tuple((text,) for _, text in SEVERAL)))
    assert found == pytest.approx(expected, abs=1e-15)
    assert value(find("rouge_lsum", "stem"), SEVERAL) == pytest.approx(np.mean(expected), abs=1e-12)
    assert value(find("rouge_l", "stem"), SEVERAL) < np.mean(expected)


@pytest.mark.parametrize(("name", "variant"), [("rouge_1", "stem"), ("rouge_l", "biomedgpt"), ("rouge_lsum", "stem")])
def test_references_of_another_script_have_no_value_and_some_are_counted(name: str, variant: str) -> None:
    with pytest.raises(NotComputed, match="no reference has a Latin letter or a digit; the variant 'characters'"):
        value(find(name, variant), [("痛风", "痛风")])
    some = find(name, variant).measure.run(made.texts([("痛风", "痛风"), ("gout", "gout")]), Context())
    assert some.note == "1 of 2 references have no Latin letter or digit and score 0; the variant 'characters' counts their letters"
    assert find(name, variant).measure.run(made.texts(QUESTIONS), Context()).note == ""
    with pytest.raises(NotComputed, match="all references are empty"):
        value(find(name, variant), [("gout", "")])


@pytest.mark.parametrize("variant", ["stem", "biomedgpt-mean", "characters"])
def test_pairs_of_words_have_no_value_where_no_reference_has_two(variant: str) -> None:
    assert np.isnan(value(find("rouge_2", variant), [("gout", "gout"), ("asthma", "asthma")]))
    assert value(find("rouge_1", variant), [("gout", "gout"), ("asthma", "asthma")]) == pytest.approx(1.0)


def test_no_sample_has_no_value() -> None:
    for metric in summaries.CANONICAL[:3] + summaries.VARIANTS:
        statistics = metric.measure.run(made.texts([]), Context())
        assert statistics.table.shape == (0, 4)
