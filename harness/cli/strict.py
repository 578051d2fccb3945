"""Commands that refuse an option given twice where one value counts: the last would win, and the first be ignored without a word.

What is wrong with the options, one rank of a launch says for all.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption


class Strict(TyperCommand):
    """A command whose options of one value may be given once."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As of any command, after a look at how often each option was given."""
        try:
            return self._parsed(ctx, args)
        except Exception as error:
            if hasattr(error, "exit_code") and _is_silent():
                raise typer.Exit from None  # a code of its own would have the launcher end the rank that says it
            raise

    def _parsed(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter, times in Counter(map(id, order)).items():
            option = next(one for one in order if id(one) == parameter)
            if times > 1 and isinstance(option, TyperOption) and not (option.multiple or option.is_flag or option.count):
                ctx.fail(f"{option.opts[0]} is given {times} times, and one value counts; name it once.")
        return super().parse_args(ctx, args)


def _is_silent() -> bool:
    """Whether another rank of a launch meets the same."""
    from harness.runs import launch

    found = launch.of_environment(Path())
    return found is not None and found.folder is not None and not found.speaks
