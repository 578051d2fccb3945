"""The page in headless Chromium: no error, no request, filters and keys do what they say; skipped without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.report.page import Options as PageOptions
from harness.report.page import build
from harness.stats.bootstrap import Bootstrap
from tests.browser.conftest import faults, fill, ready, value_of
from tests.views.support import evaluated

N = 10_000


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10,000 invented pictures in PneumoniaMNIST's layout, answered by two baselines."""
    root = tmp_path_factory.mktemp("page")
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for split, n in (("train", 20), ("val", 2), ("test", N)):
        arrays[f"{split}_images"] = random.integers(0, 256, size=(n, 28, 28), dtype=np.uint8)
        arrays[f"{split}_labels"] = random.integers(0, 2, size=(n, 1), dtype=np.uint8)
    (root / "medmnist").mkdir()
    np.savez(root / "medmnist" / "pneumoniamnist.npz", **arrays)
    options: dict[str, Any] = {"data_root": root, "accept_different": True, "batch_size": 1000, "plan": Bootstrap(resamples=20)}
    runs = [evaluated(root / "results", name, "pneumoniamnist", **options) for name in ("random", "majority")]
    out = root / "report.html"
    out.write_text(build([(run.folder, run.record) for run in runs], PageOptions(data_root=root, pictures=500)), encoding="utf-8")
    return out


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    return ready(browser, page.as_uri())


def count(browser: Any) -> list[int]:
    """How many samples are shown, and of how many where that is not all."""
    return [int(number) for number in value_of(browser, "document.getElementById('count').textContent").replace(",", "").split(" of ")]


def test_it_opens_without_an_error_and_asks_for_nothing(opened: Any) -> None:
    assert faults(opened) == []
    assert count(opened) == [N]


def test_only_the_rows_in_view_are_in_the_document(opened: Any) -> None:
    assert 0 < value_of(opened, "document.querySelectorAll('.row').length") < 60
    opened.execute_script("document.getElementById('list').scrollTop = 300000")
    opened.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert 0 < value_of(opened, "document.querySelectorAll('.row').length") < 60


def test_filters_leave_what_fits(opened: Any) -> None:
    fill(opened, "#f-slice", "label=normal")
    shown = count(opened)[0]
    assert 4500 < shown < 5500
    opened.execute_script("document.getElementById('f-differ').click()")
    assert 0 < count(opened)[0] < shown
    fill(opened, "#f-text", "no such text")
    assert count(opened) == [0, N]
    assert "No sample fits" in value_of(opened, "document.getElementById('detail').textContent")


def test_keys_move_through_the_samples(opened: Any) -> None:
    from selenium.webdriver.common.by import By

    body = opened.find_element(By.TAG_NAME, "body")
    first = value_of(opened, "document.querySelector('#detail h3').textContent")
    body.send_keys("jj")
    third = value_of(opened, "document.querySelector('#detail h3').textContent")
    assert third != first
    body.send_keys("kk")
    assert value_of(opened, "document.querySelector('#detail h3').textContent") == first
    body.send_keys("/")
    assert value_of(opened, "document.activeElement.id") == "f-text"


def test_a_sample_shows_its_picture_prompt_and_replies(opened: Any) -> None:
    text = value_of(opened, "document.getElementById('detail').textContent")
    assert "Which of these does this chest X-ray show?" in text
    assert "majority" in text
    assert "random" in text
    assert value_of(opened, "document.querySelector('#detail img').naturalWidth") == 28


def test_both_themes_and_a_phone_fit(opened: Any) -> None:
    light = value_of(opened, "getComputedStyle(document.body).backgroundColor")
    opened.execute_script("document.getElementById('theme').click()")
    assert value_of(opened, "getComputedStyle(document.body).backgroundColor") != light
    opened.set_window_size(500, 900)  # the narrowest window that Chromium makes
    assert value_of(opened, "document.documentElement.scrollWidth <= window.innerWidth")
    opened.set_window_size(1200, 900)
