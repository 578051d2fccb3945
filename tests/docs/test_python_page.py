"""The page on the Python API runs from top to bottom."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path

import pytest

from harness.base import torch_vision
from tests.docs.pages import executed

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"
TINY = ROOT / "tests" / "models" / "tiny.py"
BLOCKS = re.findall(r"```python\n(.*?)```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
WITH_TRANSFORMERS = [block for block in BLOCKS if "transformers" in block]


def test_every_block_does_what_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the page trains a network: needs the extra torch")
    monkeypatch.chdir(tmp_path)
    names = executed(block for block in BLOCKS if block not in WITH_TRANSFORMERS)
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

    monkeypatch.chdir(tmp_path)
    names = executed(["import harness", *WITH_TRANSFORMERS])
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
