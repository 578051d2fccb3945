"""A canary in every text of six credentialed releases: it is found in replies that their owner alone may read, and nowhere else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.checks.shareable.contents import of_path
from harness.data.examples import SAMPLES

CANARY = "canary 7f3a coughs at noon while the ninth ward sings of lemon tea"
SIGN = "coughs at noon"  # no digest can hold it by chance
TASKS = {
    "mednli": "mednli",
    "mimic_cxr_report": "mimic_cxr",
    "mimic_cxr_summary": "mimic_cxr",
    "mimic3_mortality": "mimic3",
    "mimic3_summary": "mimic3",
    "seer_treatment": "seer",
}
ECHO = '''
from harness.types import ModelInfo, Response


class Echo:
    """Repeats what it is asked, and fails of every third request with the words of it."""

    info = ModelInfo(name="echo", kind="python", identity="echo")

    def for_task(self, scene):
        return self

    def generate(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        if sum(request.id.encode()) % 3 == 0:
            raise ValueError(f"cannot read {request.prompt}")
        return Response(text=request.prompt)


def make():
    return Echo()
'''
WORKER = """
import json
import os
import sys

sys.stdin.readline()
print(json.dumps({"ready": True, "name": "dies"}), flush=True)
for number, line in enumerate(sys.stdin):
    if number == 1:
        os.kill(os.getpid(), 9)
    print(json.dumps({"id": json.loads(line)["id"], "text": "seen"}), flush=True)
"""


def planted(name: str, root: Path) -> None:
    """A release with the canary in each of its texts: whatever has three words in a row."""
    shutil.copytree(SAMPLES / TASKS[name], root / TASKS[name])
    for path in (root / TASKS[name]).rglob("*"):
        packed = path.suffix == ".gz"
        if path.suffix not in (".csv", ".gz", ".jsonl", ".txt"):
            continue
        text = (gzip.decompress(path.read_bytes()) if packed else path.read_bytes()).decode()
        text = text if path.name.startswith("export") else _sung(path, text)
        if path.name.startswith("export"):  # the facts of a registry are single words
            head, *rows = list(csv.reader(io.StringIO(text)))
            text = _table([head, *rows]).replace("Desk", f"Desk {CANARY}")
        path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())


def _sung(path: Path, text: str) -> str:
    if ".csv" in path.name:
        head, *rows = list(csv.reader(io.StringIO(text)))
        return _table([head, *([_longer(cell) for cell in row] for row in rows)])
    if path.suffix == ".jsonl":
        told = ("sentence1", "sentence2")
        lines = [{key: _longer(value) if key in told else value for key, value in json.loads(line).items()} for line in text.splitlines()]
        return "".join(json.dumps(line) + "\n" for line in lines)
    return _longer(text)


def _longer(text: str) -> str:
    return re.sub(r"([a-z]+ [a-z]+ [a-z]+[^\n]*?)(\.?)(\n|$)", rf"\1 {CANARY}\2\3", text) if isinstance(text, str) else text


def _table(rows: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def found(folder: Path) -> list[Path]:
    """Files that hold the canary, packed or not."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if SIGN.encode() in path.read_bytes() or (path.suffix in (".html", ".zip") and _is_packed_in(path))]


def _is_packed_in(path: Path) -> bool:
    return any(SIGN in (part.text or "") for part in of_path(path))


