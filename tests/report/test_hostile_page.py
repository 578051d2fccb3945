"""The page of runs whose names and replies were made to run in a reader's browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from harness.data import catalog
from harness.report import page
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Model, ModelInfo, Request, Response, Scene
from tests.report.opened import samples_of
from tests.views.test_hostile_texts import HOSTILE, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """A model of a name that says its name."""

    info: ModelInfo

    def for_task(self, scene: Scene) -> Model:
        """Itself, whatever is asked."""
        assert scene.examples
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Its name."""
        return [Response(text=self.info.name, thinking=self.info.name) for _ in requests]


class Elements(HTMLParser):
    """The elements of a page and what runs in them."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.handlers: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_nothing_on_the_page_runs_or_is_loaded(tmp_path: Path) -> None:
    options = Options(results=tmp_path, plan=Bootstrap(resamples=10), limit=2)
    models = [Says(info=ModelInfo(name=name, kind="test", digest="0", note=name)) for name in HOSTILE.values()]
    runs = [evaluate.evaluate(catalog.task("vqa_rad"), model, options) for model in models]
    text = page.build([(run.folder, run.record) for run in runs], page.Options())
    assert plain(text)
    found = Elements()
    found.feed(text)
    assert found.scripts == 3, "the data of charts and of samples, and the page's own code"
    assert found.handlers == []
    assert all(address.startswith(("#", "data:")) for address in found.addresses)
    samples = samples_of(text)
    assert plain(json.dumps(samples, ensure_ascii=False))
    assert len(samples["tasks"][0]["runs"]) == len(HOSTILE)
