"""A page of every command with all of its options, of the command line itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import typer

from harness.cli import app
from website.words import table

_NOUNS = {int: "NUMBER", float: "NUMBER"}
_INDENTED = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)


def pages() -> dict[str, str]:
    """Markdown by the address of its page."""
    lines = ["# Commands", "", "What `harness COMMAND --help` says, of all commands in one place.", ""]
    for path, command in _commands(typer.main.get_command(app), ("harness",)):
        lines += [f"## {' '.join(path)}", "", _described(inspect.cleandoc(command.help or "")), ""]
        lines += table(["", ""], [_row(one) for one in command.params if not getattr(one, "hidden", False)])
    return {"commands.md": "\n".join(lines)}


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    else:
        for name, one in inner.items():
            yield from _commands(one, (*path, name))


def _described(text: str) -> str:
    """Help with its indented examples as blocks."""

    def fenced(match: re.Match[str]) -> str:
        inside = inspect.cleandoc(match.group())
        return f"\n```text\n{inside}\n```\n\n" if inside else "\n"

    return _INDENTED.sub(fenced, f"{text}\n").replace("**Examples**", "*Examples*")


def _row(one: Any) -> list[str]:
    if one.param_type_name == "argument":
        named = one.metavar or one.name.upper()
    else:
        named = ", ".join([*one.opts, *one.secondary_opts])
        named += "" if one.is_flag else f" {one.metavar or _NOUNS.get(type(one.default), 'TEXT')}"
    told = " ".join((one.help or "").split())
    if isinstance(one.default, int | float | str) and not isinstance(one.default, bool) and one.default != "":
        told += f" Default: `{one.default}`."
    return [cell.replace("|", "\\|") for cell in (f"`{named}`", told)]
