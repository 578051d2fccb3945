"""Commands that refuse an option given twice where one value counts: the last would win, and the first be ignored without a word."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typer.core import TyperCommand, TyperOption


class Strict(TyperCommand):
    """A command whose options of one value may be given once."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As of any command, after a look at how often each option was given."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter, times in Counter(map(id, order)).items():
            option = next(one for one in order if id(one) == parameter)
            if times > 1 and isinstance(option, TyperOption) and not (option.multiple or option.is_flag or option.count):
                ctx.fail(f"{option.opts[0]} is given {times} times, and one value counts; name it once.")
        return super().parse_args(ctx, args)
