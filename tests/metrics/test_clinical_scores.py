"""Clinical metrics on hand-made annotations: what each scores, by hand and against its package."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import CorruptData
from harness.metrics.base import Metric, NotComputed
from harness.metrics.clinical import annotating, green, radcliq, radgraph, ratescore, reports
from harness.metrics.clinical.ratescore import Entities
from tests.metrics import samples as made

PRESENT, ABSENT, ANATOMY = "Observation::definitely present", "Observation::definitely absent", "Anatomy::definitely present"


def annotation(*entities: tuple[Any, ...]) -> dict[str, Any]:
    """Of (tokens, label, relations …) each, numbered from 1."""
    rows = enumerate(entities, start=1)
    return {"entities": {str(n): {"tokens": own[0], "label": own[1], "relations": [list(pair) for pair in own[2:]]} for n, own in rows}}


EXPECTED = annotation(  # "Mild edema in the left lung. No effusion."
    ("Mild", PRESENT, ("modify", "2")),
    ("edema", PRESENT, ("located_at", "4")),
    ("left", ANATOMY, ("modify", "4")),
    ("lung", ANATOMY),
    ("effusion", ABSENT),
)
SAID = annotation(  # "mild edema in the lung, effusion."
    ("mild", PRESENT, ("modify", "2")), ("edema", PRESENT, ("located_at", "3")), ("lung", ANATOMY), ("effusion", PRESENT)
)
NONE: dict[str, Any] = {"entities": {}}


@pytest.mark.parametrize(
    ("level", "value"),
    [
        ("simple", 2 * 2 / (4 + 5)),  # edema and lung; "mild" differs in case, effusion in its label
        ("partial", 2 * 2 / (4 + 5)),  # the same two: both sides give edema a relation and the lung none
        ("complete", 2 * 3 / (4 + 5)),  # lower case here: mild modifies edema, edema located at lung, lung
    ],
)
def test_radgraph_by_hand(level: str, value: float) -> None:
    said, expected = radgraph.facts(SAID), radgraph.facts(EXPECTED)
    assert radgraph.f1(getattr(said, level), getattr(expected, level)) == pytest.approx(value, abs=1e-15)
    assert radgraph.f1(getattr(expected, level), getattr(expected, level)) == 1.0
    assert radgraph.f1(getattr(radgraph.facts(NONE), level), getattr(expected, level)) == 0.0
    assert radgraph.f1(frozenset(), frozenset()) == 0.0


@pytest.mark.parametrize("said", [SAID, EXPECTED, NONE], ids=["said", "expected", "none"])
@pytest.mark.parametrize("expected", [SAID, EXPECTED, NONE], ids=["said", "expected", "none"])
def test_radgraph_is_the_packages_reward(said: dict[str, Any], expected: dict[str, Any]) -> None:
    pytest.importorskip("dotmap", reason="the extra clinical is not installed")
    annotating.networks()
    rewards: Any = pytest.importorskip("radgraph.rewards")
    reference = rewards.compute_reward(said, expected, "all")
    a, b = radgraph.facts(said), radgraph.facts(expected)
    ours = [radgraph.f1(getattr(a, level), getattr(b, level)) for level in ("simple", "partial", "complete")]
    assert ours == pytest.approx(reference, abs=1e-15)


def test_no_word_of_a_report_is_in_what_is_kept() -> None:
    kept = " ".join(sorted(radgraph.facts(EXPECTED).complete | radgraph.facts(EXPECTED).relations))
    assert "edema" not in kept.lower()


def archive(folder: Path, config: Any) -> None:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "radgraph.tar.gz", "w:gz") as packed:
        content = json.dumps(config).encode()
        entry = tarfile.TarInfo("config.json")
        entry.size = len(content)
        packed.addfile(entry, io.BytesIO(content))


def test_the_encoder_of_an_archive_is_looked_for_beside_it(tmp_path: Path) -> None:
    encoder = {"bert": {"model_name": "someone/small-bert"}}
    archive(tmp_path / "w", {"dataset_reader": {"token_indexers": encoder}, "model": {"embedder": {"token_embedders": encoder}}})
    with pytest.raises(NotComputed, match="needs the encoder someone/small-bert"):
        radgraph.unpack(tmp_path / "w", "radgraph", tmp_path / "first")
    (tmp_path / "w" / "small-bert").mkdir()
    radgraph.unpack(tmp_path / "w", "radgraph", tmp_path / "second")
    config = json.loads((tmp_path / "second" / "config.json").read_text(encoding="utf-8"))
    assert config["model"]["embedder"]["token_embedders"]["bert"]["model_name"] == str(tmp_path / "w" / "small-bert")


def test_an_archive_of_something_else_is_named(tmp_path: Path) -> None:
    archive(tmp_path / "w", {"model": "other"})
    with pytest.raises(CorruptData, match="not RadGraph's release"):
        radgraph.unpack(tmp_path / "w", "radgraph", tmp_path / "x")
    (tmp_path / "w" / "radgraph.tar.gz").write_bytes(b"no archive")
    with pytest.raises(CorruptData, match="not RadGraph's release"):
        radgraph.unpack(tmp_path / "w", "radgraph", tmp_path / "x")


def test_radcliq_by_hand() -> None:
    average = np.array([[0.53792312, 0.61757256, 0.76479421, 0.44738335]])
    assert radcliq.score(average)[0] == pytest.approx(0.0, abs=1e-9)  # an average report has an average number of errors
    nothing = 0.377083683 * 0.53792312 / 0.30282584 + 0.3703001 * 0.61757256 / 0.22430938 + 0.252616218 * 0.76479421 / 0.25394391
    assert radcliq.score(np.zeros((1, 4)))[0] == pytest.approx(nothing, abs=1e-8)
    everything = 0.377083683 / 0.30282584 + 0.3703001 / 0.22430938 + 0.252616218 / 0.25394391  # less than nothing, by this much
    assert radcliq.score(np.ones((1, 4)))[0] == pytest.approx(nothing - everything, abs=1e-8)


def test_a_cosine_of_nothing_is_0() -> None:
    assert radcliq.cosine(np.array([3.0, 4.0]), np.array([4.0, 3.0])) == pytest.approx(0.96)
    assert radcliq.cosine(np.zeros(2), np.array([4.0, 3.0])) == 0.0


JUDGEMENT = """[Explanation]:
The candidate reports an effusion: that is one error.

