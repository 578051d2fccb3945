"""Cards, replies and notebooks: what stands in them is read, and nothing of it is looked up, run or shown as markup."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from harness import models
from harness.api.results import Run
from harness.data import catalog, examples
from harness.errors import AdapterError, HarnessError
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from tests.views.test_hostile_texts import HOSTILE, plain

TASKS = Path(catalog.__file__).parents[1] / "tasks"


def card_with(folder: Path, old: str, new: str) -> Path:
    """A user's own folder of tasks with VQA-RAD's card, edited."""
    folder = folder / "vqa"
    shutil.copytree(TASKS / "vqa", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.glob("*.toml"):
        if path.name != "vqa_rad.toml":
            path.unlink()
    path = folder / "vqa_rad.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new).replace('name = "vqa_rad"', 'name = "theirs"'))
    return path.rename(folder / "theirs.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('reader = "json"', 'reader = "os:system"'),
        ('reader = "json"', 'reader = "harness.base.user_code:load"'),
        ('adapter = "vqa_rad"', 'adapter = "../outside"'),
        ('adapter = "vqa_rad"', 'adapter = "os.path"'),
        ('folder = "vqa_rad"', 'folder = "../../etc"'),
    ],
)
def test_a_card_names_no_code_but_a_file_beside_it(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "outside.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'bang')!r}).touch()\n")
    card_with(tmp_path / "tasks", old, new)
    shutil.copytree(examples.SAMPLES / "vqa_rad", tmp_path / "vqa_rad")
    before = set(sys.modules)
    with pytest.raises(HarnessError) as refused:
        examples.load(catalog.task("theirs", [tmp_path / "tasks"]), data_root=tmp_path)
    assert isinstance(refused.value, AdapterError) or "reader" in str(refused.value)
    assert not (tmp_path / "bang").exists()
    assert "outside" not in set(sys.modules) - before


@pytest.mark.parametrize("name", list(HOSTILE.values()), ids=list(HOSTILE))
def test_a_file_of_replies_is_scored_and_shown_in_a_notebook_as_text(tmp_path: Path, name: str) -> None:
    dataset = examples.load(catalog.task("vqa_rad"))
    lines = [json.dumps({"id": example.id, "text": name}) for example in dataset.examples]
    (tmp_path / "replies.jsonl").write_text("\n".join(lines) + "\n")
    model = models.open_model(str(tmp_path / "replies.jsonl"), {})
    run = evaluate.evaluate(catalog.task("vqa_rad"), model, Options(results=tmp_path / "results", name=name, plan=Bootstrap(resamples=10)))
    assert run.record.counts.examples == len(dataset.examples)
    html = Run(made=run)._repr_html_()
    assert plain(html)
    assert not any(mark in html for mark in ("<script", "<img", "<a "))
    assert not list(tmp_path.glob("bang*"))
