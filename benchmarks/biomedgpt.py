"""BiomedGPT on this machine: images and answers per second, batched against one by one, and the memory that loading takes.

    python benchmarks/biomedgpt.py [--sizes s,b] [--batch 8] [--bpe DIR] [--memory]

Weights are seeded noise in the released sizes. The floor beside a speed is what the multiplications of the trunk and of the encoder's
matrices alone would take at this machine's measured matrix speed. Answers need the vocabulary; without ``--bpe`` they are left out.
``--memory`` writes a B-size file of about 3 GB, with averaged weights and an optimiser's state, and loads it in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from harness import models
from harness.base import user_code
from harness.data import catalog
from harness.data import examples as loading
from harness.models.biomedgpt import container, weights
from harness.types import Request, Scene

recipe: Any = user_code.load(Path(__file__).parents[1] / "tests" / "models" / "biomedgpt" / "recipe.py", "tests", again=False)
"""The weights of the tests."""
_SIDES = {"s": 256, "m": 256, "b": 384}
_LOAD = """
import re, sys
from pathlib import Path
import torch
from harness.models.biomedgpt import container, weights
def high():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))
before = high()
checkpoint = container.read(Path(sys.argv[1]))
weights.check(checkpoint, "ema")
network = weights.build(checkpoint, "ema", device=torch.device("cpu"), dtype=torch.float32)
used = sum(p.numel() * p.element_size() for part in (network.encoder, network.decoder) for p in part.parameters())
peak = high()
print(f"weights used {used / 1e9:.2f} GB; peak {peak / 1e6:.2f} GB, of which {before / 1e6:.2f} GB before the file was opened")
"""


def seconds(call: Callable[[], Any], least: float = 2.0) -> float:
    """Mean time of a call, after one that is not counted."""
    call()
    n, started = 0, time.perf_counter()
    while time.perf_counter() - started < least:
        call()
        n += 1
    return (time.perf_counter() - started) / n


def matrix_speed() -> float:
    """Multiplications and additions per second of a large product of matrices."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    return 2 * 1024**3 / seconds(lambda: a @ b, 1.0)


def operations(network: Any, side: int) -> float:
    """Multiplications and additions of the trunk's convolutions and the encoder's matrices for one picture and 20 tokens."""
    total = 0.0

    def count(module: Any, _: Any, output: Any) -> None:
        nonlocal total
        if isinstance(module, torch.nn.Conv2d):
            total += 2 * output.numel() * module.weight[0].numel()
        elif isinstance(module, torch.nn.Linear):
            total += 2 * output.numel() * module.in_features

    hooks = [module.register_forward_hook(count) for module in network.encoder.modules()]
    with torch.inference_mode():
        network.encoder(torch.full((1, 20), 5), torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return total


def speed(name: str, batch: int, bpe: str, folder: Path) -> None:
    """Print one size."""
    size = {"s": recipe.S, "m": recipe.M, "b": recipe.B}[name]
    path = folder / f"{name}.pt"
    torch.save(recipe.container(recipe.weights(size, 1234, 14.5), size, patch_image_size=_SIDES[name]), path)
    checkpoint = container.read(path)
    network = weights.build(checkpoint, "model", device=torch.device("cpu"), dtype=torch.float32)
    side = _SIDES[name]
    floor = operations(network, side) / matrix_speed()
    with torch.inference_mode():
        one, many = (
            seconds(lambda n=n: network.encoder(torch.full((n, 20), 5), torch.zeros(n, 3, side, side))) / n  # type: ignore[misc]
            for n in (1, batch)
        )
    print(f"{name.upper()} {side} px   images/s   one by one {1 / one:6.2f}   batch of {batch} {1 / many:6.2f}   floor {1 / floor:6.2f}")
    if bpe:
        _answers(name, path, batch, bpe)


def _answers(name: str, path: Path, batch: int, bpe: str) -> None:
    dataset = loading.load(catalog.task("vqa_rad"), sample=True)
    examples = dataset.examples[: 2 * batch]
    task = dataset.task
    scene = Scene(task=task, split="test", examples=examples, ids=frozenset(e.id for e in examples))
    model = models.open_model(f"biomedgpt:{path}", {"bpe": bpe, "beams": "1", "max_len": "60"}).for_task(scene)
    requests = [Request(id=e.id, prompt=task.prompt(e.input), item=e.input, decoding=task.decoding) for e in examples]
    one = seconds(lambda: [model.generate([request]) for request in requests]) / len(requests)
    many = seconds(lambda: [model.generate(requests[i : i + batch]) for i in range(0, len(requests), batch)]) / len(requests)
    print(f"{name.upper()}          answers/s  one by one {1 / one:6.2f}   batch of {batch} {1 / many:6.2f}")


def memory(folder: Path) -> None:
    """Print what loading a B-size file takes."""
    path = folder / "big.pt"
    model = recipe.weights(recipe.B, 1234, 14.5)
    averaged = {key: value.clone() for key, value in model.items()}
    content = recipe.container(model, recipe.B, ema=averaged)
    floats = [value for value in model.values() if value.is_floating_point()]
    state = {number: {"exp_avg": value.clone(), "exp_avg_sq": value.clone()} for number, value in enumerate(floats)}
    torch.save({**content, "last_optimizer_state": {"state": state}}, path)
    print(f"file {path.stat().st_size / 1e9:.2f} GB;", end=" ", flush=True)
    subprocess.run([sys.executable, "-c", _LOAD, str(path)], check=True)


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="s,b")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--bpe", default="")
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, PyTorch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        if given.memory:
            memory(Path(folder))
        else:
            for name in given.sizes.split(","):
                speed(name, given.batch, given.bpe, Path(folder))


if __name__ == "__main__":
    main()
