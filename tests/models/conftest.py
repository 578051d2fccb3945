"""Tiny checkpoints, made once for all tests, and a way to ask them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.types import Pipelined, Request
from tests.models import asking

Ask = Callable[..., tuple[Pipelined, list[Request]]]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint, by its name in `tiny.py`; ``llama_chat`` has a chat template and ``llava_bare`` none."""
    pytest.importorskip("transformers", reason="needs the extra hf")
    from tests.models import tiny as made

    root = tmp_path_factory.mktemp("tiny")
    makers: Mapping[str, Callable[[Path], Path]] = {
        "llama": made.llama,
        "llama_chat": lambda folder: made.llama(folder, template=made.CHAT),
        "t5": made.t5,
        "llava": made.llava,
        "llava_bare": lambda folder: made.llava(folder, template=""),
        "qwen": made.qwen,
        "clip": made.clip,
        "siglip": made.siglip,
        "open_clip": made.open_clip,
        "resnet": made.resnet,
        "adapter": lambda folder: made.adapter(folder, find("llama")),
    }

    def find(name: str) -> Path:
        folder = root / name
        if not folder.exists():
            folder.mkdir()
            makers[name](folder)
        return folder

    return find


@pytest.fixture
def ask() -> Ask:
    """A checkpoint before a task, and the task's first requests: ``ask(folder, "mednli", 5, kind="hf", dtype="float32")``."""

    def make(folder: Path, task: str, n: int = 6, *, kind: str = "hf", decoding: Mapping[str, Any] | None = None, **arguments: str) -> Any:
        own = replace(asking.dataset(task).task.decoding, **(decoding or {}))
        place = asking.scene(task, n, decoding=own)
        return models.open_model(f"{kind}:{folder}", {"device": "cpu"} | arguments).for_task(place), asking.requests(place)

    return make
