"""What the charts show: round numbers inside the scale, marks that differ, curves, slices in words, and who is better than whom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from harness.data import catalog
from harness.metrics import units
from harness.metrics.base import Statistics
from harness.metrics.labels import classification
from harness.metrics.measuring import Measured
from harness.report import axes, charts, classifiers, marks, overlays
from harness.report.forest import Shown, forest
from harness.runs.record import Record
from harness.views import wording
from harness.views.contests import Duel
from tests.views.support import scored


@pytest.fixture
def record_of_classes() -> Record:
    return scored("nearest", "pneumoniamnist")


@pytest.fixture
def record_of_questions() -> Record:
    return scored("nearest")


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 1.0], ["0", "20", "40", "60", "80", "100"]),
        ([0.373, 0.634], ["40", "45", "50", "55", "60"]),
        ([0.9612, 0.9688], ["96.2", "96.4", "96.6", "96.8"]),
        ([0.999, 1.0], ["99.90", "99.92", "99.94", "99.96", "99.98", "100.00"]),
        ([0.5], ["46", "48", "50", "52", "54"]),
    ],
)
def test_an_axis_has_round_numbers_inside_the_scale(values: list[float], ticks: list[str]) -> None:
    axis = axes.linear(values, units.FRACTION)
    assert [tick.label for tick in axis.ticks] == ticks
    assert 0 <= axis.low < min(values) + 1e-12
    assert max(values) - 1e-12 < axis.high <= 1
    assert all(0 <= tick.at <= 100 for tick in axis.ticks)
    without_ends = axes.linear([-1.2, 3.1], units.of("score"))
    assert [tick.label for tick in without_ends.ticks] == ["-1", "0", "1", "2", "3"]


def test_sizes_stand_at_powers_of_ten() -> None:
    axis = axes.sizes([33_000_000, 70_000_000_000])
    assert [tick.label for tick in axis.ticks] == ["100 M", "1 B", "10 B", "100 B"]
    assert [tick.label for tick in axes.sizes([2_000_000_000, 7_000_000_000]).ticks] == ["2 B", "5 B", "10 B"]
    assert axis.at(33_000_000) < axis.at(182_000_000) < axis.at(70_000_000_000)


@pytest.mark.parametrize(("count", "words"), [(182_000_000, "182 M"), (1_300_000_000, "1.3 B"), (999_999_999, "1 B"), (640, "640")])
def test_a_number_of_parameters_has_three_digits(count: int, words: str) -> None:
    assert wording.size(count) == words


def test_forty_systems_have_forty_marks_and_later_ones_their_number() -> None:
    drawn = re.findall(r'<symbol id="m\d+"[^>]*>(.*?)</symbol>', marks.symbols(45))
    assert len(set(drawn[:40])) == 40 == marks.DISTINCT
    assert ">41</text>" in drawn[40]
    assert len(set(drawn)) == 45


def shown(record: Record, name: str, system: int, rank: int | None = None) -> Shown:
    return Shown(folder=Path(), record=record, key=name, name=name, system=system, rank=rank)


def test_a_mark_stands_where_its_value_is(record_of_classes: Record) -> None:
    """Halfway between the ends of its interval, where that is symmetric."""
    first, *others = record_of_classes.estimates
    known = structs.replace(first, value=0.5, low=0.4, high=0.6)
    record = structs.replace(record_of_classes, estimates=(known, *others))
    made = forest([shown(record, "a", 3, 1)], catalog.card("pneumoniamnist"))
    assert made is not None
    [line] = made.lines
    assert line.low is not None
    assert line.high is not None
    assert line.at == pytest.approx((line.low + line.high) / 2, abs=0.01)
    assert (line.system, line.rank, line.number, line.verdict) == (3, "1", "50.00 [40.00, 60.00]", "")
    assert [tick.label for tick in made.axis.ticks] == ["40", "45", "50", "55", "60"]


def test_the_first_sixteen_runs_stand_in_sight(record_of_classes: Record) -> None:
    runs = [shown(record_of_classes, str(number), number) for number in range(18)]
    made = forest(runs, catalog.card("pneumoniamnist"))
    assert made is not None
    assert [line.late for line in made.lines] == [False] * 16 + [True] * 2
    assert (made.late, made.others, made.tally) == (2, 0, "")


def test_a_task_that_a_system_lacks_breaks_its_polygon() -> None:
    svg = charts.radar(["a", "b", "c", "d"], [charts.Values(system=0, name="s", values=(0.5, None, 0.5, 0.5))], name="t")
    [path] = re.findall(r'class="curve"[^>]* d="([^"]+)"', svg)
    assert path.count("M") == 2


def test_slices_stand_in_words_under_their_dimension(record_of_questions: Record) -> None:
    groups = overlays.slices([record_of_questions], catalog.card("vqa_rad"))
    assert {group["name"]: [row["name"] for row in group["rows"]] for group in groups} == {
        "answer type": ["closed", "open"],
        "organ": ["abdomen", "chest", "head"],
        "question type": ["abnormality", "counting", "modality", "positional reasoning", "presence of an object or condition"],
        "form of the answer": ["any other", "yes or no"],
    }
    assert {group["metric"] for group in groups} == {"exact_match/canonical"}
    closed = next(e for e in record_of_questions.estimates if e.slice == "closed")
    assert groups[0]["rows"][0]["cells"][0][0] == pytest.approx(100 * (closed.value or 0.0), abs=0.01)


def test_words_of_cards_are_of_dimensions_that_their_samples_have() -> None:
    from harness.data import examples

    for name in catalog.names():
        words = catalog.card(name).words
        tags = {tag for example in examples.load(catalog.task(name)).examples for tag in example.tags} if words else set()
        assert set(words) <= tags, name


def test_wins_are_of_the_runs_in_the_page_s_order() -> None:
    """A duel's value is its second run minus its first; what is shown is the first place minus the second."""
    duels = {
        ("9", "4"): Duel(value=-0.02, p=0.0004, better="9"),
        ("4", "7"): Duel(value=0.01, p=0.5, better=""),
        ("8", "9"): Duel(value=None, p=None, better=""),
    }
    assert overlays.wins(["4", "9", "7"], duels, "fraction") == [[1, 0, 1, "+2.00; p < 0.001"], [0, 2, 0, "−1.00; p = 0.500"]]


