"""Three pictures of the page for the documentation, of invented systems alone: the board, a task, a sample.

    python benchmarks/report_pictures.py [docs/pictures]

Needs Debian's chromium and chromium-driver, and selenium.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import invented_page
from harness.report.page import Options, build

_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars", "--no-first-run")
_SYSTEMS, _COLOURS = 9, 256
_READY = (
    "const wait = () => document.body.dataset.ready === 'yes' ? requestAnimationFrame(() => setTimeout(done, 300)) : setTimeout(wait, 50);"
    "const done = arguments[0]; wait();"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What stands in one picture."""

    name: str
    page: str
    theme: str
    element: str
    """Where it begins."""
    height: int
    width: int = 1280
    prepare: str = ""
    """What a reader has done before."""


PICTURES = (
    Picture(name="page-board", page="board", theme="light", element="header", height=860),
    Picture(
        name="page-task",
        page="board",
        theme="light",
        element="#task-2",
        height=1400,
        width=1500,
        prepare="document.querySelectorAll('#task-2 .overlay').forEach(box => { box.open = box.dataset.kind !== 'slices'; });"
        "document.querySelectorAll('#task-2 [data-forest]:checked').forEach(box => box.click());",
    ),
    Picture(
        name="page-samples",
        page="quiz",
        theme="dark",
        element="#samples",
        height=900,
        prepare="document.querySelectorAll('#rows [role=option]')[2].click();",
    ),
)


def draw(browser: Any, page: Path, picture: Picture) -> bytes:
    """One picture, as a PNG of few colours."""
    from PIL import Image

    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": picture.width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    browser.get(page.as_uri())
    browser.execute_async_script(_READY)
    browser.execute_script(f"document.documentElement.dataset.theme = arguments[0]; {picture.prepare}", picture.theme)
    browser.execute_async_script(_READY)
    place = "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.top + scrollY, box.height];"
    top, height = browser.execute_script(place, picture.element)
    height = picture.height if picture.element == "header" else min(height, picture.height)
    clip = {"x": 0, "y": top, "width": picture.width, "height": height, "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    out = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(shot["data"]))) as image:
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(folder: Path) -> None:
    """Draw all three into a folder."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        board = build(invented_page.runs(Path(work) / "results", systems=_SYSTEMS), Options(title="Nine invented systems"))
        quiz = build(invented_page.quiz(Path(work) / "quiz"), Options())
        for name, text in (("board", board), ("quiz", quiz)):
            (Path(work) / f"{name}.html").write_text(text, encoding="utf-8")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (*_ARGUMENTS, f"--user-data-dir={work}/profile"):
            options.add_argument(argument)
        browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            for picture in PICTURES:
                content = draw(browser, Path(work) / f"{picture.page}.html", picture)
                (folder / f"{picture.name}.png").write_bytes(content)
                print(f"{picture.name:<14} {len(content) / 1e3:6.0f} kB")
        finally:
            browser.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
