"""Every argument of every backend moves the model's digest, or its backend says why it cannot change a reply.

A backend says so in a table `CANNOT_CHANGE_A_REPLY` beside its arguments. An argument that is added without either fails here.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog, examples
from harness.models import KINDS, arguments, sameness
from harness.models.arguments import parse_arguments
from harness.types import ModelInfo, Scene

MODELS = Path(__file__).resolve().parents[1] / "models"

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
            "id": "number",
            "text": "said",
            "choice_log_probs": "none",
            "probabilities": "none",
            "logits": "none",
            "thinking": "said",
            "finish": "ended",
            "refusal": "said",
            "error": "said",
            "model": "said",
            "scores": "independent",
            "thinking_tags": "<a>|</a>",
        },
        along={name: {"text": "text"} for name in ("choice_log_probs", "probabilities", "logits")},
    ),
    "torch": Known(
        location="net.pt",
        given={
            "size": "28",
            "channels": "1",
            "mean": "0.5",
            "std": "0.5",
            "output": "logits",
            "labels": "normal|pneumonia",
            "factory": "net.py:build",
            "weights": "first",
        },
        task="pneumoniamnist",
        changed={
            "size": "32",
            "channels": "3",
            "mean": "0.4",
            "std": "0.25",
            "output": "sigmoid",
            "labels": "pneumonia|normal",
            "name": "other",
            "factory": "net.py:built_otherwise",
            "weights": "second",
        },
        along={"channels": {"mean": "0.5,0.5,0.5", "std": "0.5,0.5,0.5"}},
    ),
    "timm": Known(
        location="resnet",
        given={"weights": "first"},
        task="pneumoniamnist",
        changed={
            "weights": "second",
            "architecture": "test_resnet.r160_in1k",
            "labels": "pneumonia|normal",
            "output": "sigmoid",
            "dtype": "bfloat16",
            "revision": COMMITS[1],
            "name": "other",
        },
    ),
    "hf": Known(
        location="llama",
        given={"dtype": "float32"},
        task="mednli",
        changed={
            "adapter": "adapter",
            "dtype": "bfloat16",
            "quantize": "8bit",
            "attention": "eager",
            "compile": "yes",
            "trust_remote_code": "yes",
            "chat_template": "no",
            "thinking": "no",
            "thinking_tags": "<a>|</a>",
            "image_token": "<image>",
            "tokenizer": "llama_words",
            "min_pixels": "9",
            "max_pixels": "99",
            "truncate": "left",
            "labels": "neutral|entailment|contradiction",
            "reads": "premise",
        },
    ),
    "clip": Known(
        location="clip",
        given={"dtype": "float32"},
        task="pneumoniamnist",
        changed={
            "revision": COMMITS[1],
            "dtype": "bfloat16",
            "templates": "a picture of {label}",
            "templates_absent": "a picture without {label}",
        },
        tasks={"templates_absent": "chestmnist"},
    ),
    "biomedgpt": Known(
        location="biomedgpt.pt",
        changed={
            "answers": "answers.txt",
            "weights": "model",
            "dtype": "bfloat16",
            "image_size": "128",
            "imagenet": "yes",
            "recompress_jpeg": "no",
            "prompt_type": "none",
            "add_object": "no",
            "zero_shot": "yes",
            "inference": "candidates",
            "max_words": "5",
            "words": "sick|well",
            "beams": "3",
            "max_len": "9",
            "length_penalty": "0.5",
            "no_repeat_ngram": "2",
        },
        beside={"inference": {"answers": "answers.txt"}},
        tasks={"words": "pneumoniamnist"},
    ),
    "openai": Known(
        given={"base_url": "SERVER 1", "model": "tiny"},
        changed={
            "base_url": "SERVER 2",
            "model": "organisation/tiny",
            "scores": "first-token",
            "thinking_tags": "<a>|</a>",
            "revision": "Monday",
            "identity": "the two of us",
            "api": "completions",
            "max_tokens_field": "max_completion_tokens",
            "temperature": "none",
            "thinking": "no",
            "extra_body": '{"top_k": 20}',
            "headers": "X-Route: b",
            "min_pixels": "784",
            "max_pixels": "1000000",
        },
        tasks={"api": "mednli"},
    ),
    "worker": Known(location=shlex.join([sys.executable, "worker.py"])),
}
"""Kinds, or kinds with the name of what is opened where each of those takes arguments of its own."""


def _module(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is filled with what backends open as they are tried."""
    root = tmp_path_factory.mktemp("made")
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

        state = _module("contract_net", root / "net.py").build().state_dict()
        torch.save({"first": state, "second": state}, root / "net.pt")
    name = {"timm": "resnet", "clip": "clip", "hf": "llama"}.get(kind, "")
    if name and not (root / name).exists():
        tiny = _module("contract_tiny", MODELS / "tiny.py")
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

        recipe = _module("contract_recipe", MODELS / "biomedgpt" / "recipe.py")
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


