"""The code of a user's Python file: the file and what it imports that is nobody's package."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.models.folders import sha256

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import\b|import[ \t]+([A-Za-z_][\w., \t]*))", re.MULTILINE)
"""Also of Python 2, which a worker may speak, and inside functions. A sentence that looks like one names no file that is there."""
_OURS = "harness"


def code_of(path: Path) -> Mapping[str, str]:
    """Absolute path to SHA-256 of a Python file and of all that it imports, directly or not, from files that are not installed.

    Modules are sought beside the file, in the working folder and on the path of this interpreter; of a package all files count.
    """
    return _followed([path.absolute()], _roots(path))


def code_of_module(name: str) -> Mapping[str, str]:
    """The same for ``python -m name``, started in the working folder; empty where the module is an installed one."""
    roots = _roots(Path(name))
    return _followed(_files(name.partition(".")[0], roots), roots)


def _followed(start: Iterable[Path], roots: Sequence[Path]) -> Mapping[str, str]:
    digests: dict[str, str] = {}
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if str(path) in digests or not path.is_file():
            continue
        digests[str(path)] = sha256(path)
        text = path.read_bytes().decode("utf-8", errors="replace")
        for name in _imported(text):
            waiting += _files(name, (path.parent, *roots))
    return digests


def _imported(text: str) -> Iterator[str]:
    """The top-level names that a text imports."""
    for match in _IMPORT.finditer(text):
        for part in (match[1] or match[2]).split(","):
            name = part.split()[0].partition(".")[0] if part.split() else ""
            if name and name != _OURS:
                yield name


def _files(name: str, roots: Sequence[Path]) -> list[Path]:
    """The files of a module or package, in the first folder that has it."""
    for root in roots:
        if (root / name).is_dir():
            files = sorted(path for path in (root / name).rglob("*.py") if path.is_file())
            if files:
                return files
        if (root / f"{name}.py").is_file():
            return [root / f"{name}.py"]
    return []


def _roots(path: Path) -> tuple[Path, ...]:
    """Folders that modules are sought in, those of installed packages aside."""
    places = (path.absolute().parent, Path.cwd(), *(Path(place).absolute() for place in sys.path if place))
    own = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(place for place in dict.fromkeys(places) if place.is_dir() and not _is_installed(place, own))


def _is_installed(folder: Path, known: set[Path]) -> bool:
    if any(folder == place or place in folder.parents for place in known):
        return True
    return folder.name in ("site-packages", "dist-packages") or next(folder.glob("*.dist-info"), None) is not None
