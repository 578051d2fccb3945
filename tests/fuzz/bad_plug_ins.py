"""Installed packages that announce models, metrics and tasks, with one thing wrong in what they announce, bring or make."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from harness.cli import main
from harness.metrics import registry
from tests.fuzz import bad_adapters
from tests.fuzz.bad_adapters import ADAPTER, CARD, METRIC, SAMPLE
from tests.fuzz.bad_objects import HEAD, MODEL, RAISES, VALUES
from tests.fuzz.bad_objects import counted as counted_of_model
from tests.fuzz.outcomes import Case, recorded

IN_EVERY_RUN = 15
MODULE = "fuzzed_plug_in"
_RUN = ("--sample", "--resamples", "0", "--json", "--quiet", "--results", "r")
RUNS = {
    "models": ("run", "mine:somewhere", "--tasks", "vqa_rad", *_RUN),
    "metrics": ("run", "baseline:majority", "--tasks", "vqa_rad", "--metrics", "right/toy", *_RUN),
    "tasks": ("run", "baseline:constant", "-a", "text=yes", "--tasks", "quiz", *_RUN),
}
OPENING = "\ndef open_model(location, arguments):\n    return Mine()\n"
ENTRIES = (
    "mine = {module}", "mine = {module}:",
    "mine = :{name}", "mine = {module}:nothing", "mine = nowhere:{name}", "mine = {module}.more:{name}",
    "mine = no name:{name}", "mine =", "= {module}:{name}", "mine", "mine = {module}:{name}\nmine = {module}:{name}",
    "baseline = {module}:{name}", "m\x1bne = {module}:{name}", "mine = {module}:{name} [extra]", "mine = ..{module}:{name}",
    "mine = {module}:__doc__", "\0", "mine = " + "x" * 100_000, "mine = os:{name}", "mine = {module}:{name}.more",
)  # fmt: skip


def _installed(folder: Path, group: str, source: str, entry: str) -> None:
    info = folder / "site" / f"{MODULE}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {MODULE}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[harness.{group}]\n{entry}\n", encoding="utf-8")
    if group != "tasks":
        (folder / "site" / f"{MODULE}.py").write_text(source, encoding="utf-8")
        return
    bad_adapters.write(folder / "site", adapter=ADAPTER, card=CARD, sample=SAMPLE)
    (folder / "site" / "mine").rename(folder / "site" / MODULE)
    (folder / "site" / MODULE / "__init__.py").write_text(source, encoding="utf-8")


def _forget() -> None:
    for cached in (registry.registered, registry._plug_ins):
        cached.cache_clear()


def _with(group: str) -> None:
    site = str(Path.cwd() / "site")
    sys.path.insert(0, site)
    sys.argv = ["harness", *RUNS[group]]
    _forget()
    try:
        main()
    finally:
        sys.path.remove(site)
        _forget()
        for name in [name for name in sys.modules if name.partition(".")[0] == MODULE]:
            del sys.modules[name]


def _case(group: str, name: str, source: str, entry: str = "") -> Case:
    entry = entry or {"models": "mine = {module}:open_model", "metrics": "mine = {module}:MINE", "tasks": "mine = {module}.vqa"}[group]
    entry = entry.replace("{module}", MODULE).replace("{name}", "open_model" if group == "models" else "MINE")
    return Case(
        kind="plug-ins",
        name=f"{group}: {name}",
        write=lambda folder: _installed(folder, group, source, entry),
        command=lambda: _with(group),
        oracle=counted_of_model if group == "models" else recorded,
    )


METRICS = f"{ADAPTER}\nMINE = METRIC\n"


def cases() -> Iterator[Case]:
    """Each with one thing wrong."""
    sources = {"models": MODEL + OPENING, "metrics": METRICS, "tasks": ""}
    for group, source in sources.items():
        for entry in ENTRIES:
            yield _case(group, f"{entry[:40]!r}", source, entry)
        for name, statement in RAISES.items():
            yield _case(group, f"import: {name}", f"{HEAD}\n{statement}\n{source}")
        yield _case(group, "a syntax error", "def (\n")
        yield _case(group, "a NUL in the source", source + "\0")
    for name, value in VALUES.items():
        yield _case("models", f"the factory is {name}", f"{MODEL}\nopen_model = {value}\n")
        yield _case("models", f"the factory returns {name}", MODEL + OPENING.replace("Mine()", value))
        yield _case("models", f"for_task returns {name}", MODEL.replace("return self", f"return {value}") + OPENING)
        yield _case("metrics", f"they are {name}", f"{ADAPTER}\nMINE = {value}\n")
        yield _case("metrics", f"one of them is {name}", f"{ADAPTER}\nMINE = (METRIC, {value})\n")
        for field in ("name", "variant", "options", "measure", "value", "unit", "slices"):
            line = next(line for line in METRIC.split("\n") if line.startswith(f"    {field}="))
            yield _case("metrics", f"{field} is {name}", METRICS.replace(METRIC, METRIC.replace(line, f"    {field}={value},")))
    for name, statement in RAISES.items():
        yield _case("models", f"the factory: {name}", MODEL + OPENING.replace("return Mine()", f"{statement}; return Mine()"))
        yield _case("metrics", f"measure: {name}", METRICS.replace("def run(", f"def run(*_):\n    {statement}\ndef _run("))
