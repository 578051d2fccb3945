"""Trainers' files: weights that stand under a key or a prefix, beside other things, or in objects that would have to be run."""

from __future__ import annotations

import argparse
import copy
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import save_file

from harness import models
from harness.errors import CorruptData, UsageError
from harness.models.classifiers.states import read_state
from harness.types import Scene
from tests.models import asking

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16, 8), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.trunk(x))

def build():
    return Net()
"""
GIVEN = {"size": "28", "channels": "1", "mean": "0.5", "std": "0.25", "output": "logits", "labels": "normal|pneumonia"}


class Best:
    """An object that a trainer keeps beside its weights."""


def prefixed(state: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {prefix + name: tensor for name, tensor in state.items()}


def trained(state: Mapping[str, Any]) -> dict[str, Any]:
    """An optimiser's state, which is tensors under names too, under the number of each parameter."""
    moments = {number: {"step": torch.tensor(1.0), "exp_avg": tensor, "exp_avg_sq": tensor} for number, tensor in enumerate(state.values())}
    return {"state": moments, "param_groups": [{"lr": 0.1, "params": [0, 1]}]}


def compiled(state: Mapping[str, Any]) -> dict[str, Any]:
    """Under the names that `torch.compile` gives to parts of a network."""
    return {name.replace("trunk.", "trunk._orig_mod.").replace("layer1.", "layer1._orig_mod."): tensor for name, tensor in state.items()}


class Saved(NamedTuple):
    """What a trainer keeps beside weights or around them, and what becomes of that."""

    outcome: str
    content: Callable[[dict[str, Any]], Any]
    recorded: str = ""
    """Where the weights stood, as the record says it."""


EQUAL = "runs, equal to PyTorch alone"
FILES: Mapping[str, Saved] = {
    "the weights alone": Saved(EQUAL, lambda state: state),
    "weights under `model`": Saved(EQUAL, lambda state: {"model": state}, "under model"),
    "weights under `net`": Saved(EQUAL, lambda state: {"net": state, "epoch": 3, "acc": 0.91}, "under net"),
    "weights under `state_dict`": Saved(EQUAL, lambda state: {"state_dict": OrderedDict(state), "best": None}, "under state_dict"),
    "weights under `model_state_dict`, beside an optimiser's": Saved(
        EQUAL, lambda state: {"model_state_dict": state, "optimizer": trained(state)}, "under model_state_dict"
    ),
    "weights under a key of a key": Saved(EQUAL, lambda state: {"checkpoint": {"model": state, "step": 7}}, "under checkpoint.model"),
    "weights with the prefix `module.`": Saved(EQUAL, lambda state: prefixed(state, "module."), "without the prefix module."),
    "weights with the prefix `_orig_mod.`": Saved(EQUAL, lambda state: prefixed(state, "_orig_mod."), "without the prefix _orig_mod."),
    "weights with the prefix `model.`": Saved(EQUAL, lambda state: prefixed(state, "model."), "without the prefix model."),
    "weights with the prefix `module._orig_mod.`": Saved(
        EQUAL, lambda state: prefixed(state, "module._orig_mod."), "without the prefix module._orig_mod."
    ),
    "weights under `state_dict` with the prefix `model.` (Lightning)": Saved(
        EQUAL,
        lambda state: {"state_dict": prefixed(state, "model."), "optimizer_states": [trained(state)], "pytorch-lightning_version": "2.5"},
        "under state_dict, without the prefix model.",
    ),
    "weights of parts that were compiled": Saved(EQUAL, compiled, "without _orig_mod in the names"),
    "weights of parts that were compiled, in a Lightning module": Saved(
        EQUAL,
        lambda state: {"state_dict": prefixed(compiled(state), "model.")},
        "under state_dict, without _orig_mod in the names, without the prefix model.",
    ),
    "Lightning's file with the best models of a callback": Saved(
        EQUAL,
        lambda state: {
            "state_dict": prefixed(state, "net."),
            "callbacks": {"ModelCheckpoint": {"best_k_models": {"a.ckpt": torch.tensor(0.9)}, "best_model_score": torch.tensor(0.9)}},
        },
        "under state_dict, without the prefix net.",
    ),
    "an average of weights, counted": Saved(
        EQUAL, lambda state: {"n_averaged": torch.tensor(3), **prefixed(state, "module.")}, "without n_averaged, without the prefix module."
    ),
    "weights of two networks": Saved(EQUAL, lambda state: {"student": state, "teacher": {"other.weight": torch.ones(2)}}, "under student"),
    "weights in a module with a loss of its own": Saved(
        "has, and the network does not, 1 (criterion.weight), once the prefix 'net.' is off",
        lambda state: {**prefixed(state, "net."), "criterion.weight": torch.ones(2)},
    ),
    "weights under `model` and again under `model_ema`": Saved(
        "holds weights more than once, under model, model_ema; say which", lambda state: {"model": state, "model_ema": state}
    ),
    "weights of another network": Saved(
        "not the weights of this network: it lacks 1", lambda state: {"model": dict(list(state.items())[:-1])}
    ),
    "weights beside one tensor more": Saved(
        "the network does not, 1 (loss.weight)", lambda state: {**prefixed(state, "model."), "loss.weight": torch.ones(2)}
    ),
    "no weights": Saved("holds no mapping of names to tensors", lambda state: {"epoch": 3, "names": ["a"]}),
    "a list": Saved("holds a list, not a state dict", lambda state: [*state.values()]),
    "weights beside an object of a trainer's class": Saved(
        "test_weights_in_files.Best, which can run code as they are read", lambda state: {"model": state, "best": Best()}
    ),
    "weights beside the command line's arguments": Saved(
        "holds pickled objects of argparse.Namespace, which can run code",
        lambda state: {"model": state, "args": argparse.Namespace(lr=0.1)},
    ),
}
WHAT_RUNS = {"Classifier files (`torch:` with a factory, `timm:`)": FILES}


