"""What is written is what is read: any reply in the journal, any table of samples, any text in a record."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.metrics.base import Statistics
from harness.metrics.measuring import Measured
from harness.models import contract
from harness.runs import record as records
from harness.runs.journal import Journal
from harness.runs.record import Record
from harness.runs.table import SampleRow
from harness.types import Decoding, Input, ModelFacts, Request, Response
from tests.runs.test_records import record as record

ANY = st.text(alphabet=st.characters(exclude_categories=()), max_size=20)
"""Control characters and halves of characters among them."""
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
RESPONSES = st.builds(
    Response,
    text=ANY,
    choice_log_probs=st.none() | st.tuples(st.floats(max_value=0), st.floats(max_value=0)),
    thinking=ANY,
    finish=st.sampled_from(("", "stop", "length")),
    usage=st.dictionaries(ANY, st.integers(0, 2**60), max_size=2),
    seconds=st.none() | st.floats(min_value=0),
    refusal=ANY,
    error=st.none() | ANY,
    of_request=st.booleans(),
)
REQUEST = Request(id="1", prompt="", item=Input(text="", choices=("a", "b")), decoding=Decoding())
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@QUICK
@given(response=RESPONSES, sample=ANY)
def test_any_reply_is_read_from_the_journal_as_it_was_kept(response: Response, sample: str) -> None:
    kept = contract.checked(REQUEST, response)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        journal.append([((sample, "digest"), kept)])
        assert journal.read() == {(sample, "digest"): kept}


@pytest.mark.parametrize("error", ["", "  ", "down"])
def test_a_failure_without_words_is_a_failure_each_time(error: str, tmp_path: Path) -> None:
    kept = contract.checked(REQUEST, Response(error=error))
    assert kept.error == (error.strip() or "no reason was given")
    journal = Journal(tmp_path)
    journal.append([(("1", "digest"), kept)])
    assert journal.read()["1", "digest"] == kept


@QUICK
@given(
    rows=st.lists(st.tuples(ANY, ANY, ANY, NUMBERS), min_size=1, max_size=5, unique_by=lambda row: row[0]),
    tag=ANY,
    words=st.tuples(ANY, ANY, ANY, ANY),
)
def test_any_record_is_read_as_it_was_written(
    record: Record, rows: list[tuple[str, str, str, float]], tag: str, words: tuple[str, str, str, str]
) -> None:
    samples = tuple(
        SampleRow(id=name, group=group, outcome="answered", reply_sha256="0", tags={f"t{tag}": value}) for name, group, value, _ in rows
    )
    numbers = np.array([[value, float(place)] for place, (*_, value) in enumerate(rows)])
    measures = {"m": Measured(statistics=Statistics(names=("value", "place"), table=numbers))}
    model = ModelFacts(name=words[0], kind="test", setting=words[1], arguments={words[2]: words[3]})
    written = structs.replace(record, samples=samples, measures=measures, model=model, split=words[1], not_ranked=words)
    with tempfile.TemporaryDirectory() as folder:
        records.write(Path(folder), written)
        assert records.is_current(Path(folder), written)
        again = records.read(Path(folder))
    statistics = again.measures["m"].statistics
    assert statistics is not None
    assert np.array_equal(statistics.table, numbers)
    assert structs.replace(again, measures={}) == structs.replace(written, measures={})
