"""The page on the Python API runs from top to bottom."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from harness.base import torch_vision

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"
TINY = ROOT / "tests" / "models" / "tiny.py"
BLOCKS = re.findall(r"```python\n(.*?)```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
WITH_TRANSFORMERS = [block for block in BLOCKS if "transformers" in block]


def executed(blocks: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the blocks leave behind, one after another in a folder."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
    return names


def test_every_block_does_what_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the page trains a network: needs the extra torch")
    names = executed([block for block in BLOCKS if block not in WITH_TRANSFORMERS], tmp_path, monkeypatch)
    assert names["score"].value == names["frame"]["exact_match/canonical"].mean()
    assert names["closed"].slice == "closed"
    assert len(names["wrong"]) == 20 * (1 - names["score"].value)
    assert names["more"].value("bleu_4/coco-ptb").n == 20
    assert set(names["everything"]["system"]) == {"Cautious"}  # read before the frame was scored
    assert names["oracle"].value().value == 1.0
    assert names["between"].iloc[0]["difference.value"] == 1 - names["score"].value
    assert set(names["beside"]["judgement"]) == {"not comparable"}  # invented data
    assert len(names["history"]) == 2
    assert not list((tmp_path / "results").glob("pneumoniamnist"))  # nothing is kept of what is evaluated in between


def test_the_callback_reports_beside_the_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torch", "transformers", "accelerate"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"transformers' Trainer needs the extra hf: {package} is not installed")
    torch_vision.ready()
    (tmp_path / "tiny").mkdir()
    folder = runpy.run_path(str(TINY))["llama"](tmp_path / "tiny")
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

    names = executed(["import harness", *WITH_TRANSFORMERS], tmp_path, monkeypatch)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder, padding_side="left")
    row = tokenizer("yes no")
    trainer = Trainer(
        model=model,
        args=TrainingArguments(output_dir=str(tmp_path / "out"), report_to=[], use_cpu=True, disable_tqdm=True),
        eval_dataset=[{**row, "labels": row["input_ids"]}],
        processing_class=tokenizer,
        callbacks=[names["Evaluate"]("mednli", limit=3, decoding={"max_new_tokens": 2})],
    )
    metrics = trainer.evaluate()
    assert {"eval_loss", "harness_mednli"} <= set(metrics)
    assert 0 <= metrics["harness_mednli"] <= 1
