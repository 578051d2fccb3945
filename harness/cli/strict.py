"""Commands that refuse an option given twice where one value counts: the last would win, and the first be ignored without a word.

What is wrong with a command or its options, one rank of a launch says for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption


class Strict(TyperCommand):
    """A command whose options of one value may be given once."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As of any command, after a look at how often each option was given."""
        with _said_once():
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for parameter, times in Counter(map(id, order)).items():
                option = next(one for one in order if id(one) == parameter)
                if times > 1 and isinstance(option, TyperOption) and not (option.multiple or option.is_flag or option.count):
                    ctx.fail(f"{option.opts[0]} is given {times} times, and one value counts; name it once.")
            return super().parse_args(ctx, args)


class Commands(TyperGroup):
    """The commands, of which a wrong one is refused."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As of any group."""
        with _said_once():
            return super().resolve_command(ctx, args)


@contextmanager
def _said_once() -> Iterator[None]:
    """Let a refusal through where no other rank of a launch meets and says the same."""
    try:
        yield
    except Exception as error:
        from harness.runs import launch

        found = launch.of_environment(Path())
        if hasattr(error, "exit_code") and found is not None and found.folder is not None and not found.speaks:
            raise typer.Exit from None  # a code of its own would have the launcher end the rank that says it
        raise
