"""What the options of a run may be, however they are given."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UsageError
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit": 0}, r"limit 0: must be at least 1\."),
        ({"limit": -5}, "limit -5"),  # as a slice it would leave the last five out
        ({"batch_size": 0}, "batch_size 0"),
        ({"give_up_after": -1}, "give_up_after -1: must be at least 0"),
        ({"plan": Bootstrap(resamples=-1)}, "resamples -1"),
        ({"decoding": {"temperature": -0.1}}, "temperature -0.1"),
        ({"decoding": {"top_p": 1.5}}, r"top_p 1.5: must be at least 0 and at most 1\."),
        ({"decoding": {"top_q": 1}}, "unknown setting of how a model writes 'top_q'. Did you mean top_p"),
        ({"images": "each"}, "images each"),
        ({"refusals": "right"}, "refusals right"),
    ],
)
def test_what_no_run_can_have_is_refused_before_it_begins(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Options(**given)


def test_what_leaves_a_choice_to_others_is_no_number() -> None:
    assert Options(limit=None, batch_size=None, decoding={"stop": ("\n",), "score_choices": True}).limit is None
