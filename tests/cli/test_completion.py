"""Words that the shell completes: called as the script of bash calls it, with the words as bash takes them apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from harness import cards, cli
from harness.cli import bash_words, completing
from harness.data import catalog, listing
from harness.models import baselines, kinds


class Shell:
    """What bash is offered for the last word of a line."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: str) -> list[str]:
        """The offers for the last of these parts of a line, as bash breaks it at ``: = @``."""
        self._monkeypatch.setattr(sys, "argv", ["harness"])
        self._monkeypatch.setenv("_HARNESS_COMPLETE", "complete_bash")
        self._monkeypatch.setenv("COMP_WORDS", "\n".join(("harness", *words)))
        self._monkeypatch.setenv("COMP_CWORD", str(len(words)))
        cli.main()
        said = self._capsys.readouterr()
        assert said.err == ""
        return [line for line in said.out.splitlines() if line]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (["sco"], ["score", "scoreboard"]),
        (["reported", "cl"], ["claims"]),
        (["run", "--task-"], ["--task-dir"]),
        (["run", "x", "--tasks", "slak"], ["slake_en", "slake_zh"]),
        (["run", "x", "-t", "vqa_rad,slake_e"], ["vqa_rad,slake_en"]),
        (["run", "x", "-t", "slake_en,slake"], ["slake_en,slake_zh"]),
        (["run", "x", "--tasks", "=", "vqa"], ["vqa_rad", "vqa"]),
        (["score", "r.jsonl", "--tasks", "meqs"], ["meqsum"]),
        (["scoreboard", "-t", "medm"], ["medmnist"]),
        (["tasks", "cap"], ["captioning"]),
        (["show", "path_vqa", "@"], ["official"]),
        (["show", "breastmnist", "@", "2"], ["224"]),
        (["export", "mednl"], ["mednli"]),
        (["audit", "mednl"], ["mednli"]),
        (["doctor", "mednli", "pathm"], ["pathmnist"]),
        (["check", "mednl"], ["mednli"]),
        (["fetch", "biom"], ["biomedgpt-vocabulary"]),
        (["why", "pneum"], ["pneumoniamnist"]),
        (["why", "vqa_rad", "Lingshu-7"], ["Lingshu-7B"]),
        (["compare", "results", "reported", ":", "Hulu-Med-3"], ["Hulu-Med-32B"]),
        (["compare", "x", "--metric", "ndcg"], ["ndcg_at_10"]),
        (["run", "x", "--metrics", "cider,rouge_1/s"], ["cider,rouge_1/stem"]),
        (["export-results", "x", "--metric", "meteo"], ["meteor"]),
        (["metrics", "llava"], ["llava_med", "llava_med-v1"]),
        (["run", "baseline", ":", "m"], ["majority"]),
        (["run", "ba"], ["baseline:", "baseline:…"]),
        (["run", "x", "--seed", "1", "--seed", "2", "-t", "meqs"], ["meqsum"]),
        (["run", "x", "-a", "text", "=", "yes", "-t", "meqs"], ["meqsum"]),
        (["run", "x", "--split", "v"], ["val"]),
        (["run", "x", "--few-shot-by", ""], ["seed", "nearest"]),
        (["run", "x", "--refusals", ""], ["partial", "wrong"]),
        (["schema", "rep"], ["reply", "reported"]),
        (["new", "x", "--family", "v"], ["vqa"]),
        (["new", "x", "--layout", "f"], ["folders"]),
        (["new", "x", "--access", "c"], ["credentialed"]),
        (["export-results", "x", "--to", "b"], ["bibtex"]),
        (["run", "x", "-t", "none_of_ours"], []),
        (["no-such-command", "-t", "vqa"], []),
    ],
    ids=lambda value: " ".join(value) or "nothing",
)
def test_names_are_offered(shell: Shell, words: list[str], offers: list[str]) -> None:
    assert shell(*words) == offers


def test_a_folder_of_tasks_that_is_named_before_is_looked_into(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "vqa").mkdir()
    (tmp_path / "vqa" / "my_quiz.toml").write_text("nothing of it is read")
    assert shell("run", "x", "--task-dir", str(tmp_path), "--tasks", "my_") == ["my_quiz"]
    assert shell("run", "x", "--task-dir", str(tmp_path / "none"), "--tasks", "meqs") == ["meqsum"]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("results/vqa_rad/ours-1/test-1", "results/vqa_rad/theirs-2/test-2", "results/mednli/ours-1/test-3", "data/vqa_rad"):
        (tmp_path / folder).mkdir(parents=True)
        if folder.startswith("results"):
            (tmp_path / folder / "run.json").write_text("nothing of it is read")
    (tmp_path / "suite.toml").write_text("")
    (tmp_path / "two words.pt").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize("command", ["verify", "compare", "samples", "report", "export-results", "scoreboard"])
