"""The page as text: what stands in it, what is left out, and that nothing in a reply can act in it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness.base.visible import visible
from harness.data import catalog
from harness.data import examples as loading
from harness.report import packing
from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.runs import evidence
from harness.runs.record import Record
from harness.runs.verify import verify
from harness.views import published
from harness.views.beside_published import compare
from tests.report.opened import read, samples_of
from tests.views.support import competing, evaluated, replied, scored

Found = tuple[Path, Record]


def run(tmp_path: Path, model: str, task: str) -> Found:
    done = evaluated(tmp_path / "results", model, task)
    return done.folder, done.record


def page_of(tmp_path: Path, task: str, texts: Sequence[str], **options: Any) -> str:
    """The page of a run of replies to a task's invented sample, in its order."""
    examples = loading.load(catalog.task(task)).examples
    done = replied(tmp_path, ({"id": e.id, "text": text} for e, text in zip(examples, texts, strict=True)), task, **options)
    return build([(done.folder, done.record)], PageOptions(title="<i>title</i>"))


def real(record: Record) -> Record:
    """A run on the invented sample as if it were one on the release."""
    return structs.replace(record, data=structs.replace(record.data, kind="real"), not_ranked=())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    tmp_path = tmp_path_factory.mktemp("report")
    pairs = [("nearest", "vqa_rad"), ("majority", "vqa_rad"), ("nearest", "pneumoniamnist"), ("lead", "meqsum")]
    return [run(tmp_path, model, task) for model, task in pairs]


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
    page = page_of(tmp_path, "meqsum", [hostile] * 20, name="<b>bold</b>")
    assert hostile not in page
    assert page.count("<script") == 3
    assert "<b>bold</b>" not in page.replace("\\u003c", "")
    assert "<i>title</i>" not in page
    assert [read(own, 0) for own in samples_of(page)["tasks"][0]["y"]] == [hostile]


def test_credentialed_text_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    folder, record = run(tmp_path, "majority", "mednli")
    [entry] = samples_of(build([(folder, real(record))], PageOptions()))["tasks"]
    assert entry["missing"] == ["text and pictures of this credentialed dataset are withheld: --allow-credentialed prints them"]
    assert {read(column, place) for column in (entry["p"], entry["r"], *entry["y"]) for place in range(entry["n"])} == {None}


def test_a_run_without_data_or_replies_shows_its_scores(runs: list[Found], tmp_path: Path) -> None:
    page = build([(tmp_path, real(runs[0][1]))], PageOptions())
    [entry] = samples_of(page)["tasks"]
    assert {read(entry["p"], place) for place in range(entry["n"])} == {None}
    assert "exact_match" in page


def test_runs_on_invented_samples_stand_beside_no_published_number(runs: list[Found]) -> None:
    page = build(runs[:1], PageOptions())
    assert "invented sample" in page
    assert "Beside published numbers" not in page


def scores(page: str) -> list[list[str]]:
    """The cells of the first scoreboard, row by row, without markup."""
    [table] = re.findall(r'<table class="scores sortable">(.*?)</table>', page, re.DOTALL)[:1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows]


def test_the_best_of_the_first_metric_stands_on_top_with_its_rank(tmp_path: Path) -> None:
    """Of 200 phantoms the oracle names all and the majority half; a second run of the oracle is the same system."""
    first, again = (structs.replace(competing("oracle"), created=day) for day in ("2026-01-01", "2026-01-02"))
    page = build([(tmp_path, competing("majority")), (tmp_path, first), (tmp_path, again)], PageOptions())
    assert [row[:2] for row in scores(page)] == [["oracle (2026-01-01)", "1"], ["oracle (2026-01-02)", "1"], ["majority", "2"]]


def test_columns_say_in_which_direction_they_are_better(runs: list[Found]) -> None:
    page = build(runs[2:3], PageOptions())
    heads = dict(re.findall(r'data-better="(\w+)"[^>]*>([a-z_0-9]+) [↑↓]', page))
    assert set(heads) == {"higher", "lower"}
    assert 'data-better="lower" title="lower is better; sort by it">unparsed_rate ↓' in page
    assert 'data-better="higher" title="higher is better; sort by it">accuracy ↑' in page


def published_size(record: Record, n: int) -> Record:
    """At as many examples as were published."""
    return structs.replace(record, estimates=tuple(structs.replace(estimate, n=n) for estimate in record.estimates))


def test_what_compares_is_decided_by_all_runs_and_not_by_the_first(tmp_path: Path) -> None:
    """The oracle compares with nothing; beside it stands a run that does, at the examples that were published."""
    ours = published_size(competing("oracle"), 624)
    bound = structs.replace(ours, not_ranked=("the model sees the targets",))
    alone, both, neither = (
        build([(tmp_path, record) for record in shown], PageOptions()).count('<li class="published"')
        for shown in ((ours,), (bound, ours), (bound,))
    )
    assert alone == both > 5
    assert neither == 0


def test_the_page_calls_comparable_what_the_command_does(tmp_path: Path) -> None:
    """BiomedGPT's own definition compares with ours of its name, whatever the metric that ranks is."""
    ours = published_size(real(scored("majority")), 451)
    said = compare(ours, catalog.card("vqa_rad"), published.for_task("vqa_rad", None))
    fitting = [verdict for verdict in said if verdict.judgement != "not comparable"]
    page = build([(tmp_path, ours)], PageOptions())
    rows = re.findall(r"<td>(consistent|higher|lower|not comparable)</td>", page)
    assert len([row for row in rows if row != "not comparable"]) == len(fitting) > 10


def test_a_run_that_was_verified_says_so(tmp_path: Path) -> None:
    folder, record = run(tmp_path, "majority", "vqa_rad")
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
        of_run = {"o": [outcome], "v": [value], "y": [reply], "d": [None], "w": ["the whole reply"]}
        return {"id": reply, "g": "", "tags": {}, **of_run, "p": "?", "r": "yes"}

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
    texts = ["B", "normal or pneumonia", "Answer: normal", *["normal"] * 197]
    [entry] = samples_of(page_of(tmp_path, "pneumoniamnist", texts))["tasks"]
    said = [(read(entry["d"][0], place), read(entry["w"][0], place)) for place in range(4)]
    assert said == [
        ("pneumonia", "the whole reply"),
        (None, "-the task's reader finds no clear answer in the reply"),
        ("normal", "what the reply announces as its answer"),
        (None, "the whole reply"),
    ]
    assert entry["metric"] == "accuracy/label"
