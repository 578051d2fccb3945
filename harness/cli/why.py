"""``harness why``: why the values that were published for one system differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.base.names import named
from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.views.contradictions import Contradiction
    from harness.views.rule_effects import RuleEffect


def why(
    task: Annotated[str, typer.Argument(help="A task's name; of all its forms.", show_default=False)] = "",
    system: Annotated[str, typer.Argument(help="A published system, in any spelling.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="The table of all tasks and systems.")] = False,
    metric: Annotated[str, typer.Option("--metric", help="Only this metric; `accuracy` includes exact match.")] = "",
    points: Annotated[float, typer.Option("--points", min=0, help="In tables: only values further apart than this, in hundredths.")] = 2.0,
    most: Annotated[int, typer.Option("--most", min=1, help="Rows of a table.", metavar="N")] = 40,
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", help="Runs to measure the effects of rules on; repeatable. Without it: results.", metavar="DIR"),
    ] = None,
    as_json: opt.Json = False,
) -> None:
    """Why the values that were published for one system differ: what their protocols are known to differ in, and what was measured.

    **Examples**

        harness why slake_en Lingshu-7B
        harness why vqa_rad
        harness why --all --metric accuracy

    A difference is known where two sources say different things; where one is silent, that is said. An effect is printed only where
    runs at hand were scored under both rules: the same replies, with the interval of the change.
    """
    from harness.console import base
    from harness.console import why as view
    from harness.data import catalog
    from harness.views import contradictions, published, systems

    if everything == bool(task):
        raise UsageError("name a task, and a system if one is meant: harness why slake_en Lingshu-7B. The table of all: harness why --all")
    if task:
        task = catalog.card(task).full_name
    name = task.partition("@")[0]
    numbers = [number for number in published.read_reported() if number.task == name or everything]
    if system:
        system = systems.named(system, {number.system for number in numbers})
        numbers = [number for number in numbers if number.system == system]
    found = contradictions.of_numbers(numbers, least=1 if system else 2)
    if metric:
        metric = named("metric of these published values", metric, {one.quantity for one in found})
    found = [one for one in found if metric in ("", one.quantity)]
    if not system:
        found = [one for one in found if one.spread > points / 100]
    measured = _measured(found, results)
    if as_json:
        base.print_json({"contradictions": [one.as_json() for one in found], "effects": [one.as_json() for one in measured]})
        return
    if system:
        for one in found:
            view.print_one(one)
    else:
        view.print_all(found, most)
    view.print_effects(measured)


def _measured(found: list[Contradiction], results: list[Path] | None) -> list[RuleEffect]:
    """The effects of rules on the runs of the tasks in question; none where there are no runs."""
    from harness.data import catalog
    from harness.views import rule_effects, selection
    from harness.views.naming import names_of

    places = [place for place in results or [Path("results")] if results or place.is_dir()]
    if not places:
        return []
    names = {one.task for one in found}
    runs = [
        run.record
        for run in selection.select(places, none=True).runs
        if run.record.data.kind == "real" and not run.record.not_ranked and run.record.task in names
    ]
    measured = []
    for full_name in dict.fromkeys(record.full_name for record in runs):
        own = [(record, name) for record, name in zip(runs, names_of(runs), strict=True) if record.full_name == full_name]
        measured += rule_effects.effects(own, catalog.task(full_name))
    return measured
