"""The command line: options in, tables or JSON out, one exit code. Logic lives elsewhere."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from harness.base.version import __version__
from harness.cli import signals
from harness.cli.later import Later
from harness.cli.strict import MARKUP, Commands
from harness.console import terminal
from harness.errors import HarnessError, Interrupted
from harness.files import refusals

_PLACES = {
    "run": "run:run",
    "score": "score:score",
    "tasks": "browse:tasks",
    "show": "browse:show",
    "metrics": "metrics:metrics",
    "export": "keep:export",
    "fetch": "fetching:fetch",
    "verify": "keep:verify",
    "scoreboard": "scoreboard:scoreboard",
    "compare": "compare:compare",
    "samples": "samples:samples",
    "why": "why:why",
    "report": "report:report",
    "export-results": "exports:export_results",
    "leaderboard": "keep:leaderboard",
    "schema": "schema:schema",
    "doctor": "health:doctor",
    "audit": "health:audit",
    "check": "author:check",
    "new": "begin:new",
    "reported": "reported:app",
}
"""Every command, in the order of ``--help``, and where it is."""


_ALL = Later(_PLACES)


class _Ours(Commands):
    """The commands of `_PLACES`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "commands": _ALL})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  the same for every context
        """Names in the order of the table."""
        return list(_PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  the same for every context
        """A command as lists need it."""
        return _ALL.listed(cmd_name) if cmd_name in _PLACES else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, whole."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and _ALL[listed.name], rest


app = typer.Typer(
    name="harness",
    cls=_Ours,
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
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


def main() -> None:
    """The console entry point: what a user can mend is a message and an exit code; the rest keeps its traceback."""
    terminal.ready()
    try:
        with signals.as_interrupts() as met:
            try:
                with refusals.told():
                    if os.environ.get("_HARNESS_COMPLETE") == "complete_bash":
                        from harness.cli.bash_words import completed

                        completed(lambda: app(prog_name="harness"))
                    else:
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
