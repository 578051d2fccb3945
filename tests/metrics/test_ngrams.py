"""The kernels of BLEU, CIDEr, both ROUGE-L and ROUGE-N: equal to pycocoevalcap, rouge-score and sacrebleu on every corpus."""

from __future__ import annotations

import contextlib
import io
import math
import random

import numpy as np
import pytest

from harness.metrics.texts import shared_ngrams
from harness.metrics.texts.captions import bleu, sentence_bleu
from harness.metrics.texts.rouge import coco_rouge_l, rouge
from harness.metrics.texts.shared_ngrams import overlap
from harness.metrics.texts.treatments import Texts

WORDS = (
    "the heart size is normal lungs are clear no acute disease effusion effusions running runs ran enlarged enlargement 3.2 x-ray"
    " -lrb- right -rrb- . café größe 中文 文本 ½ ❤ cardiomegaly's"
).split()


def corpus(seed: int, n: int, *, references: int, longest: int) -> Texts:
    """Random texts, some empty, some of a single word, hypotheses partly copied from their references."""
    rng = random.Random(seed)

    def text() -> str:
        return " ".join(rng.choices(WORDS, k=rng.choice([0, 1, 2, 3, rng.randint(1, longest)])))

    expected = tuple(tuple(text() for _ in range(rng.randint(1, references))) for _ in range(n))
    said = tuple(rng.choice([text(), f"{row[0]} {text()}".strip(), row[-1]]) for row in expected)
    return Texts(hypotheses=said, expected=expected)


def two_thousand_words() -> Texts:
    rng = random.Random(9)
    long = " ".join(rng.choices(WORDS, k=2_000))
    return Texts(hypotheses=(long, " ".join(long.split()[:60])), expected=((" ".join(long.split()[700:760]),), (long,)))


CORPORA = {
    "reports": corpus(1, 60, references=1, longest=60),
    "several references": corpus(2, 40, references=5, longest=25),
    "one sample": corpus(3, 1, references=1, longest=9),
    "two short samples": Texts(hypotheses=("a", "b c"), expected=(("a",), ("b",))),
    "repeated words": Texts(hypotheses=("the the the the the", "of"), expected=(("the cat the",), ("of of of of",))),
    "everything empty but one reference": Texts(hypotheses=("", "", ""), expected=(("",), ("clear",), ("",))),
    "nothing said": Texts(hypotheses=("", ""), expected=(("lungs are clear",), ("no effusion", ""))),
    "equally close references": Texts(hypotheses=("a b c", "x"), expected=(("a b", "a b c d"), ("x y z",))),
    "2,000 words": two_thousand_words(),
    "one word said ten thousand times": Texts(
        hypotheses=("the " * 9_999 + "the", "a"), expected=(("the the", "the"), ("the " * 500 + "a",))
    ),
    "nothing expected": Texts(hypotheses=("lungs are clear", "", "x"), expected=(("", ""), ("",), ("", ""))),
    "no Latin letter": Texts(
        hypotheses=("两肺 清晰 未见 异常", "сердце не увеличено", "القلب طبيعي", "心 影 不 大"),
        expected=(("两肺 清晰 , 未见 明显 异常", "未见 异常"), ("сердце не расширено",), ("القلب طبيعي الحجم",), ("心 影 大小 正常",)),
    ),
    "brackets": Texts(
        hypotheses=("-lrb- old -rrb- fracture [ ] { }", "( ) ( )", "t2 -lsb- 3 -rsb-"),
        expected=(("-lrb- -rrb- old fracture", "[ old ] { fracture }"), ("( ( ) )",), ("t2 [ 3 ]", "t2 -lsb- 3 -rsb- 4")),
    ),
    "five references, some empty, some equal": corpus(4, 25, references=5, longest=6),
    "all alike": Texts(hypotheses=("no acute disease",) * 6, expected=(("no acute disease", "no acute disease"),) * 6),
}


@pytest.fixture(params=CORPORA, ids=list(CORPORA))
def texts(request: pytest.FixtureRequest) -> Texts:
    return CORPORA[request.param]


def coco_dictionaries(texts: Texts) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    return {i: list(row) for i, row in enumerate(texts.expected)}, {i: [text] for i, text in enumerate(texts.hypotheses)}


def test_bleu_is_that_of_pycocoevalcap_for_the_corpus_and_each_sample(texts: Texts) -> None:
    from pycocoevalcap.bleu.bleu import Bleu

    with contextlib.redirect_stdout(io.StringIO()):
        corpus_scores, sample_scores = Bleu(4).compute_score(*coco_dictionaries(texts))
    rows = overlap(texts).bleu
    for order in (1, 2, 3, 4):
        assert bleu(rows.sum(axis=0, keepdims=True), order)[0] == pytest.approx(corpus_scores[order - 1], abs=1e-12)
        np.testing.assert_allclose(bleu(rows, order), sample_scores[order - 1], rtol=0, atol=1e-12)


def test_cider_is_that_of_pycocoevalcap_for_each_sample(texts: Texts) -> None:
    from pycocoevalcap.cider.cider import Cider

    if not overlap(texts).words_expected:
        with pytest.raises(ValueError, match="empty"), np.errstate(all="ignore"):  # the package's own end; ours says why instead
            Cider().compute_score(*coco_dictionaries(texts))
        return
    _, expected = Cider().compute_score(*coco_dictionaries(texts))
    np.testing.assert_allclose(overlap(texts).cider, expected, rtol=0, atol=1e-12)


