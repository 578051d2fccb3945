"""Opening models, baselines, and replies from files."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog, examples
from harness.errors import CorruptData, MissingData, MissingTool, ModelError, PrerequisiteError, UsageError
from harness.models.replies import reply as predictions
from harness.types import Backend, Example, Input, Request, Response, Scene


def scene(name: str, *, train: bool = True) -> Scene:
    dataset = examples.load(catalog.task(name))
    return Scene(
        task=dataset.task,
        split="test",
        examples=dataset.examples,
        ids=frozenset(example.id for example in dataset.examples),
        train=examples.train_reader(dataset, data_root=None) if train else None,
    )


def ask(backend: Backend, place: Scene) -> Sequence[Response]:
    requests = [Request(id=e.id, prompt=place.task.prompt(e.input), item=e.input, decoding=place.task.decoding) for e in place.examples]
    return backend.for_task(place).generate(requests)


TASKS = ("vqa_rad", "iu_xray", "pneumoniamnist", "trec_ct_2022", "meqsum")


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("baseline", ["majority", "constant", "random", "nearest", "oracle"])
def test_a_baseline_answers_every_request_the_same_way_whatever_their_order(baseline: str, name: str) -> None:
    place = scene(name)
    if place.train is None and baseline == "nearest":
        pytest.skip("the release has no train split, and the refusal is tested on its own")
    model = models.open_model(f"baseline:{baseline}", {}).for_task(place)
    requests = [Request(id=e.id, prompt="", item=e.input, decoding=place.task.decoding) for e in place.examples]
    forwards, backwards = model.generate(requests), model.generate(requests[::-1])
    assert list(forwards) == list(backwards)[::-1]
    assert all(response.error is None for response in forwards)


def test_majority_learns_from_train() -> None:
    place = scene("meqsum")
    assert place.train is not None
    [(most, _)] = Counter(sorted(example.target for example in place.train())).most_common(1)
    assert {response.text for response in ask(models.open_model("baseline:majority", {}), place)} == {most}


def test_majority_without_a_train_split_is_labelled_a_bound() -> None:
    info = models.open_model("baseline:majority", {}).for_task(scene("trec_ct_2022")).info
    assert (info.name, info.reads_targets) == ("majority (test prior)", True)
    assert "no train split" in info.note


def test_majority_gives_the_prior_as_scores() -> None:
    """48 not relevant, 12 excluded, 12 eligible of 72."""
    [first, *_] = ask(models.open_model("baseline:majority", {}), scene("trec_ct_2022"))
    assert first.choice_log_probs == pytest.approx((math.log(48 / 72), math.log(12 / 72), math.log(12 / 72)))


def test_random_draws_choices_about_equally_and_by_its_seed() -> None:
    place = scene("pneumoniamnist")
    first = [response.text for response in ask(models.open_model("baseline:random", {}), place)]
    other = [response.text for response in ask(models.open_model("baseline:random", {"seed": "1"}), place)]
    assert 70 <= Counter(first)["normal"] <= 130
    assert first != other


def test_constant_says_what_it_is_told() -> None:
    assert {r.text for r in ask(models.open_model("baseline:constant", {"text": "yes no"}), scene("vqa_rad"))} == {"yes no"}


def test_lead_gives_the_first_sentences_and_copy_everything() -> None:
    place = scene("meqsum")
    text = place.examples[1].input.text
    one = ask(models.open_model("baseline:lead", {"sentences": "1"}), place)[1].text
    assert " ".join(text.split()).startswith(one)
    assert one.endswith((".", "!", "?"))
    assert ask(models.open_model("baseline:copy", {}), place)[1].text == text


def test_nearest_finds_an_example_that_it_has_seen() -> None:
    place = scene("meqsum")
    assert place.train is not None
    seen = Scene(task=place.task, split="train", examples=place.train(), ids=place.ids, train=place.train)
    found = ask(models.open_model("baseline:nearest", {}), seen)
    assert [response.text for response in found[:6]] == [example.target for example in seen.examples[:6]]


def test_nearest_compares_pictures_where_all_texts_are_alike() -> None:
    place = scene("pneumoniamnist")
    right = sum(r.text == e.target for r, e in zip(ask(models.open_model("baseline:nearest", {}), place), place.examples, strict=True))
    assert right > 110  # of 200; chance is 100


@pytest.mark.parametrize(
    ("spec", "arguments", "name", "message"),
    [
        ("baseline:majorty", {}, "", "unknown baseline 'majorty'. Did you mean majority"),
        ("baseline:lead", {"sentence": "1"}, "", "unknown --model-arg of baseline:lead 'sentence'. Did you mean sentences"),
        ("baseline:oracle", {"x": "1"}, "", "baseline:oracle takes no --model-arg"),
        ("baseline:lead", {"sentences": "none"}, "meqsum", "must be a whole number"),
        ("baseline:lead", {}, "vqa_rad", "repeats a text to be summarised; vqa_rad is a vqa task"),
        ("basline:majority", {}, "", "unknown kind of model 'basline'. Did you mean baseline"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(spec: str, arguments: dict[str, str], name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        models.open_model(spec, arguments).for_task(scene(name))


def test_a_release_without_a_train_split_says_what_to_run_instead() -> None:
    with pytest.raises(MissingData, match=r"nearest learns from a train split, and this release has none\. Run baseline:majority instead"):
        models.open_model("baseline:nearest", {}).for_task(scene("trec_ct_2022"))


def test_a_path_that_is_not_there_says_what_a_model_may_be() -> None:
    with pytest.raises(MissingData, match=r"nowhere\.pt2: no such file\. A model is a path, file\.py:factory"):
        models.open_model("nowhere.pt2", {})


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\x01", b"[1, 2]"], ids=["empty", "text", "binary", "json"])
def test_a_file_of_no_known_format_is_told_what_was_looked_for(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.bin"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"not recognised\. Looked for: a BiomedGPT checkpoint, a torch\.export"):
        models.open_model(str(path), {})


FACTORY = """
from harness.types import ModelInfo, Response
class Parrot:
    info = ModelInfo(name="parrot", kind="mine")
    def __init__(self, word="hi"): self.word = word
    def for_task(self, scene): return self
    def generate(self, requests): return [Response(text=self.word) for _ in requests]