def test_a_curve_is_thinned_where_it_is_straight() -> None:
    straight = tuple((x / 1000, x / 1000) for x in range(1001))
    assert classifiers.thinned(straight) == ((0.0, 0.0), (1.0, 1.0))
    bent = tuple((x / 1000, min(1.0, x / 250)) for x in range(1001))
    assert classifiers.thinned(bent) == ((0.0, 0.0), (0.25, 1.0), (1.0, 1.0))


def test_curves_of_several_runs_stand_side_by_side(record_of_classes: Record, record_of_questions: Record) -> None:
    found = overlays.curves([record_of_classes, record_of_classes], catalog.card("pneumoniamnist"))
    assert found is not None
    assert found["labels"] == ["normal", "pneumonia"]
    assert [sum(map(sum, counts)) for counts in found["confusion"]] == [200, 200]
    assert overlays.curves([record_of_questions], catalog.card("vqa_rad")) is None


def with_statistics(record: Record, name: str, names: tuple[str, ...], table: Any) -> Record:
    measured = Measured(statistics=Statistics(names=names, table=np.array(table, dtype=float)))
    return structs.replace(record, measures={**record.measures, name: measured})


def test_confusion_counts_what_was_said_of_each_class(record_of_classes: Record) -> None:
    """Worked by hand: one normal right, one called pneumonia; of three pneumonias two right and one unread."""
    record = with_statistics(record_of_classes, "labels", ("target", "predicted"), [[0, 0], [0, 1], [1, 1], [1, 1], [1, -1]])
    found = classifiers.confusion(record, ("normal", "pneumonia"))
    assert found is not None
    assert (found.counts, found.unread) == (((1, 1), (0, 2)), (0, 1))


def test_the_roc_curve_passes_every_threshold(record_of_classes: Record) -> None:
    """Scores .9+ .8+ .7- .6+ .1-: two of three positives before the first negative; the corners alone are kept."""
    scores = [[1, 0.1, 0.9], [1, 0.2, 0.8], [0, 0.3, 0.7], [1, 0.4, 0.6], [0, 0.9, 0.1]]
    record = with_statistics(record_of_classes, "scores", ("target", "p0", "p1"), scores)
    curves = classifiers.roc(record, ("normal", "pneumonia"))
    expected = [(0, 0), (0, 2 / 3), (0.5, 2 / 3), (0.5, 1), (1, 1)]
    assert list(curves) == ["pneumonia"]
    assert np.allclose(curves["pneumonia"], expected)


def test_reliability_is_accuracy_against_confidence(record_of_classes: Record) -> None:
    """Two at 0.95 of which one is right, two at 0.65 both right: ECE = (|.95-.5| + |.65-1|) / 2 = 0.4."""
    scores = [[1, 0.05, 0.95], [0, 0.05, 0.95], [0, 0.65, 0.35], [0, 0.65, 0.35]]
    record = with_statistics(record_of_classes, "scores", ("target", "p0", "p1"), scores)
    found = classifiers.reliability(record, ("normal", "pneumonia"))
    assert found is not None
    points, error = found
    assert error == pytest.approx(0.4)
    assert np.allclose(points, [(0.65, 1.0), (0.95, 0.5)])


def test_the_page_and_the_metric_have_one_calibration_error(record_of_classes: Record) -> None:
    """Confidences on the edges of bins, where two rules would part: 0.6 is the upper edge of the ninth of fifteen."""
    p = np.array([0.6, 0.61, 0.8, 0.8, 1.0, 2 / 3, 0.5, 14 / 15])
    scores = np.column_stack([np.arange(8) % 2, 1 - p, p])
    record = with_statistics(record_of_classes, "scores", ("target", "p0", "p1"), scores.tolist())
    statistics = record.measures["scores"].statistics
    assert statistics is not None
    found = classifiers.reliability(record, ("normal", "pneumonia"))
    assert found is not None
    assert found[1] == classification.CALIBRATION.value(statistics, np.ones((1, 8)))[0]
    # 0.6 and 0.61 stand in bins of their own, so there are as many points as distinct bins: 0.5, 0.6, 0.61, 2/3, 0.8, 14/15, 1
    assert len(found[0]) == 6  # 0.61 and 2/3 share the tenth
