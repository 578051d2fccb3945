"""Runs commands in processes forked from one that has loaded everything, and ends them at the n-th thing that they do to a file.

Requests come as JSON lines on standard input: ``folder``, ``words`` of ``harness`` (or ``code``), ``signal``, and ``at``, which is 0 to
count alone. For each a line goes to standard output: ``status`` as of `os.wait`, and ``events``, how many there were.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import harness.checks.new_task
import harness.report.page
import harness.views.leaderboard
from harness.cli import main, signals
from harness.data import catalog, examples
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


def serve() -> None:
    """Answer requests until there are none."""
    examples.load(catalog.task("vqa_rad"), sample=True)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            run(request)
            sys.exit()  # as the interpreter ends, so that what waits for that is ended too
        _, status = os.waitpid(child, 0)
        counted = Path(request["folder"], ".events")
        print(json.dumps({"status": status, "events": int(counted.read_text() or 0)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
