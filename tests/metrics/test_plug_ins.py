"""Metrics of installed packages: as good as ours, never in the place of ours, and told of where they are broken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import harness
from harness.data import catalog, further
from harness.errors import PrerequisiteError
from harness.metrics import registry
from harness.runs.verify import verify

CODE = """
import numpy as np
from harness.metrics.base import Measure, Metric, Statistics

def lengths(samples, context):
    return Statistics(names=("length", "replies"), table=np.array([[float(len(reply)), 1.0] for reply in samples.replies]))

def mean(statistics, weights):
    return (weights @ statistics.table[:, 0]) / (weights @ statistics.table[:, 1])

def metric(name, variant="theirs"):
    return Metric(name=name, variant=variant, measure=Measure(name=f"lengths of {name}", run=lengths), value=mean, unit="characters")

LENGTH = metric("reply_length")
SEVERAL = (metric("one"), metric("two"))
EXACT = metric("exact_match", "canonical")
NONSENSE = (LENGTH, 7)
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution on the path that announces one entry point, as an installer does."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "metrics_for_test.py").write_text(CODE)
    cached = (registry.registered, registry._plug_ins)

    def put(package: str, entry: str) -> None:
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[harness.metrics]\n{entry}\n")
        for function in cached:
            function.cache_clear()

    yield put
    for function in cached:
        function.cache_clear()
    sys.modules.pop("metrics_for_test", None)


def test_a_metric_of_an_installed_package_is_listed_computed_and_verified(install: Install, tmp_path: Path) -> None:
    install("lengths", "mine = metrics_for_test:LENGTH")
    assert [registry.brought_by(metric) for metric in registry.find("reply_length")] == ["lengths 1.0"]
    replies = dict.fromkeys(("64", "66"), "four")
    run = harness.score(replies, "vqa_rad", metrics="reply_length", limit=2, results=tmp_path / "results", resamples=0)
    assert run.value("reply_length").value == 4.0  # each reply has four letters
    assert run.folder is not None
    assert {check.name: check.status for check in verify(run.folder)}["numbers"] == "holds"


def test_several_metrics_stand_under_one_entry_point(install: Install) -> None:
    install("several", "mine = metrics_for_test:SEVERAL")
    assert [metric.name for metric in registry.registered()[-2:]] == ["one", "two"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"theirs": "EXACT"}, r"metric exact_match/canonical: biomed-harness and theirs 1\.0 both bring one of that name and variant"),
        ({"one": "LENGTH", "two": "LENGTH"}, r"metric reply_length/theirs: (one|two) 1\.0 and (one|two) 1\.0 both bring one"),
    ],
    ids=["ours", "another's"],
)
def test_two_metrics_of_one_name_and_variant_are_an_error_that_names_both(install: Install, entries: dict[str, str], message: str) -> None:
    for package, metric in entries.items():
        install(package, f"mine = metrics_for_test:{metric}")
    with pytest.raises(PrerequisiteError, match=message):
        harness.evaluate("baseline:majority", "vqa_rad", keep=False, progress=False)


@pytest.mark.parametrize("entry", ["metrics_for_test:NONSENSE", "metrics_for_test:GONE", "module_that_is_gone:X"])
def test_a_broken_plug_in_costs_one_warning_that_names_it_and_hides_nothing(install: Install, entry: str) -> None:
    install("broken", f"mine = {entry}")
    with pytest.warns(UserWarning, match=rf"plug-in 'mine' of broken 1\.0: {entry} is no metric .* left out") as warned:
        known = registry.registered()
    assert len([one for one in warned if "plug-in" in str(one.message)]) == 1
    assert "reply_length" not in {metric.name for metric in known}
    assert further.extended(catalog.task("vqa_rad"), ["cider/coco-ptb"]).metrics[-1].name == "cider"


def test_a_package_whose_list_cannot_be_read_hides_no_other(install: Install, tmp_path: Path) -> None:
    install("spoilt", "\0")
    install("lengths", "mine = metrics_for_test:LENGTH")
    with pytest.warns(UserWarning, match="an installed package announces what cannot be read"):
        assert [registry.brought_by(metric) for metric in registry.find("reply_length")] == ["lengths 1.0"]
