"""What digests cover: every difference, nothing that is the default, and the same in every process and version."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import models
from harness.base import identity
from harness.data import catalog, examples
from harness.errors import UsageError
from harness.models import sameness
from harness.runs import evaluate
from harness.runs.journal import Journal
from harness.runs.plan import Options, prepare
from harness.runs.prompting import Prompting
from harness.runs.questions import digesting
from harness.runs.sharded import evaluate as evaluate_shard
from harness.runs.shards import Shard
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, Example, Image, Input, ModelInfo, Request, Scene
from tests.runs.support import Own


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterDecoding(Decoding):
    """The decoding of a version that knows more."""

    min_p: float = 0.0
    bad_words: tuple[str, ...] = field(default=())


MODEL = "05d41c1f34cd160fd3ec7c30a69b1a2ee066bedb8b4cb9531b304f1e2c68dfe9"
REQUEST = Request(id="1", prompt="Is it?", item=Input(text="Is it?"), decoding=Decoding())


def test_a_digest_names_what_differs_from_the_defaults() -> None:
    assert identity.changes(Decoding(max_new_tokens=16, stop=("\n",))) == {"v": 2, "max_new_tokens": 16, "stop": ["\n"]}
    assert identity.changes(Prompting()) == {"v": 2}


def test_a_default_that_changes_asks_for_another_version() -> None:
    """Digests leave these out, so that other values under the same version would make two decodings one."""
    assert identity.VERSION == 2
    assert asdict(Decoding()) == {
        "max_new_tokens": 64,
        "temperature": 0.0,
        "top_p": 1.0,
        "seed": 0,
        "beams": 1,
        "length_penalty": 1.0,
        "no_repeat_ngram": 0,
        "stop": (),
        "score_choices": False,
    }
    assert asdict(Prompting()) == {"system": "", "template": "", "shots": 0, "by": "seed"}


def test_a_field_that_is_added_leaves_every_digest() -> None:
    later = replace(REQUEST, decoding=LaterDecoding())
    assert digesting("m")(later, ["p"]) == digesting("m")(REQUEST, ["p"])
    assert digesting("m")(replace(later, decoding=LaterDecoding(min_p=0.1)), ["p"]) != digesting("m")(REQUEST, ["p"])


def test_digests_are_those_of_earlier_runs() -> None:
    """As sha256sum prints them of the texts, which are the canonical forms."""
    asked = '[{"decoding":{"v":2},"item":{"images":["p"],"text":"Is it?","v":2},"model":"m","prompt":"Is it?","v":2}]'
    model = '[{"arguments":{},"digest":"d","kind":"torch","name":"a","revision":"","v":2}]'
    assert hashlib.sha256(asked.encode()).hexdigest()[:16] == "4db569bff6c01d6d"
    assert hashlib.sha256(model.encode()).hexdigest() == MODEL
    assert digesting("m")(REQUEST, ["p"]) == "4db569bff6c01d6d"
    assert sameness.of_model(ModelInfo(name="a", kind="torch", digest="d")) == MODEL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decoding(temperature=0.0), Decoding(temperature=0)),
        (Decoding(temperature=0.0), Decoding(temperature=-0.0)),
        (Decoding(temperature=2.0), Decoding(temperature=2)),
        (Decoding(temperature=0.5), Decoding(temperature=np.float64(0.5))),
        (Decoding(seed=3), Decoding(seed=np.int64(3))),  # type: ignore[arg-type]
        (Decoding(stop=("a", "b")), Decoding(stop=["a", "b"])),  # type: ignore[arg-type]
        (Decoding(stop=()), Decoding(stop=[])),  # type: ignore[arg-type]
        (Decoding(score_choices=True), Decoding(score_choices=1)),  # type: ignore[arg-type]
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        (frozenset("abc"), {"c", "b", "a"}),
    ],
)
def test_what_means_the_same_has_one_digest(one: Any, other: Any) -> None:
    assert identity.digest(one) == identity.digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decoding(temperature=0.7), Decoding(temperature=0.7000001)),
        (Decoding(stop=("a", "b")), Decoding(stop=("b", "a"))),
        (Decoding(stop=("a", "b")), Decoding(stop=("a,b",))),
        ("1", 1),
        (True, 1),
        (None, ""),
        ([["a"], "b"], [["a", "b"]]),
    ],
)
def test_what_means_something_else_has_another(one: Any, other: Any) -> None:
    assert identity.digest(one) != identity.digest(other)


def test_an_object_whose_text_differs_between_processes_has_none() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        identity.digest({"model": object()})


def test_another_process_finds_the_same_digest() -> None:
    code = "from harness.base import identity; print(identity.digest({'b': {'x', 'y'}, 'a': 0.5}))"
    found = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)}
    assert found == {identity.digest({"a": 0.5, "b": {"y", "x"}})}


CHANGED: dict[str, Any] = {
    "name": "other",
    "kind": "other",
    "revision": "2",
    "digest": "e",
    "arguments": {"size": "28"},
    "identity": "host",
}


def test_every_field_that_says_which_model_it_is_is_in_its_digest() -> None:
    """The others are measured on it, follow from these, or are said by its user."""
    info = ModelInfo(name="a", kind="k", digest="d")
    assert {sameness.of_model(replace(info, **{name: value})) for name, value in CHANGED.items()}.isdisjoint({sameness.of_model(info)})
    told = {"parameters", "precision", "device", "setting", "note", "limit"}
    follows = {"sees", "reads_prompt", "replayed", "remote", "scores", "images", "reads_targets"}
    assert {item.name for item in fields(ModelInfo)} == set(CHANGED) | told | follows


def run(model: Any, tmp_path: Path, **changed: Any) -> evaluate.Run:
    return evaluate.evaluate(catalog.task("vqa_rad"), model, Options(results=tmp_path, plan=Bootstrap(resamples=0), **changed))


def said(found: evaluate.Run) -> set[str]:
    return {response.text for response in Journal(found.folder).read().values()}


def test_a_model_that_proves_nothing_is_asked_everything_each_time(tmp_path: Path) -> None:
    """Its weights move on, and what it says of itself does not."""
    model = Own(name="CNN", revision="1")
    runs = []
    for model.says in ("0", "1", "2"):
        runs.append(run(model, tmp_path))
        assert said(runs[-1]) == {model.says}
    assert len({found.folder for found in runs}) == 3
    assert model.asked == 3 * runs[0].record.counts.examples
    assert "nothing proves which weights answered" in runs[0].record.model.note
    assert all(found.record.model.name == "CNN" for found in runs)


@pytest.mark.parametrize("proof", [{"digest": "ab" * 32}, {"identity": "my cluster, weights of Monday"}])
def test_a_model_that_proves_what_it_is_goes_on_where_it_was(tmp_path: Path, proof: dict[str, str]) -> None:
    model = Own(**proof)
    first, second = run(model, tmp_path), run(model, tmp_path)
    assert first.folder == second.folder
    assert model.asked == first.record.counts.examples


def test_an_identity_is_in_the_folders_name_and_in_no_record(tmp_path: Path) -> None:
    folders = set()
    for host in ("gpu7.hospital.example", "gpu8.hospital.example"):
        found = run(Own(identity=host), tmp_path)
        folders.add(found.folder)
        assert not hasattr(found.record.model, "identity")
        assert host not in (found.folder / "run.json").read_text() + (found.folder / "replies.jsonl").read_text()
    assert len(folders) == 2


def test_shards_want_a_model_that_proves_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="own: shards share one run, and nothing proves"):
        evaluate_shard(catalog.task("vqa_rad"), Own(), Options(results=tmp_path), Shard(number=1, of=2))


def test_names_that_one_folder_could_hold_are_two_systems(tmp_path: Path) -> None:
    names = ["CNN (a)", "CNN [a]", "x" * 60 + "1", "x" * 60 + "2"]
    folders = {prepare(catalog.task("vqa_rad"), Own(digest="d"), Options(results=tmp_path, name=name)).folder for name in names}
    assert len(folders) == len(names)


def digest(baseline: str, task: str, train: Sequence[Example[Any]] = (), **changes: Any) -> str:
    """Of a baseline that has learnt from these examples; the first of those that are asked may be another."""
    dataset = examples.load(catalog.task(task))
    asked = (replace(dataset.examples[0], **changes), *dataset.examples[1:])
    place = Scene(task=dataset.task, split="test", examples=asked, train=lambda: train)
    return sameness.of_model(models.open_model(f"baseline:{baseline}", {}).for_task(place).info)


@pytest.mark.parametrize(
    ("baseline", "task", "changed"),
    [
        ("majority", "vqa_rad", {"target": "other"}),
        ("majority", "pneumoniamnist", {"target": "normal"}),
        ("random", "vqa_rad", {"target": "other"}),
        ("nearest", "meqsum", {"target": "other"}),
        ("nearest", "meqsum", {"input": Input(text="other words")}),
        ("nearest", "pneumoniamnist", {"input": Input(text="", images=(Image(name="1", read=lambda: bytes(784), shape=(28, 28)),))}),
    ],
)
def test_a_baseline_that_has_learnt_from_other_data_is_another_model(baseline: str, task: str, changed: dict[str, Any]) -> None:
    train = list(examples.load(catalog.task("pneumoniamnist"), split="train").examples[:9])
    if task != "pneumoniamnist":
        train = [Example(id=str(n), input=Input(text=f"words {n}"), target="yes" if n else "no", group="") for n in range(3)]
    other = [replace(example, **changed) for example in train[:-1]] + train[-1:]
    assert digest(baseline, task, train) == digest(baseline, task, list(train))
    assert digest(baseline, task, other) != digest(baseline, task, train)


def test_an_oracle_of_other_targets_is_another_model() -> None:
    assert digest("oracle", "vqa_rad") != digest("oracle", "vqa_rad", target="other")


def test_a_train_split_without_pictures_serves_a_nearness_of_words() -> None:
    """Pictures that words leave unseen are not read: a release may keep them elsewhere."""

    def absent() -> bytes:
        raise AssertionError

    picture = Image(name="1.png", read=absent)
    train = [Example(id=str(n), input=Input(text=f"words {n}", images=(picture,)), target="yes", group="") for n in range(3)]
    assert digest("nearest", "vqa_rad", train)


def test_an_argument_that_says_the_default_changes_nothing() -> None:
    place = Scene(task=catalog.task("pneumoniamnist"), split="test", examples=examples.load(catalog.task("pneumoniamnist")).examples)
    plain, said = (models.open_model("baseline:random", given).for_task(place).info for given in ({}, {"seed": "0"}))
    assert sameness.of_model(plain) == sameness.of_model(said)
