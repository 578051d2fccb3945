"""Every task and variant, with its invented sample read once; and every backend, opened."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.types import ModelInfo
from tests.contract import backends


def every_task() -> list[str]:
    """Each task and each of its variants; of the sets that come in several sizes of picture, one has them all."""
    found = []
    for name in catalog.names():
        card = catalog.card(name)
        sizes = {variant for variant in card.variants if variant.isdecimal() and catalog.card(f"{name}@{variant}").splits == card.splits}
        found += [name, *(f"{name}@{variant}" for variant in card.variants if variant not in sizes or name == "pathmnist")]
    return found


@functools.cache
def sample(name: str) -> Dataset:
    return examples.load(catalog.task(name))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dataset" in metafunc.fixturenames:
        metafunc.parametrize("dataset", every_task(), indirect=True)


@pytest.fixture
def dataset(request: pytest.FixtureRequest) -> Dataset:
    """The invented sample of one task."""
    return sample(request.param)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is filled with what backends open as they are tried."""
    return backends.files(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Mapping[str, str]]:
    """The addresses of two servers, by what stands for them."""
    yield from backends.served()


@pytest.fixture
def opened(root: Path, servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelInfo]:
    """What a backend says of itself before a task."""
    return backends.opened(root, servers, monkeypatch)
