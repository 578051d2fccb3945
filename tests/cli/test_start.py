"""What the command line imports for what it is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_HEAVY = ("numpy", "harness.metrics", "harness.data", "harness.cards", "pydantic_settings", "PIL")


def imported(tmp_path: Path, *words: str) -> list[str]:
    """The modules that a process of the command loads, of those that are heavy; the installation's state is taken for settled."""
    code = (
        "import sys\nfrom harness.base import installation\ninstallation.state = lambda: 'as it is'\nfrom harness.cli import main\n"
        f"try:\n    main()\nfinally:\n    print('LOADED', *(name for name in {_HEAVY} if name in sys.modules), file=sys.stderr)"
    )
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code, *words], env=env, capture_output=True, text=True, check=True)
    return done.stderr.split("LOADED")[1].split()


def test_help_imports_neither_numpy_nor_metrics(tmp_path: Path) -> None:
    assert imported(tmp_path, "--help") == []


@pytest.mark.parametrize("words", [("tasks",), ("metrics", "cider"), ("show", "vqa_rad")])
def test_a_list_takes_no_numpy_and_neither_cards_nor_metrics_once_it_was_shown(tmp_path: Path, words: tuple[str, ...]) -> None:
    first = imported(tmp_path, *words)
    assert "harness.metrics" in first
    assert "harness.cards" in first
    assert "numpy" not in first
    assert imported(tmp_path, *words) == []
