"""What counts operations sees growth that a clock would not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.growth import grown, opened


def _step(of: int) -> int:
    return of


def once_each(n: int) -> Callable[[], object]:
    return lambda: [_step(number) for number in range(n)]


def each_for_each(n: int) -> Callable[[], object]:
    return lambda: [_step(number) for number in range(n) for _ in range(n)]


def resumed_for_each(n: int) -> Callable[[], object]:
    """The kind of quadratic that hides in a property: a generator over all rows, made again for each row."""
    return lambda: [sum(other for other in range(n)) for _ in range(n)]


def test_what_runs_once_for_each_is_linear() -> None:
    assert grown(once_each(100), once_each(1000), 10) == {}


def test_what_runs_for_each_of_each_is_not() -> None:
    assert list(grown(each_for_each(20), each_for_each(200), 10).values()) == [(400, 40_000)]
    assert list(grown(resumed_for_each(20), resumed_for_each(200), 10).values()) == [(20 * 21, 200 * 201)]


def test_what_is_prepared_for_all_is_not_counted() -> None:
    known: set[int] = set()

    def call() -> None:
        if not known:
            known.update(_step(number) for number in range(1000))

    assert grown(lambda: None, call, 1) == {}


def test_files_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert opened(lambda: [(tmp_path / "a").read_text() for _ in range(3)]) == 3
