"""Time-boxed fuzzing of what reads bytes, guided by coverage where atheris is installed (``pip install atheris``), else drawn at random.

    PYTHONPATH=. python tests/fuzz/guided.py SECONDS

Each target takes bytes and may raise nothing but an error of `harness.errors`. The bytes that broke one are printed, to become a test.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import cards, parsing
from harness.errors import HarnessError
from harness.files.cells import text_of
from harness.models import predictions
from harness.runs import record, suites
from harness.runs.journal import Journal

SEEDS: dict[str, bytes] = {
    "journal": b'{"id": "1", "request": "a", "text": "yes", "choice_log_probs": [null, -0.5], "usage": {"prompt": 3}}\n',
    "replies": b'{"id": "1", "text": "yes"}\n{"id": "2", "choice_log_probs": [-0.1, null], "error": ""}\n',
    "record": b'{"schema_version": 2, "record_sha256": "", "model": {"name": "a"}, "estimates": [{"value": 1.5}]}',
    "card": b'name = "quiz"\nversion = 1\n[source]\nreader = "jsonl"\n[splits.test]\nn = 4\n',
    "suite": b'name = "mine"\n[tasks.vqa_rad]\nmodel = "baseline:majority"\nargs = { a = 1 }\n',
    "parsing": b"**Answer**: (B) no, there is none.\n<think>it may be A</think>",
}


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    def target(content: bytes) -> None:
        path = Path(_FOLDER.name, name)
        path.write_bytes(content)
        read(path)

    return target


def _parse(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    parsing.choice(text, ("yes", "no", "it may be"))
    parsing.labels(text, ("nodule", "mass"), "none")
    text_of(text)


_FOLDER = tempfile.TemporaryDirectory(prefix="guided-")
TARGETS: dict[str, Callable[[bytes], None]] = {
    "journal": _file("replies.jsonl", lambda path: Journal(path.parent).read()),
    "replies": _file("given.jsonl", lambda path: predictions.open_model(str(path), {})),
    "record": _file("run.json", record.read_file),
    "card": _file("quiz.toml", cards.read_card),
    "suite": _file("suite.toml", suites.read_suite),
    "parsing": _parse,
}


def tried(name: str, content: bytes) -> None:
    """Give bytes to a target; an error of ours is what it should raise."""
    try:
        TARGETS[name](content)
    except HarnessError:
        return
    except Exception:
        sys.stderr.write(f"{name}: {content!r}\n")
        raise


def mutated(content: bytes, draw: random.Random) -> bytes:
    """Other bytes, a few steps away: some cut out, doubled, flipped, or put in that mean something to a reader."""
    telling = (b'"', b"\\", b"{", b"[", b"null", b"NaN", b"1e999", b"-0", b"\x00", b"\xff", b"\\ud800", b"\n", b"\xe2\x80\xa8", b"9" * 400)
    made = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at = draw.randint(0, len(made))
        step = draw.randint(0, 3)
        if step == 0:
            del made[at : at + draw.randint(1, 8)]
        elif step == 1:
            made[at:at] = made[at : at + draw.randint(1, 16)]
        elif step == 2 and at < len(made):
            made[at] = draw.randint(0, 255)
        else:
            made[at:at] = draw.choice(telling)
    return bytes(made)


def at_random(seconds: float, seed: int = 13, most: int = sys.maxsize) -> int:
    """Try mutated seeds of every target in turn for so long, or so many; returns how many were tried."""
    draw, end, n = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end and n < most:
        name = list(TARGETS)[n % len(TARGETS)]
        tried(name, mutated(SEEDS[name], draw))
        n += 1
    return n


def guided(seconds: float) -> None:
    """Let atheris look for bytes that reach code no other bytes have reached; the first byte chooses the target."""
    atheris = importlib.import_module("atheris")

    names = list(TARGETS)
    with tempfile.TemporaryDirectory() as corpus:
        for place, name in enumerate(names):
            Path(corpus, name).write_bytes(bytes([place]) + SEEDS[name])
        atheris.instrument_all()
        atheris.Setup(
            [sys.argv[0], corpus, f"-max_total_time={int(seconds)}", "-max_len=4096"],
            lambda content: tried(names[content[0] % len(names)], content[1:]) if content else None,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    allowed = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    if importlib.util.find_spec("atheris") is None:
        sys.stdout.write(f"{at_random(allowed):,} inputs drawn at random; pip install atheris has them guided by coverage\n")
    else:
        guided(allowed)