def test_coco_rouge_l_is_that_of_pycocoevalcap_for_each_sample(texts: Texts) -> None:
    from pycocoevalcap.rouge.rouge import Rouge

    _, expected = Rouge().compute_score(*coco_dictionaries(texts))
    np.testing.assert_array_equal(coco_rouge_l(texts), expected)


@pytest.mark.parametrize("stemmer", [True, False], ids=["stemmed", "unstemmed"])
def test_rouge_is_that_of_rouge_score_for_each_sample(texts: Texts, stemmer: bool) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    kinds = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
    scorer = RougeScorer(list(kinds.values()), use_stemmer=stemmer)
    found = rouge(texts, stemmer=stemmer)
    for ours, theirs in kinds.items():
        expected = [
            scorer.score_multi(list(row), text)[theirs].fmeasure for text, row in zip(texts.hypotheses, texts.expected, strict=True)
        ]
        np.testing.assert_allclose(found[ours], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "order"),
    [("several references", 4), ("five references, some empty, some equal", 2), ("brackets", 2), ("no Latin letter", 2)],
)
def test_corpus_bleu_is_that_of_sacrebleu_on_the_same_words(name: str, order: int) -> None:
    from sacrebleu.metrics.bleu import BLEU

    texts = CORPORA[name]
    most = max(len(row) for row in texts.expected)
    streams = [[row[min(i, len(row) - 1)] for row in texts.expected] for i in range(most)]  # a repeated reference adds nothing
    scorer = BLEU(tokenize="none", smooth_method="none", max_ngram_order=order)
    expected = scorer.corpus_score(list(texts.hypotheses), streams).score / 100
    found = bleu(overlap(texts).bleu.sum(axis=0, keepdims=True), order)[0]
    assert found == pytest.approx(expected, abs=1e-9)  # pycocoevalcap's constants


@pytest.mark.parametrize("order", [1, 4])
def test_sentence_bleu_is_that_of_sacrebleu_without_smoothing(order: int) -> None:
    from sacrebleu.metrics.bleu import BLEU

    texts = corpus(6, 80, references=1, longest=30)
    scorer = BLEU(tokenize="none", smooth_method="none", max_ngram_order=order)
    expected = [scorer.sentence_score(said, list(row)).score / 100 for said, row in zip(texts.hypotheses, texts.expected, strict=True)]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(sentence_bleu(overlap(texts).bleu, order), expected, rtol=0, atol=1e-12)


def test_bleu_by_hand() -> None:
    texts = Texts(hypotheses=("the lungs are clear",), expected=(("the lungs are both clear",),))
    rows = overlap(texts).bleu
    # 4 of 4 words and 2 of 3 word pairs ("the lungs", "lungs are") match, 1 of 2 triples; four words for five
    assert rows.tolist() == [[4, 2, 1, 0, 4, 3, 2, 1, 4, 5]]
    assert bleu(rows, 1)[0] == pytest.approx(math.exp(1 - 5 / 4), abs=1e-8)
    assert bleu(rows, 2)[0] == pytest.approx(math.sqrt(2 / 3) * math.exp(1 - 5 / 4), abs=1e-8)
    assert bleu(rows, 4)[0] == pytest.approx(0.0, abs=1e-3)


def test_cider_by_hand() -> None:
    # Two samples, single words, log 2 for each word: order 1 alone agrees, cosine 1, of four orders: 10 / 4
    assert overlap(Texts(hypotheses=("clear", "x"), expected=(("clear",), ("normal",)))).cider.tolist() == [2.5, 0.0]


def test_coco_rouge_l_by_hand() -> None:
    # three of three words and three of five: 2.44 x 1 x 0.6 / (0.6 + 1.44)
    assert coco_rouge_l(Texts(hypotheses=("heart is normal",), expected=(("the heart size is normal",),)))[0] == pytest.approx(
        2.44 * 0.6 / 2.04, abs=1e-15
    )


def test_two_empty_texts_agree_for_the_coco_rouge_l_and_not_for_rouge_score() -> None:
    texts = Texts(hypotheses=("",), expected=(("",),))
    assert coco_rouge_l(texts).tolist() == [1.0]
    assert rouge(texts, stemmer=True)["rouge_l"].tolist() == [0.0]


def test_blocks_of_samples_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = CORPORA["several references"]
    whole = overlap(texts)
    monkeypatch.setattr(shared_ngrams, "_SAMPLES_PER_BLOCK", 7)
    shared_ngrams.overlap.cache_clear()
    parts = overlap(texts)
    assert parts is not whole
    np.testing.assert_array_equal(parts.bleu, whole.bleu)
    np.testing.assert_allclose(parts.cider, whole.cider, rtol=0, atol=1e-15)


def test_no_sample_gives_empty_tables() -> None:
    found = overlap(Texts(hypotheses=(), expected=()))
    assert found.bleu.shape == (0, 10)
    assert found.cider.shape == (0,)
    assert rouge(Texts(hypotheses=(), expected=()), stemmer=True)["rouge_1"].shape == (0,)


def test_the_fingerprint_is_of_the_references_alone_and_not_of_their_order() -> None:
    one = Texts(hypotheses=("a", "b"), expected=(("x y",), ("z",)))
    other = Texts(hypotheses=("c", "d"), expected=(("z",), ("x y",)))
    assert shared_ngrams.fingerprint(one) == shared_ngrams.fingerprint(other)
    assert shared_ngrams.fingerprint(one) != shared_ngrams.fingerprint(Texts(hypotheses=("a", "b"), expected=(("x y",), ("z z",))))
