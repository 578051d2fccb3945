"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.base.visible import visible
from harness.errors import UsageError

_DATA = "Where the data is"
_OUT = "Output"
_MODEL = "Model"
_NUMBERS = "Numbers"

Tasks = Annotated[
    list[str],
    typer.Option(
        "--tasks",
        "-t",
        help="Names, `name@variant`, families, `all`, `open`, `ready`, `medmnist` or globs; separated by commas or repeated.",
        metavar="TASK[,TASK…]",
    ),
]
SomeTasks = Annotated[
    list[str] | None,
    typer.Option(
        "--tasks",
        "-t",
        help="Names, `name@variant`, families, `all`, `open`, `ready`, `medmnist` or globs; with commas or repeated. A suite needs none.",
        metavar="TASK[,TASK…]",
    ),
]


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
    return typer.Option(
        "--data-root",
        envvar="HARNESS_DATA",
        help=f"Folder with one folder per release. {use}",
        rich_help_panel=_DATA,
        metavar="DIR",
        callback=_there if beside else None,
    )


def allow_credentialed(use: str) -> Any:
    """The option that lets a command show or write what an agreement keeps here."""
    return typer.Option("--allow-credentialed", help=use)


DataRoot = Annotated[Path | None, data_root("Without it the invented sample is evaluated, and marked so.")]
Sample = Annotated[
    bool, typer.Option("--sample", help="Evaluate the invented sample even where a data root is set.", rich_help_panel=_DATA)
]
AcceptDifferent = Annotated[
    bool,
    typer.Option(
        "--accept-different",
        help="Evaluate a release whose counts differ from the card's; the run is marked not comparable.",
        rich_help_panel=_DATA,
    ),
]
SkipMissing = Annotated[
    bool,
    typer.Option(
        "--skip-missing", help="Leave tasks out whose release is not there, and say which; else each is an error.", rich_help_panel=_DATA
    ),
]
SplitName = Annotated[str, typer.Option("--split", help="`test`, or another split of the release: `val`, `train`.", rich_help_panel=_DATA)]
TaskDirs = Annotated[
    list[Path] | None,
    typer.Option("--task-dir", help="A folder of your own tasks, laid out as ours; repeatable.", rich_help_panel=_DATA, metavar="DIR"),
]
Results = Annotated[Path, typer.Option("--results", help="Where runs are kept.", rich_help_panel=_OUT, metavar="DIR")]
Partial = Annotated[
    bool,
    typer.Option(
        "--partial", help="Show partial runs too: of a limit, with failed requests, on a part of the release.", rich_help_panel=_OUT
    ),
]
AllScores = Annotated[
    bool, typer.Option("--all", help="Print every score of every run, on slices and as publications compute them.", rich_help_panel=_OUT)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.", rich_help_panel=_OUT)]

Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Only the first N examples; such a run is partial and never ranked.", metavar="N")
]
Draw = Annotated[
    int | None,
    typer.Option("--draw", min=1, help="Only N examples, drawn from all slices alike; partial as with --limit.", metavar="N"),
]
DrawSeed = Annotated[int, typer.Option("--draw-seed", min=0, help="What --draw draws by: the same seed, the same examples.")]
Resamples = Annotated[
    int, typer.Option("--resamples", min=0, help="Bootstrap resamples for the 95 % intervals; 0 for none.", rich_help_panel=_NUMBERS)
]
BootstrapSeed = Annotated[int, typer.Option("--bootstrap-seed", min=0, help="Seed of the resamples.", rich_help_panel=_NUMBERS)]
Name = Annotated[str, typer.Option("--name", help="The system's name on the scoreboard.", rich_help_panel=_MODEL)]
Setting = Annotated[
    str, typer.Option("--setting", help="How it was made: `zero-shot`, `fine-tuned on …`; recorded as you say it.", rich_help_panel=_MODEL)
]
ModelArgs = Annotated[
    list[str] | None,
    typer.Option("--model-arg", "-a", help="An argument of the backend; repeatable.", rich_help_panel=_MODEL, metavar="KEY=VALUE"),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metrics",
        help="Further metrics beside the task's own: `name/variant` from `harness metrics`, or `evaluate:NAME`; commas or repeated.",
        rich_help_panel=_NUMBERS,
        metavar="METRIC[,METRIC…]",
    ),
]
Refusals = Annotated[
    str,
    typer.Option(
        "--refusals",
        help="`partial`: a run with refused replies is not ranked; `wrong`: they count as wrong answers and it is.",
        rich_help_panel=_NUMBERS,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.", rich_help_panel=_OUT)]


def run_folders(paths: Iterable[Path]) -> list[Path]:
    """The folders of all runs at and under some paths, each once, in the order named.

    Raises:
        UsageError: A path holds no run.
    """
    from harness.views import selection

    return list(dict.fromkeys(folder for path in paths for folder in selection.run_folders(path)))


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
    found: dict[str, str] = {}
    for value in values or ():
        key, equals, content = value.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{option} '{value}': expected KEY=VALUE, for example {option} size=28.")
        if key.strip() in found:
            raise UsageError(f"{option} {key.strip()} is given twice.")
        found[key.strip()] = content
    return found
