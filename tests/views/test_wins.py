"""Who beats whom: the tests of a board, with those aside that are not ranked."""

from __future__ import annotations

from msgspec import structs

from harness.data import catalog
from harness.views.wins import Wins, tally, wins
from tests.views.support import committed


def found(*not_ranked: str) -> Wins:
    runs = {record.model.name: record for record in committed("pneumoniamnist").values()}
    runs |= {name: structs.replace(runs[name], not_ranked=("the model sees the targets",)) for name in not_ranked}
    [one] = wins(runs, {name: name for name in runs}, {"pneumoniamnist": catalog.task("pneumoniamnist")})
    return one


def test_what_is_not_ranked_is_not_tested_and_stands_last() -> None:
    """As on the scoreboard: the p-values of the others are adjusted over their own pairs alone."""
    one = found("harness CNN (28)")
    assert list(one.duels) == [("majority", "nearest")]
    assert one.aside == {"harness CNN (28)": "the model sees the targets"}
    assert tally([one]).names == ("nearest", "majority", "harness CNN (28)")
    assert one.as_json()["not_ranked"] == one.aside


def test_where_fewer_than_two_are_ranked_all_are_tested() -> None:
    one = found("harness CNN (28)", "nearest")
    assert (len(one.duels), set(one.aside)) == (3, {"harness CNN (28)", "nearest"})
    nobody = found("harness CNN (28)", "nearest", "majority")
    assert (len(nobody.duels), nobody.aside) == (3, {})
