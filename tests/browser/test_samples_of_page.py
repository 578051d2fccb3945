"""The samples of a page in headless Chromium: questions, replies side by side, addresses, notes, and the file beside the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog
from harness.data import examples as loading
from harness.report.beside import Beside
from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.stats.bootstrap import Bootstrap
from tests.browser.conftest import fill, ready, until, value_of
from tests.views.support import replied

FILE = "report.samples.zip"
MARKUP = '<img src="x" onerror="document.body.dataset.ran = 1">maybe so'
DETAIL = "document.getElementById('detail').textContent"
ROWS = "[...document.querySelectorAll('.row .title')].map((title) => title.textContent)"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems on the invented quiz: of the first a request failed, a reply is empty and one is wrong; all else is right."""
    root = tmp_path_factory.mktemp("samples")
    examples = loading.load(catalog.task("vqa_rad")).examples
    right = [{"id": example.id, "text": str(example.target)} for example in examples]
    wrong = [{"id": right[0]["id"], "text": "", "error": "timed out"}, {"id": right[1]["id"], "text": ""}, {**right[2], "text": MARKUP}]
    runs = []
    for name, lines in (("first", [*wrong, *right[3:]]), ("second", right)):
        made = replied(root, lines, name=name, plan=Bootstrap(resamples=0))
        runs.append((made.folder, made.record))
    beside = Beside(wanted=True)
    text = build(runs, PageOptions(texts=400, beside=FILE), beside=beside)
    (root / "report.html").write_text(text, encoding="utf-8")
    beside.write(root / FILE, private=False)
    return root / "report.html"


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    ready(browser, page.as_uri())
    browser.execute_script("localStorage.clear()")
    return ready(browser, page.as_uri())


def ids() -> list[str]:
    return [example.id for example in loading.load(catalog.task("vqa_rad")).examples]


def count(browser: Any) -> str:
    return str(value_of(browser, "document.getElementById('count').textContent"))


def test_the_list_is_of_questions_and_the_replies_stand_side_by_side(opened: Any) -> None:
    questions = [str(example.input.text) for example in loading.load(catalog.task("vqa_rad")).examples]
    assert value_of(opened, ROWS)[0] == questions[0]
    replies = value_of(opened, "[...document.querySelectorAll('.reply h4')].map((head) => head.textContent)")
    assert replies == ["! first failed", "✓ second answered"]
    assert "nothing read · the call failed, so there is no reply" in value_of(opened, DETAIL)
    assert "read as it stands · the whole reply" in value_of(opened, DETAIL)


def test_markup_in_a_reply_is_text(opened: Any) -> None:
    opened.execute_script("document.querySelectorAll('.row')[2].click()")
    assert value_of(opened, "document.querySelector('.reply pre').textContent") == MARKUP
    assert value_of(opened, "[document.querySelector('.reply img'), document.body.dataset.ran]") == [None, None]


def test_any_system_is_filtered_by_its_outcome(opened: Any) -> None:
    fill(opened, ".f-outcome", "right")
    assert count(opened) == "20"
    fill(opened, ".f-system", "first")
    assert count(opened) == "17 of 20"
    fill(opened, ".f-outcome", "empty")
    assert count(opened) == "1 of 20"
    opened.execute_script("document.getElementById('f-and').click()")
    assert count(opened) == "1 of 20", "a second condition of nothing leaves all"
    fill(opened, ".condition + .condition .f-outcome", "failed")
    assert count(opened) == "0 of 20"


def test_the_hardest_stand_first_and_disagreement_is_found(opened: Any) -> None:
    opened.execute_script("document.getElementById('f-differ').click()")
    assert count(opened) == "3 of 20"
    opened.execute_script("document.getElementById('f-differ').click()")
    fill(opened, "#f-order", "hard")
    assert set(value_of(opened, "[...document.querySelectorAll('.row .marks')].slice(0, 3).map((m) => m.textContent)")) <= {
        "!✓",
        "∅✓",
        "✗✓",
    }


def test_an_address_opens_its_sample_and_follows_the_reader(browser: Any, page: Path) -> None:
    from selenium.webdriver.common.by import By

    fifth, sixth = ids()[4:6]
    ready(browser, f"{page.as_uri()}#sample/vqa_rad/{fifth}")
    assert value_of(browser, "document.querySelector('#detail h3').textContent") == f"vqa_rad · {fifth}"
    browser.find_element(By.TAG_NAME, "body").send_keys("j")
    assert value_of(browser, "location.hash") == f"#sample/vqa_rad/{sixth}"
    fill(browser, ".f-outcome", "failed")
    browser.execute_script(f"location.hash = '#sample/vqa_rad/{fifth}'")
    until(browser, f"document.querySelector('#detail h3').textContent === 'vqa_rad · {fifth}'")
    assert count(browser) == "20", "what was filtered out is there again"
    ready(browser, f"{page.as_uri()}#sample/vqa_rad/nobody")
    assert "There is no sample nobody of vqa_rad" in value_of(browser, DETAIL)


def test_notes_are_kept_filtered_exported_and_exchanged(opened: Any, page: Path, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    assert value_of(opened, "document.getElementById('notes-csv').hidden")
    opened.find_element(By.TAG_NAME, "body").send_keys("n")
    opened.find_element(By.ID, "note").send_keys("=see the margin")
    ready(opened, page.as_uri())
    assert value_of(opened, "document.getElementById('note').value") == "=see the margin"
    opened.execute_script("document.getElementById('f-noted').click()")
    assert count(opened) == "1 of 20"
    first = ids()[0]
    assert value_of(opened, "notes.asCsv()") == f'task,id,note\n"vqa_rad","{first}","\'=see the margin"\n'
    assert json.loads(value_of(opened, "notes.asJson()")) == [{"task": "vqa_rad", "id": first, "note": "=see the margin"}]
    theirs = [{"task": "vqa_rad", "id": name, "note": "agreed"} for name in ids()[:2]] + [{"task": "other", "id": "1", "note": "no"}]
    (tmp_path / "notes.json").write_text(json.dumps(theirs))
    opened.find_element(By.ID, "notes-file").send_keys(str(tmp_path / "notes.json"))
    until(opened, "document.getElementById('notes-say').textContent === '2 notes taken from notes.json'")
    assert count(opened) == "2 of 20"
    assert value_of(opened, f"notes.of('vqa_rad', '{first}')") == "=see the margin\nagreed"


def test_a_file_beside_the_page_brings_the_rest(opened: Any, page: Path, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    last = ids()[-1]
    opened.execute_script(f"location.hash = '#sample/vqa_rad/{last}'")
    until(opened, f"document.querySelector('#detail h3').textContent === 'vqa_rad · {last}'")
    assert f"Its texts are in {FILE}" in value_of(opened, DETAIL)
    other = tmp_path / "other.samples"
    other.write_bytes((page.parent / FILE).read_bytes().replace(b'"id":"', b'"id":"x'))
    opened.find_element(By.ID, "beside-file").send_keys(str(other))
    until(opened, "document.body.dataset.beside === 'refused'")
    assert "was not opened" in value_of(opened, "document.getElementById('beside').textContent")
    opened.find_element(By.ID, "beside-file").send_keys(str(page.parent / FILE))
    until(opened, "document.body.dataset.beside === 'open'")
    assert "Answer with a single word or a short phrase." in value_of(opened, DETAIL)
    opened.execute_script("document.querySelector('.picture').click()")
    until(opened, "document.getElementById('full').open")
    assert "reduced" not in value_of(opened, "document.getElementById('full-says').textContent")
    assert opened.get_log("browser") == []
