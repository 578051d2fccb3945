"""What a run leaves on disk: who may read it, and what `git add` takes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.data import catalog, examples
from harness.files import kept_back
from harness.images.image import Image
from harness.runs import evaluate
from harness.runs.excerpt import Excerpt
from harness.runs.plan import Options
from harness.runs.requests_file import write_requests
from harness.stats.bootstrap import Bootstrap
from tests.runs import entrusted

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")


def rights(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


@pytest.fixture(params=[0o022, 0o077, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_files_of_an_open_dataset_have_the_rights_that_the_user_gives_files(umask: int, tmp_path: Path) -> None:
    options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=0), limit=2)
    run = evaluate.evaluate(catalog.task("vqa_rad"), entrusted.Parrot(), options)
    write_requests(examples.load(catalog.task("vqa_rad")), tmp_path / "requests.jsonl", excerpt=Excerpt(first=1))
    written = [*run.folder.glob("[rs]*.*"), tmp_path / "requests.jsonl", *(tmp_path / "requests_images").iterdir()]
    assert {path.name for path in written} >= {"run.json", "samples.csv", "replies.jsonl", "requests.jsonl"}
    assert {rights(path) for path in written if path.suffix != ".lock"} == {oct(0o666 & ~umask)}


def test_replies_to_entrusted_rows_are_their_owners_alone(umask: int, tmp_path: Path) -> None:
    run = entrusted.run(entrusted.mednli(tmp_path), tmp_path / "results")
    assert rights(run.folder) == "0o700"
    assert rights(run.folder / "replies.jsonl") == "0o600"
    assert rights(run.folder / "run.json") == oct(0o666 & ~umask), "the record holds no text"


def test_so_are_those_that_an_older_version_left_open(tmp_path: Path) -> None:
    root = entrusted.mednli(tmp_path)
    run = entrusted.run(root, tmp_path / "results")
    (run.folder / "replies.jsonl").chmod(0o644)
    entrusted.run(root, tmp_path / "results")
    assert rights(run.folder / "replies.jsonl") == "0o600"


def test_an_export_of_entrusted_rows_is_its_owners_alone(umask: int, tmp_path: Path) -> None:
    from dataclasses import replace

    dataset = examples.load(catalog.task("mednli"), data_root=entrusted.mednli(tmp_path), accept_different=True)
    picture = Image(name="x.png", read=lambda: bytes(range(6)), shape=(2, 3))
    shown = tuple(replace(example, input=replace(example.input, images=(picture,))) for example in dataset.examples)
    write_requests(replace(dataset, examples=shown), tmp_path / "x.jsonl", allow_credentialed=True)
    assert rights(tmp_path / "x.jsonl") == "0o600"
    assert rights(tmp_path / "x_images") == "0o700"
    assert {rights(path) for path in (tmp_path / "x_images").glob("*.png")} == {"0o600"}
    assert (tmp_path / "x_images" / ".gitignore").read_text().splitlines()[1:] == ["*"]


def test_an_ignore_file_of_the_users_own_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    kept_back.ignore(tmp_path, but=("run.json",))
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
def test_git_adds_the_record_and_nothing_else(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}

    def git(*words: str) -> list[str]:
        done = subprocess.run(["git", "-C", str(tmp_path / "mine"), *words], env=home, check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    run = evaluate.evaluate(
        catalog.task("vqa_rad"), entrusted.Parrot(), Options(results=tmp_path / "mine" / "results", plan=Bootstrap(resamples=0), limit=2)
    )
    for name in ("replies-1-of-2.jsonl", "prompts.jsonl", "picture.png", ".replies.jsonl.0a1b2c3d.new"):
        (run.folder / name).write_text("x")
    git("init", "-q")
    git("add", "results")
    assert sorted(Path(name).name for name in git("diff", "--cached", "--name-only")) == ["run.json", "samples.csv"]
