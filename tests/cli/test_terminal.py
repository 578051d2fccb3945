"""Anyone's terminal: other encodings, and readers that stop reading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.console import terminal
from tests.forks import Forks

HARNESS = [sys.executable, "-m", "harness"]


def run(*words: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run([*HARNESS, *words], capture_output=True, check=False, env=environment)


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "ascii"])
@pytest.mark.parametrize("words", [("show", "slake_zh"), ("run", "--help"), ("metrics", "cider")])
def test_no_encoding_ends_in_a_traceback(forks: Forks, tmp_path: Path, encoding: str, words: tuple[str, ...]) -> None:
    done = forks.run(*words, folder=tmp_path, environment={**os.environ, "PYTHONIOENCODING": encoding}, encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_json_is_whole_in_any_encoding(tmp_path: Path) -> None:
    done = run(
        "run", "baseline:majority", "--tasks", "slake_zh", "--results", str(tmp_path), "--name", "多数 −", "--json", encoding="cp1252"
    )
    assert json.loads(done.stdout.decode("cp1252"))["runs"][0]["model"] == "多数 −"


def test_an_error_is_readable_in_any_encoding() -> None:
    done = run("show", "vqa_rα", encoding="cp1252")
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)
    assert b"vqa_r\\u03b1" in done.stderr


def test_a_reader_that_goes_ends_nothing(tmp_path: Path) -> None:
    """As with ``| head -1``: the exit code stays the command's own."""
    with subprocess.Popen([*HARNESS, "show", "vqa_rad", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [("tasks",), ("show", "vqa_rad", "--json"), ("--help",)], ids=["table", "json", "help"])
def test_output_that_a_full_disk_refuses_is_told(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*HARNESS, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == (
        "error: standard output: cannot be written (No space left on device). What the command wrote into files is kept."
        " Make room there; the same command then goes on.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="a shell of its own")
def test_streams_that_are_closed_end_nothing() -> None:
    words = " ".join(HARNESS)
    assert subprocess.run(f"{words} tasks >&-", shell=True, capture_output=True, check=False).stderr == b""  # noqa: S602
    assert subprocess.run(f"{words} show vqa_rat 2>&-", shell=True, capture_output=True, check=False).returncode == 2  # noqa: S602


def test_the_width_is_what_columns_says(forks: Forks, tmp_path: Path) -> None:
    lines = forks.run("tasks", folder=tmp_path, environment={**os.environ, "COLUMNS": "90"}).stdout.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 90


def test_a_warning_of_foreign_code_is_one_line_that_a_terminal_obeys_in_nothing() -> None:
    told = terminal._warned(UserWarning("mine \x1b[2J\nand more"), UserWarning, "mine.py", 7)
    assert told == "mine.py:7: UserWarning: mine \\x1b[2J and more\n"
