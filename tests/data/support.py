"""Invented releases in a data root of a test's own: real to the loader, to be rearranged and spoilt."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.errors import CorruptData, HarnessError

SAMPLES = examples.SAMPLES


def copied(name: str, root: Path) -> Path:
    """The folder of an invented release, below a data root."""
    return Path(shutil.copytree(SAMPLES / name, root / name))


def sample(name: str, split: str = "test") -> Dataset:
    """A task's examples in its invented sample."""
    return examples.load(catalog.task(name), split=split)


def load(name: str, root: Path, **how: Any) -> Dataset:
    """A task's examples; that they are not as many as the card says is accepted unless a test wants otherwise."""
    return examples.load(catalog.task(name), data_root=root, **{"accept_different": True, **how})


def refused(name: str, root: Path, message: str, error: type[HarnessError] = CorruptData, **how: Any) -> None:
    """Loading it raises this error with this message."""
    with pytest.raises(error, match=message):
        load(name, root, **how)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer until the block ends."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield
    server.shutdown()


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    """Change what a JSON file holds."""
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def gzipped(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A compressed CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return gzip.compress(out.getvalue().encode(), compresslevel=1, mtime=0)
