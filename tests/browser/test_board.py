"""The board, the tasks and what is drawn of several systems at once, in headless Chromium, and what axe finds wrong with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from benchmarks import invented_page
from harness.report.page import Options, build
from harness.runs.record import Record
from tests.browser.conftest import faults, fill, ready, value_of

AXE = Path(os.environ.get("HARNESS_AXE", "") or Path(sys.prefix) / "axe" / "axe.min.js")
SYSTEMS = 9


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine invented systems on questions, summaries and phantoms, one of a long name; asks for the browser first, which may skip."""
    assert browser
    root = tmp_path_factory.mktemp("board")
    runs = invented_page.runs(root / "results", systems=SYSTEMS, samples=60, resamples=50)
    out = root / "report.html"
    out.write_text(build([(folder, lengthened(record)) for folder, record in runs], Options()), encoding="utf-8")
    return out


def lengthened(record: Record) -> Record:
    """The fifth system with a name that no line holds."""
    if record.model.name != "system-5":
        return record
    return structs.replace(record, model=replace(record.model, name=f"system-5 ({'x' * 150})"))


@pytest.fixture
def opened(browser: Any, page: Path) -> Iterator[Any]:
    yield ready(browser, page.as_uri())
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def column(browser: Any, place: int) -> list[str]:
    """The values of a column of the board, from top to bottom, without rows that are left out."""
    script = (
        "return [...document.querySelectorAll('.matrix tbody tr')].filter(r => !r.hidden).map(r => r.cells[arguments[0]].dataset.value)"
    )
    found: list[str] = browser.execute_script(script, place)
    return found


def cells(browser: Any, table: str, place: int) -> dict[str, int]:
    """The numbers in a column of a table of the first task, by system."""
    rows = "return [...document.querySelectorAll(arguments[0] + ' tbody tr')]"
    pairs = browser.execute_script(f"{rows}.map(r => [0, arguments[1]].map(n => r.cells[n].textContent.trim()))", f"#task-1 {table}", place)
    return {name: int(count) for name, count in pairs}


def open_all(browser: Any) -> None:
    browser.execute_async_script(
        "document.querySelectorAll('details').forEach(d => { d.open = true; });"
        "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 0)))"
    )


def test_nothing_is_asked_for_and_nothing_fails(opened: Any) -> None:
    open_all(opened)
    assert faults(opened) == []


def test_a_heading_sorts_its_best_on_top_and_again_the_other_way(opened: Any) -> None:
    first = value_of(opened, "document.querySelector('.matrix th.run').cellIndex")
    opened.execute_script("document.querySelector('.matrix th.run button').click()")
    values = [float(value) for value in column(opened, first)]
    assert len(values) == SYSTEMS
    assert values == sorted(values, reverse=True)
    opened.execute_script("document.querySelector('.matrix th.run button').click()")
    assert [float(value) for value in column(opened, first)] == sorted(values)
    opened.execute_script("document.querySelectorAll('.matrix th button')[1].click()")
    sizes = column(opened, 1)
    assert sizes[-1] == "", "the one that does not say how large it is"
    assert [int(size) for size in sizes[:-1]] == sorted(int(size) for size in sizes[:-1])


def test_filters_leave_systems_on_the_board_and_in_every_chart(opened: Any) -> None:
    """Of nine, system-8 answers from elsewhere and states no size; every third is zero-shot."""
    fill(opened, "[data-filter=weights]", "elsewhere", "input")
    assert column(opened, 0) == ["system-8"]
    assert value_of(opened, "document.getElementById('left').textContent") == "1 of 9 systems"
    rows = "[...document.querySelectorAll('#task-1 .forest .measured')].filter(e => !e.hidden).length"
    assert value_of(opened, rows) == 1
    fill(opened, "[data-filter=weights]", "", "input")
    fill(opened, "[data-filter=setting]", "zero-shot", "input")
    assert sorted(column(opened, 0)) == ["system-0", "system-3", "system-6"]
    fill(opened, "[data-filter=name]", "-6", "input")
    assert column(opened, 0) == ["system-6"]


def test_tasks_of_the_paper_without_a_run_stand_grey(opened: Any) -> None:
    assert value_of(opened, "document.querySelectorAll('.matrix thead th.none').length") == 22
    assert value_of(opened, "document.querySelectorAll('.matrix thead th.run').length") == 3


def test_a_click_on_a_mark_draws_its_system_everywhere(opened: Any) -> None:
    open_all(opened)
    bars = "document.querySelectorAll('[data-kind=slices] .slice')[0].querySelectorAll('.bar').length"
    curves = "document.querySelectorAll('.square')[0].querySelectorAll('.curve').length"
    assert [value_of(opened, bars), value_of(opened, curves)] == [6, 6]
    opened.execute_script("[...document.querySelectorAll('.matrix .pick')].find(b => b.getAttribute('aria-pressed') === 'false').click()")
    assert [value_of(opened, bars), value_of(opened, curves)] == [7, 7]


def test_wins_are_those_of_the_ranks(opened: Any) -> None:
    """A system's rank is 1 plus those that are better; its row says how many are."""
    open_all(opened)
    worse, ranks = cells(opened, "[data-kind=wins]", 2), cells(opened, ".scores", 1)
    assert {name: count + 1 for name, count in worse.items()} == ranks


def test_a_name_in_the_matrix_of_wins_says_by_how_much(opened: Any) -> None:
    open_all(opened)
    opened.execute_script("document.querySelector('#task-1 .teller').click()")
    told = value_of(opened, "document.querySelector('#task-1 .told').textContent")
    assert told.startswith("system-5 (xxx")
    assert told.count("(p ") == SYSTEMS - 1


def test_columns_are_the_reader_s_choice(opened: Any) -> None:
    shown = "[...document.querySelectorAll('#task-1 .scores thead th')].filter(e => !e.hidden).length"
    before = value_of(opened, shown)
    opened.execute_script("[...document.querySelectorAll('#task-1 .chooser input')].find(e => !e.checked).click()")
    assert value_of(opened, shown) == before + 1


def wide(browser: Any, width: int) -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_nothing_is_wider_than_the_window(opened: Any, width: int) -> None:
    wide(opened, width)
    open_all(opened)
    assert value_of(opened, "document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_serious(opened: Any, theme: str, width: int) -> None:
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}; make axe fetches it")
    wide(opened, width)
    opened.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    open_all(opened)
    opened.set_script_timeout(120)
    opened.execute_script(AXE.read_text(encoding="utf-8"))
    found = opened.execute_async_script("axe.run(document).then(arguments[0], (error) => arguments[0]({error: String(error)}))")
    assert "error" not in found
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == []
