"""Every task and variant, with its invented sample read once."""

from __future__ import annotations

import functools

import pytest

from harness.data import catalog, examples
from harness.data.examples import Dataset


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
