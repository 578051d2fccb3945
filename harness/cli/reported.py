"""``harness reported``: published numbers that others add, and whether a file of them keeps its rules."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.cli.strict import MARKUP, Commands, Strict
from harness.errors import CorruptData, UsageError

app = typer.Typer(
    name="reported",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
    pretty_exceptions_enable=False,
    help="Published numbers: `check` a file of them, `add` one to it, `claims` that they answer.",
)

File = Annotated[
    Path | None, typer.Option("--file", help="A file of published numbers; without it tasks/reported.csv of this package.", metavar="CSV")
]


@app.command("check", cls=Strict)
def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A file of published numbers; without it tasks/reported.csv of this package.", metavar="CSV", show_default=False
        ),
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The same, as `reported add` takes it.", metavar="CSV")] = None,
    as_json: opt.Json = False,
) -> None:
    """Whether every row keeps the rules: names that exist, one spelling and size per system, values as printed, sorted, none twice.

    **Example**

        harness reported check tasks/reported.csv

    Exit code 3 where a row cannot be read or breaks a rule.
    """
    from harness.console import base
    from harness.views import published_rows
    from harness.views.published import FILE, read_reported

    if path is not None and file is not None:
        raise UsageError(f"two files are named, {path} and {file}; a check is of one.")
    path = path or file or FILE
    numbers = read_reported(path)
    wrong = published_rows.problems(numbers)
    if as_json:
        base.print_json({"path": str(path), "rows": len(numbers), "problems": wrong})
    else:
        for line in wrong:
            base.say(line)
        base.say(f"{path}: {len(numbers):,} rows, {len(wrong)} problems")
    if wrong:
        raise typer.Exit(CorruptData.exit_code)


@app.command("claims", cls=Strict)
def claims(as_json: opt.Json = False) -> None:
    """What is claimed of BiomedGPT, each claim with the rows that answer it; where no row does, that is said.

    **Example**

        harness reported claims
    """
    from harness.console import base
    from harness.console import why as view
    from harness.views import claims as answered
    from harness.views.published import read_other, read_reported

    answered_claims = answered.claims(read_reported(), read_other())
    if as_json:
        base.print_json({"claims": answered_claims})
    else:
        view.print_claims(answered_claims)


@app.command("add", cls=Strict)
def add(
    fields: Annotated[list[str] | None, typer.Argument(help="Columns of the row.", metavar="COLUMN=TEXT…")] = None,
    file: File = None,
) -> None:
    """Add one published number: what the row needs is asked for, checked, and put into its place in the file.

    **Example**

        harness reported add task=vqa_rad metric=accuracy system='My model' setting=zero-shot original_value=61.2 original_unit=%

    At a terminal what is missing is asked for; elsewhere it is named. What is not said is left empty: the source is silent. The columns
    are explained by `harness schema` and in tasks/README.md.
    """
    from harness.console import base
    from harness.views import published_entry
    from harness.views.published import FILE

    given = {}
    for field in fields or []:
        name, equals, text = field.partition("=")
        if not equals:
            raise UsageError(f"'{field}' is no COLUMN=TEXT; the columns are {', '.join(published_entry.COLUMNS)}.")
        given[name] = text
    if sys.stdin.isatty():
        for name, what in published_entry.NEEDED.items():
            if not given.get(name):
                given[name] = typer.prompt(f"{name} ({what})", err=True)
    number = published_entry.entry(given, datetime.now(UTC).date().isoformat())
    path = file or FILE
    place = published_entry.insert(number, path)
    base.say(f"{path}: row {place:,}: {number.system} on {number.task}, {number.metric} {number.original_value} {number.original_unit}")
