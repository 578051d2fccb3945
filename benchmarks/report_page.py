"""The page in headless Chromium: bytes, paint, filters.

    python benchmarks/report_page.py [--samples 10000] [--pictures 2000] [--large 100000] [--systems 40]

Over ten thousand samples with pictures, over a hundred thousand with replies, and over forty systems on three tasks.

Needs Debian's chromium and chromium-driver, and selenium. Prints milliseconds as the browser itself measures them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import invented_page, invented_runs
from harness import models
from harness.data import catalog
from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.runs import evaluate
from harness.runs import record as records
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap

_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
_SEARCH = "const e = document.getElementById('f-text'); e.value = arguments[0]; e.dispatchEvent(new Event('change'));"


def make_page(root: Path, samples: int, pictures: int) -> Path:
    """A page of two baselines on invented pictures."""
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for split, n in (("train", 20), ("val", 2), ("test", samples)):
        arrays[f"{split}_images"] = random.integers(0, 256, size=(n, 28, 28), dtype=np.uint8)
        arrays[f"{split}_labels"] = random.integers(0, 2, size=(n, 1), dtype=np.uint8)
    (root / "medmnist").mkdir()
    np.savez(root / "medmnist" / "pneumoniamnist.npz", **arrays)
    options = Options(results=root / "results", data_root=root, accept_different=True, batch_size=1000, plan=Bootstrap(resamples=20))
    task = catalog.task("pneumoniamnist")
    runs = [evaluate.evaluate(task, models.open_model(f"baseline:{name}", {}), options) for name in ("random", "majority")]
    out = root / "report.html"
    out.write_text(build([(run.folder, run.record) for run in runs], PageOptions(data_root=root, pictures=pictures)), encoding="utf-8")
    return out


def make_large_page(root: Path, samples: int) -> Path:
    """A page of two invented runs with replies of 57 words."""
    folders = invented_runs.make(root / "large", systems=2, tasks=("vqa_rad",), samples=samples, words=57)
    out = root / "large.html"
    out.write_text(build([(folder, records.read(folder)) for folder in folders], PageOptions()), encoding="utf-8")
    return out


def make_board(root: Path, systems: int) -> Path:
    """A page of so many invented systems on three tasks."""
    out = root / "board.html"
    out.write_text(build(invented_page.runs(root / "board", systems=systems), PageOptions()), encoding="utf-8")
    return out


def paint(browser: Any, page: Path) -> None:
    """Open a page, and print its size and how long a reader waits."""
    from selenium.webdriver.support.ui import WebDriverWait

    print(f"page            {page.stat().st_size / 1e6:8.1f} MB")
    browser.get(page.as_uri())
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script("return document.body.dataset.ready === 'yes'"))
    opened = browser.execute_script("return performance.now()")
    first = browser.execute_script("return performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first paint     {first:8.1f} ms")
    print(f"samples open    {opened:8.1f} ms at the latest")


_BOARD = (
    ("board, sorted", "document.querySelector('.matrix th.run button').click();"),
    (
        "board, filtered",
        "const e = document.querySelector('[data-filter=name]'); e.value = '1'; e.dispatchEvent(new Event('input', {bubbles: true}));",
    ),
    ("wins drawn", "const box = document.querySelector('[data-kind=wins]'); box.open = true; box.dispatchEvent(new Event('toggle'));"),
)
"""What a reader does on the first screen, and what of it is timed: until the next picture is on the screen."""


def show_board(browser: Any, page: Path) -> None:
    """Open a page, sort and filter its board, and print how long each took until it was painted."""
    paint(browser, page)
    for name, script in _BOARD:
        took = browser.execute_async_script(
            f"const started = performance.now(), done = arguments[0]; {script}"
            "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - started)))"
        )
        print(f"{name:<15} {took:8.1f} ms")


def show(browser: Any, page: Path) -> None:
    """Open a page, filter it, and print how long each took."""
    paint(browser, page)
    for name, script, value in (
        ("search", _SEARCH, "pneu"),
        ("search, none", _SEARCH, "no such text"),
        ("disagreement", "document.getElementById('f-text').value = ''; document.getElementById('f-differ').click()", ""),
    ):
        browser.execute_script(script, value)
        print(f"{name:<15} {float(browser.execute_script('return document.body.dataset.filterMs')):8.1f} ms")


def main() -> None:
    """Print one line per figure."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--large", type=int, default=100_000, help="samples of the page without pictures; 0 leaves it out")
    parser.add_argument("--systems", type=int, default=40, help="of the page of a board; 0 leaves it out")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = [make_page(Path(folder), given.samples, given.pictures)]
        pages += [make_large_page(Path(folder), given.large)] if given.large else []
        options = webdriver.ChromeOptions()
        for argument in (*_ARGUMENTS, f"--user-data-dir={folder}/profile"):
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            for page in pages:
                show(browser, page)
            if given.systems:
                show_board(browser, make_board(Path(folder), given.systems))
        finally:
            browser.quit()


if __name__ == "__main__":
    main()