[Clinically Significant Errors]:
(a) False report of a finding in the candidate: 2. an effusion; a nodule
(d) Misassessment of the severity of a finding: 1. the edema is not mild

[Clinically Insignificant Errors]:
(b) Missing a finding present in the reference: 3. a; b; c

[Matched Findings]:
4. edema; clear apices; normal heart; no pneumothorax
"""


@pytest.mark.parametrize(
    ("judgement", "matched", "errors", "value"),
    [
        (JUDGEMENT, 4, [2, 0, 0, 1, 0, 0], 4 / 7),
        (JUDGEMENT.replace("(a)", "(1)").replace("(d)", "(4)"), 4, [2, 0, 0, 1, 0, 0], 4 / 7),
        (JUDGEMENT.replace("4. edema", "No matched findings. edema"), 0, [2, 0, 0, 1, 0, 0], 0.0),
        ("[Clinically Significant Errors]:\nNo errors.\n\n[Matched Findings]:\n1. edema", 1, [0] * 6, 1.0),
    ],
    ids=["letters", "numbers", "no match", "no error"],
)
def test_green_counts_what_the_judge_wrote(judgement: str, matched: int, errors: list[int], value: float) -> None:
    found = green.counts(judgement)
    assert found == {"matched": matched, "errors": errors, "read": True}
    assert green.score(found) == pytest.approx(value)


@pytest.mark.parametrize("judgement", ["", "I cannot judge this.", "[Matched Findings]:\n3. a; b; c"], ids=["empty", "refusal", "cut off"])
def test_a_judgement_without_its_sections_is_known_as_such(judgement: str) -> None:
    assert not green.counts(judgement)["read"]


AFFINITY = {"ANATOMY_ANATOMY": 0.5, "DISEASE_DISEASE": 1.0, "DISEASE_NON-DISEASE": 2.0, "NON-DISEASE_DISEASE": 2.0, "NEG_WEIGHT": 0.25}


def speaks_of(*entities: tuple[str, list[float]]) -> Entities:
    return Entities(kinds=tuple(kind for kind, _ in entities), embeddings=np.array([vector for _, vector in entities]).reshape(-1, 2))


def test_ratescore_by_hand() -> None:
    expected = speaks_of(("DISEASE", [1.0, 0.0]), ("ANATOMY", [0.0, 2.0]))
    assert ratescore.score(expected, expected, AFFINITY) == pytest.approx(1.0)
    said = speaks_of(("NON-DISEASE", [3.0, 0.0]), ("ANATOMY", [0.0, 1.0]))
    # each side: (1 * 2 * .25 + 1 * .5) / (2 + .5): what one finds and the other denies counts a quarter
    assert ratescore.score(said, expected, AFFINITY) == pytest.approx(0.4)
    closer = speaks_of(("DISEASE", [3.0, 4.0]))
    # precision side: the disease meets its like at .6 and the anatomy meets the disease
    with pytest.raises(KeyError):
        ratescore.score(closer, expected, AFFINITY)
    assert ratescore.score(closer, speaks_of(("DISEASE", [1.0, 0.0])), AFFINITY) == pytest.approx(0.6)


def test_a_report_without_entities_scores_a_half_as_in_the_release() -> None:
    assert ratescore.score(speaks_of(), speaks_of(("DISEASE", [1.0, 0.0])), AFFINITY) == 0.5


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["O", "B-ANATOMY", "I-ANATOMY", "O", "B-DISEASE"], [(1, 3, "ANATOMY"), (4, 5, "DISEASE")]),
        (["B-DISEASE", "B-DISEASE", "I-ANATOMY"], [(0, 1, "DISEASE"), (1, 3, "DISEASE")]),
        (["I-DISEASE", "O", "I-DISEASE"], []),
    ],
)
def test_entities_begin_with_b(labels: list[str], expected: list[tuple[int, int, str]]) -> None:
    assert ratescore.spans(labels) == expected


@pytest.mark.parametrize("metric", reports.REPORTS, ids=lambda metric: metric.name)
def test_without_weights_each_family_says_what_to_set(metric: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(annotating.VARIABLE, raising=False)
    with pytest.raises(NotComputed, match=r"^weights absent: set HARNESS_CLINICAL to a folder that holds "):
        made.value(metric, made.of(["edema"], ["edema"]))
    assert annotating.VARIABLE in " ".join(metric.pitfalls)


def test_the_doctor_is_told_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(annotating.VARIABLE, raising=False)
    assert reports.readiness().startswith("no weights: set HARNESS_CLINICAL")
    monkeypatch.setenv(annotating.VARIABLE, str(tmp_path / "nowhere"))
    assert "not there" in reports.readiness()
    (tmp_path / "chexbert.pth").touch()
    monkeypatch.setenv(annotating.VARIABLE, str(tmp_path))
    assert reports.readiness().startswith("CheXbert lacks bert-base-uncased; RadGraph-XL lacks radgraph-xl.tar.gz")
    assert reports.ready() == ()
    (tmp_path / "bert-base-uncased").mkdir()
    assert reports.ready() == ("CheXbert",)
