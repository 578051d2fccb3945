"""Words as bash takes them apart: it breaks them at ``:``, ``=`` and ``@``, and puts an offer behind the last of these alone.

What is typed as ``baseline:ma`` reaches a completion as three words; it is completed as one, of which bash is given the end.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
from collections.abc import Callable

import typer

_BREAKS = frozenset("@><=;|&(:")


def joined(words: list[str], place: int) -> tuple[list[str], int, str]:
    """The words as they were typed, the place of the one at a place of the parts, and what of it bash keeps as it stands.

    Args:
        words: The parts, of which one made of breaks alone belongs to its neighbours; but for an option, which begins a word.
        place: Of the part that is being typed; behind the last one where nothing of it is there yet.
    """
    whole: list[str] = []
    at, kept = len(words), ""
    for number, word in enumerate(words):
        after_break = number > 1 and set(words[number - 1]) <= _BREAKS and not word.startswith("-")
        if whole and (after_break or (number > 1 and set(word) <= _BREAKS)):
            whole[-1] += word
        else:
            whole.append(word)
        if number == place:
            at = len(whole) - 1
            kept = whole[-1] if set(word) <= _BREAKS else whole[-1][: len(whole[-1]) - len(word)]
    return whole, at if place < len(words) else len(whole), kept


def completed(app: Callable[[], object]) -> None:
    """Have a word completed that bash took apart, and print the ends that it puts behind what it keeps.

    Args:
        app: The command line, which reads the words from the environment and prints an offer a line.
    """
    try:
        words, place, kept = joined(shlex.split(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"]))
    except (KeyError, ValueError):  # a quote that is still open: as it stands
        app()
        return
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = shlex.join(words), str(place)
    option, equals, value = kept.partition("=")
    if equals and option.startswith("-"):  # an offer has the value alone
        kept = value
    with contextlib.redirect_stdout(io.StringIO()) as offers, contextlib.suppress(SystemExit):
        app()
    for line in offers.getvalue().splitlines():
        typer.echo(line.removeprefix(kept))
