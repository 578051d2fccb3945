"""Names and texts that were made to be run, obeyed or overlooked: harmless in every view, and there to be seen."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard
from msgspec import structs
from rich.table import Table
from rich.text import Text

from harness.base.visible import visible, visible_line
from harness.console import base
from harness.console.progress import progress
from harness.data import catalog
from harness.files.cells import cell, text_of
from harness.metrics.measuring import Measured
from harness.runs import record as records
from harness.runs import table
from harness.runs.facts import MeasureFacts
from harness.runs.record import Record
from harness.runs.runner import Progress
from harness.runs.table import SampleRow
from harness.views import leaderboard, leaderboard_file, paper, scoreboard
from harness.views.formats import every_eval_ever, frame, latex, model_card, tables
from tests.views.support import RESULTS, committed

HOSTILE = {
    "a formula": '=HYPERLINK("http://x.example","click")',
    "a command of a spreadsheet": "+cmd|' /C calc'!A0",
    "a subtraction": "-2+3",
    "a function": "@SUM(1+1)",
    "a tab before a formula": "\t=1+1",
    "an escape sequence": "\x1b]0;owned\x07\x1b[2J",
    "an escape of one character": "\x9b31mred",
    "a carriage return over the line": "right\rwrong",
    "a turned line": "\u202eedoc",
    "a script": "</script><script>alert(1)</script>",
    "an element": '<img src=x onerror="alert(1)">',
    "a link": "[free](javascript:alert(1))",
    "a picture": "![](http://x.example/p.png)",
    "a bare link": "https://x.example/p",
    "a call to somebody": "@everyone",
    "a cell's end": "a | b\n| c",
    "a command of LaTeX": r"\input{/etc/passwd}\write18{id}",
    "the end of a table": r"}\end{tabular}\immediate\openout1=x",
    "a character by its code in LaTeX": "^^5cinput",
    "a template": "{{ 7 * 7 }}{% for x in range(9) %}",
    "markup of the console": "[red]x[/red][link=file:///etc/passwd]y[/link][/nothing]",
    "half a character": "a\ud800b",
    "a NUL": "a\x00b",
}
CONTROLS = [
    chr(code) for code in (*range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
]


@pytest.fixture(params=list(HOSTILE.values()), ids=list(HOSTILE))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def record(name: str) -> Record:
    """A committed run of a system of that name, with it in every other text that a table shows."""
    [found] = [record for folder, record in committed("pneumoniamnist").items() if "majority" in folder]
    estimates = tuple(structs.replace(e, method=name, note=name) if e.slice == "all" else e for e in found.estimates)
    return structs.replace(found, model=replace(found.model, name=name, setting=name, note=name), estimates=estimates)


def plain(text: str) -> bool:
    return not any(mark in text for mark in CONTROLS)


def seen(name: str, text: str) -> bool:
    """Whether every letter and digit of the name is there, in its order."""
    rest = iter(text)
    return all(mark in rest for mark in name if mark.isascii() and mark.isalnum())


def starts_no_formula(text: str) -> bool:
    return not text.startswith(("=", "+", "-", "@", "\t", "\r")) or text.lstrip("+-").replace(".", "", 1).replace("e-", "").isdigit()


def test_the_leaderboard_computes_nothing() -> None:
    text = leaderboard_file.to_csv(leaderboard.rows_of({what: record(name) for what, name in HOSTILE.items()}))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert plain(text)
    assert all(starts_no_formula(value) for row in rows for value in row.values())
    systems = {row["source"]: row["system"] for row in rows if row["origin"] == "measured"}
    assert systems.keys() == HOSTILE.keys()
    for what, system in systems.items():
        assert system.isprintable(), what
        assert seen(HOSTILE[what], system), what


def test_a_frame_holds_the_texts_as_they_can_be_seen_and_its_csv_computes_nothing(name: str) -> None:
    assert set(frame.of_runs({"a": record(name)})["system"]) == {visible(name)}
    text = frame.to_csv({"a": record(name)})
    assert plain(text)
    assert all(starts_no_formula(value) for row in csv.reader(io.StringIO(text, newline="")) for value in row)


def test_a_cell_is_read_as_it_was_written(name: str) -> None:
    for text in (name, f"'{name}", f"''{name}"):
        assert text_of(cell(text)) == text


@pytest.mark.parametrize("number", ["-0.5", "+3", "-1e-9", "-.5", "12"])
def test_a_number_is_no_formula(number: str) -> None:
    assert cell(number) == number


def test_the_samples_of_a_run_are_read_as_they_were_and_compute_nothing(name: str) -> None:
    samples = (SampleRow(id=name, group=name, outcome="answered", reply_sha256="0", tags={"kind": name}),)
    content = table.content(samples, {"m": Measured(statistics=None, note="")})
    rows = list(csv.reader(io.StringIO(content.decode("utf-8", "surrogatepass"), newline="")))
    assert all(starts_no_formula(value) for row in rows for value in row)
    said = records.read_file(records.find(RESULTS)[0] / "run.json")
    said = structs.replace(
        said, measures={"m": MeasureFacts(columns=None, fixed={}, note="")}, samples=structs.replace(said.samples, rows=1)
    )
    assert table.read(content, said, Path("samples.csv"))[0] == samples


def test_latex_sets_it_and_runs_nothing(name: str) -> None:
    text = latex.to_latex(paper.paper({"run": record(name)}), style=latex.Style(label=name))
    assert plain(text)
    known = {"begin", "end", "centering", "small", "footnotesize", "caption", "label", "par", "smallskip", "setlength", "tabcolsep",
             "toprule", "midrule", "bottomrule", "multicolumn", "scriptsize", "raggedright", "linewidth", "usepackage", "textbackslash",
             "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar"}  # fmt: skip
    assert set(re.findall(r"\\([A-Za-z@]+)", text)) <= known
    assert text.count(r"\begin") == text.count(r"\end") == 2
    assert text.startswith("% \\usepackage{booktabs}\n")
    assert "^^" not in text


def test_markdown_shows_it_and_links_nothing(name: str) -> None:
    text = tables.to_markdown(scoreboard.boards([record(name)], names=[name]))
    assert plain(text)
    assert "://" not in text
    assert "@everyone" not in text
    assert "<" not in text.replace("<br>", "")
    assert len({line.count("|") - line.count(r"\|") for line in text.splitlines() if line.startswith("|")}) == 1, "a cell ended early"


def test_the_header_of_a_model_card_is_yaml_that_can_be_seen(name: str) -> None:
    text = model_card.model_index([(record(name), catalog.card("pneumoniamnist"))])
    assert plain(text)
    assert ModelCard(text).data.to_dict()["model-index"][0]["name"] == visible_line(name)


def test_json_for_other_programs_is_json(name: str) -> None:
    found = json.loads(json.dumps(every_eval_ever.every_eval_ever(record(name), catalog.card("pneumoniamnist")), allow_nan=False))
    assert found["model_info"]["name"] == name


def shown(show: Callable[[], None]) -> str:
    """What arrives on stdout."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        show()
    return stream.getvalue()


def grid(cell: str | Text) -> Table:
    found = Table(box=None)
    found.add_column("system", no_wrap=True)
    found.add_row(cell)
    return found


def test_a_terminal_obeys_none_of_it(name: str) -> None:
    """Not even in a cell that was made elsewhere."""
    console = base.out()
    ways = (lambda: console.print(grid(name)), lambda: console.print(Text(name), soft_wrap=True), lambda: base.say(name))
    assert all(plain(text) and seen(name, text) for text in map(shown, ways))
    assert plain(shown(lambda: base.out().print(grid(Text(name)))))


def test_markup_of_the_console_is_text() -> None:
    assert "[red]x[/red] :warning: [/nothing]" in shown(lambda: base.out().print("[red]x[/red] :warning: [/nothing]"))


def test_json_on_a_terminal_is_the_same_json(name: str) -> None:
    content: dict[str, Any] = {"name": name, name: [name]}
    text = shown(lambda: base.print_json(content))
    assert plain(text)
    assert json.loads(text) == content


def test_a_line_of_progress_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with progress(name) as observe:
        observe(Progress(done=2, total=2, reused=2, seconds=1.0, failed=0))
    said = capsys.readouterr().err
    assert plain(said)
    assert said.count("\n") == 1
