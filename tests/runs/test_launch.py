"""The ranks of one launch: what the first hears of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.runs.launch import Fault, Launch, Word, differing, of_environment

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
