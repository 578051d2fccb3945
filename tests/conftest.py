"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture
def data_root() -> Path:
    """The folder of real releases; tests that need it are skipped where it is absent."""
    given = os.environ.get("HARNESS_TEST_DATA")
    root = Path(given) if given else CHECKOUT.parent / "shared" / "data"
    if not root.is_dir():
        pytest.skip(f"no real data at {root}; set HARNESS_TEST_DATA to a folder of releases")
    return root


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's data root, cache or terminal width."""
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def needs_java() -> None:
    """Tests that need a Java runtime are skipped where there is none."""
    from harness.metrics.texts import java

    if java.java() is None:
        pytest.skip("no Java runtime: install one, or pip install 'biomed-harness[java]'")
