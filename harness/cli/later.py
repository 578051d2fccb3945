"""Commands that are made when they are asked for: what a call does not name, it neither imports nor builds."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand
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
            self._made[name] = _command(name, self._place(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def listed(self, name: str) -> Any:
        """A command as lists need it: its name and what it says of itself, without options, which take longest to make."""
        place = self._place(name)
        help_text = place.info.help if isinstance(place, typer.Typer) else place.__doc__
        return TyperCommand(name=name, help=inspect.cleandoc(help_text or ""), rich_markup_mode=MARKUP)

    def _place(self, name: str) -> Any:
        module, _, place = self._places[name].partition(":")
        return getattr(importlib.import_module(f"harness.cli.{module}"), place)


def _command(name: str, place: Any) -> Any:
    """A function, or a group, as the command line's library wants it."""
    if isinstance(place, typer.Typer):
        return get_command(place)
    alone = typer.Typer(add_completion=False, rich_markup_mode=MARKUP, pretty_exceptions_enable=False)
    alone.command(name, cls=Strict)(place)
    return get_command(alone)
