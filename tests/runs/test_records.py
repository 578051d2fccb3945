"""Records: small, exact, and proof against a changed byte."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness.errors import CorruptData, VerificationError
from harness.metrics.base import Statistics
from harness.runs import record as records
from harness.runs.record import Record
from harness.stats.bootstrap import Bootstrap
from harness.types import Example, Task
from harness.views.same_data import same_data
from tests.runs.support import scored, sealed, toy_record


@pytest.fixture
def record(toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]]) -> Record:
    examples, plan = toy_examples(6), Bootstrap(resamples=50)
    return toy_record(scored(toy_task, examples, ("yes", "no", "yes", "yes", "", "no"), plan=plan), examples, plan)


def test_what_is_written_is_read_back_to_the_last_digit(tmp_path: Path, record: Record) -> None:
    records.write(tmp_path, record)
    again = records.read(tmp_path)
    assert again.estimates == record.estimates
    assert again.samples == record.samples
    assert list(again.measures) == list(record.measures)
    assert (statistics(again).table == statistics(record).table).all()


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
    assert records.is_current(tmp_path, structs.replace(record, created="2027-07-07", environment={"harness": "1"}))
    assert not records.is_current(tmp_path, structs.replace(record, status="partial"))


def test_json_output_has_no_nan(record: Record) -> None:
    json.dumps(record.as_json(), allow_nan=False)


def test_a_record_that_is_written_over_and_over_is_read_whole_each_time(tmp_path: Path, record: Record) -> None:
    """Two records in turn, each of whose tables the other's run.json does not name."""
    versions = (record, structs.replace(record, samples=tuple(reversed(record.samples)), status="partial"))
    records.write(tmp_path, record)
    read, failed = threading.Event(), []

    def write() -> None:
        turn = 0
        while not read.is_set():
            turn += 1
            records.write(tmp_path, versions[turn % 2])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(100):
            try:
                found = records.read(tmp_path)
            except Exception as error:  # noqa: BLE001  counted, whatever it is
                failed.append(error)
            else:
                assert [row.id for row in found.samples] == [row.id for row in versions[found.status == "partial"].samples]
    finally:
        read.set()
        writer.join()
    assert failed == []


def test_versions_that_made_the_replies_outlive_the_process_that_was_ended_before_its_record(tmp_path: Path, record: Record) -> None:
    (tmp_path / "made-with.jsonl").write_text('{"torch": "2.1.0"}\n{"torch": "2.2.0", "pillow": "11.0"}\n{"torch": "2.')
    records.keep(tmp_path, structs.replace(record, environment={"harness": "1", "torch": "2.2.0"}))
    assert records.read(tmp_path).environment == {"harness": "1", "torch": "2.1.0, 2.2.0", "pillow": "11.0"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "samples.csv"]


class Killed(BaseException):
    """The process ends here."""


def statistics(of: Record) -> Statistics:
    """Of its first measure."""
    found = next(iter(of.measures.values())).statistics
    assert found is not None
    return found


@pytest.fixture
def other(record: Record) -> Record:
    """The same run scored anew: other statistics, another table."""
    [name, *_] = record.measures
    changed = replace(record.measures[name], statistics=replace(statistics(record), table=statistics(record).table + 1))
    return structs.replace(record, measures={**record.measures, name: changed}, created="2026-02-02")


