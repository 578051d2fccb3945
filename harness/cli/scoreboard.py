"""``harness scoreboard``: systems × tasks, of whatever runs are at hand."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt


class Format(StrEnum):
    """What can be written."""

    markdown = "markdown"
    latex = "latex"
    csv = "csv"


def scoreboard(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Results folders, or folders of runs; without it: results.", metavar="[RESULTS…]", autocompletion=completing.runs
        ),
    ] = None,
    tasks: Annotated[
        list[str] | None,
        typer.Option(
            "--tasks",
            "-t",
            help="Only these: names, `name@variant`, globs; with commas or repeated.",
            metavar="TASK[,TASK…]",
            autocompletion=completing.task_list,
        ),
    ] = None,
    systems: Annotated[
        list[str] | None,
        typer.Option("--systems", help="Only systems of these names, globs allowed; with commas or repeated.", metavar="NAME[,NAME…]"),
    ] = None,
    published: Annotated[
        bool,
        typer.Option("--published", help="Below ours published systems that compare; in LaTeX others too, with a letter for why not."),
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every published system that compares, and not the best ones alone.")] = False,
    to: Annotated[Format | None, typer.Option("--to", help="Write it for a page or a paper instead.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write; without it, stdout.", metavar="FILE")] = None,
    task_dir: opt.TaskDirs = None,
    partial: opt.Partial = False,
    as_json: opt.Json = False,
) -> None:
    """Print systems × tasks: the metric that ranks each task, its interval, the best of each column and what cannot be told from it.

    Best, and what is as good, is said by paired tests, adjusted (Holm) over all pairs of runs of different systems on a task, as on the
    leaderboard. Partial runs are shown apart with `--partial`, and never ranked.

    **Examples**

        harness scoreboard                                     of results/
        harness scoreboard results /mnt/cluster/results        of several folders, each run once
        harness scoreboard --tasks vqa --published             question answering, with published systems that compare
        harness scoreboard --to markdown -o SCORES.md          or latex, csv

    How two of them differ: `harness compare RESULTS --against NAME`. All metrics of a task: `harness export-results`.
    """
    from harness.console import base
    from harness.console import board as view
    from harness.errors import UsageError
    from harness.runs import evidence
    from harness.views import board, board_published, kept, paper, paper_published, selection, standings, wording, written_board
    from harness.views.formats import boards, latex

    with kept.remembered() as memory:
        selected = selection.select(results or [Path("results")], partial=partial, reader=memory.reader)
        shown = selection.chosen(selected.runs, opt.split_list(tasks or []), opt.split_list(systems or []), task_dir or [])
        runs = {run.source: run.record for run in shown}
        ranked = standings.ranks(runs, task_dir or [], memory.keeper({run.source: run.folder for run in shown}))
    matrix = board.matrix(runs, ranked, {run.source for run in shown if evidence.is_verified(run.folder)})
    beside = board_published.published(matrix, runs, task_dir or []) if published else []
    opt.tell(
        selected.left_out,
        *(f"{task}: runs on different pictures or questions are ranked apart" for task in standings.apart(runs)),
        *(f"{task}: runs have no rank, {_why_unranked(task, task_dir or [])}" for task in standings.unranked(runs, ranked)),
    )
    if as_json:
        if to is not None:
            raise UsageError(f"--json and --to {to.value} are two formats; give one of them.")
        base.print_json({**matrix.as_json(), "published": [one.as_json() for one in beside if one.compares], "left_out": selected.left_out})
        return
    if to is None:
        view.print_board(matrix, beside, everything=everything)
        return
    if to is Format.latex:
        made = paper.paper(runs, task_dirs=task_dir or [], ranked=ranked, most=1)
        text = latex.to_latex(made, paper_published.published(made, written_board.MOST, task_dir or []) if published else ())
    else:
        text = boards.FORMATS[to.value](matrix, beside)
    opt.put(text, out, f"{wording.many(len(matrix.systems), 'system')} on {wording.many(len(matrix.columns), 'task')}")


def _why_unranked(task: str, task_dirs: list[Path]) -> str:
    from harness.data import catalog

    if task.partition("@")[0] not in catalog.names(task_dirs):
        return "as the task is not known here; name its folder with --task-dir"
    return "as not all can be tested here; score them again"
