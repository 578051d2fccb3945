"""Without the extras: what scores runs, and what needs a package that is absent says what to type."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.base import extras
from harness.data.examples import SAMPLES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that finds none of the packages of the extras."""
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name in extras.EXTRAS else find(name, *rest))


def test_each_package_is_brought_by_the_extra_that_is_named() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for package, extra in extras.EXTRAS.items():
        assert any(line.startswith(package.replace("_", "-")) for line in declared[extra]), package
        assert extra in declared["all"][0]


def test_what_scores_needs_none_of_them(harness: Any) -> None:
    done = harness("run", "baseline:majority", "--tasks", "vqa_rad", "--resamples", "0", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"][0]["status"] == "complete"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "baseline:majority", "--tasks", "vqa_rad@hub"), "parquet: needs the package pyarrow; pip install 'biomed-harness[hub]'"),
        (
            ("run", "baseline:majority", "--tasks", "vqa_rad", "--metrics", "evaluate:exact_match"),
            "the library evaluate: needs the package evaluate; pip install 'biomed-harness[evaluate]'",
        ),
        (("fetch", "path_vqa", "--data-root", "d"), "path_vqa: needs the package huggingface_hub; pip install 'biomed-harness[hub]'"),
        (("check", "path_vqa"), "parquet: needs the package pyarrow; pip install 'biomed-harness[hub]'"),
        (("new", "a_table", "--family", "vqa", "--layout", "parquet"), "a Parquet table: needs the package pyarrow"),
        (("export-results", ROOT / "results" / "pneumoniamnist", "--to", "model-index"), "a model card: needs the package huggingface_hub"),
    ],
)
def test_what_needs_one_says_what_to_type(harness: Any, arguments: tuple[str | Path, ...], message: str) -> None:
    done = harness(*arguments)
    assert done.returncode == 3
    assert message in done.stderr


def test_a_task_is_shown_but_for_the_prompt_of_a_sample_that_cannot_be_read(harness: Any) -> None:
    done = harness("show", "path_vqa", "--json")
    assert (done.returncode, json.loads(done.stdout)["prompt"]) == (0, None)
    assert "no prompt is shown: " in done.stderr
    assert "needs the package pyarrow; pip install 'biomed-harness[hub]'" in done.stderr


def test_replies_in_parquet_say_so_too(harness: Any) -> None:
    [*_, table] = sorted((SAMPLES / "vqa_rad" / "data").glob("*.parquet"))
    done = harness("score", table, "--tasks", "vqa_rad")
    assert (done.returncode, f"{table}: needs the package pyarrow; pip install 'biomed-harness[hub]'" in done.stderr) == (3, True)