def killed_while_writing(folder: Path, record: Record, ends_after: int) -> bool:
    """Write a record in a process that ends after so many changes to the folder, each of which puts a name in place; whether it did."""
    done: list[str] = []
    real = Path.replace

    def step(path: Path, target: Path) -> Path:
        if len(done) == ends_after:
            raise Killed
        done.append(Path(target).name)
        return real(path, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", step)
        try:
            records.write(folder, record)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("ends_after", [0, 1, 2, 3])
def test_a_write_that_ends_anywhere_leaves_the_old_record_or_the_new_one(
    tmp_path: Path, record: Record, other: Record, ends_after: int
) -> None:
    records.write(tmp_path, record)
    assert killed_while_writing(tmp_path, other, ends_after) == (ends_after < 3)
    found = records.read(tmp_path)
    assert found.created == ("2026-01-01" if ends_after < 2 else "2026-02-02")
    assert (statistics(found).table == statistics(record if ends_after < 2 else other).table).all()


@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("second", [0, 1, 2, 3])
def test_a_write_after_one_that_was_cut_short_may_be_cut_short_as_well(
    tmp_path: Path, record: Record, other: Record, first: int, second: int
) -> None:
    records.write(tmp_path, record)
    third = structs.replace(
        record, created="2026-03-03", samples=tuple(structs.replace(sample, outcome="answered") for sample in record.samples)
    )
    for ends_after, made in ((first, other), (second, third)):
        killed_while_writing(tmp_path, made, ends_after)
        assert records.read(tmp_path).created in ("2026-01-01", "2026-02-02", "2026-03-03")
    records.keep(tmp_path, third)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "samples.csv"]
    assert records.read(tmp_path).samples == third.samples


def test_a_table_that_was_not_yet_moved_is_moved_by_the_next_run_which_changes_nothing_else(
    tmp_path: Path, record: Record, other: Record
) -> None:
    records.write(tmp_path, record)
    assert killed_while_writing(tmp_path, other, 2)
    (tmp_path / ".run.json.x1y2").write_text("half")
    before = (tmp_path / "run.json").read_bytes()
    records.keep(tmp_path, structs.replace(other, created="2027-07-07"))
    assert (tmp_path / "run.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "samples.csv"]


def test_nothing_is_touched_where_a_record_cannot_be_written(tmp_path: Path, record: Record) -> None:
    records.write(tmp_path, record)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="not JSON compliant"):
        records.write(tmp_path, structs.replace(record, estimates=(structs.replace(record.estimates[0], value=float("inf")),)))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_made_the_replies_stays_known_when_they_are_scored_again(tmp_path: Path, record: Record) -> None:
    made_by = {"torch": "2.1.0", "pillow": "10.0"}
    records.write(tmp_path, structs.replace(record, environment={"harness": "1", "numpy": "2.0.0", "nltk": "3", **made_by}))
    records.write(tmp_path, structs.replace(record, created="2026-02-02", environment={"harness": "2", "numpy": "2.1.0"}))
    assert records.read(tmp_path).environment == {"harness": "2", "numpy": "2.1.0", **made_by}
    records.write(tmp_path, structs.replace(record, created="2026-03-03", environment={"harness": "2", "numpy": "2.1.0", "torch": "2.2.0"}))
    records.write(tmp_path, structs.replace(record, created="2026-04-04", environment={"harness": "2", "numpy": "2.1.0", "torch": "2.2.0"}))
    assert records.read(tmp_path).environment["torch"] == "2.1.0, 2.2.0"


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "a\nb", 'a"b', "a,b", " a ", "\ud800", "a\x00b"])
def test_whatever_stands_in_an_id_a_group_or_a_tag_is_read_back(tmp_path: Path, record: Record, text: str) -> None:
    first, *rest = record.samples
    odd = structs.replace(first, id=text, group=text, tags={"half": text})
    records.write(tmp_path, structs.replace(record, samples=(odd, *rest), model=replace(record.model, note=text)))
    again = records.read(tmp_path)
    assert again.samples == (odd, *rest)
    assert again.model.note == text


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ({"pictures": "a"}, {"pictures": "a"}, True),
        ({"pictures": "a"}, {"pictures": "b"}, False),
        ({"pictures": "a"}, {"pictures": ""}, True),
        ({"fingerprint": "a"}, {"fingerprint": "b"}, False),
        ({"fingerprint": "a", "schema": 1}, {"fingerprint": "b"}, True),
        ({"fingerprint": "a", "schema": 1}, {"fingerprint": "b", "schema": 1}, False),
    ],
    ids=["same pictures", "other pictures", "one names none", "other texts", "texts of two schemas", "other texts in the first schema"],
)
def test_two_runs_are_of_the_same_data_as_far_as_both_say(record: Record, ours: Any, theirs: Any, same: bool) -> None:
    first, second = (structs.replace(record, data=structs.replace(record.data, **facts)) for facts in (ours, theirs))
    assert same_data(first, second) is same_data(second, first) is same