"""


def test_a_users_own_factory_is_run_with_its_arguments(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FACTORY)
    backend = models.open_model(f"{path}:Parrot", {"word": "hello"})
    assert {response.text for response in ask(backend, scene("vqa_rad"))} == {"hello"}


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("x = 1", UsageError, "defines no 'Parrot'"),
        ("import nonexistent_thing", ModelError, "importing it raised ModuleNotFoundError"),
        ("def Parrot(): return 3", UsageError, "returned int; it must return an object with for_task"),
    ],
    ids=["no such name", "does not import", "not a backend"],
)
def test_a_factory_that_is_none_is_told(tmp_path: Path, content: str, error: type[Exception], message: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(content)
    with pytest.raises(error, match=message):
        models.open_model(f"{path}:Parrot", {})


def replies(tmp_path: Path, lines: Sequence[Any]) -> str:
    path = tmp_path / "replies.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


def test_replies_are_given_by_id_and_a_missing_one_is_a_failure(tmp_path: Path) -> None:
    place = scene("meqsum")
    spec = replies(tmp_path, [{"id": "71", "text": "How?"}, {"id": 72, "text": ""}, {"id": "73", "error": "timeout"}])
    found = ask(models.open_model(spec, {}), place)
    assert found[0] == Response(text="How?")
    assert found[1] == Response(text="")
    assert found[2].error == "timeout"
    assert found[3].error == "no reply for this id in replies.jsonl"


@pytest.mark.parametrize(
    ("line", "arguments", "expected"),
    [
        ({"text": "<think>a cold</think>How?"}, {}, Response(text="How?", thinking="a cold")),
        ({"text": "[THINK]a cold[/THINK]How?"}, {}, Response(text="How?", thinking="a cold")),
        ({"text": "<think>a cold, or"}, {}, Response(text="", thinking="a cold, or", finish="length")),
        ({"text": "((a cold))How?"}, {"thinking_tags": "((|))"}, Response(text="How?", thinking="a cold")),
        ({"text": "<think>a cold</think>How?"}, {"thinking_tags": "((|))"}, Response(text="<think>a cold</think>How?")),
        ({"text": "How?", "thinking": "a cold", "finish": "stop"}, {}, Response(text="How?", thinking="a cold", finish="stop")),
        ({"text": "", "refusal": "I may not say."}, {}, Response(refusal="I may not say.")),
        ({"text": "", "thinking": "a cold", "finish": "length"}, {}, Response(thinking="a cold", finish="length")),
    ],
    ids=["within the text", "other tags", "never closed", "tags of one's own", "not these tags", "apart already", "refused", "cut off"],
)
def test_thoughts_in_a_file_are_kept_and_no_part_of_the_answer(
    tmp_path: Path, line: dict[str, Any], arguments: dict[str, str], expected: Response
) -> None:
    backend = models.open_model(replies(tmp_path, [{"id": "71", **line}]), arguments)
    assert ask(backend, scene("meqsum"))[0] == expected


def test_an_empty_error_beside_an_answer_is_none_and_alone_a_failure(tmp_path: Path) -> None:
    lines = [{"id": "71", "text": "yes", "error": ""}, {"id": "72", "error": ""}]
    given = models.open_model(replies(tmp_path, lines), {}).replies.values()  # type: ignore[attr-defined]
    found = {reply.response.text: reply.response.error for reply in given}
    assert found == {"yes": None, "": ""}


@pytest.mark.parametrize(
    ("line", "refusal", "error"),
    [
        ({"finish": "stop"}, "", None),
        ({"finish_reason": "end_turn"}, "", None),
        ({"finish": "content_filter"}, "finish content_filter", None),
        ({"finish_reason": "error"}, "", "the reply ended with finish 'error', which is no answer's end"),
    ],
)
def test_a_reply_in_a_file_ends_as_one_of_a_server_does(line: dict[str, Any], refusal: str, error: str | None) -> None:
    found = predictions.response_of({"text": "yes", **line}, "line 1")
    assert (found.refusal, found.error) == (refusal, error)


def test_scores_in_a_file_are_the_models_and_null_is_minus_infinity(tmp_path: Path) -> None:
    backend = models.open_model(replies(tmp_path, [{"id": "00000", "choice_log_probs": [None, 0.0]}]), {})
    place = scene("pneumoniamnist")
    assert backend.for_task(place).info.scores == "softmax"
    assert ask(backend, place)[0].choice_log_probs == (-math.inf, 0.0)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{"], "line 1: not JSON"),
        (['{"id": "1", "text": "a", "text": "b"}'], "line 1: the key 'text' stands twice in one object"),
        ([{"id": "1", "text": "a"}, {"text": "b"}], "line 2: no 'id'"),
        ([{"id": "1"}], "line 1: none of 'text', 'choice_log_probs', 'error'"),
        ([{"id": "1", "text": ["a"]}], r"line 1: text: expected str \| null, got list"),
        ([{"id": "1", "text": True}], r"line 1: text: expected str \| null, got bool"),
        ([{"id": "1", "text": "a", "thinking": ["b"]}], r"line 1: thinking: expected str \| null, got list"),
        ([{"id": "1", "text": "a"}, {"id": "1", "text": "b"}], r"line 2: a second reply for id '1' \(the first: line 1\)"),
        ([{"id": "1", "choice_log_probs": [0.2, 0.8]}], "line 1: 'choice_log_probs' holds 0.2; a log-probability is at most 0"),
        (
            [{"id": "1", "choice_log_probs": "yes"}],
            "line 1: choice_log_probs: must be a list of numbers, one per choice, not 'yes' in 'choice_log_probs'",
        ),
        (
            [{"id": "1", "choice_log_probs": [-0.1, True]}],
            r"line 1: choice_log_probs: must be a list of numbers, one per choice, not True in 'choice_log_probs\[1\]'",
        ),
        (['{"id": "1", "choice_log_probs": [-0.1, NaN]}'], "line 1: 'choice_log_probs' holds nan"),
        ([{"id": "1", "choice_log_probs": {}}], "line 1: 'choice_log_probs' is empty; leave the field out where there are no scores"),
        ([{"id": "1", "choice_log_probs": [None, None]}], "line 1: 'choice_log_probs' gives every choice a probability of zero"),
        ([{"id": "1", "text": "a", "choice_logprobs": [0]}], "line 1: a field 'choice_logprobs'; if 'choice_log_probs' is meant"),
        ([{"id": True, "text": "a"}], "line 1: no 'id'"),
        ([""], "no reply in it"),
    ],
)
def test_a_damaged_file_of_replies_names_line_and_remedy(tmp_path: Path, lines: Sequence[Any], message: str) -> None:
    with pytest.raises(CorruptData, match=message):
        models.open_model(f"predictions:{replies(tmp_path, lines)}", {})


def test_replies_in_another_encoding_are_named(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_bytes(b'{"id": "1", "text": "a"}\n{"id": "2", "text": "\xe9"}\n')
    with pytest.raises(CorruptData, match="line 2: not UTF-8 at byte 46"):
        models.open_model(f"predictions:{path}", {})


def test_replies_to_another_task_are_refused_with_an_id_of_each(tmp_path: Path) -> None:
    backend = models.open_model(replies(tmp_path, [{"id": "zebra", "text": "a"}]), {})
    with pytest.raises(UsageError, match=r"1 of 1 ids are none of meqsum's test split \(first: 'zebra'; an id of the split: '71'\)"):
        backend.for_task(scene("meqsum"))


def test_scores_of_another_number_than_the_choices_name_the_line(tmp_path: Path) -> None:
    backend = models.open_model(
        replies(tmp_path, [{"id": "00001", "text": "normal"}, {"id": "00000", "choice_log_probs": [-1, -1, -1]}]), {}
    )
    with pytest.raises(UsageError, match=r"line 2: 3 choice_log_probs, and '00000' of pneumoniamnist has 2 choices \(normal, pneumonia\)"):
        backend.for_task(scene("pneumoniamnist"))


def test_independent_scores_may_all_be_zero(tmp_path: Path) -> None:
    """None of several labels holds: that is an answer."""
    path = replies(tmp_path, [{"id": "1", "choice_log_probs": [None, None]}])
    assert models.open_model(path, {"scores": "independent"}).for_task(scene_of_labels()).info.scores == "independent"


def test_a_byte_order_mark_is_no_part_of_the_first_reply(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "71", "text": "How?"}\r\n')
    assert ask(models.open_model(str(path), {}), scene("meqsum"))[0] == Response(text="How?")


def scene_of_labels() -> Scene:
    """Pictures of which any number of two findings may be true; the train split has 4, with 2 nodules and 1 mass."""
    task = catalog.task("pneumoniamnist")
    item = Input(text="", choices=("nodule", "mass"))
    train = [Example(id=f"t{i}", input=item, target=target, group=f"t{i}") for i, target in enumerate(["", "nodule", "", "nodule; mass"])]
    test = [Example(id="1", input=item, target="nodule; mass", group="1"), Example(id="2", input=item, target="", group="2")]
    labelled = replace(task, decide=lambda scores, item: "", say=lambda target: target or "none")
    return Scene(task=labelled, split="test", examples=test, ids=frozenset({"1", "2"}), train=lambda: train)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ("majority", [("none", (1 / 2, 1 / 4)), ("none", (1 / 2, 1 / 4))]),
        ("oracle", [("nodule; mass", (1, 1)), ("none", (0, 0))]),
    ],
)
def test_where_any_number_of_labels_holds_each_has_a_probability_of_its_own(
    baseline: str, expected: list[tuple[str, tuple[float, float]]]
) -> None:
    place = scene_of_labels()
    backend = models.open_model(f"baseline:{baseline}", {})
    found = ask(backend, place)
    assert backend.for_task(place).info.scores == "independent"
    assert [(r.text, tuple(map(math.exp, r.choice_log_probs or ()))) for r in found] == expected


@pytest.mark.parametrize("baseline", ["nearest", "random"])
def test_an_empty_train_split_is_as_good_as_none(baseline: str) -> None:
    place = replace(scene("meqsum"), train=lambda: [])
    with pytest.raises(MissingData, match="and it is not at hand"):
        models.open_model(f"baseline:{baseline}", {}).for_task(place)


def test_majority_over_an_empty_train_split_is_labelled_a_bound() -> None:
    assert models.open_model("baseline:majority", {}).for_task(replace(scene("meqsum"), train=lambda: [])).info.reads_targets


def test_edited_code_of_a_user_is_another_model(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    found = []
    for word in ("hi", "ho"):
        path.write_text(FACTORY.replace("hi", word))
        found.append(models.open_model(f"{path}:Parrot", {}).for_task(scene("vqa_rad")).info.revision)
    assert found[0] != found[1]
    assert all(revision.startswith("mine.py@") for revision in found)


def test_python_code_is_not_run_without_a_function_being_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("raise SystemExit")
    with pytest.raises(UsageError, match=r"mine\.py: Python code runs only by the name of a function"):
        models.open_model(str(path), {})


def test_a_factory_that_raises_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FACTORY)
    with pytest.raises(ModelError, match=r"mine\.py:Parrot\(words\) raised TypeError"):
        models.open_model(f"{path}:Parrot", {"words": "hello"})


def plug_in(folder: Path, monkeypatch: pytest.MonkeyPatch, entry: str, *, name: str = "plug") -> None:
    """An installed package that announces one entry point."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[harness.models]\n{entry}\n")
    (folder / "plug_for_test.py").write_text(FACTORY + "def open_model(location, arguments):\n    return Parrot(location)\n")
    monkeypatch.syspath_prepend(str(folder))


