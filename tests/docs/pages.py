"""The blocks of a page, and what a reader who works through them in an empty folder sees.

A block between fences is one of these, told by its head:

- a head with ``title="NAME"``: the file NAME, which the reader writes;
- ``console``: commands behind ``$``, and under each what it prints; ``…`` stands for what the page leaves out, alone in a line for lines;
- ``python``: code that follows the page's code before it;
- anything below ``<!-- not run: REASON -->``: shown alone.

Every other block is a fault of the page.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import harness.cli

ROOT = Path(__file__).resolve().parents[2]
ELIDED = "…"
_FENCED = re.compile(r"^(?:<!-- not run: (?P<reason>[^>]+) -->\n+)?^```(?P<head>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a page."""

    language: str
    file: str
    """What the reader saves it as; empty where it is no file."""
    text: str
    reason: str
    """Why it is not run; empty where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of a ``console`` block."""

    command: str
    shown: str
    """What the page says that it prints."""


def all_pages() -> list[Path]:
    """Every page of prose whose blocks a reader may copy."""
    beside = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "tasks/README.md", "examples/README.md")
    return [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in beside)]


def blocks(text: str) -> list[Block]:
    """The blocks between fences, in their order."""
    found = []
    for match in _FENCED.finditer(text):
        head, title = match["head"], _TITLE.search(match["head"])
        file = title.group(1) if title else ""
        found.append(Block(language=head.split(" ")[0], file=file, text=match["text"], reason=match["reason"] or ""))
    return found


def indented(text: str) -> list[str]:
    """The first lines of blocks that are told by their indentation alone, which no reason can stand above; a list's own are none."""
    found, listed, before = [], False, ""
    for line in _FENCED.sub("", text).splitlines():
        if line[:1].strip():
            listed = re.match(r"(?:[-*]|\d+\.) ", line) is not None
        elif line.startswith("    ") and not listed and not before.strip():
            found.append(line)
        before = line
    return found


def steps(text: str) -> list[Step]:
    """The commands of a ``console`` block; one that ends with a backslash goes on in the next line."""
    parts = re.split(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)\n", text, flags=re.MULTILINE)
    return [Step(command=command, shown=shown) for command, shown in zip(parts[1::2], parts[2::2], strict=True)]


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, but for the lines, and the ends of words, that it leaves out."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == ELIDED else r".*?".join(map(re.escape, line.split(ELIDED))) + r"\n" for line in shown.splitlines()
    )
    return re.fullmatch(pattern, printed) is not None


def shortened(shown: str) -> bool:
    """Whether an author left out lines or the ends of words, which a new drawing must not put back."""
    return any(line.strip() == ELIDED or re.search(rf"\S{ELIDED}", line) for line in shown.splitlines())


@dataclass(slots=True, kw_only=True)
class Reader:
    """Somebody who works through a page."""

    folder: Path
    """Empty to begin with; the working folder of this process meanwhile."""
    names: dict[str, Any] = field(default_factory=dict)
    """What the page's code has left behind."""
    port: int
    """Where a server of the page listens in the place of the 8123 that the page writes."""
    installed: tuple[str, ...] = ()
    """Folders of a package of the page's own, which the processes of later commands see."""
    _servers: list[subprocess.Popen[str]] = field(default_factory=list)

    def does(self, block: Block) -> str:
        """Does what a block says, and returns the block as it should read."""
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._here(block.text), encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, "page", "exec"), self.names)  # noqa: S102
        elif block.language == "console":
            return "".join(self._typed(step) for step in steps(block.text))
        return block.text

    def leaves(self) -> None:
        """Ends the servers that the page has started."""
        for server in self._servers:
            server.kill()
            server.communicate()

    def _typed(self, step: Step) -> str:
        printed = self._there(self._printed(self._here(step.command))).strip("\n")
        lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        if agrees(step.shown, lines):
            return f"$ {step.command}\n{step.shown}"
        assert not shortened(step.shown), f"$ {step.command}\nis shown shortened, and prints now what has to be shortened by hand:\n{lines}"
        return f"$ {step.command}\n{lines}"

    def _printed(self, command: str) -> str:
        words = shlex.split(command.replace("\\\n", " "))
        if words[-1] == "&":
            server = subprocess.Popen([sys.executable, *words[1:-1]], cwd=self.folder, stdout=subprocess.PIPE, text=True)
            self._servers.append(server)
            assert server.stdout is not None
            return server.stdout.readline()
        if words[:2] == ["pip", "install"]:
            return self._installs(self.folder / words[-1])
        if self.installed and words[0] == "harness":
            return self._process([sys.executable, "-m", *words])
        if words[0] not in ("harness", "python"):
            return self._process(words)
        with self._as_typed(words[1:] if words[0] == "python" else words) as out, contextlib.suppress(SystemExit):
            if words[0] == "python":
                runpy.run_path(words[1], run_name="__main__")
            else:
                harness.cli.main()
        return out.getvalue()

    def _process(self, words: list[str]) -> str:
        seen = {**os.environ, "PYTHONPATH": os.pathsep.join((*self.installed, str(ROOT)))}
        both = subprocess.run(words, cwd=self.folder, env=seen, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        return both.stdout

    def _installs(self, package: Path) -> str:
        """Builds what pip would install of a package that is edited in place, and leaves the reader's own packages alone."""
        import hatchling.build

        target = self.folder / ".installed"
        with contextlib.chdir(package), zipfile.ZipFile(self.folder / hatchling.build.build_editable(str(self.folder))) as wheel:
            wheel.extractall(target)
        self.installed = (str(package), str(target))
        return "Successfully installed\n"

    @contextlib.contextmanager
    def _as_typed(self, words: list[str]) -> Iterator[io.StringIO]:
        out, before = io.StringIO(), (sys.argv, list(sys.path))
        sys.argv = words
        sys.path.insert(0, str(self.folder))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                yield out
        finally:
            sys.argv, sys.path[:] = before

    def _here(self, text: str) -> str:
        return text.replace("8123", str(self.port))

    def _there(self, text: str) -> str:
        return text.replace(str(self.port), "8123").replace(str(self.folder), ELIDED).replace(str(ROOT), ELIDED)


def executed(codes: Iterable[str]) -> dict[str, Any]:
    """The names that code of a page leaves behind, one block after another."""
    names: dict[str, Any] = {}
    for code in codes:
        exec(compile(code, "page", "exec"), names)  # noqa: S102
    return names


def commands(text: str) -> Iterator[str]:
    """The ``harness`` commands that a block which is not run shows, without what stands beside them."""
    for line in text.replace("\\\n", " ").splitlines():
        match = re.match(r"^(?:\$ )?((?:[A-Z_]+=\S+ )*harness [a-z].*)$", line.strip())
        if match:
            yield re.split(r"\s{2,}#?|\s+#\s", match.group(1))[0]
