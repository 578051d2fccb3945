"""What was entrusted stays; what is exported asks and never answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness.cards import Card
from harness.data.examples import Dataset
from harness.errors import DataUseRefused, MissingData, UsageError
from harness.runs import privacy
from harness.runs.requests_file import write_requests
from harness.types import Example, Image, Input, ModelInfo, Task

REMOTE = ModelInfo(name="api", kind="openai", remote=True)
LOCAL = ModelInfo(name="cnn", kind="torch")


@pytest.mark.parametrize(
    ("access", "info", "synthetic", "allowed", "refused"),
    [
        ("credentialed", REMOTE, False, False, True),
        ("application", REMOTE, False, False, True),
        ("credentialed", REMOTE, False, True, False),
        ("credentialed", REMOTE, True, False, False),
        ("credentialed", LOCAL, False, False, False),
        ("open", REMOTE, False, False, False),
        ("registration", REMOTE, False, False, False),
    ],
)
def test_credentialed_data_goes_to_a_remote_model_only_by_permission(
    toy_card: Card, access: str, info: ModelInfo, synthetic: bool, allowed: bool, refused: bool
) -> None:
    card = structs.replace(toy_card, access=access)
    with pytest.raises(DataUseRefused, match="--allow-remote") if refused else nullcontext():
        privacy.check_model(card, info, synthetic=synthetic, allowed=allowed)


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"patient": [f"p-{n // 2}" for n in range(60)]}, "repeats the sample's id or group"),
        ({"number": [f"id-{n}" for n in range(60)]}, "repeats the sample's id or group"),
        ({"comment": ["seen by the night shift after a fall at home"] * 60}, "more than 8 words"),
        ({"name": [f"surname {n}" for n in range(60)]}, "has 60 values, of which 60 are of one group each"),
        ({"ward": [f"ward {n // 2 % 15}" for n in range(60)], "view": ["", "frontal"] * 30}, ""),
    ],
)
def test_a_tag_of_entrusted_data_that_tells_of_somebody_is_refused_before_anything_is_asked(
    toy_card: Card, tags: dict[str, list[str]], why: str
) -> None:
    examples = [
        Example(id=f"id-{n}", input=Input(text="?"), target="yes", group=f"p-{n // 2}", tags={name: own[n] for name, own in tags.items()})
        for n in range(60)
    ]
    entrusted = structs.replace(toy_card, access="credentialed")
    with pytest.raises(DataUseRefused, match=why) if why else nullcontext():
        privacy.check_tags(entrusted, examples, synthetic=False)
    privacy.check_tags(entrusted, examples, synthetic=True)
    privacy.check_tags(toy_card, examples, synthetic=False)


@pytest.fixture
def dataset(toy_task: Task[str], toy_examples: Callable[[int], list[Example[str]]]) -> Dataset:
    picture = Image(name="patient_with_disease_1.png", read=lambda: bytes(range(6)), shape=(2, 3))
    examples = tuple(
        replace(example, input=replace(example.input, images=(picture,), choices=("no", "yes"))) for example in toy_examples(3)
    )
    return Dataset(
        task=toy_task,
        split="test",
        examples=examples,
        skipped=(),
        synthetic=False,
        complete=True,
        differences=(),
        notes=(),
        layout="toy",
        fingerprint="f",
    )


def test_an_export_holds_questions_and_no_answers(tmp_path: Path, dataset: Dataset) -> None:
    assert write_requests(dataset, tmp_path / "toy.jsonl", root=tmp_path).requests == 3
    lines = [json.loads(line) for line in (tmp_path / "toy.jsonl").read_text().splitlines()]
    assert [sorted(line) for line in lines] == [["choices", "context", "id", "images", "prompt", "question"]] * 3
    assert (lines[0]["prompt"], lines[0]["question"]) == ("question 0?", "question 0")


@pytest.mark.parametrize(("access", "named"), [("open", True), ("registration", False), ("credentialed", False)])
def test_pictures_are_named_as_in_the_release_where_it_is_open_and_names_give_nothing_away(
    tmp_path: Path, dataset: Dataset, access: str, named: bool
) -> None:
    card = structs.replace(dataset.task.card, access=access, blind_names=True)
    picture = replace(dataset.examples[0].input.images[0], file=tmp_path / "release" / "images" / "a.png")
    example = replace(dataset.examples[0], input=replace(dataset.examples[0].input, images=(picture,)))
    told = replace(dataset, task=replace(dataset.task, card=card), examples=(example,))
    write_requests(told, tmp_path / "toy.jsonl", root=tmp_path / "release", allow_credentialed=True)
    assert json.loads((tmp_path / "toy.jsonl").read_text()).get("release_images") == (["images/a.png"] if named else None)


def test_a_request_whose_picture_is_absent_is_left_out_and_named(tmp_path: Path, dataset: Dataset) -> None:
    def absent() -> bytes:
        raise MissingData("the picture is not there")

    second = dataset.examples[1]
    lost = replace(second, input=replace(second.input, images=(Image(name="gone.png", read=absent),)))
    found = write_requests(replace(dataset, examples=(dataset.examples[0], lost)), tmp_path / "toy.jsonl")
    assert (found.requests, found.absent) == (1, (second.id,))
    with pytest.raises(MissingData, match="the picture is not there"):
        write_requests(replace(dataset, examples=(lost,)), tmp_path / "toy.jsonl")


def test_exported_pictures_are_named_by_content_and_written_once(tmp_path: Path, dataset: Dataset) -> None:
    write_requests(dataset, tmp_path / "toy.jsonl")
    [picture] = (tmp_path / "toy_images").iterdir()
    assert "disease" not in (tmp_path / "toy.jsonl").read_text() + picture.name
    from PIL import Image as Pillow

    with Pillow.open(picture) as opened:
        assert (opened.size, opened.mode, opened.tobytes()) == ((3, 2), "L", bytes(range(6)))


def test_an_export_of_credentialed_data_needs_permission(tmp_path: Path, dataset: Dataset, toy_task: Task[str]) -> None:
    gated = replace(dataset, task=replace(toy_task, card=structs.replace(toy_task.card, access="credentialed")))
    with pytest.raises(DataUseRefused, match="--allow-credentialed"):
        write_requests(gated, tmp_path / "x.jsonl")
    assert not list(tmp_path.iterdir())
    assert write_requests(gated, tmp_path / "x.jsonl", allow_credentialed=True).requests == 3


def test_an_export_to_a_folder_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    with pytest.raises(UsageError, match=r"name the \.jsonl file"):
        write_requests(dataset, tmp_path)
