"""A real OpenAI-compatible server, transformers' own, on loopback: through it a checkpoint answers as it does here."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness import models
from harness.data import catalog
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap

ABSENT = [name for name in ("fastapi", "uvicorn", "openai") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(ABSENT), reason=f"needs the packages {', '.join(ABSENT)}")

# The console script of transformers imports torchvision, which has to be made ready beside a CPU build of torch.
SERVE = """
import sys
from harness.base.torch_vision import ready
ready()
from transformers.cli.transformers import main
sys.argv = ["transformers", "serve", *sys.argv[1:]]
main()
"""
SECONDS = 120


@pytest.fixture
def server(tiny: Callable[[str], Path], tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server with one tiny chat model, and the model's folder."""
    folder = tiny("llama_chat")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"host": "127.0.0.1", "port": str(port), "device": "cpu", "dtype": "float32"}
    command = [sys.executable, "-c", SERVE, *(word for name, value in options.items() for word in (f"--{name}", value)), str(folder)]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"})
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, tmp_path / "server.log")
            yield f"http://127.0.0.1:{port}/v1", folder
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(SECONDS * 4):
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            with urllib.request.urlopen(address, timeout=1):  # noqa: S310  loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise AssertionError(f"no server within {SECONDS} seconds: {log.read_text()[-2000:]}")


def texts(folder: Path) -> dict[str, str]:
    lines = [json.loads(line) for line in (folder / "replies.jsonl").read_text().splitlines()]
    return {line["id"]: line["text"].strip() for line in lines}


def test_a_served_checkpoint_answers_as_it_does_here(server: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = server
    options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=0), decoding={"max_new_tokens": 8}, limit=6)
    served = evaluate.evaluate(catalog.task("meqsum"), models.open_model(f"openai:{address}", {"concurrency": "2"}), options)
    local = evaluate.evaluate(catalog.task("meqsum"), models.open_model(f"hf:{folder}", {"dtype": "float32"}), options)
    assert served.record.counts.failed == 0
    assert served.record.model.name.startswith(f"{folder.parent.name}/{folder.name}@")
    assert texts(served.folder) == texts(local.folder)
    assert len(set(texts(local.folder).values())) > 1
    elsewhere = replace(options, results=tmp_path / "streamed")
    streamed = evaluate.evaluate(catalog.task("meqsum"), models.open_model(f"openai:{address}", {"stream": "yes"}), elsewhere)
    # That server's stream keeps back what is half a character when the budget ends.
    whole, pieces = ({name: text.rstrip("\ufffd") for name, text in texts(run.folder).items()} for run in (local, streamed))
    assert pieces == whole
    assert streamed.record.prompting.tokens == served.record.prompting.tokens
