"""Each page is worked through from an empty folder: its files written, its commands typed, what they print held to what it shows.

UPDATE_GOLDEN=1 writes what they print now into the page.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from harness.base import torch_vision
from harness.cli import app
from tests.docs import pages

ELSEWHERE = {"docs/python.md": "test_python_page.py", "README.md": "tests/cli/test_readme.py"}
"""Pages with a test of their own, which looks at more than what is printed."""
NOT_RUN = {
    "installs from the network": 10,
    "needs data or a model of yours": 24,
    "needs a server": 3,
    "needs several GPUs": 3,
    "takes minutes": 3,
    "shows a form": 6,
}
"""Why blocks are shown alone, and how many: a block more is a decision, made here."""
TEXTS = {page.relative_to(pages.ROOT).as_posix(): page.read_text(encoding="utf-8") for page in pages.all_pages()}
RUN = [name for name, text in TEXTS.items() if name not in ELSEWHERE and any(not block.reason for block in pages.blocks(text))]

WITH_METEOR = {"docs/start/laboratory.md"}
"""Pages that count METEOR among what they compare; its values are not shown."""


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pages.Reader]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "88")  # what a block of the site shows on a desk
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    reading = pages.Reader(folder=folder, port=port)
    yield reading
    reading.leaves()


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.java] if name in WITH_METEOR else []) for name in RUN])
def test_a_page_does_what_it_says(reader: pages.Reader, name: str, request: pytest.FixtureRequest) -> None:
    if name in WITH_METEOR:
        request.getfixturevalue("few_paraphrases")
    if "torch" in TEXTS[name]:
        pytest.importorskip("transformers", reason="the page trains or loads a network: needs the extra hf")
        torch_vision.ready()
    text = TEXTS[name]
    for block in pages.blocks(text):
        if not block.reason:
            text = text.replace(block.text, reader.does(block), 1)
    if os.environ.get("UPDATE_GOLDEN"):
        (pages.ROOT / name).write_text(text, encoding="utf-8")
    else:
        assert text == TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_every_block_is_run_or_says_why_not(name: str) -> None:
    assert pages.indented(TEXTS[name]) == []
    for block in pages.blocks(TEXTS[name]):
        assert block.reason or block.file or block.language in ("console", "python") or name in ELSEWHERE, block.text


def test_what_is_not_run_is_counted() -> None:
    assert Counter(block.reason for text in TEXTS.values() for block in pages.blocks(text) if block.reason) == NOT_RUN


@pytest.mark.parametrize("name", TEXTS)
def test_commands_that_are_not_run_exist_with_their_options(name: str) -> None:
    for block in pages.blocks(TEXTS[name]):
        for command in pages.commands(block.text) if block.reason else ():
            assert understood(command), command


def understood(command: str) -> bool:
    """Whether the command line knows the command and every option of it."""
    known: Any = typer.main.get_command(app)
    words = shlex.split(command)
    words = words[words.index("harness") + 1 :]
    while hasattr(known, "commands"):
        known = known.commands.get(words.pop(0), None)
    options = {name for parameter in getattr(known, "params", ()) for name in (*parameter.opts, *parameter.secondary_opts)}
    return known is not None and all(word.partition("=")[0] in options for word in words if re.match(r"--?[a-z]", word))


def test_an_option_that_does_not_exist_is_seen() -> None:
    assert understood("HF_HUB_OFFLINE=1 harness run m.pt2 --tasks vqa_rad -a dtype=float32 --limit=3")
    assert not understood("harness run m.pt2 --task vqa_rad")
    assert not understood("harness walk")
    assert not understood("harness reported addition")
