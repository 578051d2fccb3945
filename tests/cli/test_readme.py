"""The README shows what the commands print: each block that begins with ``$ harness`` is run again.

UPDATE_GOLDEN=1 writes what they print now into the README.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
WIDTH = "150"
"""Columns that a block of code has where the README is read."""
BLOCK = re.compile(r"```\n\$ (harness [^\n]+)\n(.*?)```\n", re.DOTALL)
SHOWN = [match.group(1) for match in BLOCK.finditer(README.read_text(encoding="utf-8"))]


def printed(command: str, folder: Path) -> str:
    places = {"results": str(ROOT / "results")}
    words = [sys.executable, "-m", "harness", *(places.get(word, word) for word in shlex.split(command)[1:])]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": WIDTH})
    return "".join(line.rstrip() + "\n" for line in done.stdout.strip("\n").split("\n"))


@pytest.mark.parametrize("command", SHOWN)
def test_what_is_shown_is_what_is_printed(tmp_path: Path, command: str) -> None:
    found = printed(command, tmp_path)
    text = README.read_text(encoding="utf-8")
    [shown] = [match.group(2) for match in BLOCK.finditer(text) if match.group(1) == command]
    if os.environ.get("UPDATE_GOLDEN"):
        README.write_text(text.replace(f"$ {command}\n{shown}", f"$ {command}\n{found}"), encoding="utf-8")
    else:
        assert shown == found
