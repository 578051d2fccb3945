"""What a run brings to its pairs is the same whether it was kept or read again, and so are the tests made from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from harness.data import catalog
from harness.runs.record import Record
from harness.stats import tournament
from harness.stats.bootstrap import Bootstrap
from harness.views import sides
from tests.views.support import scored


@pytest.fixture(params=["vqa_rad", "mednli", "meqsum"])
def record(request: pytest.FixtureRequest) -> Record:
    return scored("majority", request.param)


def test_a_kept_side_is_the_side(record: Record) -> None:
    side = sides.side_of(record, catalog.task(record.full_name).metrics[0])
    again = sides.from_text(sides.to_text(side))
    assert side.statistics is not None
    assert again.statistics is not None
    assert np.array_equal(side.statistics.table, again.statistics.table)
    assert [getattr(side.statistics, name) for name in ("names", "fixed", "note")] == [
        getattr(again.statistics, name) for name in ("names", "fixed", "note")
    ]
    assert replace(side, statistics=None) == replace(again, statistics=None)


def test_tests_of_sums_are_those_of_samples(record: Record) -> None:
    metric = catalog.task(record.full_name).metrics[0]
    own = record.measures[metric.measure.name].statistics
    assert own is not None
    other = replace(own, table=own.table[::-1].copy())
    reversed_ = structs.replace(
        record, measures={**record.measures, metric.measure.name: replace(record.measures[metric.measure.name], statistics=other)}
    )
    made = []
    for side in (sides.side_of, sides.sample_by_sample):
        pair = [side(one, metric) for one in (record, reversed_)]
        tables = [one.statistics for one in pair if one.statistics is not None]
        [difference] = tournament.compare(metric, tables, [(0, 1)], groups=pair[0].groups, plan=Bootstrap(resamples=200), family=400)
        made.append((difference.value, difference.p))
    assert made[0] == made[1]