@pytest.fixture(scope="module")
def scene() -> Scene:
    return asking.scene("pneumoniamnist", 3)


def opened(kind: str, path: Path, **more: str) -> Any:
    if kind == "torch":
        path.with_name("net.py").write_text(NET)
        return models.open_model(f"torch:{path}", GIVEN | {"factory": f"{path.with_name('net.py')}:build", "device": "cpu"} | more)
    return models.open_model(f"timm:{path}", {"architecture": "test_resnet", "labels": GIVEN["labels"], "device": "cpu"} | more)


@cache
def network(kind: str) -> Any:
    """Made once; to be read alone."""
    torch.manual_seed(1)
    if kind == "torch":
        space: dict[str, Any] = {}
        exec(NET, space)  # noqa: S102  the text above
        return space["build"]().eval()
    from harness.base import torch_vision

    torch_vision.ready()
    timm = pytest.importorskip("timm", reason="needs the extra timm")
    return timm.create_model("test_resnet", num_classes=2).eval()


def answers(model: Any, scene: Scene) -> list[Any]:
    return [response.choice_log_probs for response in asking.ask(model, scene)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, scene: Scene) -> Callable[[str], list[Any]]:
    """What a kind of model answers whose file holds its weights and nothing else."""

    @cache
    def plain(kind: str) -> list[Any]:
        path = tmp_path_factory.mktemp(kind) / "plain.pt"
        torch.save(network(kind).state_dict(), path)
        return answers(opened(kind, path), scene)

    return plain


