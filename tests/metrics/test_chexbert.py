"""CheXbert F1: the score on hand-made labels, and the labeller with a small network in the release's format."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from harness.errors import CorruptData
from harness.metrics.base import Context, NotComputed, Statistics
from harness.metrics.clinical import annotating, chexbert
from tests.metrics import samples as made
from tests.metrics import tiny_bert

WORDS = "heart lungs are clear enlarged effusion no edema is .".split()


def classes(**found: int) -> list[int]:
    """Blank but for the labels named, with blanks as underscores."""
    named = {label.replace("_", " "): number for label, number in found.items()}
    assert set(named) <= set(chexbert.LABELS)
    return [named.get(label, 0) for label in chexbert.LABELS]


EXPECTED = [
    classes(Cardiomegaly=1, Edema=3),
    classes(No_Finding=1),
    classes(Fracture=1, Pleural_Effusion=2),
    classes(Cardiomegaly=1),
]
SAID = [
    classes(Cardiomegaly=3, Pneumonia=1),  # uncertain is positive; one finding too many, one missed
    classes(No_Finding=1),
    classes(Fracture=2, Pleural_Effusion=2),  # negative is not positive: the fracture is missed
    classes(),
]


def values(variant: str, expected: Any, said: Any) -> list[float]:
    metric = next(metric for metric in chexbert.METRICS if metric.variant == variant)
    statistics = Statistics(names=("x",) * 42, table=chexbert.score(expected, said))
    return [float(value) for value in metric.value(statistics, np.ones((1, len(said))))]


def test_the_score_by_hand() -> None:
    # hits: cardiomegaly, no finding; too many: pneumonia; missed: edema, fracture, cardiomegaly
    assert values("micro-14", EXPECTED, SAID) == [2 * 2 / (2 * 2 + 1 + 3)]
    # cardiomegaly 2/3, no finding 1, the other twelve 0
    assert values("macro-14", EXPECTED, SAID) == [pytest.approx((2 / 3 + 1) / 14, abs=1e-15)]
    # of the five: cardiomegaly hit and missed once, edema missed
    assert values("micro-5", EXPECTED, SAID) == [2 * 1 / (2 * 1 + 0 + 2)]
    assert values("macro-5", EXPECTED, SAID) == [pytest.approx((2 / 3) / 5, abs=1e-15)]


@pytest.mark.parametrize("variant", ["micro-14", "macro-14", "micro-5", "macro-5"])
def test_it_is_scikit_learns_f1_of_positive_and_uncertain(variant: str) -> None:
    draws = np.random.default_rng(7)
    expected, said = draws.integers(0, 4, (60, 14)), draws.integers(0, 4, (60, 14))
    average, n = variant.split("-")
    chosen = [chexbert.LABELS.index(label) for label in (chexbert.FIVE if n == "5" else chexbert.LABELS)]
    reference = f1_score(np.isin(expected, (1, 3))[:, chosen], np.isin(said, (1, 3))[:, chosen], average=average, zero_division=0)
    assert values(variant, expected, said)[0] == pytest.approx(reference, abs=1e-12)


def test_no_label_on_either_side_is_undefined() -> None:
    assert np.isnan(values("micro-14", [classes()], [classes()])[0])


@pytest.fixture
def folder(weights: Path) -> Path:
    """A folder of weights with a labeller of two thin layers."""
    model = tiny_bert.saved(weights / chexbert.BACKBONE, WORDS, layers=2, seed=3)
    torch, _ = annotating.networks()
    draws = torch.Generator().manual_seed(3)
    state = {f"module.bert.{name}": tensor for name, tensor in model.state_dict().items()}
    for number in range(14):
        classes = 4 if number < 13 else 2
        state[f"module.linear_heads.{number}.weight"] = 3 * torch.randn(classes, 16, generator=draws)
        state[f"module.linear_heads.{number}.bias"] = torch.zeros(classes)
    state["module.bert.embeddings.position_ids"] = torch.arange(512)[None]  # as the release has it
    torch.save({"epoch": 3, "model_state_dict": state}, weights / chexbert.CHECKPOINT)
    return weights


TEXTS = ["heart is enlarged .", "lungs are clear", "no effusion . no edema", ""]


def test_a_checkpoint_in_the_releases_format_labels_reports(folder: Path) -> None:
    import torch

    readings, digest = chexbert.annotate(TEXTS)
    assert len(digest) == 64
    model, heads, tokenizer = chexbert.load(folder)
    for text, reading in zip(TEXTS[:3], readings, strict=False):
        with torch.inference_mode():
            first = model(**tokenizer([text], return_tensors="pt")).last_hidden_state[0, 0]
        assert reading.classes == tuple(int((weight @ first + bias).argmax()) for weight, bias in heads)
        np.testing.assert_allclose(reading.embedding, first.numpy(), atol=1e-5)
    assert readings[3].classes == (0,) * 14  # nothing said, nothing found, whatever the network makes of it
    assert len({reading.classes for reading in readings}) > 1


def test_a_text_is_read_once_and_no_text_is_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = chexbert.annotate([*TEXTS, *TEXTS])
    content = (tmp_path / "cache" / "biomed-harness" / "annotations.sqlite").read_bytes()
    assert b"effusion" not in content
    monkeypatch.setattr(chexbert, "load", lambda folder: pytest.fail("read again"))
    again, _ = chexbert.annotate(TEXTS)
    assert [reading.classes for reading in again] == [reading.classes for reading in first[:4]]
    np.testing.assert_array_equal(again[0].embedding, first[0].embedding)


def test_a_damaged_entry_is_made_again(folder: Path, tmp_path: Path) -> None:
    before, _ = chexbert.annotate(TEXTS)
    with closing(sqlite3.connect(tmp_path / "cache" / "biomed-harness" / "annotations.sqlite")) as database, database:
        database.execute("UPDATE annotations SET made = '{}'")
    database.close()
    after, _ = chexbert.annotate(TEXTS)
    assert [reading.classes for reading in after] == [reading.classes for reading in before]


def test_other_weights_are_another_model(folder: Path) -> None:
    import torch

    _, before = chexbert.annotate(TEXTS)
    saved = torch.load(folder / chexbert.CHECKPOINT, weights_only=True)
    saved["model_state_dict"]["module.linear_heads.0.bias"] += 100.0 * torch.tensor([0.0, 1.0, 0.0, 0.0])
    torch.save(saved, folder / chexbert.CHECKPOINT)
    readings, after = chexbert.annotate(TEXTS)
    assert after != before
    assert {reading.classes[0] for reading in readings[:3]} == {1}


def test_a_checkpoint_of_something_else_is_named(folder: Path) -> None:
    import torch

    path = folder / chexbert.CHECKPOINT
    torch.save({"model_state_dict": {"x": torch.zeros(1)}}, path)
    with pytest.raises(CorruptData, match="not CheXbert's weights"):
        chexbert.annotate(TEXTS)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(CorruptData, match="cannot be loaded as tensors alone"):
        chexbert.annotate(TEXTS)


def test_a_metric_reads_both_sides(folder: Path) -> None:
    metric = chexbert.METRICS[0]
    statistics = metric.measure.run(made.of(TEXTS[:2], TEXTS[:2]), Context())
    assert statistics.table.shape == (2, 42)
    assert metric.value(statistics, np.ones((1, 2)))[0] == 1.0  # the same text on both sides, and these have findings


def test_what_the_folder_of_weights_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(annotating.VARIABLE, str(tmp_path))
    with pytest.raises(NotComputed, match=r"^weights absent: .* holds no chexbert\.pth and no bert-base-uncased"):
        chexbert.annotate(TEXTS)
