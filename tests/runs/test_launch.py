"""The ranks of one launch: what the first hears of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import CorruptData
from harness.runs import launch_folder
from harness.runs.launch import Launch, differing, of_environment
from harness.runs.launch_folder import Fault, Word

TORCHRUN = {"RANK": "1", "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "a", "MASTER_PORT": "29500", "TORCHELASTIC_RESTART_COUNT": "0"}
DOWN = Fault(task="vqa_rad", type="ModelError", message="down", exit_code=5)


def test_ranks_of_one_launch_share_a_folder_and_other_launches_have_others(tmp_path: Path) -> None:
    found = [
        of_environment(tmp_path, {**TORCHRUN, **changed})
        for changed in ({}, {"RANK": "0"}, {"TORCHELASTIC_RUN_ID": "b"}, {"MASTER_PORT": "1"}, {"TORCHELASTIC_RESTART_COUNT": "1"})
    ]
    folders = [launch.folder for launch in found if launch is not None]
    assert folders[0] == folders[1]
    assert len(set(folders)) == 4
    assert [launch.speaks for launch in found if launch is not None] == [False, True, False, False, False]


def test_ranks_by_hand_leave_no_word_and_one_process_is_no_launch(tmp_path: Path) -> None:
    by_hand = of_environment(tmp_path, {"RANK": "1", "WORLD_SIZE": "2"})
    assert by_hand is not None
    assert by_hand.folder is None
    assert of_environment(tmp_path, {}) is None
    assert of_environment(tmp_path, {**TORCHRUN, "RANK": "0", "WORLD_SIZE": "1"}) is None


def test_a_step_is_pending_until_every_other_rank_is_past_it(tmp_path: Path) -> None:
    first, second, third = (Launch(rank=rank, size=3, folder=tmp_path) for rank in range(3))
    assert first.pending((0, 0))
    second.leave(Word(step=(0, 1), over=False, faults=()))
    third.leave(Word(step=(1, 0), over=False, faults=(DOWN,)))
    assert [first.pending(step) for step in ((0, 0), (0, 1), (1, 0))] == [False, True, True]
    second.leave(Word(step=(0, 0), over=True, faults=(DOWN,)))
    third.leave(Word(step=(0, 0), over=True, faults=(DOWN,)))
    assert not first.pending((9, 9))
    assert first.wait(print) == ((1, DOWN), (2, DOWN))
    assert differing([], first.wait(print)) == [(1, DOWN)]
    assert differing([DOWN], first.wait(print)) == []


def test_what_an_earlier_launch_left_is_not_heard(tmp_path: Path) -> None:
    Launch(rank=1, size=2, folder=tmp_path).leave(Word(step=(0, 0), over=True, faults=()))
    first = Launch(rank=0, size=2, folder=tmp_path)
    assert not first.pending((0, 0))
    os.utime(tmp_path / "rank-1.json", (first.started - 3600, first.started - 3600))
    assert first.pending((0, 0))


@pytest.mark.parametrize("kept", [False, True], ids=["nothing else", "runs"])
def test_the_folder_goes_with_the_launch_and_leaves_the_results(tmp_path: Path, kept: bool) -> None:
    results = tmp_path / "results"
    launch = Launch(rank=0, size=2, folder=results / ".launch-x")
    launch.leave(Word(step=(0, 0), over=True, faults=()))
    if kept:
        (results / "vqa_rad").mkdir()
    launch.close()
    assert results.exists() == kept
    assert not (results / ".launch-x").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[]", "rank-1.json: expected table, got list"),
        ('{"step": [0, "1"], "over": false, "faults": []}', "step[1]: expected int, got str"),
        ('{"step": [0, 1], "over": 1, "faults": []}', "over: expected bool, got int"),
        ('{"step": [0, 1], "over": true, "faults": [{"task": "a"}]}', "faults[0]: lacks 'type', 'message', 'exit_code'"),
        ('{"step": [0, 1], "over": true, "faults": [{"task": "", "type": "", "message": "", "exit_code": 0}]}', "an exit code from 1 to"),
        ('{"step": [0, 1]', "not JSON"),
        ('{"step": [0, 1], "step": [2, 1]}', "stands twice"),
        ("[" * 200_000, "too deep in one another"),
    ],
)
def test_a_word_that_was_edited_is_named_and_waited_for_by_nobody(content: str, says: str, tmp_path: Path) -> None:
    first = Launch(rank=0, size=2, folder=tmp_path)
    (tmp_path / "rank-1.json").write_text(content)
    with pytest.raises(CorruptData) as met:
        first.wait(print)
    assert says in str(met.value)


def test_a_folder_in_the_place_of_a_word_is_named(tmp_path: Path) -> None:
    (tmp_path / "rank-1.json").mkdir()
    with pytest.raises(CorruptData, match="a folder, not a regular file"):
        Launch(rank=0, size=2, folder=tmp_path).others()


def test_what_a_killed_launch_left_is_swept_and_what_one_that_lives_holds_is_not(tmp_path: Path) -> None:
    living, left, begun = (Launch(rank=1, size=2, folder=tmp_path / f".launch-{name}") for name in ("living", "left", "begun"))
    for launch in (living, left, begun):
        launch.begin()
        launch.leave(Word(step=(0, 0), over=True, faults=()))
    (tmp_path / ".launch-older").mkdir()
    (tmp_path / "launch").mkdir()
    for launch in (left, begun):
        launch.let_go()  # as the system does when a process ends
    for folder in (*tmp_path.iterdir(),):
        if folder.name != ".launch-begun":  # whose first rank may be late
            for path in (*folder.iterdir(), folder):
                os.utime(path, (living.started - 3600, living.started - 3600))
    launch_folder.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".launch-begun", ".launch-living", "launch"]
    living.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".launch-begun", "launch"]


def test_a_folder_that_is_swept_while_a_rank_begins_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / ".launch-x"
    first, second = (Launch(rank=rank, size=2, folder=folder) for rank in range(2))
    first.begin()
    launch_folder.remove(folder)
    second.begin()
    second.leave(Word(step=(0, 0), over=True, faults=()))
    assert first.wait(print) == ()
    second.let_go()
    first.close()
    assert not folder.exists()
