"""BERTScore: the matching by hand, and a small network against bert-score itself."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import CorruptData
from harness.metrics.base import NotComputed
from harness.metrics.clinical import bertscore
from harness.metrics.clinical.bertscore import Protocol
from tests.metrics import tiny_bert

WORDS = "heart lungs are clear enlarged effusion no edema is . the ##ly mild".split()
SAID = ["the heart is mildly enlarged .", "lungs are clear", "no effusion", "no edema no edema no edema ."]
EXPECTED = ["heart is enlarged .", "the lungs are clear .", "the heart is clear", "no edema"]


def test_each_piece_takes_its_most_similar_one() -> None:
    said, expected = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 4.0]])  # cosines .6 and .8
    assert bertscore.match(said, expected, np.ones(2), np.ones(1)) == pytest.approx((0.7, 0.8, 2 * 0.7 * 0.8 / 1.5))
    assert bertscore.match(said, expected, np.array([0.0, 1.0]), np.ones(1)) == pytest.approx((0.8, 0.8, 0.8))
    assert bertscore.match(said, expected, np.zeros(2), np.ones(1)) == (0.0, 0.0, 0.0)


@pytest.fixture
def tiny(weights: Path) -> Path:
    tiny_bert.saved(weights / "tiny", WORDS, layers=3, seed=5, longest=64)
    return weights / "tiny"


@pytest.mark.parametrize("idf", [False, True], ids=["plain", "idf"])
@pytest.mark.parametrize("layer", [1, 3])
def test_it_is_bert_score(tiny: Path, layer: int, idf: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference: Any = pytest.importorskip("bert_score")
        scorer = reference.BERTScorer(
            model_type=str(tiny), num_layers=layer, idf=idf, idf_sents=EXPECTED if idf else None, device="cpu", nthreads=0
        )
        _, _, expected = scorer.score(SAID, EXPECTED)
    found, digest = bertscore.f1(SAID, EXPECTED, Protocol(model="tiny", layer=layer, idf=idf))
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-6)
    assert len(digest) == 64


def test_a_text_equal_to_its_reference_scores_1_and_none_scores_0(tiny: Path) -> None:
    found, _ = bertscore.f1(["lungs are clear", "", "clear"], ["lungs are clear", "clear", ""], Protocol(model="tiny", layer=3))
    assert found.tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


def test_what_is_known_is_not_embedded_again(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, weighted = Protocol(model="tiny", layer=3), Protocol(model="tiny", layer=3, idf=True)
    first, _ = bertscore.f1(SAID, EXPECTED, plain)
    third = bertscore.f1(SAID[:2], EXPECTED[:2], weighted)[0]
    all_weighted = bertscore.f1(SAID, EXPECTED, weighted)[0]
    assert third[1] != all_weighted[1]  # other references, other document frequencies
    monkeypatch.setattr(bertscore, "_Encoder", lambda folder, layer: pytest.fail("loaded again"))
    np.testing.assert_array_equal(bertscore.f1(SAID, EXPECTED, plain)[0], first)


def test_rescaling_takes_the_published_baseline_off(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("bert_score")
    protocol = Protocol(model="roberta-large", layer=17, rescale=True)
    assert bertscore.baseline(protocol) == 0.83122575  # F of layer 17 in the baseline file of bert-score 0.3.13
    monkeypatch.setattr(bertscore, "baseline", lambda _: 0.5)
    raw, _ = bertscore.f1(SAID, EXPECTED, Protocol(model="tiny", layer=3))
    rescaled, _ = bertscore.f1(SAID, EXPECTED, Protocol(model="tiny", layer=3, rescale=True))
    np.testing.assert_allclose(rescaled, (raw - 0.5) / 0.5)


def test_what_is_absent_or_wrong_is_said(tiny: Path) -> None:
    pytest.importorskip("bert_score")
    with pytest.raises(NotComputed, match="holds no roberta-large"):
        bertscore.f1(SAID, EXPECTED, Protocol(model="roberta-large", layer=17))
    with pytest.raises(NotComputed, match="no baseline for tiny, layer 3"):
        bertscore.f1(SAID, EXPECTED, Protocol(model="tiny", layer=3, rescale=True))
    with pytest.raises(CorruptData, match="has 3 layers, and layer 17"):
        bertscore.f1(SAID, EXPECTED, Protocol(model="tiny", layer=17))


def test_the_signature_names_model_layer_rescaling_and_idf() -> None:
    metric = bertscore.metric(Protocol(model="distilroberta-base", layer=5, rescale=True, idf=True))
    assert metric.variant == "distilroberta-base-l5-rescaled-idf"
    for part in ("model:distilroberta-base", "layer:5", "rescale:bert-score's baseline", "idf:references of the scored set"):
        assert part in metric.signature