def test_a_plug_in_adds_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "parrot = plug_for_test:open_model")
    assert {r.text for r in ask(models.open_model("parrot:hey", {}), scene("vqa_rad"))} == {"hey"}


def test_a_plug_in_never_replaces_a_kind_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "baseline = plug_for_test:open_model")
    assert models.open_model("baseline:oracle", {}).for_task(scene("vqa_rad")).info.kind == "baseline"


def test_two_kinds_of_one_name_are_an_error_that_names_both_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        plug_in(tmp_path, monkeypatch, "parrot = plug_for_test:open_model", name=name)
    with pytest.raises(PrerequisiteError, match=r"kind of model parrot: (first|second) 1\.0 and (first|second) 1\.0 both bring one"):
        models.open_model("parrot:hey", {})


def test_a_malformed_plug_in_costs_one_warning_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "parrot = plug_for_test")
    with pytest.warns(UserWarning, match="plug-in 'parrot': 'plug_for_test' is no module:function"), pytest.raises(UsageError):
        models.open_model("parrot:hey", {})


def test_a_plug_in_that_does_not_load_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, "parrot = plug_that_is_gone:open_model")
    with pytest.raises(ModelError, match="plug-in plug_that_is_gone:open_model cannot be loaded"):
        models.open_model("parrot:hey", {})


def test_a_backend_whose_package_is_missing_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingTool, match=r"torch: needs the package torch; pip install 'biomed-harness\[torch\]'"):
        models.open_model("torch:net.pt2", {})
