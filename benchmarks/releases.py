"""Releases at any size, invented, for the benchmarks of what reads them."""

from __future__ import annotations

import json
import random
import struct
import zlib
from pathlib import Path

from benchmarks.text_metrics import report

TASKS = Path(__file__).resolve().parent / "tasks"
_QUESTION = "does a patient with chronic renal failure of both kidneys need an early transplant or is dialysis enough".split()


def choices(root: Path, n: int) -> Path:
    """So many questions of eighteen words with three answers; returns the data root."""
    rng, folder = random.Random(0), root / "bench_choice"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "test.jsonl").open("w", encoding="utf-8") as file:
        for number in range(n):
            row = {
                "id": f"q{number}",
                "question": " ".join(rng.choices(_QUESTION, k=18)) + "?",
                "answer": rng.choice(("yes", "no", "maybe")),
                "organ": rng.choice(("lung", "heart", "kidney")),
            }
            file.write(json.dumps(row) + "\n")
    return root


def reports(root: Path, n: int, *, pictures: int) -> Path:
    """So many reports of some 57 words, each with a picture of one of so many files; returns the data root."""
    rng, folder = random.Random(0), root / "bench_report"
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    for number in range(pictures):
        (folder / "pictures" / f"{number}.png").write_bytes(png(number))
    with (folder / "test.jsonl").open("w", encoding="utf-8") as file:
        for number in range(n):
            row = {"id": f"r{number}", "patient": f"p{number // 2}", "report": report(rng, 7), "picture": f"{number % pictures}.png"}
            file.write(json.dumps(row) + "\n")
    return root


def png(number: int) -> bytes:
    """A grey picture of one pixel and a comment."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"tEXt", f"Comment\0{number}".encode())]
    parts += [(b"IDAT", zlib.compress(b"\0" + bytes([number % 256]))), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
