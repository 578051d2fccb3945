"""Where clinical metrics find their weights and keep what they read with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.metrics.clinical import annotating


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of weights, empty; what is read with them is kept in a cache of the test's own."""
    pytest.importorskip("transformers")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(annotating.VARIABLE, str(tmp_path / "weights"))
    return tmp_path / "weights"
