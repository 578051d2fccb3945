"""Commands in processes of their own, forked from one that is ready: for all that needs a process and not a fresh interpreter."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A process that was begun, and the files that it writes what it says into."""

    pid: int
    out: Path
    err: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Forks:
    """Begins processes and waits for them."""

    folder: Path
    """For what they say."""
    asked: IO[str]
    answers: IO[str]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def begin(self, *words: str, folder: Path, environment: Mapping[str, str] | None = None, **ending: Any) -> Begun:
        """Begin ``harness …``, or the one word as Python code where it has several lines.

        Args:
            words: What follows ``harness``, or the code.
            folder: Where it is begun.
            environment: As of `os.environ` where none is given.
            ending: ``events``, ``signal``, ``at`` and ``of`` as `tests.forked` has them.
        """
        what = {"code": words[0]} if "\n" in words[0] else {"words": words}
        number = next(self.numbers)
        out, err = self.folder / f"{number}.out", self.folder / f"{number}.err"
        given = {"folder": str(folder), "environment": dict(os.environ if environment is None else environment)}
        answer = self._ask({**what, **given, "out": str(out), "err": str(err), "events": "", "signal": 0, "at": 0, "of": "", **ending})
        return Begun(pid=answer["pid"], out=out, err=err)

    def end_of(self, begun: Begun, *, encoding: str = "utf-8") -> Completed:
        """Wait for a process; the code is the negative number of the signal that ended it."""
        status = self._ask({"wait": begun.pid, "seconds": 120})["status"]
        out, err = (path.read_bytes().decode(encoding) for path in (begun.out, begun.err))
        return subprocess.CompletedProcess([], os.waitstatus_to_exitcode(status), out, err)

    def run(
        self, *words: str, folder: Path, environment: Mapping[str, str] | None = None, encoding: str = "utf-8", **ending: Any
    ) -> Completed:
        """`begin` and `end_of`."""
        return self.end_of(self.begin(*words, folder=folder, environment=environment, **ending), encoding=encoding)

    def _ask(self, request: Mapping[str, Any]) -> Any:
        self.asked.write(json.dumps(request) + "\n")
        self.asked.flush()
        return json.loads(self.answers.readline())


@contextmanager
def ready(folder: Path) -> Iterator[Forks]:
    """The process that the others are forked from, in whose folder is kept what they say."""
    command = [sys.executable, str(Path(__file__).with_name("forked.py"))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Forks(folder=folder, asked=process.stdin, answers=process.stdout)
        process.stdin.close()
