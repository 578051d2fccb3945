"""What a run falls short of, in words that may be shared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.data import catalog
from harness.runs import shortfalls
from harness.runs.excerpt import Excerpt
from harness.types import Response

FAILED = [("12", Response(error="ValueError: cannot read 'Mr Smith'"))]


def plan(task: str, *, synthetic: bool) -> Any:
    """As much of a plan as is asked for."""
    dataset = SimpleNamespace(synthetic=synthetic, complete=True, comparable=True, examples=range(20))
    info = SimpleNamespace(reads_targets=False)
    return SimpleNamespace(
        task=catalog.task(task), dataset=dataset, info=info, naming=str if synthetic or task == "vqa_rad" else lambda _: "a name"
    )


def options(refusals: str = "partial", limit: int | None = None) -> Any:
    return SimpleNamespace(refusals=refusals, excerpt=Excerpt(first=limit))


@pytest.mark.parametrize(("task", "synthetic"), [("mednli", True), ("vqa_rad", False)], ids=["invented", "open"])
def test_reasons_are_whole_where_the_data_is_nobody_s_secret(task: str, synthetic: bool) -> None:
    (reason,) = shortfalls.reasons(plan(task, synthetic=synthetic))(FAILED)
    assert (reason.reason, reason.first) == ("ValueError: cannot read 'Mr Smith'", "12")


def test_of_entrusted_data_neither_words_nor_ids_are_told() -> None:
    entrusted = plan("mednli", synthetic=False)
    (reason,) = shortfalls.reasons(entrusted)(FAILED)
    assert reason.reason.startswith("ValueError (its words may hold text of the data")
    assert "Smith" not in str(reason)
    assert reason.first == "a name"


@pytest.mark.parametrize(
    ("refusals", "limit", "expected"),
    [
        ("partial", None, ["1 of 4 requests failed", "2 of 4 requests were refused"]),
        ("wrong", None, ["1 of 4 requests failed"]),
        ("wrong", 4, ["limited to the first 4 of 20 examples", "1 of 4 requests failed"]),
        ("partial", 20, ["1 of 4 requests failed", "2 of 4 requests were refused"]),
    ],
)
def test_why_a_run_is_partial(refusals: str, limit: int | None, expected: list[str]) -> None:
    replies = [Response(text="yes"), Response(error=""), Response(refusal="no"), Response(text="I cannot", refusal="no")]
    assert shortfalls.why_partial(plan("vqa_rad", synthetic=False), replies, options(refusals, limit)) == expected
