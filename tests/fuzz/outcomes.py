"""What becomes of a bad input: it is tried as a user would, through the command line or from Python, and its end is given one name.

A *named error* is one of `harness.errors` or a refusal of the command line, with a message. A *counted outcome* is a success whose oracle
agrees: the bad part was counted, escaped, or means what it meant before. A *traceback* is any other exception, a *hang* did not end in
time, and *silent* is a success that means something else than it says, or an error without a word.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import signal
import sys
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TextIO, get_args

from harness.cli import main
from harness.errors import HarnessError

Outcome = Literal["named error", "counted outcome", "traceback", "hang", "silent"]
Count = tuple[str, str]
"""A kind and an outcome."""
BAD: tuple[Outcome, ...] = ("traceback", "hang", "silent")
LIMIT = 20.0
"""Seconds of the processor's until an input counts as hanging."""
_WAITS = 4
"""So many times as long it may wait, as on a machine that others use."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
"""What no view may send to a terminal as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command or a call ended."""

    code: int
    """The exit code; 0 for a call that returned."""
    out: str
    err: str
    value: Any = None
    """What a call returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One bad input: what is tried with it, and what its success must mean."""

    kind: str
    """What is bad, for the table: ``"records edited"``."""
    name: str
    command: Sequence[str | Path] | Callable[[], Any]
    """Arguments of ``harness``, or a call of the Python API; it runs in a folder of the case's own."""
    oracle: Callable[[Done], str]
    """Asked in that folder where the command did not end in an error: empty where that is right, else what is wrong with it."""
    write: Callable[[Path], object] = lambda _folder: None
    """Writes the input into the folder, which is empty."""
    heavy: bool = False
    """Whether it takes a second or more: tried under ``make fuzz`` alone."""


def holding(file: str, content: str | bytes) -> Callable[[Path], object]:
    """What writes a case of one file."""
    given = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return lambda folder: (folder / file).write_bytes(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case and its end."""

    case: Case
    outcome: Outcome
    detail: str

    def __str__(self) -> str:
        return f"{self.case.kind}: {self.case.name}: {self.outcome}: {self.detail}"


class _Late(KeyboardInterrupt):
    """The time is up; like any interruption, nothing that handles failures sees it."""


def anything(_done: Done) -> str:
    """An oracle of inputs that may be accepted or not."""
    return ""


def refused(done: Done) -> str:
    """An oracle of inputs that no command may accept."""
    return f"accepted: {done.out[-300:]!r}"


def recorded(done: Done, n: int | None = 1) -> str:
    """An oracle of ``run --json``: as many runs as were asked for, or any number but none, each with its result on disk."""
    runs = json.loads(done.out)["runs"]
    whole = len(runs) == n if n else runs
    on_disk = whole and all(Path(run["path"] or "nowhere", "run.json").is_file() for run in runs)
    return "" if on_disk else "success is said without a result on disk"


def outcome(case: Case, folder: Path) -> Judged:
    """Try a case in a folder of its own."""
    folder.mkdir(parents=True)
    case.write(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        with _in_time() as late:
            done = _tried(case.command)
        if late:
            raise _Late
        return _judged(case, done)
    except _Late:
        return Judged(case=case, outcome="hang", detail=f"no end within {LIMIT:g} seconds")
    except BaseException as error:  # noqa: BLE001  whatever came through is what is looked for
        frames = traceback.extract_tb(error.__traceback__)
        ours = next((frame for frame in reversed(frames) if "/harness/" in frame.filename), frames[-1])
        where = f"{Path(ours.filename).name}:{ours.lineno}"
        return Judged(case=case, outcome="traceback", detail=f"{type(error).__name__} at {where}: {error!s:.200}")
    finally:
        os.chdir(before)


def _judged(case: Case, done: Done) -> Judged:
    raw = _CONTROL.search(done.out + done.err)
    if raw:
        return Judged(case=case, outcome="silent", detail=f"{raw.group()!r} reaches the terminal: {(done.out + done.err)[-300:]!r}")
    if 2 <= done.code <= 6:
        told = done.err.strip() or (done.out.strip() if '"message"' in done.out else "")
        return Judged(case=case, outcome="named error" if told else "silent", detail=told[-300:])
    if done.code not in (0, 1):
        return Judged(case=case, outcome="silent", detail=f"exit code {done.code}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = case.oracle(done)
    except HarnessError as error:
        wrong = f"what was accepted cannot be read: {error!s:.200}"
    return Judged(case=case, outcome="silent" if wrong else "counted outcome", detail=wrong or done.out.strip()[-200:])


def _tried(command: Sequence[str | Path] | Callable[[], Any]) -> Done:
    kept = [_Kept(), _Kept()]
    out, err = (io.TextIOWrapper(stream, encoding="utf-8") for stream in kept)
    code, value = 0, None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = _shown
        try:
            if callable(command):
                value = command()
            else:
                sys.argv = ["harness", *map(str, command)]
                main()
        except HarnessError as error:
            code = error.exit_code
            sys.stderr.write(f"error: {error}".encode("utf-8", "backslashreplace").decode())
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    written = [stream.getvalue().decode() for stream in kept]
    return Done(code=code, out=written[0], err=written[1], value=value)


def _shown(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None
) -> None:
    """As a command shows it, where the tests' own runner would keep it."""
    (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))


class _Kept(io.BytesIO):
    """Outlives the streams that are put around it."""

    def close(self) -> None:
        pass


@contextlib.contextmanager
def _in_time() -> Iterator[list[int]]:
    met: list[int] = []

    def late(number: int, _frame: FrameType | None) -> None:
        met.append(number)
        raise _Late

    timers = {signal.SIGALRM: (signal.ITIMER_REAL, _WAITS * LIMIT), signal.SIGPROF: (signal.ITIMER_PROF, LIMIT)}
    before = {number: signal.signal(number, late) for number in timers}
    for timer, seconds in timers.values():
        signal.setitimer(timer, seconds)
    try:
        yield met
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def some(cases: Iterable[Case], n: int, seed: int) -> list[Case]:
    """So many cases, of every kind alike where it has as many; the same for the same seed."""
    by_kind: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if not case.heavy:
            by_kind[case.kind].append(case)
    draw = random.Random(seed)
    for found in by_kind.values():
        draw.shuffle(found)
    rounds = (found[place] for place in range(max(map(len, by_kind.values()))) for found in by_kind.values() if place < len(found))
    return [case for case, _ in zip(rounds, range(n), strict=False)]


def table(counted: Mapping[Count, int]) -> str:
    """How many inputs of each kind were tried, and what became of them."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (kind, name), n in sorted(counted.items()):
        counts[kind][name] += n
    names = get_args(Outcome)
    width = max(map(len, (*counts, "all")))
    rows = [*counts.items(), ("all", sum(counts.values(), Counter()))]
    lines = [f"{'':{width}}  {'tried':>6}" + "".join(f"  {name:>15}" for name in names)]
    lines += [f"{kind:{width}}  {found.total():>6}" + "".join(f"  {found[name]:>15}" for name in names) for kind, found in rows]
    return "\n".join(lines)
