"""Runs commands in processes forked from one that has carried them out, and ends some at the n-th thing that they do to a file.

Requests come as JSON lines on standard input. ``words`` of ``harness`` (or ``code``) are begun in a ``folder`` with an ``environment``,
and write into the files ``out`` and ``err``; the answer is the process's ``pid``. ``signal`` is sent to it ``at`` its n-th event, or never
for 0; ``of`` names the one event that counts, or is empty, and the events are counted in the file ``events``, unless that is empty. To
``wait`` for a process, with its ``seconds``, answers with its ``status`` as of `os.wait`.
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


def _placed(request: dict[str, Any]) -> None:
    """This process as one that was started there and so."""
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    os.chdir(request["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    for text in (sys.stdout, sys.stderr):
        assert isinstance(text, io.TextIOWrapper)
        text.reconfigure(encoding=request["environment"].get("PYTHONIOENCODING", "utf-8"))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _watched(request: dict[str, Any]) -> None:
    """Count what is done, and end there."""
    count = 0
    counted = os.open(request["events"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

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


def run(request: dict[str, Any]) -> None:
    """The command, in this process."""
    _placed(request)
    if request["events"]:
        _watched(request)
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


def _waited(pid: int, seconds: int) -> int:
    """How a process ended; one that takes longer is killed."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(seconds)
    _, status = os.waitpid(pid, 0)
    signal.alarm(0)
    return status


def serve() -> None:
    """Answer requests until there are none."""
    _loaded()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            answer = {"status": _waited(request["wait"], request["seconds"])}
        else:
            child = os.fork()
            if not child:
                _ended(request)
            answer = {"pid": child}
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
