"""``harness new``: the beginnings of a task of one's own, invented or made of one's own data."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.checks.new_task.own import Begun
    from harness.checks.new_task.own.declared import Declared

_OWN = "Of your own data (--from)"
_SEVERAL = frozenset({"question", "image", "choices", "labels", "tags"})


def _column(name: str, use: str, metavar: str = "COLUMN", **more: Any) -> Any:
    return typer.Option(f"--{name}", help=use, rich_help_panel=_OWN, metavar=metavar, **more)


def new(
    task: Annotated[str, typer.Argument(help="The task's name: small letters, digits, underscores.")],
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Make it of a table (CSV, TSV, JSONL, JSON, Excel, Parquet), a folder of tables, or a folder of pictures per class.",
            metavar="FILE|DIR",
        ),
    ] = None,
    family: Annotated[
        str,
        typer.Option(
            "--family",
            "-f",
            help="`vqa`, `captioning`, `classification`, `understanding` or `summarization`.",
            autocompletion=completing.family,
        ),
    ] = "",
    folder: Annotated[
        Path, typer.Option("--dir", "-d", help="The folder of your tasks; made where it is not there.", metavar="DIR")
    ] = Path("my_tasks"),
    package: Annotated[
        bool, typer.Option("--package", help="Make the folder a package to install, which brings its tasks wherever it is installed.")
    ] = False,
    layout: Annotated[
        str,
        typer.Option(
            "--layout",
            "-l",
            help="Without --from, how the release lies: `jsonl`, `csv`, `parquet`, `folders` (one a class), `several` (pictures a row).",
            autocompletion=completing.layout,
        ),
    ] = "jsonl",
    data_root: Annotated[Path | None, opt.data_root("A link to your data is put there; without it DIR/data.")] = None,
    id_column: Annotated[str, _column("id", "What tells the rows apart; else the row's number.")] = "",
    question: Annotated[str, _column("question", "What is asked; several one after the other.", "COLUMN[,COLUMN…]")] = "",
    answer: Annotated[str, _column("answer", "What is right: an answer, a class, a report, a summary.")] = "",
    image: Annotated[str, _column("image", "Names of pictures, or the pictures.", "COLUMN[,COLUMN…]")] = "",
    choices: Annotated[str, _column("choices", "The options: one column that holds them all, or one each.", "COLUMN[,COLUMN…]")] = "",
    group: Annotated[str, _column("group", "What belongs together and is resampled together: the patient, the study.")] = "",
    split: Annotated[str, _column("split", "What says whether a row is of test, train or val.")] = "",
    test: Annotated[str, _column("test", "What the rows, the file or the folder to be asked are called.", "NAME")] = "",
    tags: Annotated[str, _column("tags", "What the score is broken down by.", "COLUMN[,COLUMN…]")] = "",
    pictures: Annotated[Path | None, _column("pictures", "The folder that the names of pictures are below.", "DIR")] = None,
    labels: Annotated[str, _column("labels", "The classes in their order; of two the last is the positive one.", "LABEL,LABEL…")] = "",
    ask: Annotated[str, _column("ask", "The question, where the table has none.", "TEXT")] = "",
    access: Annotated[
        str,
        _column(
            "access",
            "`open`, `registration`, `application` or `credentialed`: the last two stay on this machine.",
            "ACCESS",
            autocompletion=completing.access,
        ),
    ] = "credentialed",
    own_rows: Annotated[
        bool, typer.Option("--own-rows", help="Make the sample of the first rows of yours, which is then shared.", rich_help_panel=_OWN)
    ] = False,
    as_json: opt.Json = False,
) -> None:
    """Begin a task of your own: a card, an adapter and an invented sample that run and keep the contract as they are.

    **Examples**

        harness new my_quiz --from questions.csv
        harness new my_xrays --from DIR                  a folder of pictures per class
        harness new my_quiz --from rows.xlsx --answer gold --image scan --pictures scans
        harness new my_quiz --family vqa                 all of it invented, to be replaced piece by piece
        harness new my_quiz --from questions.csv --package --dir my-tasks
        harness check my_quiz --task-dir my_tasks

    With `--from` the columns are recognised by their names and by what they hold, and each is said with the reason; what may mean two
    things is asked, on a terminal, or is an error that names the option. Your rows are linked to and never copied.
    """
    from harness.checks.new_task import package as packages

    home = packages.home(folder) if package else folder
    told = {
        "id": id_column, "question": question, "answer": answer, "image": image, "choices": choices, "group": group, "split": split,
        "test": test, "tags": tags, "pictures": pictures, "labels": labels, "ask": ask,
    }  # fmt: skip
    given: dict[str, Any] = {
        name: tuple(opt.split_list([str(value)])) if name in _SEVERAL else value for name, value in told.items() if value
    }
    if origin is None:
        if given or own_rows:
            raise UsageError(f"--{next(iter(given), 'own-rows')} says something of a table: name it with --from FILE.")
        if not family:
            raise UsageError("what is the task made of? --from FILE for your own table or folder, or --family vqa for an invented one.")
        _invented(task, family, home, layout, folder if package else None, as_json=as_json)
        return
    from harness.checks.new_task.own.declared import Declared

    declared = Declared(family=family, access=access, own_rows=own_rows, **given)
    begun = _begun(task, origin, home, data_root or folder / "data", declared, asks=not as_json and sys.stdin.isatty())
    made = packages.write(folder, task) if package else []
    _tell(begun, folder, made, as_json=as_json)


def _begun(task: str, origin: Path, folder: Path, data_root: Path, declared: Declared, *, asks: bool) -> Begun:
    """Make the task, asking what is not clear where somebody is there to answer."""
    from harness.checks.new_task.own import begin
    from harness.checks.new_task.own.declared import Unclear

    while True:
        try:
            return begin(task, origin, folder, data_root, declared)
        except Unclear as unclear:
            if not asks:
                raise
            option, told = unclear.option, unclear.what
            listed = f" ({', '.join(unclear.candidates)})" if unclear.candidates else ""
        answer = typer.prompt(f"{told}{listed}\n--{option}", err=True)
        if option == "from":
            origin = Path(answer)
        else:
            value: Any = tuple(opt.split_list([answer])) if option in _SEVERAL else answer
            told_now: dict[str, Any] = {option: Path(answer) if option == "pictures" else value}
            declared = replace(declared, **told_now)


def _invented(task: str, family: str, home: Path, layout: str, project: Path | None, *, as_json: bool) -> None:
    from harness.checks.new_task import package as packages
    from harness.checks.new_task import scaffold
    from harness.console import author as view
    from harness.console import base

    paths = scaffold(task, family, home, layout)
    made = packages.write(project, task) if project is not None else []
    if as_json:
        base.print_json({"task": task, "family": family, "files": [str(path) for path in (*paths, *made)]})
    else:
        view.print_files([*paths, *made])
        view.print_next(task, home, project)


def _tell(begun: Begun, folder: Path, made: list[Path], *, as_json: bool) -> None:
    from harness.console import author as view
    from harness.console import base

    if not as_json:
        view.print_begun(begun, folder, made)
        return
    base.print_json(
        {
            "task": begun.name,
            "family": begun.family,
            "files": [str(path) for path in (*begun.files, *made)],
            "data_root": str(begun.data_root),
            "links": {str(link): str(target) for link, target in begun.links.items()},
            "n": dict(begun.n),
            "taken": begun.taken,
            "notes": list(begun.notes),
        }
    )
