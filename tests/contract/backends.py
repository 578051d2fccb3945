"""Every backend as the contract opens it: from files that are made here, with another value for each of its arguments."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.base import user_code
from harness.models import KINDS
from harness.models.arguments import parse_arguments
from harness.types import ModelInfo
from tests.models import asking

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(nn.functional.adaptive_avg_pool2d(x.mean(dim=1, keepdim=True), 2).flatten(1))

def build():
    return Net()

def built_otherwise():
    return Net()
"""
COMMITS = ("1" * 40, "2" * 40)


@dataclass(frozen=True, kw_only=True)
class Known:
    """How a backend is opened, and another value for each argument that must make it another model."""

    location: str = ""
    """A folder or file of the fixture `made`, or what it is called without one."""
    given: Mapping[str, str] = field(default_factory=dict)
    task: str = "vqa_rad"
    changed: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What else must be given for an argument to mean something, in both models that are compared."""
    along: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the other value cannot be without."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """A task on which an argument means something, where the usual one is none."""


BACKENDS: Mapping[str, Known] = {
    "baseline:constant": Known(changed={"text": "no"}),
    "baseline:random": Known(changed={"seed": "1"}),
    "baseline:lead": Known(task="meqsum", changed={"sentences": "1"}),
    "baseline:copy": Known(task="meqsum"),
    "baseline:nearest": Known(),
    "baseline:majority": Known(),
    "baseline:oracle": Known(),
    "predictions": Known(
        location="replies.jsonl",
        changed={
            "id": "number", "text": "said", "choice_log_probs": "none", "probabilities": "none", "logits": "none", "thinking": "said",
            "finish": "ended", "refusal": "said", "error": "said", "model": "said", "scores": "independent", "thinking_tags": "<a>|</a>",
        },
        along={name: {"text": "text"} for name in ("choice_log_probs", "probabilities", "logits")},
    ),
    "torch": Known(
        location="net.pt",
        given={
            "size": "28", "channels": "1", "mean": "0.5", "std": "0.5", "output": "logits", "labels": "normal|pneumonia",
            "factory": "net.py:build", "weights": "first",
        },
        task="pneumoniamnist",
        changed={
            "size": "32", "channels": "3", "mean": "0.4", "std": "0.25", "output": "sigmoid", "labels": "pneumonia|normal",
            "name": "other", "factory": "net.py:built_otherwise", "weights": "second",
            "draft": "yes",
        },
        along={"channels": {"mean": "0.5,0.5,0.5", "std": "0.5,0.5,0.5"}},
    ),
    "timm": Known(
        location="resnet", given={"weights": "first"}, task="pneumoniamnist",
        changed={
            "weights": "second", "architecture": "test_resnet.r160_in1k", "labels": "pneumonia|normal", "output": "sigmoid",
            "dtype": "bfloat16", "revision": COMMITS[1], "name": "other",
        },
    ),
    "hf": Known(
        location="llama", given={"dtype": "float32"}, task="mednli",
        changed={
            "adapter": "adapter", "dtype": "bfloat16", "quantize": "8bit", "attention": "eager", "compile": "yes",
            "trust_remote_code": "yes", "chat_template": "no", "thinking": "no", "thinking_tags": "<a>|</a>", "image_token": "<image>",
            "tokenizer": "llama_words", "min_pixels": "9", "max_pixels": "99", "truncate": "left",
            "labels": "neutral|entailment|contradiction", "reads": "premise",
        },
    ),
    "clip": Known(
        location="clip", given={"dtype": "float32"}, task="pneumoniamnist",
        changed={
            "revision": COMMITS[1], "dtype": "bfloat16", "templates": "a picture of {label}",
            "templates_absent": "a picture without {label}",
        },
        tasks={"templates_absent": "chestmnist"},
    ),
    "biomedgpt": Known(
        location="biomedgpt.pt",
        changed={
            "answers": "answers.txt", "weights": "model", "dtype": "bfloat16", "image_size": "128", "imagenet": "yes",
            "recompress_jpeg": "no", "prompt_type": "none", "add_object": "no", "zero_shot": "yes", "inference": "candidates",
            "max_words": "5", "words": "sick|well", "beams": "3", "max_len": "9", "length_penalty": "0.5", "no_repeat_ngram": "2",
        },
        beside={"inference": {"answers": "answers.txt"}}, tasks={"words": "pneumoniamnist"},
    ),
    "openai": Known(
        given={"base_url": "SERVER 1", "model": "tiny"},
        changed={
            "base_url": "SERVER 2", "model": "organisation/tiny", "scores": "first-token", "thinking_tags": "<a>|</a>",
            "revision": "Monday", "identity": "the two of us", "api": "completions", "max_tokens_field": "max_completion_tokens",
            "temperature": "none", "thinking": "no", "extra_body": '{"top_k": 20}', "headers": "X-Route: b", "min_pixels": "784",
            "max_pixels": "1000000",
        },
        tasks={"api": "mednli"},
    ),
    "worker": Known(location=shlex.join([sys.executable, "worker.py"])),
}  # fmt: skip
"""Kinds, or kinds with the name of what is opened where each of those takes arguments of its own."""


def needs(kind: str) -> None:
    """Skip where what the kind is opened with is not installed."""
    base = kind.partition(":")[0]
    for package in {"hf": ("peft", "torch"), "timm": ("torch",), "clip": ("torch", "transformers")}.get(base, ()):
        pytest.importorskip(package)
    if base in ("timm", "clip", "hf"):
        from harness.base import torch_vision

        torch_vision.ready()
    if KINDS[base].requires:
        pytest.importorskip(KINDS[base].requires)


def files(root: Path) -> Path:
    """A folder with what needs no library; weights are made as they are opened."""
    (root / "replies.jsonl").write_text('{"id": "64", "number": 64, "none": null, "text": "yes", "said": "no", "ended": "stop"}\n')
    (root / "net.py").write_text(NET)
    (root / "answers.txt").write_text("yes\nno\n")
    (root / "worker.py").write_text(
        'import json, sys\nsys.stdin.readline()\nprint(json.dumps({"ready": True}), flush=True)\nsys.stdin.read()\n'
    )
    return root


def make(root: Path, kind: str) -> None:
    """The weights that a kind opens, once."""
    if kind == "torch" and not (root / "net.pt").exists():
        import torch

        state = user_code.load(root / "net.py", "contract", again=True).build().state_dict()
        torch.save({"first": state, "second": state}, root / "net.pt")
    name = {"timm": "resnet", "clip": "clip", "hf": "llama"}.get(kind, "")
    if name and not (root / name).exists():
        from tests.models import tiny

        (root / name).mkdir()
        getattr(tiny, name)(root / name, **({"template": tiny.CHAT} if kind == "hf" else {}))
        if kind == "timm":
            import torch
            from safetensors.torch import load_file

            state = load_file(root / name / "model.safetensors")
            torch.save({"first": state, "second": state}, root / name / "pytorch_model.bin")
            (root / name / "model.safetensors").unlink()
        if kind == "hf":
            (root / "adapter").mkdir()
            tiny.adapter(root / "adapter", root / name)
            (root / "llama_words").mkdir()
            tiny.tokenizer(root / "llama_words")
        _to_hub(root, name)
    if kind == "biomedgpt" and not (root / "biomedgpt.pt").exists():
        import torch

        from tests.models.biomedgpt import recipe

        plain, averaged = (recipe.halved(recipe.weights(recipe.MINI, seed, 9.0)) for seed in (77, 78))
        torch.save(recipe.container(plain, recipe.MINI, ema=averaged), root / "biomedgpt.pt")


def _to_hub(root: Path, name: str) -> None:
    """The folder as two commits of a name on the Hub, as its cache keeps them."""
    for commit in COMMITS:
        place = root / "hub" / f"models--us--{name}" / "snapshots" / commit
        place.mkdir(parents=True)
        for path in (root / name).iterdir():
            (place / path.name).symlink_to(path)


class Served(BaseHTTPRequestHandler):
    """A server that has one model, and is asked for no more than its name."""

    def do_GET(self) -> None:
        content = b'{"object": "list", "data": [{"id": "tiny", "object": "model"}]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


def served() -> Iterator[Mapping[str, str]]:
    """What stands for the addresses of two servers, and the addresses."""
    running = [ThreadingHTTPServer(("127.0.0.1", 0), Served) for _ in range(2)]
    for server in running:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield {f"SERVER {number}": f"http://127.0.0.1:{server.server_port}/v1" for number, server in enumerate(running, start=1)}
    for server in running:
        server.shutdown()
        server.server_close()


def opened(root: Path, servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelInfo]:
    """What a backend says of itself before a task: ``opened(kind, arguments, task)``."""
    monkeypatch.chdir(root)

    def opened(kind: str, given: Mapping[str, str], task: str) -> ModelInfo:
        known = BACKENDS[kind]
        make(root, kind)
        given = {name: servers.get(text, text) for name, text in given.items()}
        location = known.location
        if "revision" in given and kind in ("timm", "clip"):
            constants = pytest.importorskip("huggingface_hub.constants")
            monkeypatch.setattr(constants, "HF_HUB_CACHE", str(root / "hub"))
            monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
            location = f"us/{location}"
        spec = kind if ":" in kind else f"{kind}:{location}"
        backend: Any = _biomedgpt(root, given) if kind == "biomedgpt" else models.open_model(spec, _here(given) if kind == "hf" else given)
        if kind == "hf":
            from harness.models.hf.arguments import Arguments

            backend = replace(backend, arguments=parse_arguments("hf", given, Arguments))
        model = backend.for_task(asking.scene(task, 4, ids=frozenset(example.id for example in asking.dataset(task).examples)))
        if close := getattr(model, "close", None):
            close()
        info: ModelInfo = model.info
        return info

    return opened


def _here(given: Mapping[str, str]) -> dict[str, str]:
    """Without what a machine may lack, and what this checkpoint's kind has no use for: it is put in its place once the rest is loaded."""
    elsewhere = ("quantize", "compile", "min_pixels", "max_pixels", "labels", "reads")
    return {name: text for name, text in given.items() if name not in elsewhere}


