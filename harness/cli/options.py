"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.base.visible import visible
from harness.cli import completing
from harness.errors import UsageError

_data, _out, _model, _numbers = (
    partial[Any](typer.Option, rich_help_panel=panel) for panel in ("Where the data is", "Output", "Model", "Numbers")
)


def _tasks(more: str) -> Any:
    help = f"Names, `name@variant`, families, `all`, `open`, `ready`, `medmnist` or globs; {more}"
    return typer.Option("--tasks", "-t", help=help, metavar="TASK[,TASK…]", autocompletion=completing.task_list)


Tasks = Annotated[list[str], _tasks("separated by commas or repeated.")]
SomeTasks = Annotated[list[str] | None, _tasks("with commas or repeated. A suite needs none.")]


def _there(folder: Path | None) -> Path | None:
    from harness.data.examples import check_root

    if folder is not None:
        check_root(folder)
    return folder


def data_root(use: str, *, beside: bool = False) -> Any:
    """The option of the folder of releases, with what a command does with it and without it.

    Args:
        use: What the command does.
        beside: It is looked into beside finished runs, where a folder that is not there would otherwise be a release that is not there.
    """
    return _data(
        "--data-root",
        envvar="HARNESS_DATA",
        help=f"Folder with one folder per release. {use}",
        metavar="DIR",
        callback=_there if beside else None,
    )


def allow_credentialed(use: str) -> Any:
    """The option that lets a command show or write what an agreement keeps here."""
    return typer.Option("--allow-credentialed", help=use)


DataRoot = Annotated[Path | None, data_root("Without it the invented sample is evaluated, and marked so.")]
Sample = Annotated[bool, _data("--sample", help="Evaluate the invented sample even where a data root is set.")]
AcceptDifferent = Annotated[
    bool, _data("--accept-different", help="Evaluate a release whose counts differ from the card's; the run is marked not comparable.")
]
SkipMissing = Annotated[
    bool, _data("--skip-missing", help="Leave tasks out whose release is not there, and say which; else each is an error.")
]
SplitName = Annotated[
    str,
    _data(
        "--split", help="`test`, or another split of the release: `val`, `train`.", autocompletion=completing.one_of("test", "val", "train")
    ),
]
TaskDirs = Annotated[
    list[Path] | None, _data("--task-dir", help="A folder of your own tasks, laid out as ours; repeatable.", metavar="DIR")
]
Results = Annotated[Path, _out("--results", help="Where runs are kept.", metavar="DIR")]
Partial = Annotated[bool, _out("--partial", help="Show partial runs too: of a limit, with failed requests, on a part of the release.")]
AllScores = Annotated[bool, _out("--all", help="Print every score of every run, on slices and as publications compute them.")]
Json = Annotated[bool, _out("--json", help="Print one JSON object for machines.")]

Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Only the first N examples; such a run is partial and never ranked.", metavar="N")
]
Draw = Annotated[
    int | None, typer.Option("--draw", min=1, help="Only N examples, drawn from all slices alike; partial as with --limit.", metavar="N")
]
DrawSeed = Annotated[int, typer.Option("--draw-seed", min=0, help="What --draw draws by: the same seed, the same examples.")]
Resamples = Annotated[int, _numbers("--resamples", min=0, help="Bootstrap resamples for the 95 % intervals; 0 for none.")]
BootstrapSeed = Annotated[int, _numbers("--bootstrap-seed", min=0, help="Seed of the resamples.")]
Name = Annotated[str, _model("--name", help="The system's name on the scoreboard.")]
Setting = Annotated[str, _model("--setting", help="How it was made: `zero-shot`, `fine-tuned on …`; recorded as you say it.")]
ModelArgs = Annotated[list[str] | None, _model("--model-arg", "-a", help="An argument of the backend; repeatable.", metavar="KEY=VALUE")]
Metrics = Annotated[
    list[str] | None,
    _numbers(
        "--metrics",
        help="Further metrics beside the task's own: `name/variant` from `harness metrics`, or `evaluate:NAME`; commas or repeated.",
        metavar="METRIC[,METRIC…]",
        autocompletion=completing.metric_list,
    ),
]
Refusals = Annotated[
    str,
    _numbers(
        "--refusals",
        help="`partial`: a run with refused replies is not ranked; `wrong`: they count as wrong answers and it is.",
        autocompletion=completing.one_of("partial", "wrong"),
    ),
]
Quiet = Annotated[bool, _out("--quiet", "-q", help="No progress on stderr.")]


def tell(*lines: str) -> None:
    """Lines on stderr of what a reader of the output must know; empty ones are not said."""
    for line in lines:
        if line:
            typer.echo(f"note: {visible(line)}", err=True)


def put(text: str, out: Path | None, what: str) -> None:
    """A text on stdout, or in the file that was named for it, and then how much of what is there."""
    if out is None:
        typer.echo(text, nl=False)
        return
    from harness.console import base
    from harness.files import writing
    from harness.files.refusals import OUT

    writing.replace_file(out, text.encode(), OUT)
    base.say(f"{what} in {out}")


def split_list(values: Iterable[str]) -> list[str]:
    """The items of comma-separated, repeated options."""
    return [item.strip() for value in values for item in value.split(",") if item.strip()]


def key_values(values: Sequence[str] | None, option: str) -> dict[str, str]:
    """``KEY=VALUE`` options as a mapping.

    Raises:
        UsageError: A value has no ``=``, or a key is given twice.
    """
    by_key: dict[str, str] = {}
    for value in values or ():
        key, equals, content = value.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{option} '{value}': expected KEY=VALUE, for example {option} size=28.")
        if key.strip() in by_key:
            raise UsageError(f"{option} {key.strip()} is given twice.")
        by_key[key.strip()] = content
    return by_key
