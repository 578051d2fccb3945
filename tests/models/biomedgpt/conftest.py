"""Small checkpoints of seeded noise and what the reference computes with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.files import checksum
from harness.models.biomedgpt import container, settings, vocabulary, vocabulary_files, weights
from harness.models.biomedgpt.container import Checkpoint
from harness.models.biomedgpt.decoder import Network
from harness.models.biomedgpt.pictures import pixels
from harness.types import Image
from tests.models.biomedgpt import recipe

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "biomedgpt"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tensors() -> Mapping[str, torch.Tensor]:
    """The weights of the golden outputs; to be copied before a change."""
    return recipe.weights(recipe.MINI, 77, 9.0)


@pytest.fixture(scope="session")
def averaged() -> Mapping[str, torch.Tensor]:
    """Other weights of the same size, which files hold as averaged ones."""
    return recipe.weights(recipe.MINI, 78, 9.0)


@pytest.fixture(scope="session")
def thin(tensors: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
    """Weights of the same names and shapes whose file is small, for tests in which no number of the reference is expected."""
    return recipe.thin(tensors)


@pytest.fixture(scope="session")
def load() -> Callable[[Mapping[str, torch.Tensor]], Network]:
    """A network from tensors, by way of the checks that a file's go through."""

    def load(model: Mapping[str, torch.Tensor], **changed: object) -> Network:
        built = settings.architecture(recipe.settings(recipe.MINI) | changed, "recipe.pt")
        checkpoint = Checkpoint(
            path=Path("recipe.pt"), layout="fairseq", architecture=built, training=settings.Training(), weights={"model": model}
        )
        weights.check(checkpoint, "model")
        return weights.build(checkpoint, "model", device=torch.device("cpu"), dtype=torch.float32)

    return load


class Remembering(torch.nn.Module):
    """A trunk that looks at each stack of pictures once: all other parts of a network together take less time."""

    def __init__(self, trunk: torch.nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.known: dict[bytes, torch.Tensor] = {}

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        key = hashlib.sha256(pictures.numpy().tobytes()).digest()
        if key not in self.known:
            self.known[key] = self.trunk(pictures)
        return self.known[key]


@pytest.fixture(scope="session")
def network(load: Callable[[Mapping[str, torch.Tensor]], Network], tensors: Mapping[str, torch.Tensor]) -> Network:
    found = load(tensors)
    found.encoder.embed_images = Remembering(found.encoder.embed_images)  # type: ignore[assignment]
    return found


@pytest.fixture(scope="session")
def files() -> Mapping[str, bytes]:
    """PNG files by name, in the order of the golden rows."""
    return recipe.pictures()


@pytest.fixture(scope="session")
def seen(files: Mapping[str, bytes]) -> Callable[..., torch.Tensor]:
    """The pictures as the network sees them, [3, 3, 256, 256]."""

    @cache
    def seen(*, imagenet: bool = False) -> torch.Tensor:
        images = [Image(name=name, read=lambda content=content: content) for name, content in files.items()]  # type: ignore[misc]
        return torch.stack([pixels(image, 256, imagenet=imagenet, recompress=True) for image in images])

    return seen


@pytest.fixture(scope="session")
def forward() -> Mapping[str, np.ndarray[Any, Any]]:
    with np.load(GOLDEN / "forward.npz") as stored:
        return dict(stored)


@pytest.fixture(scope="session")
def search() -> Mapping[str, Any]:
    return json.loads((GOLDEN / "search.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def text() -> Mapping[str, Any]:
    return json.loads((GOLDEN / "text.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def _invented_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vocabulary")
    letters = vocabulary.SPELLING
    merges = [f"{first} {second}" for first, second in islice(product(letters, letters), 50_000)]
    pieces = [*letters, *(pair.replace(" ", "") for pair in merges), "<|endoftext|>"]
    order = [*(str(5 * place % 50_256) for place in range(50_256)), "50256", "madeupword0000", "madeupword0001", "madeupword0002"]
    (folder / "encoder.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}), encoding="utf-8")
    (folder / "vocab.bpe").write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
    (folder / "dict.txt").write_text("\n".join(f"{entry} 1" for entry in order) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def _invented_facts(_invented_files: Path) -> Mapping[str, Any]:
    """What the module of files knows of the published ones, of the invented ones."""
    files = {
        name: replace(remote, checksum=checksum.of_file(_invented_files / name), size=(_invented_files / name).stat().st_size)
        for name, remote in vocabulary_files.FILES.items()
    }
    order = [line.split(" ")[0] for line in (_invented_files / "dict.txt").read_text(encoding="utf-8").splitlines()]
    return {"FILES": files, "_ORDER": hashlib.sha256("\n".join(order).encode()).hexdigest()}


@pytest.fixture
def invented(_invented_files: Path, _invented_facts: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a vocabulary of the published one's size that we invented: it stands for that one while a test runs."""
    for name, value in _invented_facts.items():
        monkeypatch.setattr(vocabulary_files, name, value)
    return _invented_files


@pytest.fixture(scope="session")
def half_file(tensors: Mapping[str, torch.Tensor], averaged: Mapping[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of half-precision training with averaged weights."""
    path = tmp_path_factory.mktemp("half") / "vqa.pt"
    torch.save(recipe.container(recipe.halved(tensors), recipe.MINI, ema=recipe.halved(averaged)), path)
    return path


@pytest.fixture
def network_of(half_file: Path) -> Callable[[str], Network]:
    """A network from the plain or the averaged weights of that file."""

    def network_of(which: str) -> Network:
        checkpoint = container.read(half_file)
        weights.check(checkpoint, which)
        return weights.build(checkpoint, which, device=torch.device("cpu"), dtype=torch.float32)

    return network_of
