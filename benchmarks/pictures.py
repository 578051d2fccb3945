"""Pictures per second: a classifier's preparation beside a bare `torch.utils.data.DataLoader` with the same transforms, on the same files.

Radiographs as JPEG, whole and drafted, PNG of 8 and of 16 bits, and DICOM where pydicom is installed; resized to 224 x 224. The loader's
workers are those of the number that measured best.
"""

from __future__ import annotations

import importlib.util
import io
import os
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lines import Line

_N, _SIDE, _SHOWN = 96, 1024, 224
_BATCH = 16
_DRAFTED = "jpeg, drafted"
_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What one side took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds."""
    first: Any
    """Its first batch."""


def lines(work: Path, _: str) -> Iterator[Line | str]:
    """Elapsed time of each format, either way; the tensors must be equal."""
    for kind in ("jpeg", _DRAFTED, "png", "png16", *(("dicom",) if importlib.util.find_spec("pydicom") else ())):
        files = _written(work / f"pictures-{kind}", kind.partition(",")[0])
        sides: dict[int | None, list[_Taken]] = {None: [], 0: [], 1: [], 2: []}
        for workers in [*sides] * _ROUNDS:
            sides[workers].append(_timed(files, workers, draft=kind == _DRAFTED))
        if not np.array_equal(sides[None][0].first, sides[0][0].first):
            raise SystemExit(f"{kind}: the two sides made different tensors")
        least = {workers: min(taken, key=lambda one: one.wall) for workers, taken in sides.items()}
        ours = least.pop(None)
        best = min(least, key=lambda workers: least[workers].wall)
        theirs = least[best]
        yield Line(
            what=f"{kind}: pictures of {_SIDE} x {_SIDE} per second; beside it a DataLoader of {best} workers",
            ours=_shown(ours),
            beside=_shown(theirs),
            ratio=ours.wall / theirs.wall,
            bar=1,
            why=f"in CPU {ours.cpu / theirs.cpu:.2f}",
        )


def _timed(files: Sequence[Path], workers: int | None, *, draft: bool) -> _Taken:
    """The harness for None, else a loader of so many workers."""
    wall, cpu = time.perf_counter(), _cpu()
    first = _harness(files, draft=draft) if workers is None else _loader(files, workers, draft=draft)
    return _Taken(wall=time.perf_counter() - wall, cpu=_cpu() - cpu, first=first)


def _cpu() -> float:
    """Seconds of all threads, and of the processes that have ended."""
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in both)


def _shown(taken: _Taken) -> str:
    return f"{_N / taken.wall:.0f}/s ({taken.cpu / _N * 1e3:.1f} ms of CPU each)"


def _harness(files: Sequence[Path], *, draft: bool) -> Any:
    """Through the runner: the network gives what it is given, so that preparation is all there is."""
    import torch

    from harness.base import collecting
    from harness.models.classifiers.backend import Classifier
    from harness.models.classifiers.loading import Network
    from harness.models.classifiers.settings import Settings
    from harness.runs.answering import Asked, answers, batched
    from harness.types import Decoding, Image, Input, ModelInfo, Request

    seen: list[Any] = []

    def forward(batch: Any) -> Any:
        seen.append(batch[0])
        return torch.zeros(len(batch), 2)

    network = Network(forward=forward, device=torch.device("cpu"), dtype=torch.float32, parameters=0)
    settings = Settings(
        height=_SHOWN, width=_SHOWN, channels=1, mean=(0.5,), std=(0.5,), output="logits", labels=("no", "yes"), draft=draft
    )
    model = Classifier(info=ModelInfo(name="nothing", kind="torch", scores="softmax"), settings=settings, network=network)
    item = Input(text="", choices=("no", "yes"))
    requests = [
        Request(
            id=str(number),
            prompt="",
            item=replace(item, images=(Image(name=path.name, read=path.read_bytes, file=path),)),
            decoding=Decoding(score_choices=True),
        )
        for number, path in enumerate(files)
    ]
    asked = [Asked(request=request, digest="") for request in requests]
    with collecting.set_aside():
        assert sum(len(piece) for piece in answers(model, batched(model, asked, _BATCH))) == len(files)
    return seen[0].numpy()


class _Files:
    """What a bare loader would read: the same pixels by the same transforms."""

    def __init__(self, files: Sequence[Path], *, draft: bool) -> None:
        self.files, self.draft = files, draft

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> Any:
        import torch

        from harness.images.pixels import array
        from harness.types import Image

        path = self.files[place]
        pixels = array(Image(name=path.name, read=path.read_bytes), "L", (_SHOWN, _SHOWN), draft=self.draft)
        values = np.atleast_3d(pixels).transpose(2, 0, 1).astype(np.float32) / 255
        mean = std = np.array([0.5], dtype=np.float32)[:, None, None]
        return torch.from_numpy((values - mean) / std)


def _loader(files: Sequence[Path], workers: int, *, draft: bool) -> Any:
    from torch.utils.data import DataLoader

    loader: Any = DataLoader(_Files(files, draft=draft), batch_size=_BATCH, num_workers=workers)  # type: ignore[arg-type]
    batches = list(loader)
    return batches[0][0].numpy()


def _written(folder: Path, kind: str) -> list[Path]:
    """Invented radiographs: smooth shades and noise."""
    from PIL import Image as Pillow

    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    shade = np.add.outer(np.linspace(0, 2500, _SIDE), np.linspace(0, 1200, _SIDE))
    made = []
    for _ in range(8):
        values = (shade + rng.normal(0, 40, shade.shape)).clip(0, 4095).astype(np.uint16)
        out = io.BytesIO()
        if kind == "dicom":
            _dicom(values, out)
        elif kind == "png16":
            Pillow.fromarray(values).save(out, format="PNG")
        else:
            Pillow.fromarray((values >> 4).astype(np.uint8)).save(out, format=kind.upper())
        made.append(out.getvalue())
    paths = [folder / f"{number}.{kind}" for number in range(_N)]
    for number, path in enumerate(paths):
        path.write_bytes(made[number % len(made)])
    os.sync()
    return paths


def _dicom(values: Any, out: io.BytesIO) -> None:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.1")
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["benchmark"])
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.Rows, made.Columns = values.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.PixelData = values.tobytes()
    made.save_as(out, enforce_file_format=True)
