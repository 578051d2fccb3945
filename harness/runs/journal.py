"""The journal: every reply of a run, appended as it arrives, so that nothing is asked twice.

One JSON object per line: ``id``, ``request`` (the digest of what was asked), ``text``, and where there are any
``choice_log_probs`` (null stands for minus infinity), ``thinking``, ``finish``, ``usage``, ``seconds``, ``refusal``, ``error``,
``of_request``, ``adapted``. What arrives together is written in one piece; a line that a crash cut off is discarded when the run goes on.
For one sample and request the first success counts and a failure never does.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, structs

from harness.cards import Count
from harness.files import content as contents
from harness.files import json_text, writing
from harness.files.reading import decode
from harness.files.refusals import RESULTS
from harness.runs.made_with import Maker
from harness.types import Response

_LARGEST = 1 << 36
"""Bytes of a journal."""
Key = tuple[str, str]
"""A sample's id and the digest of its request."""

_REMEDY = (
    "the file was edited or the disk lost part of it. Remove that line to have its sample asked again, or remove the file to start over."
)
_NOTHING: Mapping[str, Any] = asdict(Response())
"""What a line leaves out. An empty error is none of it: that request failed, whatever was said about it."""


def reply_digest(response: Response) -> str:
    """SHA-256 over all that scoring reads of a reply: text, scores, and whether it failed."""
    content = [response.text, _scores_out(response.choice_log_probs), response.error is not None, *([True] if response.refusal else [])]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode
"""With ASCII escapes: a lone surrogate in a reply would otherwise make the whole batch unwritable."""


def _scores_out(scores: Sequence[float] | None) -> list[float | None] | None:
    return None if scores is None else [None if value == -math.inf else value for value in scores]


def to_line(sample: str, digest: str, response: Response) -> str:
    """One journal line, without its line break."""
    line: dict[str, Any] = {"id": sample, "request": digest, "text": response.text}
    if response.choice_log_probs is not None:
        line["choice_log_probs"] = _scores_out(response.choice_log_probs)
    for name in ("thinking", "finish", "usage", "seconds", "refusal", "error", "of_request", "adapted"):
        value = getattr(response, name)
        if value != _NOTHING[name]:
            line[name] = dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
    return _encode(line)


class Line(Struct, frozen=True, kw_only=True):
    """A line as it is read: what it does not say is a response's default, and nothing is taken for something else."""

    id: str
    request: str
    text: str
    choice_log_probs: tuple[float | None, ...] | None = None
    thinking: str = ""
    finish: Literal["", "stop", "length"] = ""
    usage: Mapping[str, Count] = {}
    seconds: float | None = None
    refusal: str = ""
    error: str | None = None
    of_request: bool = False
    adapted: tuple[str, ...] = ()


def _from_line(line: Line) -> tuple[Key, Response]:
    fields = structs.asdict(line)
    key, scores = (fields.pop("id"), fields.pop("request")), fields.pop("choice_log_probs")
    known = None if scores is None else tuple(-math.inf if value is None else value for value in scores)
    return key, Response(**fields, choice_log_probs=known)


class Journal:
    """The replies of one run directory: ``replies.jsonl``, and one file per shard where several processes wrote.

    Reading is over all files; writing appends to this process's own.
    """

    def __init__(self, folder: Path, *, shard: str = "", private: bool = False) -> None:
        """Open the journal of a run directory; nothing is read or created yet.

        Args:
            folder: The run's.
            shard: The part of the run that this process writes; empty is the whole.
            private: Its owner alone may read what is written.
        """
        self._folder, self._private = folder, private
        self.path = folder / (f"replies-{shard}.jsonl" if shard else "replies.jsonl")
        self._maker = Maker(folder, shard=shard)

    @property
    def place(self) -> Path | None:
        """Where replies outlive the run; None where they do not."""
        return self.path

    def read(self) -> dict[Key, Response]:
        """All replies so far: for each key the first success, or else its last failure.

        Raises:
            CorruptData: A line other than a file's cut-off last one cannot be read.
        """
        replies: dict[Key, Response] = {}
        for path in sorted(self._folder.glob("replies*.jsonl")):
            for key, response in _read_file(path):
                known = replies.get(key)
                if known is None or known.error is not None:
                    replies[key] = response
        return replies

    def sizes(self) -> tuple[tuple[str, int], ...]:
        """The journals of all processes with their sizes in bytes: what they hold changes with these alone."""
        return tuple((path.name, path.stat().st_size) for path in sorted(self._folder.glob("replies*.jsonl")))

    def repair(self) -> None:
        """Cut a half-written last line off this process's file, so that what is appended starts on a line of its own."""
        if not os.path.lexists(self.path):
            return
        content = contents.read(self.path, largest=_LARGEST)
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            writing.cut(self.path, whole, RESULTS)

    def append(self, batch: Iterable[tuple[Key, Response]]) -> None:
        """Write replies in one piece: they outlive this process from now on, and the machine from the next `sync` on.

        Raises:
            Unwritable: The file cannot be written; the message names it.
        """
        lines = "".join(to_line(sample, digest, response) + "\n" for (sample, digest), response in batch)
        if lines:
            self._maker.note()
            writing.append(self.path, lines.encode(), RESULTS, private=self._private)

    def sync(self) -> None:
        """Wait until all that was written is on disk."""
        if self.path.exists():
            writing.sync(self.path, RESULTS)


class Unkept(Journal):
    """A journal in memory alone: what it holds ends with the run, and no file is made."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(Path())
        self._replies: dict[Key, Response] = {}

    @property
    def place(self) -> None:
        """Nowhere."""
        return

    def read(self) -> dict[Key, Response]:
        """All replies so far, the first success of each key."""
        return dict(self._replies)

    def repair(self) -> None:
        """Nothing can be half-written."""

    def append(self, batch: Iterable[tuple[Key, Response]]) -> None:
        """Hold replies."""
        self._replies.update(batch)

    def sync(self) -> None:
        """Nothing goes to disk."""


@contextmanager
def syncing(journal: Journal) -> Iterator[Callable[[], None]]:
    """A function that has the journal brought to disk in a thread; leaving waits until everything is there.

    A disk takes milliseconds, which a device would stand idle.

    Raises:
        Unwritable: The disk refuses, on the next call or on leaving.
    """
    pending: Future[None] | None = None

    def soon() -> None:
        nonlocal pending
        if pending is None or pending.done():
            if pending is not None:
                pending.result()
            pending = pool.submit(journal.sync)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal") as pool:
        try:
            yield soon
        finally:
            journal.sync()
    if pending is not None:
        pending.result()


def _read_file(path: Path) -> Iterable[tuple[Key, Response]]:
    content = contents.read(path, largest=_LARGEST)
    whole = content.rfind(b"\n") + 1
    for number, line in enumerate(content[:whole].split(b"\n")[:-1], start=1):
        where = f"{path}, line {number}"
        yield _from_line(decode(Line, json_text.parse(line, where, remedy=_REMEDY), where, remedy=_REMEDY[0].upper() + _REMEDY[1:]))
