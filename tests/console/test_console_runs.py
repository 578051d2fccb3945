"""A run's headline: the score that ranks, the few beside it, what failed, each note once, where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from harness.console.runs import print_run, print_summary
from harness.runs import record as records
from harness.runs.record import Record

RESULTS = Path(__file__).resolve().parent.parent.parent / "results"


def run(pattern: str) -> tuple[Path, Record]:
    [path] = RESULTS.glob(f"{pattern}/*/run.json")
    return Path("results", "here"), records.read(path.parent)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_a_run_ends_with_its_headline(capsys: pytest.CaptureFixture[str]) -> None:
    folder, record = run("vqa_rad/majority-*")
    unread = structs.replace(record, counts=structs.replace(record.counts, answered=444, unparsed=7))
    print_run(unread, folder)
    assert (
        capsys.readouterr().out
        == """
vqa_rad · test · majority
  exact_match/canonical 29.49 [24.08, 35.10] · n = 451 in 203 groups · complete
  ! 7 of 451 replies could not be read as an answer; they count as wrong

metric           variant    slice   value  95 % interval   n (groups)  note
exact_match      canonical  all     29.49  [24.08, 35.10]   451 (203)
exact_match      canonical  closed  48.90  [40.43, 56.58]   272 (146)  1
exact_match      canonical  open     0.00  [0.00, 3.35]     179 (111)  2
token_recall     canonical  all     29.49  [24.08, 35.10]   451 (203)
token_precision  canonical  all     29.49  [24.08, 35.10]   451 (203)
token_f1         canonical  all     29.49  [24.08, 35.10]   451 (203)
bleu_1           canonical  all     17.32  [13.23, 22.15]   451 (203)
weighted_f1      sklearn    all     13.43  [9.34, 18.24]    451 (203)
  1  interval widened for 146 groups
  2  no resample differs: Wilson's interval for 111 groups

  answered 444 · unparsed 7 · empty 0 · refused 0 · failed 0
  see what could not be read: harness samples results/here --unread
  40 more scores, on slices and as publications compute them: --all
  results/here
"""
    )


def test_all_prints_every_score_and_says_each_note_once(capsys: pytest.CaptureFixture[str]) -> None:
    folder, record = run("vqa_rad/majority-*")
    print_run(record, folder, everything=True)
    printed = capsys.readouterr().out
    assert "medevalkit" in printed
    assert printed.count("interval widened for 146 groups") == 1
    assert "--all" not in printed


def test_of_many_tasks_each_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [run("vqa_rad/majority-*"), run("trec_ct_2022/random-*")]
    print_summary(runs, [("pathmnist", "pathmnist: /data/pathmnist.npz is not there.\nharness fetch …")], Path("results"))
    assert (
        capsys.readouterr().out
        == """
task          system    metric                 value  95 % interval     n  status    note
vqa_rad       majority  exact_match/canonical  29.49  [24.08, 35.10]  451  complete
trec_ct_2022  random    macro_f1/present       29.60  [20.65, 39.07]  126  partial   1,2,3,4
pathmnist                                                                  error     5
  1  not ranked: part of the release is absent
  2  the corpus at hand holds 100 of 26,585 judged trials: 126 of 35,394 pairs are evaluated
  3  11 groups of the rarest class, fewer than 30: interval unreliable
  4  fewer than 30 samples of: excluded (14), eligible (15)
  5  /data/pathmnist.npz is not there.

  in results; side by side: harness scoreboard results
"""
    )