def test_folders_on_the_way_to_runs_are_offered_a_level_at_a_time(shell: Shell, command: str) -> None:
    assert shell(command, "results/") == ["results/mednli", "results/vqa_rad"]
    assert shell(command, "results/vqa_rad/") == ["results/vqa_rad/ours-1", "results/vqa_rad/theirs-2"]
    assert shell(command, "results/vqa_rad/o") == ["results/vqa_rad/ours-1", "results/vqa_rad/ours-1/test-1"]


@pytest.mark.usefixtures("results")
def test_runs_are_offered_to_options_too(shell: Shell) -> None:
    assert shell("samples", "x", "--differs", "results/m") == ["results/mednli", "results/mednli/ours-1", "results/mednli/ours-1/test-3"]
    assert shell("leaderboard", "--results", "") == ["results", "results/mednli", "results/vqa_rad"]
    assert shell("compare", "x", "--against", "results/m")[0] == "results/mednli"
    assert shell("verify", "data/") == [], "the shell offers files"


@pytest.mark.usefixtures("results")
def test_models_are_kinds_and_what_lies_here(shell: Shell) -> None:
    assert shell("run", "su") == ["suite.toml"]
    assert shell("run", "da") == ["data", "data/"]
    assert shell("run", "predictions", ":", "su") == ["suite.toml"]
    assert shell("run", "two") == [], "what needs a quote is left to the shell"


def test_nothing_is_searched_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of which it is not known is offered: the user may know."""
    for number in range(completing._LOOKS + 10):
        (tmp_path / "home" / f"f{number:03d}").mkdir(parents=True)
    (tmp_path / "zoo").mkdir()
    monkeypatch.chdir(tmp_path)
    looked: list[str] = []
    real = completing._entries

    def counted(folder: str) -> Any:
        looked.append(folder)
        return real(folder)

    monkeypatch.setattr(completing, "_entries", counted)
    assert completing.runs(None, "")[:2] == ["home", "zoo"]  # type: ignore[arg-type]
    assert len(looked) <= completing._LOOKS + 3


@pytest.mark.parametrize(
    ("words", "place", "found"),
    [
        (["harness", "run", "baseline", ":", "ma"], 4, (["harness", "run", "baseline:ma"], 2, "baseline:")),
        (["harness", "run", "baseline", ":"], 3, (["harness", "run", "baseline:"], 2, "baseline:")),
        (["harness", "run", "baseline", ":", "-t"], 4, (["harness", "run", "baseline:", "-t"], 3, "")),
        (["harness", "run", "x"], 3, (["harness", "run", "x"], 3, "")),
        (["harness", "run", "--tasks", "=", "a", "@", "b"], 6, (["harness", "run", "--tasks=a@b"], 2, "--tasks=a@")),
        (["harness", "run", "-a", "x", "=", "1", "-t", "v"], 7, (["harness", "run", "-a", "x=1", "-t", "v"], 5, "")),
    ],
)
def test_words_that_bash_broke_are_one(words: list[str], place: int, found: tuple[list[str], int, str]) -> None:
    assert bash_words.joined(words, place) == found


def test_bash_itself_takes_the_offers(tmp_path: Path) -> None:
    """The script that is installed, run by bash on a word that it broke."""
    program = tmp_path / "harness"
    code = 'import sys; sys.argv[0] = "harness"; from harness.cli import main; main()'
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n")
    program.chmod(0o755)
    script = f"""
        export _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1
        eval "$({program} --show-completion bash)"
        COMP_WORDS=(harness run baseline : ora) COMP_CWORD=4
        _harness_completion {program}
        echo "${{COMPREPLY[@]}}"
    """
    try:
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("bash is not here")
    assert done.stdout == "oracle\n", done.stderr


def test_the_listings_are_what_there_is() -> None:
    assert tuple(baselines._BASELINES) == kinds.BASELINES
    assert set(listing.at_hand()) == set(catalog.names())
    assert get_args(cards.Family) == listing.FAMILIES


def test_what_offers_names_imports_none_of_what_it_names() -> None:
    code = """
import os, sys
from harness.cli import main
sys.argv = ["harness"]
os.environ["_HARNESS_COMPLETE"] = "complete_bash"
for words in (["run", "x", "--tasks", "vqa_r"], ["run", "baseline:m"], ["sho"]):
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = " ".join(["harness", *words]), str(len(words))
    main()
heavy = ("harness.cards", "harness.data.catalog", "harness.metrics.registry", "harness.models.recognise", "harness.types", "numpy", "rich")
print(*(name for name in heavy if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["vqa_rad", "baseline:majority", "show"]
