"""Which device a backend takes."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
devices = pytest.importorskip("harness.models.devices")


def test_each_rank_of_torchrun_takes_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two GPUs, rank 3 takes the second: what ``cuda`` means is set for the process."""
    taken: list[int] = []
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    assert devices.device("auto") == torch.device("cuda")
    assert taken == [1]
