"""Commands that refuse an option given twice where one value counts: the last would win, and the first be ignored without a word.

What is wrong with a command or its options, one rank of a launch says for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

MARKUP: Final = "markdown"
"""How help is written."""


def _untyped(parameters: list[Any]) -> list[Any]:
    """Parameters as help shows them: a flag is on or off, and no type beside it says more."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    return parameters


class Strict(TyperCommand):
    """A command whose options of one value may be given once."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As of any command; flags have no type."""
        return _untyped(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As of any command, after a look at how often each option was given."""
        if ctx.resilient_parsing:  # a word is completed, and nothing is refused
            return super().parse_args(ctx, args)
        with _said_once():
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for parameter, times in Counter(map(id, order)).items():
                option = next(one for one in order if id(one) == parameter)
                if times > 1 and isinstance(option, TyperOption) and not (option.multiple or option.is_flag or option.count):
                    ctx.fail(f"{option.opts[0]} is given {times} times, and one value counts; name it once.")
            return super().parse_args(ctx, args)


class Commands(TyperGroup):
    """The commands, of which a wrong one is refused."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As of any group; flags have no type."""
        return _untyped(super().get_params(ctx))

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
        if not getattr(error, "exit_code", 0):  # help was asked for
            raise
        from harness.runs import launch

        this_rank = launch.of_environment(Path())
        if this_rank is not None and this_rank.folder is not None and not this_rank.speaks:
            raise typer.Exit from None  # a code of its own would have the launcher end the rank that says it
        raise
