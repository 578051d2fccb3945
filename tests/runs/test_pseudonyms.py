"""Names of entrusted samples: made again where the secret lies and nowhere else; and what two data roots can still set side by side."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
import os
import platform
import shutil
from pathlib import Path

import pytest
from msgspec import structs

from harness.data import catalog
from harness.errors import CorruptData, PrerequisiteError
from harness.files import secret
from harness.runs import pseudonyms, record
from harness.views import between_runs, pairing
from harness.views.samples import told
from tests.runs import entrusted
from tests.runs.support import Own, checks

CARD = catalog.card("mednli")


@pytest.fixture(autouse=True)
def own_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share"


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three rows count as the whole release that the card describes."""
    monkeypatch.setattr("harness.data.counts.differences", lambda *_: [])
    monkeypatch.setattr("harness.data.checksums.differences", lambda *_, **__: [])


def named(root: Path, identifier: str) -> str:
    return pseudonyms.naming(CARD, root, synthetic=False)(identifier)


def two_roots(tmp_path: Path) -> tuple[Path, Path]:
    """One release at two institutions."""
    here = entrusted.mednli(tmp_path)
    return here, Path(shutil.copytree(here, tmp_path / "there"))


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = secret.of(tmp_path)
    assert len(first) == 32
    assert secret.of(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [".harness-secret"]
    if os.name != "nt":
        assert oct((tmp_path / ".harness-secret").stat().st_mode & 0o777) == "0o600"


def test_a_name_is_keyed_by_it(tmp_path: Path) -> None:
    key = bytes(range(32))
    (tmp_path / ".harness-secret").write_text(key.hex() + "\n")
    expected = hmac.new(key, b"mednli:10000032", "sha256").hexdigest()[:16]  # RFC 2104, by the standard library
    assert named(tmp_path, "10000032") == expected


def test_two_roots_give_two_names_and_one_root_gives_one(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert named(one, "1") == named(one, "1") != named(other, "1")


def test_nobody_turns_names_back_by_trying_all_numbers(tmp_path: Path) -> None:
    name = named(tmp_path, "4711")
    tried = {hashlib.sha256(f"{prefix}{number}".encode()).hexdigest()[:16] for number in range(10_000) for prefix in ("", "mednli:")}
    assert name not in tried


def test_an_invented_sample_and_open_data_keep_their_ids(tmp_path: Path) -> None:
    assert pseudonyms.naming(CARD, tmp_path, synthetic=True)("7") == "7"
    assert pseudonyms.naming(catalog.card("vqa_rad"), tmp_path, synthetic=False)("7") == "7"
    assert not list(tmp_path.iterdir())


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders in which nothing can be made, whoever asks: an administrator is refused nothing by rights."""
    refused: list[Path] = []
    made = secret._made

    def make(path: Path) -> bytes:
        if path.parent in refused:
            raise PermissionError(13, "Permission denied", str(path))
        return made(path)

    monkeypatch.setattr(secret, "_made", make)
    return refused


def test_a_root_that_cannot_be_written_has_its_secret_with_the_user(tmp_path: Path, own_share: Path, refusing: list[Path]) -> None:
    refusing.append(tmp_path)
    found = secret.of(tmp_path)
    assert (own_share / "biomed-harness" / "harness-secret").read_text().strip() == found.hex()
    assert secret.of(tmp_path) == found


def test_where_no_secret_can_be_kept_no_run_begins(tmp_path: Path, own_share: Path, refusing: list[Path]) -> None:
    refusing.extend([tmp_path, own_share / "biomed-harness"])
    with pytest.raises(PrerequisiteError, match=r"keyed by a secret, and none can be kept: .*Permission denied.*XDG_DATA_HOME"):
        secret.of(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 64, b"g" * 64])
def test_a_damaged_secret_is_no_other_secret(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".harness-secret").write_bytes(content)
    with pytest.raises(CorruptData, match=r"no secret of 64 hexadecimal digits\. Restore it from a backup"):
        secret.of(tmp_path)


def test_a_record_holds_no_id_and_no_secret_and_is_verified_where_the_secret_is(tmp_path: Path) -> None:
    root = entrusted.mednli(tmp_path)
    run = entrusted.run(root, tmp_path / "results")
    written = (run.folder / "run.json").read_text() + (run.folder / "samples.csv").read_text()
    assert "pair" not in written
    assert secret.of(root).hex() not in written
    assert run.record.data.ids == pseudonyms.naming(CARD, root, synthetic=False).scheme
    assert [sample.id for sample in run.record.samples] == [named(root, f"pair{number}") for number in range(3)]
    found = checks(run.folder, root)
    assert {found[name].status for name in ("replies", "targets", "statistics")} == {"holds"}


def test_elsewhere_it_says_what_it_could_not_check(tmp_path: Path) -> None:
    root = entrusted.mednli(tmp_path)
    run = entrusted.run(root, tmp_path / "results")
    (root / ".harness-secret").unlink()
    found = checks(run.folder, root)
    assert {name: found[name].status for name in ("replies", "targets", "statistics")} == {
        "replies": "not checked",
        "targets": "holds",  # the fingerprint says it
        "statistics": "not checked",
    }
    assert found["replies"].detail == (
        f"the samples are named by another secret than is here ({run.record.data.ids}); pass --data-root with the root of that run"
    )
    assert found["statistics"].detail == (
        "without the secret, which the scoring ids of a part of a release are made with, the statistics cannot be measured again"
    )


def test_a_record_from_before_there_were_secrets_is_still_verified(tmp_path: Path) -> None:
    root = entrusted.mednli(tmp_path)
    run = entrusted.run(root, tmp_path / "results")

    def old(identifier: str) -> str:
        return hashlib.sha256(f"mednli:{identifier}".encode()).hexdigest()[:16]

    pairs = zip(run.record.samples, run.plan.examples, strict=True)
    samples = tuple(structs.replace(sample, id=old(example.id), group=old(example.group)) for sample, example in pairs)
    plain = record.read(run.folder)
    record.write(run.folder, structs.replace(plain, samples=samples, data=structs.replace(plain.data, ids="", order="")))
    found = checks(run.folder, root)
    assert (found["replies"].status, found["targets"].status) == ("holds", "holds")


@pytest.mark.usefixtures("whole")
def test_runs_under_two_secrets_are_paired_by_their_order(tmp_path: Path) -> None:
    """Two institutions have one release and two secrets: what they publish compares, sample by sample."""
    here, there = two_roots(tmp_path)
    ours, theirs = entrusted.run(here, tmp_path / "a"), entrusted.run(there, tmp_path / "b", Own("entailment", identity="1"))
    assert {sample.id for sample in ours.record.samples}.isdisjoint(sample.id for sample in theirs.record.samples)
    assert ours.record.estimates[0].scoring_id == theirs.record.estimates[0].scoring_id
    assert pairing.refusal(ours.record, theirs.record) == ""
    task = catalog.task("mednli")
    names = {id(ours.record): "ours", id(theirs.record): "theirs"}
    [contrast, *_] = between_runs.compared([(ours.record, theirs.record)], {"mednli": task}, metric="accuracy", names=names)
    assert (contrast.refused, contrast.difference is None) == ("", False)
    changes_here = told([], task, ((ours.folder, ours.record), (theirs.folder, theirs.record)), data_root=here)
    assert changes_here == []
    assert pairing.names(ours.record, theirs.record) == {named(here, f"pair{n}"): named(there, f"pair{n}") for n in range(3)}


def test_where_nothing_says_that_the_order_is_one_it_is_said_why_ids_differ(tmp_path: Path) -> None:
    ours, theirs = (entrusted.run(root, tmp_path / root.name / "r").record for root in two_roots(tmp_path))
    why = pairing.refusal(structs.replace(ours, status="complete"), structs.replace(theirs, status="complete"))
    assert why.startswith(f"the samples of the two are named by different secrets ({ours.data.ids}, {theirs.data.ids})")


def test_the_digests_of_a_limited_run_cannot_be_tried(tmp_path: Path) -> None:
    """Of one sample, all that its ids could be are soon tried: what a record then says is made of the keyed name."""
    here, there = two_roots(tmp_path)
    ours, theirs = (entrusted.run(root, tmp_path / root.name / "r", limit=1) for root in (here, there))
    assert ours.record.estimates[0].scoring_id != theirs.record.estimates[0].scoring_id
    assert ours.record.prompting.prompting_id != theirs.record.prompting.prompting_id
    assert ours.folder.name != theirs.folder.name
    assert (ours.record.data.order, theirs.record.data.order) == ("", "")
    assert checks(ours.folder, here)["statistics"].status == "holds"


def test_who_let_data_leave_is_in_the_record(tmp_path: Path) -> None:
    model = entrusted.Parrot(remote=True)
    run = entrusted.run(entrusted.mednli(tmp_path), tmp_path / "results", model, allow_remote=True)
    said = json.loads((run.folder / "run.json").read_text())["data"]["approval"]
    assert said == {"by": getpass.getuser(), "on": platform.node(), "to": "another machine"}
    here = entrusted.run(entrusted.mednli(tmp_path / "again"), tmp_path / "local", allow_remote=True)
    assert here.record.data.approval is None, "nothing left"
