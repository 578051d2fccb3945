"""Runs commands in processes forked from one that has loaded everything, and ends them at the n-th thing that they do to a file.

Requests come as JSON lines on standard input: ``folder``, ``words`` of ``harness`` (or ``code``), ``signal``, and ``at``, which is 0 to
count alone; ``of`` names the one event that counts, or is empty. For each a line goes to standard output: ``status`` as of `os.wait`,
and ``events``, how many there were.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import signal
import sys
import tempfile
import threading
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NoReturn

import harness.checks.new_task
import harness.report.page
import harness.views.leaderboard
from harness.cli import main, signals
from harness.data.fetch import releases
from harness.runs import sharded

EVENTS = (
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "fcntl.flock",
    "subprocess.Popen",
    "socket.connect",
    "asked",
)
LOADED = (harness.report.page, harness.views.leaderboard, harness.checks.new_task, releases, sharded)


def run(request: dict[str, Any]) -> None:
    """The command, in this process."""
    folder = request["folder"]
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(os.open(f"{folder}/.said-{stream}", os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    count = 0
    counted = os.open(f"{folder}/.events", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in EVENTS or (event == "open" and (not isinstance(arguments[0], str | bytes) or "/lib/python" in str(arguments[0]))):
            return
        if request["of"] not in ("", event):
            return
        count += 1
        os.pwrite(counted, b"%9d" % count, 0)
        if count == request["at"]:
            os.kill(os.getpid(), request["signal"])

    sys.addaudithook(hook)
    if "code" in request:
        try:
            with signals.as_interrupts():
                exec(request["code"], {"__name__": "__main__"})  # noqa: S102  the test's own
        except KeyboardInterrupt as stop:
            sys.exit(getattr(stop, "exit_code", 130))
    else:
        sys.argv = ["harness", *request["words"]]
        main()


def _loaded() -> None:
    """Have carried out what the commands carry out, so that the processes to come import little."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        run = ("run", "baseline:majority", "--tasks", "vqa_rad,pneumoniamnist", "--results", folder, "--resamples", "20")
        for words in (run, ("report", folder, "-o", f"{folder}/page.html")):
            sys.argv = ["harness", *words]
            with suppress(SystemExit):
                main()


def _ended(request: dict[str, Any]) -> NoReturn:
    """The command, and the end of its interpreter but for the memory: to clear what was loaded would take longer than most commands."""
    code: Any = 0
    try:
        run(request)
    except SystemExit as end:
        code = end.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def serve() -> None:
    """Answer requests until there are none."""
    _loaded()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _ended(request)
        _, status = os.waitpid(child, 0)
        counted = Path(request["folder"], ".events")
        print(json.dumps({"status": status, "events": int(counted.read_text() or 0)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
