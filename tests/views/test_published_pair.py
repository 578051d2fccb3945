"""Two published systems side by side: values of one source first, and what is known of two protocols otherwise."""

from __future__ import annotations

import re

import pytest

from harness.errors import UsageError
from harness.views import published_pair


def test_where_one_source_has_both_its_values_stand_beside_each_other() -> None:
    """HealthGPT-Pro's README has both on three tasks: 61.0 and 64.2, 81.9 and 85.8, 66.7 and 77.2."""
    found = published_pair.pairs(*published_pair.named("reported:lingshu 7b", "Hulu-Med-7B"))
    assert [(pair.task, pair.first.original_value, pair.second.original_value, pair.first.source_title) for pair in found] == [
        ("path_vqa", "61.0", "64.2", "HealthGPT-Pro"),
        ("slake_en", "81.9", "85.8", "HealthGPT-Pro"),
        ("vqa_rad", "66.7", "77.2", "HealthGPT-Pro"),
    ]
    assert all(pair.same_source for pair in found)
    assert found[2].change == pytest.approx(0.105)


def test_values_of_two_sources_say_in_what_these_differ() -> None:
    """GPT-5-mini's is of a chain of thought, Lingshu's of MedEvalKit's plain prompt."""
    found = published_pair.pairs("Lingshu-32B", "GPT-5-mini")
    pair = next(pair for pair in found if pair.second.source_title.startswith("Capabilities") and pair.first.source_title == "Lingshu")
    assert not pair.same_source
    assert "prompt" in [one.aspect for one in pair.known]
    assert {"rule", "judge"} <= {one.aspect for one in pair.one_sided}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("reported:Lingshu-7B", "reported:lingshu 7b"), "are one system, Lingshu-7B"),
        (("reported:Lingsu-7B", "reported:R2Gen"), "Did you mean Lingshu-7B"),
        (("Lingshu-7B", "MedViT-S"), "no task, form and slice has a published value of both Lingshu-7B and MedViT-S"),
    ],
    ids=["one", "misspelt", "nothing in common"],
)
def test_names_that_are_no_two_systems_of_one_value_are_refused(names: tuple[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        published_pair.pairs(*published_pair.named(*names))
