"""Settings of classifiers, in the file beside the weights and on the command line, with one thing wrong in them."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz.bad_objects import counted
from tests.fuzz.outcomes import Case, holding

IN_EVERY_RUN = 12
SETTINGS = {
    "size": "28",
    "channels": "1",
    "mean": "[0.5]",
    "std": "[0.25]",
    "output": '"logits"',
    "labels": '["normal", "pneumonia"]',
}
VALUES = {
    "true": "true", "zero": "0", "below zero": "-1", "a fraction": "0.5", "NaN": "nan", "infinite": "inf", "2^63": str(2**63),
    "400 digits": "9" * 400, "6,000 digits": "9" * 6000, "an empty text": '""', "a text": '"yes"', "200 kB": '"' + "x" * 200_000 + '"',
    "control characters": '"a\\u001b[2J\\u0000"', "an empty list": "[]", "a list of NaN": "[nan]", "a list of texts": '["a", "b", "c"]',
    "twice the same": '["a", "a"]', "a list of lists": "[[1], [2]]", "a list of 10,000": f"[{', '.join(['1'] * 10_000)}]",
    "a mixed list": '[1, "a"]', "a table": "{ a = 1 }", "a day": "2020-01-01", "a deep list": "[" * 300 + "]" * 300, "nothing": "",
    "zeros": "[0.0]", "a path": '"../../etc/passwd"', "a device": '"cuda:99"',
}  # fmt: skip
FILES = {
    "nothing": b"",
    "no TOML": b"size: 28\n",
    "not UTF-8": b"\xff\xfe\x00",
    "a NUL": b"size = 28\0\n",
    "a key twice": b"size = 28\nsize = 29\n",
    "an unknown key": b"sice = 28\n",
    "a factory": b'factory = "net.py:build"\n',
    "a list of tables": b"[[size]]\nsize = 1\n",
    "lists 100,000 deep": b"size = " + b"[" * 100_000,
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
}
GIVEN = ("", "0", "-1", "yes", "1e999", "nan", "28x", "x28", "28,28,28", "1" * 5000, "\x1b[2J", "\ud800", "a|a", "|", "[1", "none")
RUN = ("run", "torch:net.pt2", "--tasks", "pneumoniamnist", "--sample", "--resamples", "0", "--json", "--quiet", "--results", "r")


@functools.cache
def _network() -> Path:
    """A small network that runs, made once."""
    import torch
    from torch import nn

    path = Path(tempfile.mkdtemp(prefix="settings-"), "net.pt2")
    net = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4, 2))
    batch = torch.export.Dim("batch", min=1, max=64)
    torch.export.save(torch.export.export(net, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},)), path)
    return path


def _case(name: str, beside: Callable[[Path], object], *given: str) -> Case:
    def write(folder: Path) -> None:
        shutil.copy(_network(), folder / "net.pt2")
        beside(folder)

    return Case(kind="settings of a classifier", name=name, write=write, command=(*RUN, *given), oracle=counted)


def _toml(**changed: str) -> str:
    return "".join(f"{name} = {value}\n" for name, value in {**SETTINGS, **changed}.items())


def cases() -> Iterator[Case]:
    """Every setting with every value; files that are none; and the same on the command line."""
    for field in (*SETTINGS, "name", "setting", "weights", "device"):
        for name, value in VALUES.items():
            yield _case(f"{field} is {name}", holding("net.toml", _toml(**{field: value})))
        for value in GIVEN:
            word = f"{field}={value}"
            yield _case(f"-a {json.dumps(word)[:60]}", holding("net.toml", _toml()), "-a", word)
    for name, content in FILES.items():
        yield _case(name, holding("net.toml", content))
    yield _case("a folder", lambda folder: (folder / "net.toml").mkdir())
    yield _case("a circle", lambda folder: (folder / "net.toml").symlink_to("net.toml"))