@pytest.fixture(scope="module")
def servers() -> Iterator[Mapping[str, str]]:
    """What stands for the addresses of two servers, and the addresses."""
    running = [ThreadingHTTPServer(("127.0.0.1", 0), Served) for _ in range(2)]
    for server in running:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield {f"SERVER {number}": f"http://127.0.0.1:{server.server_port}/v1" for number, server in enumerate(running, start=1)}
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def opened(root: Path, servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelInfo]:
    """What a backend says of itself before a task."""
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
        dataset = examples.load(catalog.task(task))
        train = examples.train_reader(dataset, data_root=None)
        ids = frozenset(example.id for example in dataset.examples)
        scene = Scene(task=dataset.task, split="test", examples=dataset.examples[:4], ids=ids, train=train)
        model = backend.for_task(scene)
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


class _Asked(Exception):
    """The class of a backend's arguments."""


def arguments_of(kind: str, monkeypatch: pytest.MonkeyPatch, root: Path) -> tuple[set[str], Mapping[str, str]]:
    """The names of what the backend itself parses arguments to, and the table of those that cannot change a reply."""

    def asked(of: type[Any], **_: Any) -> None:
        raise _Asked(of)

    make(root, kind)
    with monkeypatch.context() as patch:
        patch.chdir(root)
        patch.setattr(arguments, "get_type_hints", asked)
        with pytest.raises(_Asked) as met:
            models.open_model(kind if ":" in kind else f"{kind}:{BACKENDS[kind].location}", {"no": "argument"})
    taken = met.value.args[0]
    return {field.name for field in fields(taken)}, getattr(sys.modules[taken.__module__], "CANNOT_CHANGE_A_REPLY", {})


def needs(kind: str) -> None:
    base = kind.partition(":")[0]
    if base == "hf":
        pytest.importorskip("peft")
    if base in ("timm", "clip", "hf"):
        pytest.importorskip("torch")
        from harness.base import torch_vision

        torch_vision.ready()
    if KINDS[base].requires:
        pytest.importorskip(KINDS[base].requires)
    if base == "clip":
        pytest.importorskip("transformers")


def test_every_kind_has_its_arguments_here() -> None:
    assert {kind.partition(":")[0] for kind in BACKENDS} == set(KINDS)


