"""Networks from files: a torch.export archive, a TorchScript archive, or a state dict with the user's own code.

An export is checked part by part (`archive`), and so is the code of a TorchScript archive (`script`): both may call what turns tensors
into tensors (`operators`) and nothing else. A state dict is loaded with ``weights_only``. A factory is a Python file that runs because
the user named it on the command line; a file beside the checkpoint cannot name one.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.errors import CorruptData, HarnessError, UsageError
from harness.files import content
from harness.models import devices
from harness.models.classifiers.archive import checked_export
from harness.models.classifiers.parts import names_of_parts
from harness.models.classifiers.script import load_script
from harness.models.classifiers.settings import Settings
from harness.models.classifiers.states import fill
from harness.models.foreign import load_function
from harness.models.tensors import classes, plain, unsafe

Forward = Callable[[torch.Tensor], torch.Tensor]

_FREE_BATCH = 'torch.export.export(net, (pictures,), dynamic_shapes=({0: torch.export.Dim("batch")},))'


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network that is ready to answer."""

    forward: Forward
    parameters: int
    dtype: torch.dtype
    """Of its weights; pictures are given in it."""
    device: torch.device
    one_by_one: bool = False
    """Whether it was exported for a single picture and takes no batch."""
    where: str = ""
    """Where in its file the weights stood, and under which prefix; empty where they were the file as it is."""


def load_network(path: Path, settings: Settings) -> Network:
    """The network of a checkpoint, on its device, tried once on black pictures.

    Raises:
        UsageError: A state dict came without its code, or pictures of the declared size do not go in or come out as declared.
        CorruptData: The file is not what it should be.
        MissingTool: The device asked for is not there.
    """
    content.refuse_no_weights(path)
    device = devices.device(settings.device)
    names = [] if settings.factory or path.suffix == ".safetensors" else _names(path)
    where = ""
    try:
        if settings.factory:
            forward, tensors, where = _from_state(path, settings, device)
        elif any(name.endswith(("models/model.json", "serialized_exported_program.json")) for name in names):
            forward, tensors = _from_export(path, device)
        elif any("/code/" in name for name in names):
            forward, tensors = _from_script(path, device)
        elif named := classes(path):
            raise CorruptData(unsafe(path, ", ".join(named)))
        else:
            raise UsageError(
                f"{path}: a state dict needs the code that it belongs to: -a factory=net.py:build, a function that returns the module."
            )
    except HarnessError:
        raise
    except Exception as error:  # PyTorch meets a damaged archive with whatever it stumbles over: RuntimeError, AssertionError, KeyError
        raise CorruptData(f"{path}: cannot be loaded ({plain(error)}). Is the file whole, and made for this version of PyTorch?") from error
    weights = list(tensors)
    floating = [weight.dtype for weight in weights if weight.is_floating_point()]
    dtype = floating[0] if floating else torch.float32
    return Network(
        forward=forward,
        parameters=sum(weight.numel() for weight in weights),
        dtype=dtype,
        device=device,
        one_by_one=_takes_one_by_one(path, forward, settings, dtype, device),
        where=where,
    )


def _takes_one_by_one(path: Path, forward: Forward, settings: Settings, dtype: torch.dtype, device: torch.device) -> bool:
    """Whether only a single picture goes in, as it is where a network was exported with a fixed batch of one."""
    failure: Exception | None = None
    for n in (2, 1):
        black = torch.zeros(n, settings.channels, settings.height, settings.width, dtype=dtype, device=device)
        try:
            with torch.inference_mode():
                out: Any = forward(black)
        except Exception as error:  # noqa: BLE001  raised below, where no batch goes in
            failure = failure or error
            continue
        expected = [(n, len(settings.labels)), *([(n,)] if len(settings.labels) == 1 else [])]
        if not isinstance(out, torch.Tensor) or tuple(out.shape) not in expected:
            form = f"shape {tuple(out.shape)}" if isinstance(out, torch.Tensor) else f"type {type(out).__name__}"
            raise UsageError(
                f"{path}: for {n} picture(s) its output has {form}, and its settings name {len(settings.labels)} labels"
                f" ({', '.join(settings.labels)}); it must give one number per picture and label."
            )
        return n == 1
    reason = plain(failure) if failure else ""
    raise UsageError(
        f"{path}: no {settings.channels} x {settings.height} x {settings.width} picture goes in, neither one nor two at a time ({reason})."
        f" Are size and channels its own? A network exported for one fixed batch takes no other; export it with: {_FREE_BATCH}"
    )


def _from_export(path: Path, device: torch.device) -> tuple[Forward, Iterator[torch.Tensor]]:
    program = torch.export.load(checked_export(path))
    if device.type != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, device)  # moves the graph's own constants too, which Module.to does not
    return program.module(), iter(program.parameters())


def _from_script(path: Path, device: torch.device) -> tuple[Forward, Iterator[torch.Tensor]]:
    module = load_script(path, device)
    module.eval()
    return module, module.parameters()


def _from_state(path: Path, settings: Settings, device: torch.device) -> tuple[Forward, Iterator[torch.Tensor], str]:
    file, _, name = settings.factory.rpartition(":")
    build = load_function(Path(file), name)
    module = build() if callable(build) else None
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"{settings.factory} returned {type(module).__name__}; it must return a torch.nn.Module.")
    where = fill(module, path, part=settings.weights)
    module.eval().to(device)
    return module, module.parameters(), where


def _names(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        raise CorruptData(
            f"{path}: not a PyTorch archive, or a truncated one; copy or download it again. (A file from before PyTorch 1.6: load and"
            " save it once with a newer one.)"
        )
    return names_of_parts(path)
