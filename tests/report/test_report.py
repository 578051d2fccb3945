"""The page as text: what stands in it, what is left out, and that nothing in a reply can act in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness import models
from harness.base.visible import visible
from harness.data import catalog
from harness.data import examples as loading
from harness.models.predictions import open_model as predictions
from harness.report import packing
from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.runs import evaluate, evidence
from harness.runs.plan import Options
from harness.runs.record import Record
from harness.runs.verify import verify
from harness.views import published
from harness.views.beside_published import compare
from tests.report.opened import read, samples_of

Found = tuple[Path, Record]


def run(tmp_path: Path, model: str, task: str) -> Found:
    done = evaluate.evaluate(catalog.task(task), models.open_model(model, {}), Options(results=tmp_path / "results"))
    return done.folder, done.record


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    tmp_path = tmp_path_factory.mktemp("report")
    pairs = [("nearest", "vqa_rad"), ("majority", "vqa_rad"), ("nearest", "pneumoniamnist"), ("lead", "meqsum")]
    return [run(tmp_path, f"baseline:{model}", task) for model, task in pairs]


def test_every_sample_stands_once_with_what_each_run_made_of_it(runs: list[Found]) -> None:
    tasks = {entry["task"]: entry for entry in samples_of(build(runs, PageOptions()))["tasks"]}
    assert {name: entry["n"] for name, entry in tasks.items()} == {"vqa_rad": 20, "pneumoniamnist": 200, "meqsum": 20}
    assert tasks["vqa_rad"]["runs"] == ["nearest", "majority"]
    quiz = tasks["vqa_rad"]
    assert [[len(own) for own in quiz[part]] for part in ("o", "v")] == [[20, 20], [20, 20]]
    assert len({read(quiz["id"], place) for place in range(20)}) == 20
    assert str(read(quiz["p"], 0)).endswith("Answer with a single word or a short phrase.")
    assert all(read(own, place) is not None for own in quiz["y"] for place in range(20))


def test_pictures_are_embedded_once_and_up_to_a_number(runs: list[Found]) -> None:
    """200 phantoms and 12 pictures of the quiz, several questions to a picture."""
    everything = samples_of(build(runs, PageOptions()))["images"]
    assert len(everything) == len(set(everything)) > 200
    assert all(address.startswith("data:image/") for address in everything)
    assert len(samples_of(build(runs, PageOptions(pictures=5)))["images"]) == 5


def test_nothing_is_loaded_from_elsewhere(runs: list[Found]) -> None:
    page = build(runs, PageOptions())
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", page)
    assert "@import" not in page


def test_markup_in_a_reply_stays_text(tmp_path: Path) -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    examples = [example.id for example in loading.load(catalog.task("meqsum")).examples]
    replies = tmp_path / "replies.jsonl"
    replies.write_text("".join(json.dumps({"id": name, "text": hostile}) + "\n" for name in examples))
    options = Options(results=tmp_path / "results", name="<b>bold</b>")
    done = evaluate.evaluate(catalog.task("meqsum"), predictions(str(replies), {}), options)
    page = build([(done.folder, done.record)], PageOptions(title="<i>title</i>"))
    assert hostile not in page
    assert page.count("<script") == 3
    assert "<b>bold</b>" not in page.replace("\\u003c", "")
    assert "<i>title</i>" not in page
    assert [read(own, 0) for own in samples_of(page)["tasks"][0]["y"]] == [hostile]


def test_credentialed_text_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    folder, record = run(tmp_path, "baseline:majority", "mednli")
    real = structs.replace(record, data=structs.replace(record.data, kind="real"))
    [entry] = samples_of(build([(folder, real)], PageOptions()))["tasks"]
    assert entry["missing"] == ["text and pictures of this credentialed dataset are withheld: --allow-credentialed prints them"]
    assert {read(column, place) for column in (entry["p"], entry["r"], *entry["y"]) for place in range(entry["n"])} == {None}


def test_a_run_without_data_or_replies_shows_its_scores(runs: list[Found], tmp_path: Path) -> None:
    _, record = runs[0]
    real = structs.replace(record, data=structs.replace(record.data, kind="real"))
    page = build([(tmp_path, real)], PageOptions())
    [entry] = samples_of(page)["tasks"]
    assert {read(entry["p"], place) for place in range(entry["n"])} == {None}
    assert "exact_match" in page


def test_runs_on_invented_samples_stand_beside_no_published_number(runs: list[Found]) -> None:
    page = build(runs[:1], PageOptions())
    assert "invented sample" in page
    assert "Beside published numbers" not in page


def real(record: Record, **changes: Any) -> Record:
    """A run on the invented sample as if it were one on the release."""
    return structs.replace(record, data=structs.replace(record.data, kind="real"), not_ranked=(), **changes)


def scores(page: str) -> list[list[str]]:
    """The cells of the first scoreboard, row by row, without markup."""
    [table] = re.findall(r'<table class="scores sortable">(.*?)</table>', page, re.DOTALL)[:1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows]


def test_the_best_of_the_first_metric_stands_on_top_with_its_rank(runs: list[Found], tmp_path: Path) -> None:
    """Of 200 phantoms the oracle names all and the majority half; a second run of the oracle is the same system."""
    worst = run(tmp_path, "baseline:majority", "pneumoniamnist")
    best = run(tmp_path, "baseline:oracle", "pneumoniamnist")
    again = (best[0], real(best[1], created="2026-01-02"))
    page = build([(worst[0], real(worst[1])), (best[0], real(best[1], created="2026-01-01")), again], PageOptions())
    assert [row[:2] for row in scores(page)] == [["oracle (2026-01-01)", "1"], ["oracle (2026-01-02)", "1"], ["majority", "2"]]


def test_columns_say_in_which_direction_they_are_better(runs: list[Found]) -> None:
    page = build(runs[2:3], PageOptions())
    heads = dict(re.findall(r'data-better="(\w+)"[^>]*>([a-z_0-9]+) [↑↓]', page))
    assert set(heads) == {"higher", "lower"}
    assert 'data-better="lower" title="lower is better; sort by it">unparsed_rate ↓' in page
    assert 'data-better="higher" title="higher is better; sort by it">accuracy ↑' in page


def test_what_compares_is_decided_by_all_runs_and_not_by_the_first(runs: list[Found], tmp_path: Path) -> None:
    """The oracle compares with nothing; beside it stands a run that does, at the examples that were published."""
    found = run(tmp_path, "baseline:oracle", "pneumoniamnist")
    ours = real(found[1])
    estimates = tuple(structs.replace(estimate, n=624) for estimate in ours.estimates)
    ours = structs.replace(ours, estimates=estimates)
    bound = structs.replace(ours, not_ranked=("the model sees the targets",))
    diamonds = [
        build(shown, PageOptions()).count('<li class="published"') for shown in ([(found[0], ours)], [(found[0], bound), (found[0], ours)])
    ]
    assert diamonds[0] == diamonds[1] > 5
    assert '<li class="published"' not in build([(found[0], bound)], PageOptions())


def test_the_page_calls_comparable_what_the_command_does(tmp_path: Path) -> None:
    """BiomedGPT's own definition compares with ours of its name, whatever the metric that ranks is."""
    folder, record = run(tmp_path, "baseline:majority", "vqa_rad")
    ours = real(record)
    ours = structs.replace(ours, estimates=tuple(structs.replace(estimate, n=451) for estimate in ours.estimates))
    said = compare(ours, catalog.card("vqa_rad"), published.for_task("vqa_rad", None))
    fitting = [verdict for verdict in said if verdict.judgement != "not comparable"]
    page = build([(folder, ours)], PageOptions())
    rows = re.findall(r"<td>(consistent|higher|lower|not comparable)</td>", page)
    assert len([row for row in rows if row != "not comparable"]) == len(fitting) > 10


