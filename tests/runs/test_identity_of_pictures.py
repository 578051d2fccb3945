"""Pictures as a part of a run: other pixels are another run, and nobody compares the two or takes one for the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from harness.data import catalog
from harness.data import examples as loading
from harness.errors import MissingData
from harness.models import open_model
from harness.report.samples import Collected, Pictures
from harness.runs import evaluate, record
from harness.runs.evaluate import Run
from harness.runs.plan import Options, prepare
from harness.stats.bootstrap import Bootstrap
from harness.types import Image, Request, Response
from harness.views import pairing, standings
from tests.runs.support import Own, checks

PICTURES = Path("vqa_rad") / "VQA_RAD Image Folder"


class Looks(Own):
    """A model that answers by the content of its last picture, and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(digest="0" * 64)

    def answer(self, request: Request) -> Response:
        return Response(text=request.item.images[-1].digest()[:8])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The invented VQA-RAD as a release: 20 questions, pictures in files, no published checksum."""
    shutil.copytree(loading.SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad")
    return tmp_path / "data"


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Callable[..., Run]:
    def make(model: Any, **changes: Any) -> Run:
        options = Options(data_root=root, results=tmp_path / "results", accept_different=True, plan=Bootstrap(resamples=10))
        return evaluate.evaluate(catalog.task("vqa_rad"), model, replace(options, **changes))

    return make


def blacken(root: Path) -> str:
    """Another content for one picture of the test split; the name of its file."""
    image = loading.load(catalog.task("vqa_rad"), data_root=root, accept_different=True).examples[0].input.images[0]
    assert image.file is not None
    image.file.write_bytes(b"black")
    return image.file.name


def pictures_check(found: Run, root: Path) -> tuple[str, str]:
    check = checks(found.folder, root)["pictures"]
    return check.status, check.detail


def test_other_pixels_are_another_run_and_overwrite_nothing(run: Callable[..., Run], root: Path) -> None:
    first = run(Looks())
    blacken(root)
    model = Looks()
    second = run(model)
    assert first.folder.parent == second.folder.parent
    assert first.folder != second.folder
    assert record.read(first.folder).data.pictures == first.record.data.pictures != second.record.data.pictures
    assert first.record.data.fingerprint == second.record.data.fingerprint
    assert model.asked == 20


def test_the_same_pixels_elsewhere_are_the_same_run(run: Callable[..., Run], root: Path) -> None:
    first = run(Looks())
    shutil.copytree(root, root.parent / "copy")
    model = Looks()
    second = run(model, data_root=root.parent / "copy")
    assert (second.folder, model.asked) == (first.folder, 0)


def test_verify_tells_pictures_from_others(run: Callable[..., Run], root: Path) -> None:
    found = run(Looks())
    assert pictures_check(found, root) == ("holds", "the pictures are those of the release")
    name = blacken(root)
    assert pictures_check(found, root) == ("fails", "the pictures of the release differ from those that the model was shown")
    (root / PICTURES / name).unlink()
    status, detail = pictures_check(found, root)
    assert (status, name in detail) == ("not checked", True)


def test_runs_on_other_pictures_are_not_compared(run: Callable[..., Run], root: Path) -> None:
    def whole(found: Run) -> record.Record:
        return structs.replace(found.record, status="complete", not_ranked=())

    first = whole(run(Looks()))
    blacken(root)
    second = whole(run(Looks()))
    assert "pictures" in pairing.refusal(first, second)
    assert pairing.refusal(first, whole(run(open_model("baseline:majority", {})))) == ""
    assert set(standings.ranks({"first": first, "second": second}).values()) <= {1}


@pytest.mark.parametrize("model", ["majority", "constant", "random", "oracle", "nearest"])
def test_a_picture_that_is_absent_stops_no_model_that_reads_text_alone(run: Callable[..., Run], root: Path, model: str) -> None:
    (root / PICTURES / blacken(root)).unlink()
    found = run(open_model(f"baseline:{model}", {}))
    assert (found.record.counts.examples, found.record.counts.failed, found.record.data.pictures) == (20, 0, "")


def test_a_picture_that_is_absent_is_named_and_counted_and_the_run_partial(run: Callable[..., Run], root: Path) -> None:
    whole = run(Looks()).record
    name = blacken(root)
    (root / PICTURES / name).unlink()
    made = run(Looks())
    record = made.record
    asked = sum(1 for sample in record.samples if sample.group == name)
    assert (record.status, record.counts.examples, record.counts.failed) == ("partial", 20, asked)
    assert record.not_ranked[:2] == (f"{asked} of 20 requests failed", "part of the release is absent")
    assert (record.data.complete, record.data.notes[-1]) == (False, f"1 of 4 pictures is not there ({name})")
    assert [(failure.reason, failure.n) for failure in record.failures] == [
        (f"MissingData: {name}: a row refers to this picture, and it is not there; is the picture archive fully extracted?", asked)
    ]
    assert record.data.pictures not in ("", whole.data.pictures)
    assert [check.detail for check in checks(made.folder, root).values() if check.status == "fails"] == []


def test_a_release_without_any_picture_is_refused_before_anything_is_asked(run: Callable[..., Run], root: Path) -> None:
    for picture in (root / PICTURES).iterdir():
        picture.unlink()
    model = Looks()
    with pytest.raises(MissingData, match="a row refers to this picture, and it is not there"):
        run(model)
    assert model.asked == 0


def test_replies_from_elsewhere_are_scored_without_the_pictures_that_nobody_can_then_vouch_for(
    run: Callable[..., Run], root: Path, tmp_path: Path
) -> None:
    looked = run(Looks()).record
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps({"id": sample.id, "text": "yes"}) + "\n" for sample in looked.samples))
    replies = open_model(f"predictions:{tmp_path / 'mine.jsonl'}", {})
    assert run(replies).record.data.pictures == looked.data.pictures
    (root / PICTURES / blacken(root)).unlink()
    assert run(replies).record.data.pictures == ""


@pytest.mark.parametrize(("name", "column"), [("path_vqa", "parquet"), ("slake_en", "zip")])
def test_pictures_inside_other_files_are_a_part_of_the_run(tmp_path: Path, name: str, column: str) -> None:
    """In the cells of a table, in an archive: the content counts, wherever it lies."""
    folder = catalog.card(name).folder
    shutil.copytree(loading.SAMPLES / folder, tmp_path / "data" / folder)
    options = Options(data_root=tmp_path / "data", accept_different=True)
    before = prepare(catalog.task(name), Looks(), options)
    if column == "parquet":
        path = min((tmp_path / "data" / folder / "data").glob("test-*"))
        table = pq.read_table(path)
        cells = table.column("image").to_pylist()
        first = cells[0]["bytes"]
        black = [{**cell, "bytes": b"black"} if cell["bytes"] == first else cell for cell in cells]
        changed = pa.array(black, type=table.schema.field("image").type)
        pq.write_table(table.set_column(table.column_names.index("image"), "image", changed), path)
    else:
        official = tmp_path / "data" / folder / "Slake1.0"
        image = before.examples[0].input.images[0]
        assert image.file is not None
        image.file.write_bytes(b"black")
        shutil.make_archive(str(official), "zip", official.parent, "Slake1.0")
        shutil.rmtree(official)
    after = prepare(catalog.task(name), Looks(), options)
    assert len(after.examples) == len(before.examples)
    assert before.pictures != after.pictures
    assert before.folder != after.folder


def test_nearest_looks_at_pictures_where_all_questions_are_one() -> None:
    options = Options(plan=Bootstrap(resamples=0), limit=2)
    plan = prepare(catalog.task("pneumoniamnist"), open_model("baseline:nearest", {}), options)
    assert plan.info.sees
    assert len(plan.pictures) == 64


def test_two_pictures_of_one_name_are_two() -> None:
    """A name is for messages: an adapter may give every picture the same."""

    def one_name(read: Callable[[], bytes]) -> Image:
        return Image(name="a radiograph", read=read)

    task = catalog.task("vqa_rad")

    def example(row: Any) -> Any:
        made = task.example(row)
        return replace(made, input=replace(made.input, images=tuple(one_name(image.read) for image in made.input.images)))

    plan = prepare(replace(task, example=example), Looks(), Options())
    images = [request.item.images[0].digest() for request in plan.requests]
    assert [shown for (shown,) in plan.shown] == images
    assert len(set(images)) == 4  # the sample's test split has four
    assert len({asked.digest for asked in plan.asked()}) == 20


def test_pictures_shown_as_examples_are_a_part_of_the_run(run: Callable[..., Run], root: Path) -> None:
    """The train split's picture changes; those of the evaluated questions do not."""
    task = catalog.task("vqa_rad")
    examples = loading.load(task, data_root=root, accept_different=True).examples
    tested = {image.file for example in examples for image in example.input.images}
    shots = replace(Options().prompting, shots=8)
    first = run(Looks(), prompting=shots)
    for path in sorted((root / PICTURES).iterdir()):
        if path not in tested:
            path.write_bytes(b"black")
    second = run(Looks(), prompting=shots)
    assert first.record.data.pictures == second.record.data.pictures
    assert first.folder != second.folder


def test_a_page_shows_no_other_pictures_than_those_of_the_run(run: Callable[..., Run], root: Path) -> None:
    found = run(Looks())

    def shown() -> tuple[int, int]:
        collected = Collected(pictures=Pictures(most=100), texts=1_000_000)
        own = [(found.folder, found.record, "oracle")]
        collected.add(own, "vqa_rad", catalog.task("vqa_rad"), data_root=root, allow_credentialed=False)
        return len(collected.pictures.addresses), sum("p" in item for item in collected.items[0])

    assert shown() == (4, 20)  # the sample's test split has four pictures and twenty questions
    blacken(root)
    assert shown() == (0, 20)
