"""Commands as a user types them, in an empty folder."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main

Command = Callable[..., subprocess.CompletedProcess[str]]


def _listening() -> None:
    """Signals as at a terminal: a suite that runs in the background of a script inherits them ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def process(tmp_path: Path) -> Command:
    """Runs ``harness …`` in a folder and a process of its own; the result has stdout, stderr and returncode."""
    folder = tmp_path / "somewhere"
    folder.mkdir(exist_ok=True)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness", *map(str, arguments)]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120, preexec_fn=_listening)

    return run


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """As `process`, in this one: for all that does not depend on a fresh process."""
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