def test_a_run_that_was_verified_says_so(tmp_path: Path) -> None:
    folder, record = run(tmp_path, "baseline:majority", "vqa_rad")
    assert "<td>complete</td>" in build([(folder, record)], PageOptions())
    evidence.keep(folder, verify(folder))
    assert "<td>complete, verified</td>" in build([(folder, record)], PageOptions())


@pytest.mark.parametrize(
    ("values", "packed"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        (["a", "a", "b", "b", None], {"k": ["a", "b"], "c": "##$$ "}),
        ([None, None, "a", None], {"s": {2: "a"}}),
        ([None], {"s": {}}),
        ([], {"s": {}}),
        (["a\x1b[2J", "b"], ["a\\x1b[2J", "b"]),
    ],
)
def test_a_column_is_written_the_short_way(values: list[str | None], packed: Any) -> None:
    assert packing.column(values) == packed
    again = json.loads(json.dumps(packed))
    assert [read(again, place) for place in range(len(values))] == [None if text is None else visible(text) for text in values]


def test_failures_keep_their_texts_longest() -> None:
    """Of twelve characters a page of eight keeps the failure's and the wrong answer's, and of the equal replies each once."""

    def item(outcome: str, value: int, reply: str) -> dict[str, Any]:
        return {
            "id": reply,
            "g": "",
            "tags": {},
            "o": [outcome],
            "v": [value],
            "y": [reply],
            "d": [None],
            "w": ["the whole reply"],
            "p": "?",
            "r": "yes",
        }

    items = [item("answered", 1, "yes"), item("answered", 1, "aye"), item("answered", 0, "no"), item("failed", 0, "??")]
    assert packing.shorten([items], 8) == 1
    assert [one["y"] for one in items] == [["yes"], [None], ["no"], ["??"]]
    assert "p" not in items[1]
    packed = packing.pack(items)
    assert (packed["n"], packed["cut"], packed["o"], packed["v"]) == (4, [1], ["aaaf"], ["1100"])


def test_a_page_with_too_many_texts_says_so_and_lists_every_sample(runs: list[Found]) -> None:
    [entry] = samples_of(build(runs[:1], PageOptions(texts=200)))["tasks"]
    assert entry["n"] == len(entry["id"]) == 20
    assert 0 < len(entry["cut"]) < 20
    assert all(read(entry["p"], place) is None for place in entry["cut"])
    [whole] = samples_of(build(runs[:1], PageOptions()))["tasks"]
    assert whole["cut"] == []


def test_what_was_read_stands_where_it_is_not_the_reply(tmp_path: Path) -> None:
    examples = loading.load(catalog.task("pneumoniamnist")).examples
    replies = tmp_path / "replies.jsonl"
    texts = ["B", "normal or pneumonia", "Answer: normal", *("normal" for _ in examples[3:])]
    replies.write_text("".join(json.dumps({"id": e.id, "text": text}) + "\n" for e, text in zip(examples, texts, strict=True)))
    done = evaluate.evaluate(catalog.task("pneumoniamnist"), predictions(str(replies), {}), Options(results=tmp_path / "results"))
    [entry] = samples_of(build([(done.folder, done.record)], PageOptions()))["tasks"]
    said = [(read(entry["d"][0], place), read(entry["w"][0], place)) for place in range(4)]
    assert said == [
        ("pneumonia", "the whole reply"),
        (None, "-the task's reader finds no clear answer in the reply"),
        ("normal", "what the reply announces as its answer"),
        (None, "the whole reply"),
    ]
    assert entry["metric"] == "accuracy/label"
