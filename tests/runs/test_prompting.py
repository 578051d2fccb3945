"""How a run asks: templates, examples and system prompts reach the model, the digest and the record, or are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog
from harness.errors import UsageError
from harness.models.server.messages import turns
from harness.runs import evaluate, prompting
from harness.runs.plan import Options, prepare
from harness.runs.prompting import Prompting
from harness.runs.questions import digesting
from harness.runs.shots import Shots
from harness.stats.bootstrap import Bootstrap
from harness.types import Backend, Decoding, Example, Image, Input, Request, Response
from tests.runs.support import Own


class Listening(Own):
    """Remembers what it is asked."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(name="listening", **facts)
        self.heard: list[Request] = []

    def answer(self, request: Request) -> Response:
        self.heard.append(request)
        return super().answer(request)


def picture(content: str) -> Image:
    return Image(name="p.png", read=content.encode)


def question(name: str, text: str, *pictures: str, target: str = "yes") -> Example[str]:
    return Example(id=name, input=Input(text=text, images=tuple(map(picture, pictures))), target=target, group=name)


def written(folder: Path, text: str) -> Path:
    path = folder / "template.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_template_is_filled_and_its_values_are_not_read_as_places(tmp_path: Path) -> None:
    template = prompting.read_template(written(tmp_path, "{{as is}} {context.organ}: {question}\n{choices}\n"))
    item = Input(text="Is {prompt} {x.__class__} there?", choices=("no", "yes"), context={"organ": "{lung}"})
    assert prompting.fill(template, item, lambda _: "own", "here") == "{as is} {lung}: Is {prompt} {x.__class__} there?\nA. no\nB. yes"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n{questoin}", 2),
        ("{question.__class__}", 1),
        ("{question[0]}", 1),
        ("{question!r}", 1),
        ("{question:>{choices}}", 1),
        ("{context.a.b}", 1),
        ("{context.}", 1),
        ("{context}", 1),
        ("{}", 1),
        ("{0}", 1),
        ("{question}\n\n{", 3),
    ],
)
def test_a_place_that_is_not_known_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UsageError, match=rf"template\.txt, line {line}: "):
        prompting.read_template(written(tmp_path, text))


def test_a_template_without_a_place_and_an_unreadable_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="every example would be asked the same"):
        prompting.read_template(written(tmp_path, "What is it?"))
    (tmp_path / "latin").write_bytes(b"\xe9 {question}")
    with pytest.raises(UsageError, match="not UTF-8 at byte 0"):
        prompting.read_template(tmp_path / "latin")


def test_a_fact_that_an_example_lacks_is_named(tmp_path: Path) -> None:
    options = Options(results=tmp_path, prompting=Prompting(template="{context.planet} {question}"))
    with pytest.raises(UsageError, match=r"has no \{context\.planet\}; it has"):
        prepare(catalog.task("vqa_rad"), Listening(), options)


@pytest.mark.parametrize(
    "changed",
    [Prompting(system="Be brief."), Prompting(template="Q: {question}"), Prompting(shots=2), Prompting(shots=2, by="nearest")],
    ids=["system prompt", "template", "drawn examples", "nearest examples"],
)
def test_every_change_is_heard_recorded_and_another_run(tmp_path: Path, changed: Prompting) -> None:
    task = catalog.task("vqa_rad")
    plain = prepare(task, Listening(), Options(results=tmp_path))
    model = Listening()
    run = evaluate.evaluate(task, model, Options(results=tmp_path, prompting=changed, plan=Bootstrap(resamples=0)))
    assert run.record.prompting.prompting_id != plain.prompting_id
    assert run.folder != plain.folder
    said = run.record.prompting
    assert (said.system_prompt, said.template, said.few_shot) == (changed.system, changed.template, changed.shots)
    assert said.few_shot_by == (changed.by if changed.shots else "")
    for heard, asked in zip(model.heard, plain.requests, strict=True):
        assert digesting("m")(heard, []) != digesting("m")(asked, [])
    assert {request.system for request in model.heard} == {changed.system}
    if changed.template:
        assert [request.prompt for request in model.heard] == [f"Q: {request.item.text}" for request in plain.requests]


@pytest.mark.parametrize("model", [models.open_model("baseline:majority", {}), Own(reads_prompt=False)], ids=["ours", "a plug-in's"])
def test_a_model_that_reads_no_prompt_refuses_a_change_of_it(tmp_path: Path, model: Backend) -> None:
    options = Options(results=tmp_path, prompting=Prompting(system="Be brief."))
    with pytest.raises(UsageError, match="reads no prompt"):
        prepare(catalog.task("vqa_rad"), model, options)


def test_examples_stand_before_the_question_with_their_pictures(tmp_path: Path) -> None:
    plan = prepare(catalog.task("vqa_rad"), Listening(), Options(results=tmp_path, prompting=Prompting(shots=2, template="{question}")))
    assert plan.train is not None
    known = {(example.input.text, plan.task.say(example.target)) for example in plan.train()}
    for request, example in zip(plan.requests, plan.examples, strict=True):
        first, second, last = request.prompt.split("\n\n")
        for place, shot in enumerate((first, second), start=1):
            shown, asked, answer = shot.split("\n")
            assert shown == f"[picture {place}]"
            assert (asked, answer.removeprefix("Answer: ")) in known
        assert last == f"[picture 3]\n{example.input.text}\nAnswer:"
        assert request.item.images[2:] == example.input.images


def test_examples_with_pictures_are_refused_by_a_model_that_takes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="have 3 pictures and listening takes 1"):
        prepare(catalog.task("vqa_rad"), Listening(images=1), Options(results=tmp_path, prompting=Prompting(shots=2)))


def test_no_example_is_shown_that_is_also_asked() -> None:
    """The same text and picture under another name is passed over; the same text about another picture is not."""
    evaluated = [question("1", "is it?", "x"), question("2", "what?", "y")]
    train = [question("a", "is it?", "x"), question("b", "is it?", "z"), question("c", "what?", "y"), question("d", "where?", "y")]
    for by in ("seed", "nearest"):
        for seed in range(8):
            shots = Shots(train, evaluated, count=2, by=by, seed=seed, task="toy")
            assert {shot.id for shot in shots.of(evaluated[0].input)} == {"b", "d"}
    with pytest.raises(UsageError, match="only 2 train examples are not among those"):
        Shots(train, evaluated, count=3, by="seed", seed=0, task="toy")
    with pytest.raises(UsageError, match="--few-shot 5 needs a train split, and 4 examples"):
        Shots(train, evaluated, count=5, by="seed", seed=0, task="toy")


def test_the_nearest_example_stands_last() -> None:
    train = [question("a", "colour of the liver"), question("b", "size of the heart"), question("c", "size of the left heart")]
    shots = Shots(train, [], count=2, by="nearest", seed=0, task="toy")
    assert [shot.id for shot in shots.of(Input(text="size of the left heart chamber"))] == ["b", "c"]


def test_the_draw_follows_the_seed() -> None:
    train = [question(str(place), f"question {place}") for place in range(50)]

    def drawn(seed: int) -> list[str]:
        return [shot.id for shot in Shots(train, [], count=3, by="seed", seed=seed, task="toy").of(Input(text="x"))]

    assert drawn(1) == drawn(1)
    assert len({tuple(drawn(seed)) for seed in range(5)}) == 5


def test_a_server_is_given_the_system_prompt() -> None:
    request = Request(id="1", prompt="p", item=Input(text="t"), decoding=Decoding())
    assert turns(request) == [{"role": "user", "content": "p"}]
    assert turns(replace(request, system="s"))[0] == {"role": "system", "content": "s"}