def _biomedgpt(root: Path, given: Mapping[str, str]) -> Any:
    """A checkpoint opened as `open_checkpoint` does, under a vocabulary of five letters in place of the published one."""
    import torch

    from harness.models.biomedgpt import answers, backend, container
    from harness.models.biomedgpt.arguments import Arguments
    from harness.models.biomedgpt.vocabulary import Vocabulary

    parsed = parse_arguments("biomedgpt", given, Arguments)
    pieces = {letter: number for number, letter in enumerate("yesno")}
    path = root / "biomedgpt.pt"
    dtype = torch.float32 if parsed.dtype == "auto" else getattr(torch, parsed.dtype)
    state = path.stat().st_mtime_ns
    if ("checkpoint", state) not in _READ:
        _READ["checkpoint", state] = container.read(path)
    return backend.BiomedGPT(
        checkpoint=_READ["checkpoint", state],
        arguments=parsed,
        vocabulary=Vocabulary(pieces, [], [str(number) for number in pieces.values()]),
        answers=answers.read(parsed.answers) if parsed.answers else None,
        device=torch.device("cpu"),
        dtype=dtype,
        _loaded=_READ.setdefault((str(dtype), state), {}),
    )


_READ: dict[tuple[str, int], Any] = {}
"""Checkpoints and networks that were read already, by what of a file and the time it was written."""
