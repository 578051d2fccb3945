"""Commands that are made when they are asked for: what a call does not name, it neither imports nor builds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.main import get_command

from harness.cli.strict import MARKUP, Strict


class Later(Mapping[str, Any]):
    """Commands by their names, in the order in which help lists them."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """Nothing is imported yet.

        Args:
            places: Name of a command to ``module:function`` of this package, or to the ``module:app`` of several.
        """
        self._places = places
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, _, place = self._places[name].partition(":")
            self._made[name] = _command(name, getattr(importlib.import_module(f"harness.cli.{module}"), place))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _command(name: str, place: Any) -> Any:
    """A function, or a group, as the command line's library wants it."""
    if isinstance(place, typer.Typer):
        return get_command(place)
    alone = typer.Typer(add_completion=False, rich_markup_mode=MARKUP, pretty_exceptions_enable=False)
    alone.command(name, cls=Strict)(place)
    return get_command(alone)
