"""``harness run suite.toml`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def test_a_suite_is_one_system_on_all_of_its_tasks(harness: Command) -> None:
    done = harness("run", EXAMPLES / "demo_suite.toml", "--json", "-q", "--resamples", "20")
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)["runs"]
    assert [(run["task"], run["model"]) for run in runs] == [
        ("pneumoniamnist", "Demo suite"),
        ("vqa_rad", "Demo suite"),
        ("meqsum", "Demo suite"),
    ]


def test_a_checkpoint_that_is_absent_costs_its_own_task_alone(harness: Command, tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text('name = "a"\n[tasks.vqa_rad]\nmodel = "gone.pt"\n[tasks.meqsum]\nmodel = "baseline:lead"\n')
    done = harness("run", path, "--json", "-q", "--resamples", "20")
    assert done.returncode == 3
    finished, absent = json.loads(done.stdout)["runs"]
    assert (finished["task"], finished["status"]) == ("meqsum", "complete")
    assert (absent["task"], absent["error"]["type"]) == ("vqa_rad", "MissingData")
