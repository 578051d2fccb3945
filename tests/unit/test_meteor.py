"""METEOR: the score from its statistics, and the client that asks the jar for them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from harness.metrics import java, meteor
from harness.metrics.base import NotComputed, Statistics
from harness.metrics.treatments import Texts

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "jars.json").read_text(encoding="utf-8"))
TABLE = np.array([[float(number) for number in case["statistics"].split()] for case in GOLDEN["meteor"]])
TEXTS = Texts(said=tuple(case["said"] for case in GOLDEN["meteor"]), expected=tuple(tuple(case["references"]) for case in GOLDEN["meteor"]))


def test_segment_scores_are_those_that_meteor_prints() -> None:
    found = meteor.final(meteor.whole_matches_cost_nothing(TABLE))
    np.testing.assert_allclose(found, [case["segment"] for case in GOLDEN["meteor"]], rtol=0, atol=1e-12)


def test_the_corpus_score_is_the_one_that_meteor_prints() -> None:
    statistics = Statistics(names=meteor.COLUMNS, table=meteor.whole_matches_cost_nothing(TABLE))
    assert meteor.value(statistics, np.ones((1, len(TABLE))))[0] == pytest.approx(GOLDEN["meteor_corpus"], abs=1e-12)


def test_a_perfect_segment_has_one_chunk_and_pays_nothing_for_it() -> None:
    row = next(row for row, case in zip(TABLE, GOLDEN["meteor"], strict=True) if case["said"] in case["references"] and case["said"])
    assert row[20] == 1
    assert meteor.final(meteor.whole_matches_cost_nothing(row[None, :]))[0] == 1.0


def test_no_weight_has_no_value() -> None:
    assert np.isnan(meteor.value(Statistics(names=meteor.COLUMNS, table=TABLE), np.zeros((1, len(TABLE)))))[0]


@pytest.mark.parametrize(
    ("answer", "is_good"),
    [
        (" ".join(["1.0"] * 23), True),
        (" ".join(["1.0"] * 22), False),
        (" ".join(["1.0"] * 22 + ["NaN"]), False),
        (" ".join(["1.0"] * 22 + ["-1"]), False),
        ("Error: no such task", False),
        ("", False),
    ],
    ids=["23 numbers", "22 numbers", "NaN", "negative", "words", "nothing"],
)
def test_anything_but_23_numbers_is_no_answer(answer: str, is_good: bool) -> None:
    assert (java.read_statistics(answer) is not None) is is_good


def test_a_separator_inside_a_text_does_not_split_it() -> None:
    assert java.score_line("a ||| b", ["c|||d", "e\u2028f"]) == "SCORE ||| cd ||| e f ||| a b"


def test_without_java_it_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "java", lambda: None)
    with pytest.raises(NotComputed, match="Java absent"):
        meteor.table(TEXTS)


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "biomed-harness"


@pytest.fixture
def client() -> java.Meteor:
    """The process that all tests of this session share: it takes seconds to start."""
    return java.meteor()


@pytest.mark.slow
@pytest.mark.java
def test_the_jar_answers_as_it_did(needs_java: None, cache_folder: Path) -> None:
    np.testing.assert_array_equal(meteor.table(TEXTS), TABLE)


@pytest.mark.java
def test_what_is_known_is_not_asked_again_and_no_text_is_kept(
    needs_java: None, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = Texts(said=("mild cardiomegaly", "mild cardiomegaly"), expected=(("cardiomegaly is mild",), ("cardiomegaly is mild",)))
    first = meteor.table(texts)
    content = (cache_folder / "meteor.sqlite").read_bytes()
    assert b"cardiomegaly" not in content
    monkeypatch.setattr(java, "meteor", lambda: pytest.fail("asked again"))
    np.testing.assert_array_equal(meteor.table(texts), first)


@pytest.mark.java
@pytest.mark.parametrize("damage", ["another file", "another entry"])
def test_a_damaged_cache_costs_time_and_not_the_score(needs_java: None, cache_folder: Path, damage: str) -> None:
    texts = Texts(said=("lungs are clear",), expected=(("the lungs are clear",),))
    expected = meteor.table(texts)
    if damage == "another file":
        (cache_folder / "meteor.sqlite").write_bytes(b"no database" * 100)
    else:
        with sqlite3.connect(cache_folder / "meteor.sqlite") as database:
            database.execute("UPDATE statistics SET numbers = '1.0 2.0'")
        database.close()
    np.testing.assert_array_equal(meteor.table(texts), expected)


@pytest.mark.slow
@pytest.mark.java
def test_a_process_that_died_is_replaced(needs_java: None, client: java.Meteor) -> None:
    before = client.statistics("lungs are clear", ["the lungs are clear"])
    process = client._process
    assert process is not None
    process.kill()
    process.wait()
    assert client.statistics("lungs are clear", ["the lungs are clear"]) == before


@pytest.mark.java
def test_no_answer_in_time_is_not_computed_and_leaves_no_process(needs_java: None) -> None:
    hasty = java.Meteor(seconds_per_answer=0.01)  # starting takes longer
    with pytest.raises(NotComputed, match=r"longer than 0\.01 seconds for a line of 7 words"):
        hasty.statistics("a b", ["a b"])
    assert hasty._process is None
