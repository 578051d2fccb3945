"""``harness compare``: a run beside published numbers, or runs against runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.views.beside_published import Verdict
    from harness.views.selection import SelectedRun

_REPORTED = "reported"
_SCREEN, _LEAST = 16, 3
"""Published numbers that are printed of all runs together, and of each at least."""


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Run folders, or folders of runs; `reported` for published numbers, `reported:SYSTEM` for one system.",
            metavar="RUN… [reported]",
            autocompletion=completing.compared,
        ),
    ],
    metric: Annotated[
        str,
        typer.Option(
            "--metric",
            help="Only this metric, of runs and publications alike: `exact_match`, `token_recall/canonical`.",
            autocompletion=completing.metric,
        ),
    ] = "",
    checkpoint_of: Annotated[
        str,
        typer.Option(
            "--checkpoint-of",
            help="The published system whose own checkpoint this is; *reproduced* is said of it alone.",
            metavar="SYSTEM",
            autocompletion=completing.system,
        ),
    ] = "",
    against: Annotated[
        str,
        typer.Option(
            "--against",
            help="Set all others against this system, or the run in this folder.",
            metavar="NAME",
            autocompletion=completing.runs,
        ),
    ] = "",
    comparable_only: Annotated[
        bool, typer.Option("--comparable-only", help="Leave out what does not compare, instead of saying why.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Every metric, slice, system and published number; else at most a screen.")
    ] = False,
    most: Annotated[int | None, typer.Option("--most", min=1, help="Published numbers to print per run.", metavar="N")] = None,
    changes: Annotated[
        int | None, typer.Option("--changes", min=0, help="Samples that changed to list, with their text: 3 of one pair.", metavar="N")
    ] = None,
    allow_credentialed: Annotated[bool, opt.allow_credentialed("Print the text of a credentialed dataset's samples all the same.")] = False,
    data_root: Annotated[Path | None, opt.data_root("Its questions and answers stand beside replies that changed.", beside=True)] = None,
    task_dir: opt.TaskDirs = None,
    partial: opt.Partial = False,
    as_json: opt.Json = False,
) -> None:
    """Whether two numbers may be compared, and whether they differ.

    Two runs of a task are compared metric by metric; more of them are a matrix of who is better than whom, or each is set `--against` one.

    **Examples**

        harness compare results/pneumoniamnist reported                    beside published numbers
        harness compare results/vqa_rad/majority-1a2b3c4d results/vqa_rad/nearest-5e6f7a8b
        harness compare results                                            who beats whom, over all tasks
        harness compare results --against "Our CNN"                        by how much each differs from one system
        harness compare results/vqa_rad reported --metric token_recall --comparable-only
        harness compare results/vqa_rad reported:Lingshu-7B                beside one published system
        harness compare reported:Lingshu-7B reported:Hulu-Med-7B           two published systems

    The same draws of the same groups, a permutation test over whole groups. *Better* is said after Holm's adjustment: over all tasks and
    pairs for the metric that ranks (or the one named), and over all other metrics and slices among themselves; in the matrix over all
    pairs of a task.
    """
    from harness.cli.contrasts import Asked, against_each_other
    from harness.views import kept, selection
    from harness.views.published_pair import PREFIX

    theirs = [name for name in runs if name.startswith(PREFIX)]
    paths = [Path(name) for name in runs if name != _REPORTED and name not in theirs]
    if theirs and not paths:
        _two_published(runs, theirs, metric, sys.maxsize if everything else most or _SCREEN, as_json=as_json)
        return
    if not paths:
        raise UsageError("no run is named beside `reported`; name a run's folder, as `harness run` prints it.")
    beside_published = _REPORTED in runs or bool(theirs)
    if against and beside_published:
        raise UsageError("--against sets runs against a run; published numbers are set beside each run: leave one of the two out.")
    with kept.remembered() as memory:
        selected = selection.select(paths, partial=partial, reader=memory.reader)
        opt.tell(selected.left_out)
        shown = _of_metric(selected.runs, metric)
        if beside_published:
            listed = sys.maxsize if everything else most or max(_LEAST, _SCREEN // len(shown))
            only = [] if _REPORTED in runs else theirs
            judged = _judged(shown, metric, checkpoint_of, task_dir or [], only=only, comparable_only=comparable_only)
            _print_judged(judged, listed, left_out=selected.left_out, as_json=as_json)
            return
        asked = Asked(
            metric=metric,
            against=against,
            changes=changes,
            data_root=data_root,
            task_dirs=tuple(task_dir or ()),
            comparable_only=comparable_only,
            allow_credentialed=allow_credentialed,
            everything=everything,
            as_json=as_json,
        )
        against_each_other(shown, asked, memory, left_out=selected.left_out)


def _two_published(runs: Sequence[str], theirs: Sequence[str], metric: str, most: int, *, as_json: bool) -> None:
    from harness.console import base
    from harness.console import why as view
    from harness.views import published_pair

    if len(theirs) != 2 or len(runs) != 2:
        raise UsageError(
            "two published systems stand beside each other: harness compare reported:Lingshu-7B reported:Hulu-Med-7B."
            " A run beside one: harness compare RUN reported:Lingshu-7B"
        )
    pairs = published_pair.pairs(*published_pair.named(*theirs), metric=metric)
    if as_json:
        base.print_json({"pairs": [pair.as_json() for pair in pairs]})
    else:
        view.print_pairs(pairs, most)


def _of_metric(runs: Sequence[SelectedRun], metric: str) -> list[tuple[SelectedRun, str]]:
    """The runs that compute a metric, each with what it is called."""
    from harness.errors import unknown
    from harness.views.beside_published import matches
    from harness.views.naming import names_of

    named = list(zip(runs, names_of([run.record for run in runs]), strict=True))
    kept = [(run, name) for run, name in named if any(matches(metric, e.metric, e.variant) for e in run.record.estimates)]
    if not kept and metric:
        computed = {f"{e.metric}/{e.variant}" if "/" in metric else e.metric for run in runs for e in run.record.estimates}
        raise unknown("metric of these runs", metric, computed)
    without = sorted({run.record.full_name for run, _ in named} - {run.record.full_name for run, _ in kept})
    opt.tell(f"{metric} is not computed on {', '.join(without)}" if without else "")
    return kept


def _judged(
    named_runs: list[tuple[SelectedRun, str]],
    metric: str,
    checkpoint_of: str,
    task_dirs: list[Path],
    *,
    only: Sequence[str],
    comparable_only: bool,
) -> list[tuple[SelectedRun, str, list[Verdict]]]:
    """Each run with its verdicts; on these published systems alone, where any are named."""
    from harness.data import catalog
    from harness.views import published as reported
    from harness.views import systems as of_systems
    from harness.views.beside_published import compare as beside
    from harness.views.published_pair import PREFIX

    systems = {number.system for number in reported.read_reported()}
    wanted = {of_systems.named(name.removeprefix(PREFIX), systems) for name in only}
    if checkpoint_of:
        checkpoint_of = of_systems.named(checkpoint_of, systems)
    judged = []
    for run, name in named_runs:
        card = catalog.card(run.record.full_name, task_dirs)
        published = [number for number in reported.for_task(run.record.task, None) if not wanted or number.system in wanted]
        judged.append((run, name, beside(run.record, card, published, metric=metric, checkpoint_of=checkpoint_of)))
    if not any(verdicts for _, _, verdicts in judged):
        tasks = ", ".join(dict.fromkeys(run.record.full_name for run, _ in named_runs))
        of = f" of {', '.join(sorted(wanted))}" if wanted else ""
        raise UsageError(f"nothing to compare: no published number{of} on {tasks} is related to {metric or 'what these runs measure'}.")
    if not comparable_only:
        return judged
    return [(run, name, [verdict for verdict in verdicts if not verdict.reasons]) for run, name, verdicts in judged]


def _print_judged(judged: Sequence[tuple[SelectedRun, str, Sequence[Verdict]]], most: int, *, left_out: str, as_json: bool) -> None:
    from harness.cli.contrasts import named
    from harness.console import base
    from harness.console import compare as view

    if as_json:
        content = [
            {"path": str(run.folder), **named(run.record, name), "verdicts": [verdict.as_json() for verdict in verdicts]}
            for run, name, verdicts in judged
        ]
        base.print_json({"comparisons": content, "left_out": left_out})
        return
    for run, name, verdicts in judged:
        view.print_verdicts(run.record, name, verdicts, most)