@pytest.mark.parametrize("name", TASKS)
def test_the_canary_is_in_private_replies_and_nowhere_else(
    name: str, harness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, here = tmp_path / "data", tmp_path / "somewhere"
    planted(name, data)
    (here / "echo.py").write_text(ECHO)
    (here / "dies.py").write_text(WORKER)
    for variable in ("TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
        (tmp_path / variable).mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    data_root = ("--data-root", data)
    model = ("--tasks", name, *data_root, "--accept-different", "--resamples", "20")
    told = [
        harness("run", "echo.py:make", *model, "--give-up-after", "0"),
        harness("run", f"worker:{sys.executable} -IS dies.py", *model, "--give-up-after", "0", "--limit", "4"),
        harness("export", name, *data_root, "--accept-different", "-o", "x.jsonl"),
        harness("run", "echo.py:absent", *model),
        harness("verify", "results", *data_root),
        harness("compare", "results", *data_root, "--partial"),
        harness("report", "results", *data_root, "--partial", "--full-pictures", "-o", "report.html"),
        harness("samples", "results", *data_root, "--json"),
        *(
            harness("export-results", "results", *data_root, "--partial", "--to", to, "-o", f"{to}.out")
            for to in ("markdown", "csv", "every-eval-ever")
        ),
        harness("audit", name, *data_root),
        harness("show", name, *data_root),
    ]
    assert [done.returncode for done in told[2:4]] == [3, 2], "an export needs permission; a model that is not there"
    for done in told:
        assert SIGN not in done.stdout + done.stderr, done.args
        assert "Traceback" not in done.stderr, done.args
    holding = [path for path in found(tmp_path) if not path.is_relative_to(data)]
    of_pictures = name == "mimic_cxr_report"  # whose prompt says nothing of the report that is asked for
    assert {path.name for path in holding} == (set() if of_pictures else {"replies.jsonl"})
    if os.name != "nt":
        assert all(path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700 for path in holding)
    assert not list((tmp_path / "TMPDIR").iterdir()), "nor is a picture left behind"
    given = sorted(path for path in here.rglob("*") if path.suffix in (".out", ".html", ".csv") or path.name == "run.json")
    proof = harness("verify", "--shareable", *given, *data_root)
    assert proof.returncode == 0, proof.stdout + proof.stderr
    proof = harness("verify", "--shareable", "results", *data_root)
    assert proof.returncode == (0 if of_pictures else 6)
    assert ("replies.jsonl" in proof.stdout) is not of_pictures
    assert SIGN not in proof.stdout + proof.stderr
    asked_for = harness("report", "results", *data_root, "--partial", "--allow-credentialed", "-o", "report.html")
    assert (asked_for.returncode, here / "report.html" in found(here)) == (0, True), "what is on a page is found there"
    assert SIGN in harness("samples", "results", *data_root, "--allow-credentialed", "--json").stdout


def test_an_export_of_results_that_repeats_a_row_is_not_written(harness: Any, tmp_path: Path) -> None:
    data, here = tmp_path / "data", tmp_path / "somewhere"
    planted("mednli", data)
    (here / "echo.py").write_text(ECHO)
    given = ("--data-root", data)
    done = harness("run", "echo.py:make", "--tasks", "mednli", *given, "--accept-different", "--setting", f"few-shot, such as {CANARY}")
    to = ("export-results", "results", "--partial", "--to", "every-eval-ever", "-o", "out.json")
    done = harness(*to, *given)
    assert (done.returncode, (here / "out.json").exists()) == (6, False)
    assert "runs of up to 8 words of mednli. Nothing was written" in done.stderr
    done = harness(*to)
    assert done.returncode == 0
    assert "not compared with the rows of mednli, which are credentialed: pass --data-root" in done.stderr


def test_a_proof_needs_something_to_compare_with(harness: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "somewhere" / "x.txt").write_text("anything")
    assert harness("verify", "--shareable", "x.txt").returncode == 2
    done = harness("verify", "--shareable", "x.txt", "--data-root", tmp_path / "data")
    assert done.returncode == 3
    assert "no credentialed release is there to compare with, so that nothing can be proved" in done.stderr
    planted("mednli", tmp_path / "data")
    assert harness("verify", "--shareable", "absent", "--data-root", tmp_path / "data").returncode == 2
    (tmp_path / "somewhere" / "x.pdf").write_bytes(b"%PDF-1.7")
    done = harness("verify", "--shareable", "x.pdf", "x.txt", "--data-root", tmp_path / "data")
    assert done.returncode == 1
    assert "not checked x.pdf: a PDF" in done.stdout
