"""What stands beside a leaderboard: the best published value that compares, and how far one system's values lie apart."""

from __future__ import annotations

from pathlib import Path

from harness.views.beside_board import beside
from harness.views.leaderboard import build

RESULTS = Path(__file__).resolve().parents[2] / "results"


def test_the_committed_runs_beside_what_was_published() -> None:
    """PneumoniaMNIST at 28 pixels: MedViT-S, 0.961. No published exact match on VQA-RAD is by our rule; LLaVA-Med's lie 29.2 apart."""
    found = {one.task: one for one in beside(build(RESULTS))}
    assert set(found) == {"meqsum", "pneumoniamnist", "vqa_rad"}
    lungs = found["pneumoniamnist"]
    assert (lungs.metric, lungs.best, lungs.best_system, lungs.best_source) == ("accuracy/label", 0.961, "MedViT-S", "MedViT")
    questions = found["vqa_rad"]
    assert (questions.best, questions.spread_system) == (None, "LLaVA-Med")
    assert round(questions.spread or 0, 6) == 0.292
