"""Seeds repeated: mean and standard deviation over runs, by hand."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.runs.facts import PromptingFacts
from harness.runs.record import Record
from harness.types import Decoding
from harness.views.repeats import spreads
from tests.views.support import OURS, by_hand


def seeded(seed: int, value: float | None) -> Record:
    closed, decoding = structs.replace(OURS, slice="closed", value=0.9), Decoding(seed=seed, temperature=1.0)
    prompting = PromptingFacts(prompting_id="p", model_digest="m", images="", decoding=decoding)
    return by_hand(structs.replace(OURS, value=value), closed, prompting=prompting)


def test_mean_and_deviation_are_those_of_the_whole_set_over_the_runs() -> None:
    """Of 0.2, 0.5 and 0.8: 0.5, and the root of (0.09 + 0 + 0.09) / 2."""
    [spread] = spreads([seeded(1, 0.2), seeded(5, 0.5), seeded(20, 0.8)])
    assert (spread.metric, spread.metric_variant, spread.seeds) == ("exact_match", "canonical", (1, 5, 20))
    assert spread.mean == pytest.approx(0.5)
    assert spread.sd == pytest.approx(0.3)


def test_one_run_and_an_undefined_value_have_no_spread() -> None:
    assert spreads([seeded(1, 0.2)]) == spreads([seeded(1, 0.2), seeded(2, None)]) == []
