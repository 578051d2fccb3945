"""METEOR 1.5 as a process that is asked line by line, ended with the process that asks."""

from __future__ import annotations

import atexit
import functools
import queue
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from harness.files import temporary
from harness.metrics.base import NotComputed
from harness.metrics.texts import java, meteor_lines

_AHEAD = 32
"""Questions that METEOR has before it has answered."""
_DEATHS = 2
"""Of METEOR on one text, after which the text is at fault."""


class Meteor:
    """One METEOR process: a reader of its own, a time limit for each answer, a new process after one that died."""

    def __init__(self, *, seconds_per_answer: float = 300.0, paraphrases: Path | None = None) -> None:
        """Start nothing yet.

        Args:
            paraphrases: A table of paraphrases in the place of the jar's own.
            seconds_per_answer: Time limit; long repetitive texts take minutes, because everything aligns with everything.
        """
        self._seconds = seconds_per_answer
        self._table = [] if paraphrases is None else ["-a", str(paraphrases)]
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._errors: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = False

    def statistics(self, questions: Sequence[str]) -> Generator[tuple[float, ...], None, None]:
        """The 23 sufficient statistics of each question, in order; some questions are sent ahead, so that METEOR never waits to be asked.

        Args:
            questions: As of `meteor_lines.question`.

        Raises:
            NotComputed: There is no Java, or METEOR dies twice on a text, or is not done with it in time.
            Unwritable: Nothing temporary can be written.
        """
        answered = asked = deaths = 0
        with self._lock:
            try:
                while answered < len(questions):
                    if self._ended:
                        raise NotComputed("METEOR was ended")
                    if self._process is None or self._process.poll() is not None:
                        self._start()
                        asked = answered
                    self._send(questions[asked : answered + _AHEAD])
                    asked = max(asked, min(answered + _AHEAD, len(questions)))
                    answer = self._answer(questions[answered])
                    if answer is not None:
                        yield answer
                        answered, deaths = answered + 1, 0
                        continue
                    reason, deaths = self._last_error(), deaths + 1
                    self._stop()
                    if deaths == _DEATHS:
                        raise NotComputed(f"METEOR gave no statistics, twice, for a line of {_words(questions[answered])} words{reason}")
            finally:
                if asked > answered:  # nobody reads what is still to come
                    self._stop()

    def stop(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._stop()

    def end(self) -> None:
        """End it for good, even while another thread waits for an answer, which then has none."""
        self._ended = True
        if (process := self._process) is not None:
            process.kill()
        if self._lock.acquire(blocking=False):  # else whoever waits for an answer has none now, and clears up
            try:
                self._stop()
            finally:
                self._lock.release()

    def _send(self, questions: Sequence[str]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(OSError):  # it died; what it answered before can still be read
            self._process.stdin.write("".join(f"{question}\n" for question in questions).encode())
            self._process.stdin.flush()

    def _answer(self, question: str) -> tuple[float, ...] | None:
        try:
            answer = self._answers.get(timeout=self._seconds)
        except queue.Empty:
            self._stop()
            raise NotComputed(
                f"METEOR took longer than {self._seconds:g} seconds for a line of {_words(question)} words; very repetitive texts do that"
            ) from None
        return None if answer is None else meteor_lines.statistics(answer)

    def _start(self) -> None:
        self._stop()
        path = java.jar("meteor", "meteor-1.5.jar")
        command = [java.required_java(), *java.FIXED, "-Xmx2G", "-jar", str(path), "-", "-", "-stdio", "-l", "en", "-norm", *self._table]
        self._errors = temporary.file()  # a pipe that nobody reads fills up and blocks; closed in _stop
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)  # noqa: S603
        answers: queue.Queue[str | None] = queue.Queue()
        self._answers = answers
        pipe = self._process.stdout
        assert pipe is not None

        def read() -> None:
            with suppress(ValueError, OSError):
                for answer in pipe:
                    answers.put(answer.decode("utf-8", "replace").strip())
            answers.put(None)

        threading.Thread(target=read, daemon=True, name="meteor-reader").start()

    def _stop(self) -> None:
        process, errors = self._process, self._errors
        self._process = self._errors = None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        if errors is not None:
            errors.close()

    def _last_error(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        return next((f": {line.strip()}" for line in lines if line.strip()), "")


def _words(question: str) -> int:
    return len(question.split())


_CLIENTS: list[Meteor] = []
"""The last one made."""


@functools.lru_cache(maxsize=1)
def meteor(paraphrases: Path | None = None) -> Meteor:
    """The one METEOR of this process, ended with it; another table of paraphrases ends the one before."""
    for former in _CLIENTS:
        former.stop()
    client = Meteor(paraphrases=paraphrases)
    _CLIENTS[:] = [client]
    atexit.register(client.end)
    return client


def end_meteor() -> None:
    """End the METEOR of this process, whoever waits for it; whoever asks next has a new one."""
    meteor.cache_clear()
    for client in _CLIENTS:
        client.end()
