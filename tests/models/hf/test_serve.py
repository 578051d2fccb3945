"""A real OpenAI-compatible server, transformers' own, on loopback: through it a checkpoint answers as it does here."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from tests.models.checkpoints import NO_TAGS

ABSENT = [name for name in ("fastapi", "uvicorn", "openai") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(ABSENT), reason=f"needs the packages {', '.join(ABSENT)}")


@pytest.fixture
def server(tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """The address of a server with one tiny chat model, and the model's folder; it is the command's own, in a thread of this process."""
    folder = tiny("llama_chat")
    from transformers.cli.serve import Serve
    from transformers.utils import logging

    before = logging.get_verbosity()
    # Whoever connects before the server is up waits in the line of this socket.
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def start(serving: Any) -> None:
            serving._thread = threading.Thread(target=lambda: asyncio.run(serving.server.serve(sockets=[listening])), daemon=True)
            serving._thread.start()

        monkeypatch.setattr(Serve, "start_server", start)
        serving = Serve(str(folder), device="cpu", dtype="float32", log_level="error", non_blocking=True)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1", folder
        finally:
            serving.kill_server()
            serving._thread.join(120)
            logging.set_verbosity(before)


def texts(folder: Path) -> dict[str, str]:
    lines = [json.loads(line) for line in (folder / "replies.jsonl").read_text().splitlines()]
    return {line["id"]: line["text"].strip() for line in lines}


def test_a_served_checkpoint_answers_as_it_does_here(server: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = server
    options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=0), decoding={"max_new_tokens": 8}, limit=6)
    served = evaluate.evaluate(catalog.task("mednli"), models.open_model(f"openai:{address}", {"concurrency": "2"}), options)
    local = evaluate.evaluate(
        catalog.task("mednli"), models.open_model(f"hf:{folder}", {"dtype": "float32", "thinking_tags": NO_TAGS}), options
    )
    assert served.record.counts.failed == 0
    assert served.record.model.name.startswith(f"{folder.parent.name}/{folder.name}@")
    assert texts(served.folder) == texts(local.folder)
    assert len(set(texts(local.folder).values())) > 1
    elsewhere = replace(options, results=tmp_path / "streamed")
    streamed = evaluate.evaluate(catalog.task("mednli"), models.open_model(f"openai:{address}", {"stream": "yes"}), elsewhere)
    # That server's stream keeps back what is half a character when the budget ends.
    whole, pieces = ({name: text.rstrip("\ufffd") for name, text in texts(run.folder).items()} for run in (local, streamed))
    assert pieces == whole
    assert streamed.record.prompting.tokens == served.record.prompting.tokens
