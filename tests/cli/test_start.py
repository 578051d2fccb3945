"""What the command line imports for what it is asked: a list waits for nothing that it does not say."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = (
    *("numpy", "PIL", "sqlite3", "tarfile", "rich.table", "pydantic_settings"),
    *("harness.cards", "harness.data", "harness.metrics", "harness.metrics.registry", "harness.metrics.texts", "harness.metrics.clinical"),
    *("harness.models", "harness.runs", "harness.parsing.replies", "harness.types.models", "harness.cli.run", "harness.cli.score"),
)
_TASKS = ["harness.cards", "harness.data", "harness.metrics"]
_ALL_METRICS = ["harness.metrics.texts", "harness.metrics.clinical"]


def imported(*words: str) -> list[str]:
    """The modules that a process of the command loads, of those that are heavy."""
    code = (
        "import sys\nfrom harness.cli import main\n"
        f"try:\n    main()\nfinally:\n    print('LOADED', *(name for name in {_HEAVY} if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return done.stderr.split("LOADED")[1].split()


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (("--version",), []),
        (("tasks", "--help"), ["rich.table"]),
        (("tasks",), [*_TASKS, *_ALL_METRICS]),
        (("metrics",), [*_TASKS, "harness.metrics.registry", *_ALL_METRICS]),
        (("show", "vqa_rad", "--json"), ["PIL", "tarfile", *_TASKS]),
        (("show", "pathmnist"), ["numpy", "tarfile", *_TASKS]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_command_takes_what_it_shows_and_no_more(words: tuple[str, ...], needed: list[str]) -> None:
    assert imported(*words) == sorted(needed, key=_HEAVY.index)


def test_help_takes_the_commands_alone() -> None:
    assert imported("--help") == ["rich.table", "harness.cli.run", "harness.cli.score"]