@pytest.mark.parametrize("kind", BACKENDS)
def test_every_argument_makes_another_model_or_says_why_not(
    kind: str, opened: Callable[..., ModelInfo], monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    needs(kind)
    known = BACKENDS[kind]
    names, cannot = arguments_of(kind, monkeypatch, root)
    assert names == set(known.changed) | set(cannot)
    assert not set(known.changed) & set(cannot)
    assert all(len(reason) > 10 for reason in cannot.values())

    @cache
    def digest(task: str, given: frozenset[tuple[str, str]]) -> str:
        return sameness.of_model(opened(kind, dict(given), task))

    same = []
    for name, value in known.changed.items():
        given = {**known.given, **known.beside.get(name, {}), **({"revision": COMMITS[0]} if value in COMMITS else {})}
        changed = {**given, **known.along.get(name, {}), name: value}
        task = known.tasks.get(name, known.task)
        if digest(task, frozenset(given.items())) == digest(task, frozenset(changed.items())):
            same.append(name)
    assert not same


@pytest.mark.parametrize("kind", BACKENDS)
def test_every_model_that_is_opened_proves_what_it_is(kind: str, opened: Callable[..., ModelInfo]) -> None:
    needs(kind)
    known = BACKENDS[kind]
    first, again = (opened(kind, given, known.task) for given in (known.given, dict(reversed(list(known.given.items())))))
    assert sameness.is_proven(first)
    assert sameness.of_model(first) == sameness.of_model(again)


def _reply(root: Path) -> None:
    (root / "replies.jsonl").write_text(json.dumps({"id": "64", "text": "no"}) + "\n")


def _weight(root: Path) -> None:
    import torch

    parts = torch.load(root / "net.pt", weights_only=True)
    torch.save({part: {name: tensor + 1 for name, tensor in state.items()} for part, state in parts.items()}, root / "net.pt")


def _factory(root: Path) -> None:
    (root / "net.py").write_text(NET.replace("Linear(4, 2)", "Linear(4, 2, bias=True)"))


def _switch(root: Path) -> None:
    path = root / "resnet" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_args": {"drop_rate": 0.25}}))


def _crop(root: Path) -> None:
    path = root / "resnet" / "config.json"
    content = json.loads(path.read_text())
    content["pretrained_cfg"]["crop_pct"] = 0.5
    path.write_text(json.dumps(content))


def _processor(root: Path) -> None:
    path = next(
        path for path in ((root / "clip" / name) for name in ("preprocessor_config.json", "processor_config.json")) if path.is_file()
    )
    path.write_text(path.read_text().replace("0.48145466", "0.5"))


def _tokenizer(folder: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        path = root / folder / "tokenizer_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": "left"}))

    return edit


def _template(root: Path) -> None:
    path = root / "llama" / "chat_template.jinja"
    path.write_text(path.read_text().replace("<user>", "<user> "))


def _generation(root: Path) -> None:
    path = root / "llama" / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "repetition_penalty": 1.5}))


def _adapter(root: Path) -> None:
    path = root / "adapter" / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "lora_alpha": 32}))


def _scale(root: Path) -> None:
    import torch

    content = torch.load(root / "biomedgpt.pt", weights_only=False)
    content["cfg"]["model"].attn_scale_factor = 4
    torch.save(content, root / "biomedgpt.pt")


def _objects(root: Path) -> None:
    import torch

    content = torch.load(root / "biomedgpt.pt", weights_only=False)
    content["cfg"]["task"]["max_object_length"] = 3
    torch.save(content, root / "biomedgpt.pt")


def _answers(root: Path) -> None:
    (root / "answers.txt").write_text("yes\nnone\n")


def _script(root: Path) -> None:
    with (root / "worker.py").open("a") as file:
        file.write("# edited\n")


@pytest.mark.parametrize(
    ("kind", "edit", "given"),
    [
        ("predictions", _reply, {}),
        ("torch", _weight, {}),
        ("torch", _factory, {}),
        ("timm", _switch, {}),
        ("timm", _crop, {}),
        ("clip", _processor, {}),
        ("clip", _tokenizer("clip"), {}),
        ("hf", _tokenizer("llama"), {}),
        ("hf", _template, {}),
        ("hf", _generation, {}),
        ("hf", _adapter, {"adapter": "adapter"}),
        ("biomedgpt", _scale, {}),
        ("biomedgpt", _objects, {}),
        ("biomedgpt", _answers, {"answers": "answers.txt", "zero_shot": "no"}),
        ("worker", _script, {}),
    ],
)
def test_other_content_is_another_model(
    kind: str, edit: Callable[[Path], None], given: Mapping[str, str], opened: Callable[..., ModelInfo], root: Path
) -> None:
    """Under the same name, the same arguments and, where it holds weights, the same weights."""
    needs(kind)
    known = BACKENDS[kind]
    before = opened(kind, {**known.given, **given}, known.task)
    edit(root)
    after = opened(kind, {**known.given, **given}, known.task)
    assert before.name == after.name
    assert sameness.of_model(before) != sameness.of_model(after)
