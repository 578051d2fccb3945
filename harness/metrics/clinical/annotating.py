"""What a model says about a text, kept on disk: the slow half of a clinical metric, made once per text and model.

A clinical metric is two halves. ``annotate`` runs a model with weights of its own and gives an annotation per text; ``score`` is a
pure function of annotations. Weights come from one folder, which the user names in ``HARNESS_CLINICAL``; nothing is fetched, and
nothing leaves this machine. The cache holds annotations by the hash of the text and the model's identity, and no text.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from harness.base import extras
from harness.base.arrays import np
from harness.files import checksum, folders
from harness.metrics.base import Floats, NotComputed, Samples

VARIABLE = "HARNESS_CLINICAL"
"""Names the folder of weights."""
EXTRA = "pip install 'biomed-harness[clinical]'"

Item: TypeAlias = tuple[str, ...]
"""A text, or a pair of texts that is judged together."""
_AT_ONCE = 50


def weights(*names: str) -> Path:
    """The folder of weights, which holds all of these files or folders.

    Raises:
        NotComputed: No folder is named, or one of them is not in it.
    """
    folder = named_folder()
    if folder is None:
        raise NotComputed(f"weights absent: set {VARIABLE} to a folder that holds {' and '.join(names)}")
    if lacks := missing(names):
        raise NotComputed(f"weights absent: {folder} holds no {' and no '.join(lacks)}")
    return folder


def named_folder() -> Path | None:
    """The folder of weights, which may not be there; None where none is named."""
    given = os.environ.get(VARIABLE)
    return folders.from_home(given) if given else None


def missing(names: Sequence[str]) -> list[str]:
    """Those of some files or folders that are not in the folder of weights."""
    folder = named_folder()
    return [name for name in names if folder is None or not (folder / name).exists()]


def required(*packages: str) -> None:
    """Check that packages are installed, without importing them.

    Raises:
        NotComputed: One is not.
    """
    for package in packages:
        if not extras.is_here(package):
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


def device(torch: Any) -> Any:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def texts(samples: Samples) -> tuple[list[str], list[str]]:
    """What was said and each sample's first reference; nothing where a reply could not be read."""
    predictions = ["" if prediction is None else str(prediction) for prediction in samples.predictions]
    return predictions, [str(row[0]) for row in samples.references]


def unit(vectors: Floats) -> Floats:
    """Rows of length one, and zeros as they are."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files by name: other weights are another model."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    hashes = [f"{file.relative_to(path.parent)} {checksum.of_file(file)}" for file in files]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def annotate(model: str, items: Sequence[Item], make: Callable[[list[Item]], Iterable[Any]]) -> list[Any]:
    """An annotation for each item, from the cache on disk or from the model.

    Args:
        model: Everything that makes the annotation what it is: kind, digest of the weights, options.
        items: n texts or pairs; equal ones are annotated once.
        make: Yields an annotation that JSON can hold for each of the items it is given, in their order. Called only where some are
            not known, so that a model is loaded only when it is needed; what it has yielded is kept if it is interrupted.
    """
    keys = {item: hashlib.sha256(json.dumps([model, *item]).encode()).hexdigest() for item in items}
    from harness.files.cache import Store

    with contextlib.closing(Store("annotations", at_once=_AT_ONCE)) as cache:
        known = {item: json.loads(kept) for item, key in keys.items() if (kept := cache.get(key)) is not None}
        asked = [item for item in keys if item not in known]
        if asked:
            for item, made in zip(asked, make(asked), strict=True):
                known[item] = made
                cache.put(keys[item], json.dumps(made))
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
