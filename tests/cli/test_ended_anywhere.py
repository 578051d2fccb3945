"""Whatever a command is doing when it is ended: nothing is asked twice but what was in flight, and the same command has the same scores.

A command is ended at the n-th thing that it does to a file, a process or a connection, by SIGKILL or one of the signals that ask it to end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.forks import Forks

if os.name == "nt":
    pytest.skip("forks processes", allow_module_level=True)

EVERYTHING = os.environ.get("HARNESS_KILLS") == "all"
"""As under ``make kill``."""
KILLS = 16 if EVERYTHING else 1
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGKILL, signal.SIGINT)
RESULTS = str(Path(__file__).parents[2] / "results")
"""The repository's own runs, which are on real data."""
FEW = ("--resamples", "20", "--json", "-q")
MODEL = """
import hashlib, sys
from pathlib import Path
from harness.types import ModelInfo, Response

class Mine:
    info = ModelInfo(name="mine", kind="mine", digest="1")
    def for_task(self, scene): return self
    def generate(self, requests):
        with Path("asked.log").open("a") as log:
            log.write("".join(f"{r.id}\\n" for r in requests))
        sys.audit("asked")
        # The answer depends on the batch, as padding makes it: only whole batches give the undisturbed run's replies.
        batch = hashlib.sha256(" ".join(r.id for r in requests).encode()).digest()
        return [Response(text="yes" if batch[place % 32] % 2 else "no") for place in range(len(requests))]
"""
WORKER = """
import json, os, sys
with open("pids", "a") as file:
    file.write(f"{os.getpid()}\\n")
print(json.dumps({"ready": True, "name": "mine"}), flush=True)
next(sys.stdin)
for line in sys.stdin:
    asked = json.loads(line)
    assert all(os.path.exists(path) for path in asked["images"])
    with open("asked.log", "a") as log:
        log.write(asked["id"] + "\\n")
    print(json.dumps({"id": asked["id"], "text": "pneumonia" if len(asked["id"]) % 2 else "normal"}), flush=True)
"""
TABLE = "question,answer\n" + "".join(f"Where is {number}?,left\n" for number in range(9))
SUITE = """
name = "Both"
[tasks.vqa_rad]
model = "mine.py:Mine"
[tasks.mednli]
model = "baseline:majority"
"""
FETCH = """
import dataclasses
from msgspec import structs
from harness import cards
from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.data.fetch import releases
from pathlib import Path
task = catalog.task("vqa_rad")
card = cards.with_sample(task.card, SAMPLES / "vqa_rad" / "sample.toml")
downloads = [
    {"file": "VQA_RAD Dataset Public.json", "url": "ADDRESS/rows"},
    {"file": "pictures.zip", "url": "ADDRESS/pictures", "into": "VQA_RAD Image Folder", "gives": ["VQA_RAD Image Folder"]},
]
card = structs.replace(card, source={**card.source, "downloads": downloads})
releases.fetch(dataclasses.replace(task, card=card), Path("root"), pause=lambda _: None)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A command and what must hold of it."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    out: str = ""
    """The file or folder that it writes; empty for runs, whose records are compared."""
    in_flight: int = 0
    """Requests that may be asked twice; 0 where nothing counts them."""


def _run(*words: str) -> tuple[str, ...]:
    return ("run", *words, "--results", "results", *FEW)


OTHER = ("run", "mine.py:Mine", "--tasks", "vqa_rad", "--results", "other", *FEW)
ROOMS = {
    "run": Room(words=_run("mine.py:Mine", "--tasks", "vqa_rad", "--batch-size", "4"), in_flight=4),
    "repeats": Room(words=_run("mine.py:Mine", "--tasks", "vqa_rad", "--few-shot", "1", "--repeat", "2", "--batch-size", "4"), in_flight=4),
    "suite": Room(words=_run("suite.toml"), in_flight=20),
    "shards": Room(
        words=_run("mine.py:Mine", "--tasks", "vqa_rad", "--shard", "1/2"),
        after=(_run("mine.py:Mine", "--tasks", "vqa_rad", "--shard", "2/2"),),
        in_flight=20,
    ),
    "worker": Room(
        words=_run(f"worker:{sys.executable} worker.py", "--tasks", "pneumoniamnist", "--limit", "24", "--batch-size", "8"), in_flight=8
    ),
    "server": Room(
        words=_run("openai:ADDRESS/v1", "-a", "model=tiny", "--tasks", "vqa_rad", "--limit", "8", "-a", "concurrency=2"), in_flight=2
    ),
    "score": Room(words=("score", "vqa_rad.jsonl", "--tasks", "vqa_rad", "--results", "results", *FEW)),
    "leaderboard": Room(words=("leaderboard", "--results", RESULTS, "-o", "out.csv"), out="out.csv"),
    "report": Room(words=("report", "other", "-o", "out.html"), before=(OTHER,), out="out.html"),
    "export": Room(words=("export", "pneumoniamnist", "--sample", "--limit", "9", "-o", "out.jsonl"), out="out.jsonl"),
    "export-results": Room(words=("export-results", "other", "--to", "csv", "-o", "out.csv"), before=(OTHER,), out="out.csv"),
    "new": Room(words=("new", "my_quiz", "--family", "vqa", "--dir", "out"), out="out"),
    "new --from": Room(words=("new", "my_table", "--from", "table.csv", "--dir", "out"), out="out"),
    "fetch": Room(words=(FETCH,), out="root"),
}
CHOSEN = tuple(ROOMS) if EVERYTHING else ("run", "worker", "score", "report", "fetch")


class Server(BaseHTTPRequestHandler):
    """Answers as a model, and has a release to fetch."""

    files: dict[str, bytes]
    asked: list[str]

    def do_GET(self) -> None:
        self._send(
            self.files.get(self.path, b'{"object": "list", "data": [{"id": "tiny", "object": "model", "created": 0, "owned_by": "us"}]}')
        )

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(content.decode())
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}
        self._send(json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": "tiny", "choices": [choice]}).encode())

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if content[:1] == b"{" else "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are ended cut their connections."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the server."""
    from harness.data.examples import SAMPLES

    folder = SAMPLES / "vqa_rad"
    packed = shutil.make_archive(str(tmp_path_factory.mktemp("packed") / "pictures"), "zip", folder / "VQA_RAD Image Folder")
    Server.files = {"/rows": (folder / "VQA_RAD Dataset Public.json").read_bytes(), "/pictures": Path(packed).read_bytes()}
    Server.asked = []
    server = _Quiet(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


Ended = tuple[int, int]
"""The code with which a process ended, or the negative signal that ended it, and how many events there were."""


@pytest.fixture(scope="module")
def ending(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Callable[..., Ended]:
    """Runs a command in a folder and ends it at an event."""
    base = tmp_path_factory.mktemp("places")
    places = {"TMPDIR": str(base / "temporary"), "XDG_CACHE_HOME": str(base / "cache"), "OPENAI_API_KEY": "none", "OMP_NUM_THREADS": "1"}
    (base / "temporary").mkdir()
    counted = base / "events"

    def run(folder: Path, words: tuple[str, ...], number: int = 0, at: int = 0, of: str = "") -> Ended:
        done = forks.run(*words, folder=folder, environment={**os.environ, **places}, events=str(counted), signal=number, at=at, of=of)
        with (folder / ".said").open("a") as file:
            file.write(done.stderr)
        return done.returncode, int(counted.read_text() or 0)

    return run


def prepared(folder: Path, room: Room, ending: Callable[..., Ended]) -> None:
    folder.mkdir()
    for name, text in {"mine.py": MODEL, "worker.py": WORKER, "suite.toml": SUITE, "table.csv": TABLE}.items():
        (folder / name).write_text(text)
    from harness.data import catalog, examples

    ids = [example.id for example in examples.load(catalog.task("vqa_rad"), sample=True).examples]
    (folder / "vqa_rad.jsonl").write_text("".join(json.dumps({"id": name, "text": "yes"}) + "\n" for name in ids))
    for words in room.before:
        ending(folder, words)
    (folder / "asked.log").unlink(missing_ok=True)


def outcome(folder: Path, room: Room) -> Any:
    """What stays of a command: scores, or the bytes that it wrote."""
    if room.out:
        path = folder / room.out
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}
    found = {}
    for path in sorted((folder / "results").rglob("run.json")):
        record = json.loads(path.read_text())
        kept = {name: record[name] for name in ("task", "status", "counts", "estimates", "failures", "samples")}
        found[str(path.relative_to(folder).parent)] = kept, path.with_name("samples.csv").read_bytes()
    return found


def left(folder: Path) -> list[str]:
    """What is of no use once a command has come to its end."""
    names = [path.name for path in folder.rglob(".*") if path.name.endswith((".new", ".part", ".lock")) or "harness-" in path.name]
    return names + [path.name for path in folder.rglob("samples.new.csv")]


def alive(pids: Path) -> list[int]:
    """Workers that still run; each is given time to see that nobody asks any more."""
    found = [int(line) for line in pids.read_text().split()] if pids.exists() else []
    for _ in range(200):
        found = [pid for pid in found if _runs(pid)]
        if not found:
            break
        time.sleep(0.05)
    return found


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("name", CHOSEN)
def test_what_was_ended_anywhere_goes_on_as_if_nothing_had_happened(
    name: str, tmp_path: Path, address: str, ending: Callable[..., Ended]
) -> None:
    if name == "server":
        pytest.importorskip("openai")
    room = ROOMS[name]
    words = tuple(word.replace("ADDRESS", address) for word in room.words)
    folder = tmp_path / "here"  # one place for all, as where a model lies is a part of what it is
    prepared(folder, room, ending)
    Server.asked.clear()
    code, events = ending(folder, words)
    assert code in (0, 1), said(folder)
    for further in room.after:
        assert ending(folder, further)[0] == 0
    expected, asked = outcome(folder, room), asked_in(folder)
    assert expected
    draw = random.Random(f"{name} 13")
    for kill in range(KILLS):
        number, at = SIGNALS[(kill + len(name)) % len(SIGNALS)], draw.randint(1, events)
        moment = f"kill {kill}: {signal.Signals(number).name} at event {at} of {events}"
        shutil.rmtree(folder)
        prepared(folder, room, ending)
        Server.asked.clear()
        code = ending(folder, words, number, at)[0]
        assert "Traceback" not in said(folder), f"{moment}: {said(folder)}"
        # One that comes while what was made is printed waits for nothing.
        assert code in (-number, 128 + number, 0), f"{moment}: exit code {code}"
        if room.out and Path(room.out).suffix and (folder / room.out).exists():
            assert outcome(folder, room) == expected, f"{moment}: a part was written"
        for again in (words, *room.after):
            code = ending(folder, again)[0]
            assert code in (0, 1), f"{moment}: the same command ends with {code}: {said(folder)}"
        assert outcome(folder, room) == expected, moment
        assert left(folder) == [], moment
        assert not alive(folder / "pids"), moment
        if room.in_flight:
            assert len(asked_in(folder)) <= len(asked) + room.in_flight, moment


def test_a_run_killed_at_ten_moments_asks_nothing_twice_but_the_batch_in_flight(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    room = Room(words=_run("mine.py:Mine", "--tasks", "pneumoniamnist", "--batch-size", "7"))
    folder = tmp_path / "here"
    prepared(folder, room, ending)
    ending(folder, room.words)
    expected, asked = outcome(folder, room), asked_in(folder)
    shutil.rmtree(folder)
    prepared(folder, room, ending)
    for moment in random.Random(3).choices(range(1, 4), k=10):
        assert ending(folder, room.words, signal.SIGKILL, moment, "asked")[0] == -signal.SIGKILL
    assert ending(folder, room.words)[0] == 0
    assert outcome(folder, room) == expected
    assert len(asked) == len(set(asked_in(folder))) == 200
    assert len(asked_in(folder)) == 200 + 10 * 7


def asked_in(folder: Path) -> list[str]:
    log = folder / "asked.log"
    return log.read_text().split() if log.exists() else list(Server.asked)


def said(folder: Path) -> str:
    return (folder / ".said").read_text()[-2000:]
