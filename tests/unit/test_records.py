"""Records: small, exact, and proof against a changed byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness import records
from harness.errors import CorruptData, VerificationError
from harness.records import Record, SampleRow
from harness.scoring import score
from harness.statistics import Bootstrap
from harness.types import Example, ModelInfo, Response, Task


@pytest.fixture
def record(toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]]) -> Record:
    examples = toy_examples(6)
    plan = Bootstrap(resamples=50)
    scored = score(
        toy_task,
        examples,
        [Response(text=text) for text in ("yes", "no", "yes", "yes", "", "no")],
        split="test",
        info=ModelInfo(name="toy", kind="test"),
        complete=True,
        train=None,
        plan=plan,
    )
    return Record(
        task="toy",
        task_variant="",
        card_version=1,
        split="test",
        status="complete",
        not_ranked=(),
        model={"name": "toy", "kind": "test", "setting": "", "parameters": None, "note": ""},
        data={"kind": "real", "fingerprint": "f", "limit": None, "notes": []},
        counts={"examples": 6, "answered": 5, "unparsed": 0, "empty": 1, "failed": 0, "skipped": 0},
        prompting={"prompting_id": "p"},
        bootstrap=plan,
        measures=scored.measures,
        estimates=scored.estimates,
        samples=tuple(
            SampleRow(id=example.id, group=example.group, outcome=reading.outcome, reply_sha256="0" * 64, tags=example.tags)
            for example, reading in zip(examples, scored.readings, strict=True)
        ),
        environment={"harness": "0"},
        created="2026-01-01",
    )


def test_what_is_written_is_read_back_to_the_last_digit(tmp_path: Path, record: Record) -> None:
    records.write(tmp_path, record)
    again = records.read(tmp_path)
    assert again.estimates == record.estimates
    assert again.samples == record.samples
    for name, measured in record.measures.items():
        found = again.measures[name].statistics
        assert found is not None
        assert measured.statistics is not None
        assert (found.table == measured.statistics.table).all()


def test_a_record_holds_no_reply_and_no_target(tmp_path: Path, record: Record) -> None:
    records.write(tmp_path, record)
    assert (tmp_path / "samples.csv").read_text().splitlines()[:2] == [
        "id,group,outcome,reply_sha256,tag.half,equal.right,equal.asked,lengths.length",
        f"0,g0,answered,{'0' * 64},first,1,1,3",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("run.json", '"value": 0.6666', '"value": 0.7666'),
        ("run.json", '"status": "complete"', '"status": "partial"'),
        ("samples.csv", ",0,1,3", ",1,1,3"),
    ],
    ids=["a value", "a fact", "a statistic"],
)
def test_a_changed_byte_is_found(tmp_path: Path, record: Record, file: str, old: str, new: str) -> None:
    records.write(tmp_path, record)
    content = (tmp_path / file).read_text()
    assert old in content
    (tmp_path / file).write_text(content.replace(old, new, 1))
    with pytest.raises(VerificationError, match=file):
        records.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "not JSON"), ("[]", "no run record of schema version 1 to"), ('{"schema_version": 99}', "no run record of schema version 1 to")],
    ids=["truncated", "not a record", "another schema"],
)
def test_a_file_that_is_no_record_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(CorruptData, match=message):
        records.read(tmp_path)


def test_a_second_equal_record_is_known_to_be_current_whatever_its_date(tmp_path: Path, record: Record) -> None:
    assert not records.is_current(tmp_path, record)
    records.write(tmp_path, record)
    assert records.is_current(tmp_path, replace(record, created="2027-07-07", environment={"harness": "1"}))
    assert not records.is_current(tmp_path, replace(record, status="partial"))


def test_json_output_has_no_nan(record: Record) -> None:
    json.dumps(record.as_json(), allow_nan=False)


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    records.replace_file(path, b"old")
    with pytest.raises(TypeError):
        records.replace_file(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
