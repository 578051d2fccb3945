"""No input ends in a traceback, a hang or a success that means something else: a part of what ``make fuzz`` tries, the same each time."""

from __future__ import annotations

import importlib
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import guided
from tests.fuzz.outcomes import BAD, Case, Done, anything, outcome, refused, some

EVERYTHING = os.environ.get("HARNESS_FUZZ") == "all"
"""As under ``make fuzz``."""
GENERATORS = {path.stem: importlib.import_module(f"tests.fuzz.{path.stem}") for path in sorted(Path(__file__).parent.glob("bad_*.py"))}
"""Every ``bad_*.py`` of this folder, which defines ``cases()``; seeded, the same cases each time."""
IN_EVERY_RUN = {name: getattr(module, "IN_EVERY_RUN", 50) for name, module in GENERATORS.items()}
"""Cases of each generator in every run of the suite."""
PARTS = 12 if EVERYTHING else 1


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", [name for name, n in IN_EVERY_RUN.items() if EVERYTHING or n])
def test_bad_input_ends_in_a_named_error_or_is_counted(
    name: str, part: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    cases = list(GENERATORS[name].cases())
    chosen = cases[part::PARTS] if EVERYTHING else some(cases, IN_EVERY_RUN[name], seed=13)
    judged = []
    for number, case in enumerate(chosen):
        folder = tmp_path / str(number)
        judged.append(outcome(case, folder))
        shutil.rmtree(folder, ignore_errors=True)
    counts = Counter((one.case.kind, str(one.outcome)) for one in judged)
    record_property("outcomes", [(*count, n) for count, n in counts.items()])
    bad = [str(one) for one in judged if one.outcome in BAD]
    assert not bad, f"{len(bad)} of {len(judged)} ended badly\n" + "\n".join(bad)


def _fails() -> None:
    raise ValueError("ours")


def _waits() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("command", "oracle", "expected"),
    [
        (("show", "no_such_task"), refused, "named error"),
        (("show", "vqa_rad"), anything, "counted outcome"),
        (("show", "vqa_rad"), refused, "silent"),
        (_fails, refused, "traceback"),
        (_waits, refused, "hang"),
    ],
)
def test_every_end_has_its_name(command: object, oracle: object, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.outcomes.LIMIT", 0.05 if expected == "hang" else 20.0)
    case = Case(kind="toy", name="toy", command=command, oracle=oracle)  # type: ignore[arg-type]
    found = outcome(case, tmp_path / "folder")
    assert found.outcome == expected, found


def test_a_control_character_that_reaches_the_terminal_is_not_silent(tmp_path: Path) -> None:
    case = Case(kind="toy", name="toy", command=lambda: print("\x1b[2J"), oracle=anything)  # noqa: T201
    assert outcome(case, tmp_path / "folder").outcome == "silent"
    assert Done(code=0, out="", err="").value is None


def test_bytes_that_nobody_would_write_end_in_errors_of_ours() -> None:
    assert guided.at_random(seconds=600, most=1_200) == 1_200
