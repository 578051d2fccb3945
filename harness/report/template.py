"""The page's template, styles and scripts, from `assets/`: a file for each subject, written into the one page when it is made."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from harness.base.visible import visible
from harness.report import marks

_JOINED = (
    ("style", ("base", "board", "tasks", "samples"), "css"),
    ("script", ("base", "board", "tasks", "overlays", "columns", "notes", "samples"), "js"),
)
"""What is written where: the subjects in the order in which they stand on the page; what the others share comes first."""


def render(**shown: Any) -> str:
    """The whole page.

    Args:
        **shown: What `page.html` and the templates that it includes write down, by name.
    """
    joined = {name: "".join(_asset(f"{subject}.{ending}") for subject in subjects) for name, subjects, ending in _JOINED}
    return str(_page().render(**joined, **shown))


@functools.cache
def _page() -> Any:
    """The template, compiled once for all pages of a process: that takes longer than to write most of them."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_seen
    )
    environment.globals["colour"] = marks.colour
    return environment.get_template("page.html")


def _asset(name: str) -> str:
    return resources.files("harness.report").joinpath("assets", name).read_text(encoding="utf-8")


def _seen(value: object) -> object:
    """What the page shows of a value: of a text nothing that hides, or turns what follows."""
    return visible(value) if type(value) is str else value
