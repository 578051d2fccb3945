"""What the words of a command name: files by their content, folders by their listing, so that another one is another model."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.models.folders import sha256

_BETWEEN = re.compile(r"""[\s,;|=:@'"()<>&]+""")
"""What may stand between the paths of one word: ``--weights=a.pt``, ``a.pt,b.pt``, ``net.py:build``, a command for another shell."""
_RUN = frozenset({"run.json", "run.lock"})
"""A folder with one of these holds a run, which changes while it is made."""
_HIDDEN = "…"
_PASSING = frozenset({"__pycache__"})


def spelled(word: str) -> str:
    """A word that names a file or folder as an absolute path; any other as it stands."""
    path = _existing(word)
    return word if path is None else str(path.absolute())  # links as they are: a virtual environment's interpreter is one


def last_part(word: str) -> str:
    """Of a path that is there its last part, for records; any other word as it stands."""
    path = _existing(word)
    return word if path is None else path.name or "."


def shown(word: str) -> str:
    """A command's word as a record may show it: the last part of a path that is there, an option without its value, else nothing of it."""
    if _existing(word) is not None:
        return last_part(word)
    option, equals, _ = word.partition("=")
    return f"{option}{equals}{_HIDDEN * bool(equals)}" if option.startswith("-") else _HIDDEN


def named(words: Iterable[str]) -> Mapping[str, str]:
    """Absolute path to digest of all files and folders that words name, whole or in part."""
    digests: dict[str, str] = {}
    for word in words:
        for piece in dict.fromkeys([word, word.partition("=")[2], *_BETWEEN.split(word)]):
            path = _existing(piece)
            if path is not None and str(path.absolute()) not in digests:
                digests[str(path.absolute())] = _content(path)
    return digests


def _existing(word: str) -> Path | None:
    """The file or folder that a word is; None where there is none, and for the root of the file system."""
    try:
        path = Path(word).expanduser()
        known = bool(word) and (path.is_file() or path.is_dir()) and path.resolve() != Path(path.resolve().anchor)
    except (OSError, RuntimeError, ValueError):  # no name of a file: too long, or somebody's home who is not here
        return None
    return path if known else None


def _content(path: Path) -> str:
    if path.is_dir():
        return hashlib.sha256("\n".join(_listing(path)).encode(errors="surrogateescape")).hexdigest()
    try:
        return sha256(path)
    except OSError:  # a program that may be run and not read
        return _stamp(path)


def _listing(folder: Path) -> list[str]:
    """Each file under a folder with its size and time: to read all of it could take longer than the run."""
    lines = []
    for where, folders, files in os.walk(folder):
        if _RUN.intersection(files) and Path(where) != folder:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name not in _PASSING and not name.startswith("."))
        here = Path(where)
        linked = [name for name in folders if (here / name).is_symlink()]  # these are not walked into
        lines += [f"{(here / name).relative_to(folder)} {_stamp(here / name)}" for name in sorted([*files, *linked])]
    return lines


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # a link to nothing, or a file that went away
        return "absent"
    return f"{status.st_size} {status.st_mtime_ns}"
