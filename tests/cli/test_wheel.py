"""What is installed: one top-level name, and everything that the samples need."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TASKS = "vqa_rad,pneumoniamnist,mednli,mc_cxr,iu_xray@r2gen"
"""Pictures in a folder, packed arrays, lines of JSON, pictures whose names tell their class, and reports in one file."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout without a network."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [path] = out.glob("*.whl")
    return path


def test_the_only_top_level_name_is_harness(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"harness"}


def test_what_a_user_runs_is_installed_and_what_made_the_samples_is_not(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        installed = {name.removeprefix("harness/") for name in archive.namelist() if name.startswith("harness/")}
    expected = {path.relative_to(ROOT / "harness").as_posix() for path in (ROOT / "harness").rglob("*") if path.is_file()}
    expected |= {f"tasks/{path.relative_to(ROOT / 'tasks').as_posix()}" for path in (ROOT / "tasks").rglob("*") if path.is_file()}
    left_out = {name for name in expected - installed if "__pycache__" not in name}
    assert left_out == {f"tasks/samples/make_{name}.py" for name in ("clinical", "imaging", "medmnist", "phantoms", "questions", "samples")}


def test_an_installed_package_lists_its_tasks_and_runs_their_samples(wheel: Path, tmp_path: Path) -> None:
    """Unpacked and put before the checkout; samples of every layout are answered by the oracle, and all are in the wheel, as told above."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "work").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    code = "import harness; print(harness.__file__)"
    main = "import sys; from harness.metrics.texts import java; java.java = lambda: None; from harness.cli import main; main()"

    def run(*arguments: str) -> str:
        command = [sys.executable, "-P", *arguments]
        return subprocess.run(command, cwd=tmp_path / "work", env=environment, check=True, capture_output=True, text=True).stdout

    assert str(tmp_path / "site") in run("-c", code)
    assert "vqa_rad" in run("-m", "harness", "tasks")
    said = run("-c", main, "run", "baseline:oracle", "--tasks", TASKS, "--resamples", "0", "-q")
    assert "SYNTHETIC SAMPLE" in said
    assert said.count(" complete ") == 5


def test_the_samples_are_small() -> None:
    size = sum(path.stat().st_size for path in (ROOT / "tasks" / "samples").rglob("*") if path.is_file())
    assert size < 3_000_000
