"""What follows from the package alone is made once and shown again, while the package, the command and the screen stay the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.base import installation
from harness.console import base, remembered


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(installation, "state", lambda: "as it is")
    monkeypatch.setattr(remembered, "_added", lambda: False)


def counted(made: list[str], text: str = "the list") -> Callable[[], None]:
    def show() -> None:
        made.append(text)
        base.say(text)

    return show


def shown(made: list[str], *command: object, text: str = "the list") -> None:
    with remembered.once_a_process():
        remembered.show(command or ("tasks",), counted(made, text))


def test_what_was_shown_is_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []
    shown(made)
    shown(made)
    assert made == ["the list"]
    assert capsys.readouterr().out == "the list\nthe list\n"


def test_another_command_is_made() -> None:
    made: list[str] = []
    shown(made, "tasks", False)
    shown(made, "tasks", True)
    assert len(made) == 2


def test_another_state_or_width_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    shown(made)
    monkeypatch.setenv("COLUMNS", "50")
    shown(made)
    monkeypatch.setattr(installation, "state", lambda: "changed")
    shown(made)
    assert len(made) == 3


def test_an_unsettled_state_a_plug_in_or_another_process_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    remembered.show(("tasks",), counted(made))
    monkeypatch.setattr(remembered, "_added", lambda: True)
    shown(made)
    monkeypatch.setattr(installation, "state", str)
    shown(made)
    monkeypatch.undo()
    remembered.show(("tasks",), counted(made))
    assert len(made) == 4


def test_what_fails_or_warns_is_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []

    def fails() -> None:
        made.append("fails")
        raise ValueError("no such task")

    def warns() -> None:
        made.append("warns")
        sys.stderr.write("a plug-in is left out\n")

    for show in (fails, fails, warns, warns):
        with remembered.once_a_process():
            try:
                remembered.show(("show", show.__name__), show)
            except ValueError as error:
                assert str(error) == "no such task"  # noqa: PT017  of two of four
    assert made == ["fails", "fails", "warns", "warns"]
    assert capsys.readouterr().err == "a plug-in is left out\n" * 2


def test_a_changed_new_or_removed_file_is_another_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(installation, "_PACKAGE", tmp_path)
    monkeypatch.setattr(installation, "_SETTLED", -(10**18))
    (tmp_path / "tasks").mkdir()
    states = []
    for change in (
        lambda: (tmp_path / "tasks" / "a.toml").write_text("version = 1"),
        lambda: (tmp_path / "tasks" / "a.toml").write_text("version = 10"),
        lambda: os.utime(tmp_path / "tasks" / "a.toml", (1, 1)),
        lambda: (tmp_path / "b.py").write_text(""),
        lambda: (tmp_path / "b.py").unlink(),
    ):
        change()
        states.append(installation.state())
    assert "" not in states
    assert len(set(states[:4])) == 4
    assert states[4] == states[2], "the file that was added is gone again"


def test_what_has_just_changed_is_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(installation, "_PACKAGE", tmp_path)
    monkeypatch.setattr(installation, "_SETTLED", 10**18)
    (tmp_path / "a.toml").write_text("version = 1")
    assert installation.state() == ""
