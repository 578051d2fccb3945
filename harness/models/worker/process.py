"""A worker's process: started, greeted, asked, and ended with all that it has started."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from harness.errors import ModelError
from harness.files import json_text
from harness.files.text_files import LONGEST_LINE

_GRACE = 5.0
"""Seconds that a worker has to end by itself once it has closed its output."""


class Died(Exception):
    """The worker ended, or gave no reply in time; the runner finds the request at fault."""


class Process:
    """The running process, its replies read in a thread so that neither side waits for the other's pipe."""

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._command, self._timeout = command, timeout
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._end: Callable[[], object] = lambda: None

    @property
    def is_alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, greeting: Mapping[str, Any]) -> Mapping[str, Any]:
        """Start it and return what it says of itself.

        Raises:
            ModelError: It does not start, or does not greet as the protocol wants.
        """
        try:
            return self._start(greeting)
        except Died as error:
            self.stop()
            raise ModelError(
                f'worker: {shlex.join(self._command)}: {error}. It must answer the first line with {{"ready": true}}.'
            ) from error

    def _start(self, greeting: Mapping[str, Any]) -> Mapping[str, Any]:
        self.stop()
        self._lines = queue.Queue()
        try:
            self._process = subprocess.Popen(  # noqa: S603  the user's own command, as words and without a shell
                list(self._command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                bufsize=1,
                start_new_session=True,  # so that what it starts itself ends with it
            )
        except OSError as error:
            raise ModelError(f"worker: {self._command[0]} cannot be started ({error.strerror}).") from error
        self._end = weakref.finalize(self, _end, self._process)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        threading.Thread(target=_listen, args=(self._process.stdout, self._lines), daemon=True).start()
        _write(self._process.stdin, [greeting])
        facts = self._next()
        if facts.get("ready") is not True:
            raise Died(f"its first line is {json.dumps(facts)[:200]}")
        return facts

    def ask(self, lines: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Send all lines and wait for a reply to each, in whatever order."""
        assert self._process is not None
        sender = threading.Thread(target=_write, args=(self._process.stdin, lines), daemon=True)
        sender.start()
        replies: dict[str, Mapping[str, Any]] = {}
        waiting = set(ids)
        while waiting:
            reply = self._next()
            name = reply.get("id")
            if not isinstance(name, str) or name not in waiting:
                self.stop()
                raise Died(f"it replied to {name!r}, which was not asked or is answered already")
            waiting.remove(name)
            replies[name] = reply
        sender.join()
        return replies

    def stop(self) -> None:
        """End it, and what it has started."""
        self._end()
        self._process = None

    def _next(self) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=self._timeout)
        except queue.Empty:
            self.stop()
            raise Died(f"no reply within {self._timeout:g} seconds") from None
        if line is None:
            code = self._exit_code()
            self.stop()
            raise Died("it closed its output and went on" if code is None else f"it ended with exit code {code}")
        why = ""
        try:
            reply = json_text.parse(line, "the line", remedy="", constants=True, error=ModelError)
        except ModelError as error:
            reply, why = None, f" ({error})" if line.lstrip().startswith("{") else ""
        if not isinstance(reply, dict):
            self.stop()
            raise Died(f"it wrote a line that is no JSON object: {line[:200]!r}{why}; logs belong on standard error")
        return reply

    def _exit_code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return None if self._process is None else self._process.wait(timeout=_GRACE)
        return None


def _end(process: subprocess.Popen[str]) -> None:
    """Kill first: closing a pipe waits for whoever is writing to it, and that one may wait for a worker that reads nothing."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.close()


def _write(stream: IO[str], lines: Sequence[Mapping[str, Any]]) -> None:
    with contextlib.suppress(OSError, ValueError):  # a pipe that breaks is told by the listener, to whom the output ends
        for line in lines:
            stream.write(json.dumps(line) + "\n")
        stream.flush()


def _listen(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # the stream is closed when the process is stopped
        for line in iter(lambda: stream.readline(LONGEST_LINE), ""):
            if line.strip():
                lines.put(line)
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                break  # a line without end would fill the memory; what there is of it is no object
    lines.put(None)
