"""What a model says about a text, kept on disk: the slow half of a clinical metric, made once per text and model.

A clinical metric is two halves. ``annotate`` runs a model with weights of its own and gives an annotation per text; ``score`` is a
pure function of annotations. Weights come from one folder, which the user names in ``HARNESS_CLINICAL``; nothing is fetched, and
nothing leaves this machine. The cache holds annotations by the hash of the text and the model's identity, and no text.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from harness.base.environment import cache_folder
from harness.metrics.base import Floats, NotComputed

VARIABLE = "HARNESS_CLINICAL"
"""Names the folder of weights."""
EXTRA = "pip install 'biomed-harness[clinical]'"

Item: TypeAlias = tuple[str, ...]
"""A text, or a pair of texts that is judged together."""
_PER_COMMIT = 50


def weights(*names: str) -> Path:
    """The folder of weights, which holds all of these files or folders.

    Raises:
        NotComputed: No folder is named, or one of them is not in it.
    """
    wanted = " and ".join(names)
    given = os.environ.get(VARIABLE)
    if not given:
        raise NotComputed(f"weights absent: set {VARIABLE} to a folder that holds {wanted}")
    folder = Path(given).expanduser()
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise NotComputed(f"weights absent: {folder} holds no {' and no '.join(missing)}")
    return folder


def required(*packages: str) -> None:
    """Check that packages are installed, without importing them.

    Raises:
        NotComputed: One is not.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise NotComputed(f"the package {package} is absent: {EXTRA}")


def networks() -> tuple[Any, Any]:
    """PyTorch and transformers, imported.

    Raises:
        NotComputed: One is not installed.
    """
    required("torch", "transformers")
    from harness.base import torch_vision

    torch_vision.ready()  # transformers imports torchvision where there is one, and a misfit would take every model with it
    import torch
    import transformers

    return torch, transformers


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files by name: other weights are another model."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    hashes = [f"{file.relative_to(path.parent)} {_file_digest(file, *_stamp(file))}" for file in files]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _stamp(file: Path) -> tuple[int, int]:
    state = file.stat()
    return state.st_size, state.st_mtime_ns


@functools.lru_cache(maxsize=256)
def _file_digest(file: Path, size: int, changed: int) -> str:  # noqa: ARG001  a changed file is another entry
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def annotate(model: str, items: Sequence[Item], make: Callable[[list[Item]], Iterable[Any]]) -> list[Any]:
    """An annotation for each item, from the cache on disk or from the model.

    Args:
        model: Everything that makes the annotation what it is: kind, digest of the weights, options.
        items: n texts or pairs; equal ones are annotated once.
        make: Yields an annotation that JSON can hold for each of the items it is given, in their order. Called only where some are
            not known, so that a model is loaded only when it is needed; what it has yielded is kept if it is interrupted.
    """
    keys = {item: hashlib.sha256(json.dumps([model, *item]).encode()).hexdigest() for item in items}
    with contextlib.closing(_Cache()) as cache:
        known = {item: found for item, key in keys.items() if (found := cache.get(key)) is not None}
        asked = [item for item in keys if item not in known]
        if asked:
            for n, (item, made) in enumerate(zip(asked, make(asked), strict=True), start=1):
                known[item] = made
                cache.put(keys[item], made, commit=n % _PER_COMMIT == 0 or n == len(asked))
    return [known[item] for item in items]


def pack(vector: Any) -> str:
    """An array of any shape as text: its shape and its single-precision numbers."""
    array = np.asarray(vector, dtype="<f4")
    return f"{'x'.join(map(str, array.shape))}:{base64.b64encode(array.tobytes()).decode()}"


def unpack(text: str) -> Floats:
    """The array that `pack` wrote."""
    shape, _, numbers = text.partition(":")
    array = np.frombuffer(base64.b64decode(numbers), dtype="<f4")
    return array.reshape([int(size) for size in shape.split("x")]).astype(np.float64)


class _Cache:
    """Annotations by key. It can be deleted at any time; a failure or a damaged entry costs time, not a score."""

    def __init__(self) -> None:
        self._database: sqlite3.Connection | None = None
        folder = cache_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / "annotations.sqlite", timeout=30)
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS annotations (key TEXT PRIMARY KEY, made TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error):
            self.close()

    def get(self, key: str) -> Any | None:
        """What is known of a key; None for nothing, which no annotation is."""
        if self._database is None:
            return None
        try:
            row = self._database.execute("SELECT made, sha256 FROM annotations WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            self.close()
            return None
        if row is None or hashlib.sha256(str(row[0]).encode()).hexdigest() != row[1]:
            return None
        return json.loads(row[0])

    def put(self, key: str, made: Any, *, commit: bool) -> None:
        """Remember an annotation."""
        if self._database is None:
            return
        text = json.dumps(made)
        try:
            values = (key, text, hashlib.sha256(text.encode()).hexdigest())
            self._database.execute("INSERT OR REPLACE INTO annotations VALUES (?, ?, ?)", values)
            if commit:
                self._database.commit()
        except sqlite3.Error:
            self.close()

    def close(self) -> None:
        """Keep what was put, and let go of the file."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.commit()
            self._database.close()
            self._database = None
