"""biomed-harness: per-dataset adapters, one model interface and one metric registry that write comparable scoreboards.

    import harness

    runs = harness.evaluate("hf:org/model", tasks="vqa_rad,meqsum", data_root="data")
    runs["vqa_rad"].value("exact_match")

What stands here is loaded when it is first used; docs/python.md shows all of it.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from harness.base.version import __version__ as __version__

if TYPE_CHECKING:
    from harness.api.calls import evaluate as evaluate
    from harness.api.calls import open_model as open_model
    from harness.api.calls import score as score
    from harness.api.looking import compare as compare
    from harness.api.looking import samples as samples
    from harness.api.looking import tasks as tasks
    from harness.api.looking import why as why
    from harness.views.formats.frame import load_results as load_results

_PLACES = {
    **dict.fromkeys(("evaluate", "score", "open_model"), "harness.api.calls"),
    **dict.fromkeys(("compare", "samples", "why"), "harness.api.looking"),
    "load_results": "harness.views.formats.frame",
}
__all__ = [*_PLACES, "tasks"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'harness' has no attribute '{name}'")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Tasks(ModuleType):
    """The folder of adapters, `harness.tasks.vqa.vqa_rad` and so on, which lists them when it is called."""

    def __call__(self, *patterns: str, **options: Any) -> Any:
        from harness.api import looking

        return looking.tasks(*patterns, **options)


class _Package(ModuleType):
    """This package; importing an adapter sets its folder as ``tasks`` on it, which must stay what users call."""

    @property
    def tasks(self) -> ModuleType:
        module = importlib.import_module("harness.tasks")
        module.__class__ = _Tasks
        return module

    @tasks.setter
    def tasks(self, module: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _Package
