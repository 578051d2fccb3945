"""Making a file: one at a time, whoever comes, and nothing left behind."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.files import locks
from harness.files.locks import making


def test_one_at_a_time_and_nothing_left_behind(tmp_path: Path) -> None:
    """Four workers count in a file; each would lose what another writes between its reading and its writing."""
    target = tmp_path / "count"
    target.write_text("0")

    def count() -> None:
        for _ in range(5):
            with making(target):
                target.write_text(str(int(target.read_text()) + 1))

    workers = [threading.Thread(target=count) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert target.read_text() == "20"
    assert list(tmp_path.iterdir()) == [target]


def test_a_lock_that_a_killed_process_left_is_swept_and_one_that_is_held_stays(tmp_path: Path) -> None:
    (tmp_path / ".left.lock").touch()
    locks.sweep(tmp_path / "left")
    with making(tmp_path / "held"):
        locks.sweep(tmp_path / "held")
        assert [path.name for path in tmp_path.iterdir()] == [".held.lock"]


def test_whoever_waits_is_told_so(tmp_path: Path) -> None:
    told, done = threading.Event(), threading.Event()

    def wait() -> None:
        with making(tmp_path / "x", told.set):
            done.set()

    with making(tmp_path / "x"):
        second = threading.Thread(target=wait)
        second.start()
        assert told.wait(timeout=60)
        assert not done.is_set()
    second.join()
    assert done.is_set()


def test_a_failure_lets_go(tmp_path: Path) -> None:
    def fail() -> None:
        with making(tmp_path / "x"):
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        fail()
    with making(tmp_path / "x"):
        pass
    assert list(tmp_path.iterdir()) == []