def test_a_record_of_the_first_schema_names_no_pictures_and_keeps_its_fingerprint(tmp_path: Path, record: Record) -> None:
    records.write(tmp_path, record)

    def first_schema(body: dict[str, Any]) -> None:
        body["schema_version"] = 1
        del body["failures"], body["counts"]["refused"], body["data"]["pictures"]
        for estimate in body["estimates"]:
            del estimate["method"]

    sealed(tmp_path, first_schema)
    found = records.read(tmp_path)
    assert found.data == structs.replace(record.data, schema=1)
    assert found.counts == record.counts
    assert {estimate.method for estimate in found.estimates} == {""}


def test_the_keys_of_a_record_on_disk_are_those_of_the_schema_and_what_is_unsaid_is_left_out(tmp_path: Path, record: Record) -> None:
    records.write(tmp_path, record)
    body = json.loads((tmp_path / "run.json").read_text())
    assert sorted(body["prompting"]) == ["decoding", "images", "model_digest", "prompting_id"]
    assert sorted(body["data"]) == ["comparable", "complete", "fingerprint", "kind", "layout", "limit", "notes", "pictures"]
    assert "identity" not in body["model"]
    assert list(body["estimates"][0])[:3] == ["metric", "metric_variant", "slice"]


DAMAGE: dict[str, tuple[Callable[[Any], object], str]] = {
    "a text for a number": (
        lambda body: body["estimates"][1].update(value="0.5"),
        "estimates[1].value: expected float | null, got str",
    ),
    "null for a table": (lambda body: body.update(counts=None), "counts: expected table, got null"),
    "a list for a table": (lambda body: body.update(model=[]), "model: expected table, got list"),
    "a table for a list": (lambda body: body.update(estimates={}), "estimates: expected list, got table"),
    "a field absent": (lambda body: body["estimates"][2].pop("signature"), "estimates[2]: lacks 'signature'"),
    "two fields absent": (lambda body: [body.pop(name) for name in ("bootstrap", "created")], "lacks 'bootstrap', 'created'"),
    "a number of another kind": (lambda body: body["counts"].update(failed=1.5), "counts.failed: must be a whole number, not 1.5"),
    "a word that is none": (lambda body: body.update(status="done"), "status: must be one of complete, partial, not 'done'"),
    "under a key of its own": (
        lambda body: body["measures"]["lengths"].update(columns="length"),
        "measures.lengths.columns: expected list | null, got str",
    ),
    "a version that is no text": (lambda body: body["environment"].update(harness=1), "environment.harness: expected str, got int"),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_field_is_named_with_its_path(tmp_path: Path, record: Record, damage: Callable[[Any], object], said: str) -> None:
    records.write(tmp_path, record)
    sealed(tmp_path, damage)
    with pytest.raises(CorruptData) as raised:
        records.read(tmp_path)
    assert str(raised.value) == f"{tmp_path / 'run.json'}: {said}. The record is not complete; score the run again."


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",lengths.length", ",lengths.size", "no column lengths.length"),
        (",0,1,3", ",0,1", "row 4 has not one cell per column"),
        (",0,1,3", ",0,1,three", "a statistic of 'lengths' is no number"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, record: Record, old: str, new: str, said: str) -> None:
    records.write(tmp_path, record)
    table = (tmp_path / "samples.csv").read_bytes().replace(old.encode(), new.encode(), 1)
    (tmp_path / "samples.csv").write_bytes(table)
    sealed(tmp_path, lambda body: body["samples"].update(sha256=hashlib.sha256(table).hexdigest()))
    with pytest.raises(CorruptData, match=re.escape(f"samples.csv: {said}")):
        records.read(tmp_path)
