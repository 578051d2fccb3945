"""Commands as a user types them, in an empty folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def harness(tmp_path: Path) -> Command:
    """Runs ``harness …`` in a folder of its own; the result has stdout, stderr and returncode."""
    folder = tmp_path / "somewhere"
    folder.mkdir()

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness", *map(str, arguments)]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)

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