@pytest.mark.parametrize("kind", ["torch", "timm"])
@pytest.mark.parametrize("what", FILES)
def test_a_trainers_file_is_read_or_refused_by_what_is_in_it(
    tmp_path: Path, scene: Scene, plain: Callable[[str], list[Any]], kind: str, what: str
) -> None:
    net, case = network(kind), FILES[what]
    torch.save(case.content(dict(net.state_dict())), tmp_path / "made.pt")
    if not case.outcome.startswith("runs"):
        with pytest.raises((CorruptData, UsageError), match=re.escape(case.outcome)) as refused:
            opened(kind, tmp_path / "made.pt")
        assert not re.search(r"\x1b|weights_only|trust the source", str(refused.value))
        return
    model = opened(kind, tmp_path / "made.pt")
    assert model.info.arguments.get("weights", "") == case.recorded
    assert answers(model, scene) == plain(kind)
    black = torch.zeros(1, *((1, 28, 28) if kind == "torch" else (3, 64, 64)))
    with torch.inference_mode():
        assert torch.equal(model.network.forward(black), net(black))


@pytest.mark.parametrize("kind", ["torch", "timm"])
def test_one_of_several_mappings_is_taken_by_name(tmp_path: Path, kind: str) -> None:
    net = network(kind)
    other = {name: tensor + 1 for name, tensor in net.state_dict().items()}
    torch.save({"model": other, "ema": {"module": prefixed(net.state_dict(), "module.")}}, tmp_path / "two.pt")
    model = opened(kind, tmp_path / "two.pt", weights="ema.module")
    assert model.info.arguments["weights"] == "under ema.module, without the prefix module."
    with pytest.raises(UsageError, match=r"holds no tensors under 'best'; they stand under model, ema\.module\."):
        opened(kind, tmp_path / "two.pt", weights="best")


@pytest.mark.parametrize("kind", ["torch", "timm"])
def test_weights_in_a_safetensors_file_are_read_alike(tmp_path: Path, scene: Scene, plain: Callable[[str], list[Any]], kind: str) -> None:
    state = {name: tensor.contiguous() for name, tensor in network(kind).state_dict().items()}
    save_file(prefixed(state, "module."), tmp_path / "made.safetensors")
    assert answers(opened(kind, tmp_path / "made.safetensors"), scene) == plain(kind)


def test_the_weights_of_a_network_that_a_factory_wraps_get_its_prefix(tmp_path: Path) -> None:
    state = network("torch").state_dict()
    torch.save(state, tmp_path / "plain.pt")
    wrapper = """
class Wrapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def forward(self, x):
        return self.net(x)
"""
    (tmp_path / "wrapped.py").write_text(NET.replace("def build", f"{wrapper}\ndef build").replace("return Net()", "return Wrapper()"))
    given = GIVEN | {"factory": f"{tmp_path / 'wrapped.py'}:build", "device": "cpu"}
    assert models.open_model(f"torch:{tmp_path / 'plain.pt'}", given).info.arguments["weights"] == "with the prefix net."  # type: ignore[attr-defined]


def test_a_layer_that_a_network_has_twice_may_stand_in_its_file_once(tmp_path: Path) -> None:
    net = copy.deepcopy(network("torch"))
    torch.save(net.state_dict(), tmp_path / "once.pt")
    net.last = net.head
    found = read_state(tmp_path / "once.pt", net.state_dict())
    assert sorted(found.tensors) == ["head.bias", "head.weight", "last.bias", "last.weight", "trunk.2.bias", "trunk.2.weight"]
    assert torch.equal(found.tensors["last.weight"], net.head.weight)


def test_a_whole_network_that_was_pickled_is_refused_by_its_class_without_a_factory_too(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), tmp_path / "whole.pt")
    with pytest.raises(CorruptData, match=r"whole\.pt: it holds pickled objects of torch\.nn\.modules\.container\.Sequential") as refused:
        models.open_model(f"torch:{tmp_path / 'whole.pt'}", GIVEN)
    assert "safetensors.torch.save_file(net.state_dict(), 'net.safetensors')" in str(refused.value)


def test_a_truncated_file_is_called_one_by_both(tmp_path: Path) -> None:
    torch.save(network("torch").state_dict(), tmp_path / "cut.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "cut.pt").read_bytes()[:-400])
    with pytest.raises(CorruptData, match=r"cut\.pt: (cannot be loaded|not a readable)"):
        opened("torch", tmp_path / "cut.pt")
