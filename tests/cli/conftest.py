"""Commands as a user types them, in an empty folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from tests.forks import Forks

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def forked(tmp_path: Path, forks: Forks) -> Command:
    """Runs ``harness …`` in a folder and a process of its own; the result has stdout, stderr and returncode."""
    folder = tmp_path / "somewhere"
    folder.mkdir(exist_ok=True)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return forks.run(*map(str, arguments), folder=folder)

    return run


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """As `forked`, in this process: for all that does not end it."""
    folder = tmp_path / "somewhere"
    folder.mkdir(exist_ok=True)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = ["harness", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        monkeypatch.chdir(folder)
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        written = capsys.readouterr()
        return subprocess.CompletedProcess(command, int(stopped.value.code or 0), written.out, written.err)

    return run


@pytest.fixture
def as_json(harness: Command) -> Callable[..., dict[str, Any]]:
    """Runs a command with ``--json`` and reads what it prints; it must succeed."""

    def run(*arguments: str | Path) -> dict[str, Any]:
        done = harness(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run
