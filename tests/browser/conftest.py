"""A browser without a window, and a page that is ready to be looked at; skipped visibly where there is no browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
SECONDS = 60
"""Waited for a page at most."""


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no Chromium with its driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def ready(browser: Any, address: str) -> Any:
    """The browser with a page whose samples are open."""
    browser.get("about:blank")  # an address that differs in what stands behind # would load nothing
    browser.get(address)
    return until(browser, "document.body.dataset.ready === 'yes'")


def until(browser: Any, script: str) -> Any:
    """The browser once a script says true."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, SECONDS).until(lambda driver: driver.execute_script(f"return {script}"))
    return browser


def value_of(browser: Any, script: str) -> Any:
    """What an expression is worth on the page."""
    return browser.execute_script(f"return {script}")


def fill(browser: Any, selector: str, value: str, event: str = "change") -> None:
    """Put a value into the first field that is meant, as a reader would."""
    script = "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
    browser.execute_script(script + "e.dispatchEvent(new Event(arguments[2], {bubbles: true}));", selector, value, event)


def faults(browser: Any) -> list[str]:
    """The errors of a page, and what it asked a network for."""
    failed = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    asked = [entry["message"] for entry in browser.get_log("performance") if "Network.requestWillBeSent" in entry["message"]]
    return [*failed, *(message for message in asked if '"url":"http' in message)]
