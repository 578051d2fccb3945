"""The command line: options in, tables or JSON out, one exit code. Logic lives elsewhere."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harness.base.version import __version__
from harness.cli import (
    author,
    begin,
    browse,
    compare,
    exports,
    fetching,
    health,
    keep,
    metrics,
    report,
    reported,
    run,
    samples,
    schema,
    score,
    scoreboard,
    signals,
    why,
)
from harness.cli.strict import Commands, Strict
from harness.console import remembered, terminal
from harness.errors import HarnessError, Interrupted
from harness.files import refusals

app = typer.Typer(
    name="harness",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Evaluate biomedical AI models on named datasets, and know which numbers may be compared.

**Exit codes**: 0 all done · 2 unknown name or option · 3 something is missing: data, an agreement, a tool · 4 an adapter's bug ·
5 the model failed · 6 a record does not hold · 1 a run finished with failed or refused requests · 130 interrupted, 143 told to end.

**Start here**

    harness tasks                                            what exists
    harness run baseline:majority --tasks vqa_rad            on the invented sample, no data needed
    harness run model.pt2 --tasks pneumoniamnist --data-root DIR
    harness scoreboard                                       your systems beside each other, over all tasks
""",
)


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"biomed-harness {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    pass


app.command("run", cls=Strict)(run.run)
app.command("score", cls=Strict)(score.score)
app.command("tasks", cls=Strict)(browse.tasks)
app.command("show", cls=Strict)(browse.show)
app.command("metrics", cls=Strict)(metrics.metrics)
app.command("export", cls=Strict)(keep.export)
app.command("fetch", cls=Strict)(fetching.fetch)
app.command("verify", cls=Strict)(keep.verify)
app.command("scoreboard", cls=Strict)(scoreboard.scoreboard)
app.command("compare", cls=Strict)(compare.compare)
app.command("samples", cls=Strict)(samples.samples)
app.command("why", cls=Strict)(why.why)
app.add_typer(reported.app, name="reported")
app.command("report", cls=Strict)(report.report)
app.command("export-results", cls=Strict)(exports.export_results)
app.command("leaderboard", cls=Strict)(keep.leaderboard)
app.command("schema", cls=Strict)(schema.schema)
app.command("doctor", cls=Strict)(health.doctor)
app.command("audit", cls=Strict)(health.audit)
app.command("check", cls=Strict)(author.check)
app.command("new", cls=Strict)(begin.new)


def main() -> None:
    """The console entry point: what a user can mend is a message and an exit code; the rest keeps its traceback."""
    terminal.ready()
    try:
        with signals.as_interrupts() as met:
            try:
                with refusals.told(), remembered.once_a_process():
                    app()
            except SystemExit as ended:
                sys.stdout.flush()  # what a full disk refuses is told, where the interpreter would tell it when nobody can act any more
                # The command line's own library ends any interruption with Ctrl-C's code.
                raise SystemExit(128 + met[0] if met and ended.code == 130 else ended.code) from None
    except HarnessError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt as stop:
        typer.echo(str(stop) or "interrupted", err=True)
        sys.exit(stop.exit_code if isinstance(stop, Interrupted) else 130)
