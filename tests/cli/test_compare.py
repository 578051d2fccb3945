"""``harness compare`` as a user types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parent.parent.parent
[CNN] = (ROOT / "results" / "pneumoniamnist").glob("harness-CNN-28-*")


def test_the_shipped_checkpoint_stands_beside_what_was_published(as_json: Callable[..., dict[str, Any]]) -> None:
    [found] = as_json("compare", CNN, "reported")["comparisons"]
    judged = {
        (verdict["published"]["system"], verdict["metric"]): (verdict["judgement"], verdict["reasons"]) for verdict in found["verdicts"]
    }
    systems = {system for system, _ in judged}
    assert {
        "ResNet-18 (28)", "ResNet-18 (224)", "ResNet-50 (28)", "ResNet-50 (224)", "auto-sklearn", "AutoKeras", "Google AutoML Vision",
        "MedViT-S", "MedMamba-S", "BiomedGPT-B (arXiv v1)",
    } <= systems  # fmt: skip
    assert judged["Google AutoML Vision", "accuracy"] == ("lower", [])
    assert judged["ResNet-50 (224)", "accuracy"] == ("consistent", [])
    judgement, why = judged["BiomedGPT-B (arXiv v1)", "accuracy"]
    assert judgement == "not comparable"
    assert why == ["unknown resolution: which of the released sizes was read is not said"]


def test_what_is_not_listed_names_the_option_that_lists_it(harness: Command) -> None:
    some, every = (harness("compare", CNN, "reported", *more).stdout.splitlines() for more in (("--most", "1"), ("--all",)))
    assert [line.split("more lines")[-1] for line in some if "more lines" in line] == [": --most 39, or --all"]
    assert "  190 values behind the best of their source: --json" in every
    assert not any("--most" in line for line in every)


def test_two_runs_are_paired_and_their_changes_listed(harness: Command) -> None:
    for model in ("baseline:majority", "baseline:nearest"):
        assert harness("run", model, "--tasks", "vqa_rad,mednli", "-q").returncode in (0, 2)
    both = harness("compare", "results").stdout
    assert "against majority" in both
    assert all(task in both for task in ("vqa_rad", "mednli"))
    done = harness("compare", "results/vqa_rad")
    assert done.returncode == 0, done.stderr
    assert "vqa_rad · nearest minus majority" in done.stdout
    assert "samples changed between majority and nearest" in done.stdout


def test_what_cannot_be_compared_says_what_to_do(harness: Command) -> None:
    harness("run", "baseline:majority", "--tasks", "vqa_rad", "-q")
    alone = harness("compare", "results")
    assert (alone.returncode, "harness compare RUN reported" in alone.stderr) == (2, True)
    assert harness("compare", "nowhere", "reported").returncode == 2
    misspelt = harness("compare", "results", "reported", "--metric", "exact_mach")
    assert (misspelt.returncode, "Did you mean exact_match?" in misspelt.stderr) == (2, True)
    system = harness("compare", "results", "reported", "--checkpoint-of", "BiomedGPT-C")
    assert (system.returncode, "BiomedGPT-B" in system.stderr) == (2, True)
