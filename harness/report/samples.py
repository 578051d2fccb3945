"""The sample browser's data: each sample once, with what every run of its task made of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.data import contract
from harness.errors import HarnessError
from harness.report.packing import weight
from harness.runs import privacy
from harness.runs.record import Record
from harness.types import Image, Task
from harness.views import changes, pairing
from harness.views.at_hand import examples, pictures_are_those_shown
from harness.views.samples import replies

_SIDE = 256


@dataclass(slots=True, kw_only=True)
class Pictures:
    """Pictures of the page, each once, as small data addresses, up to a number."""

    most: int
    addresses: list[str] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, image: Image) -> int | None:
        """Where a picture stands in ``addresses``; None where the page is full or the picture cannot be read."""
        try:
            digest = image.digest()
            if digest not in self._places and len(self.addresses) < self.most:
                self.addresses.append(_address(image))
                self._places[digest] = len(self.addresses) - 1
        except HarnessError:
            return None
        return self._places.get(digest)


def browse(
    runs: Sequence[tuple[Path, Record]], task: Task[Any], *, data_root: Path | None, pictures: Pictures, allow_credentialed: bool
) -> list[dict[str, Any]]:
    """The samples of one task and split, with short keys; where pictures are more than the page holds, those of failures come first.

    Args:
        runs: Folder and record of each run of the task.
        task: The task.
        data_root: Folder of releases; prompts, references and pictures are left out where it is None or the release is absent, pictures
            where they are not those that the run was shown.
        pictures: Collects what is shown.
        allow_credentialed: Put a credentialed dataset's text and pictures on the page.
    """
    record = runs[0][1]
    hidden = privacy.is_private(task.card, synthetic=record.data.kind == "synthetic") and not allow_credentialed
    known = {} if hidden else examples(record, task, data_root)[0]
    seen = pictures_are_those_shown(record, known)
    said = [{} if hidden else replies(folder, other, task, data_root) for folder, other in runs]
    values = [_values(other, task) for _, other in runs]
    rows = [{sample.id: sample for sample in other.samples} for _, other in runs]
    called = [pairing.names(record, other) or {sample.id: sample.id for sample in record.samples} for _, other in runs]
    found = []
    for sample in record.samples:
        theirs = [names.get(sample.id, "") for names in called]
        example = known.get(sample.id)
        item: dict[str, Any] = {
            "id": sample.id,
            "g": sample.group,
            "tags": {name: value for name, value in sample.tags.items() if value},
            "o": [own[name].outcome if name in own else "" for own, name in zip(rows, theirs, strict=True)],
            "v": [own.get(name) for own, name in zip(values, theirs, strict=True)],
            "y": [own.get(name) for own, name in zip(said, theirs, strict=True)],
        }
        if example is not None:
            item |= {
                "p": contract.prompt_of(task, example.input, example.id),
                "r": contract.said_of(task, example.target, example.id),
            }
        found.append(item)
    for item in sorted(found, key=weight) if seen else ():
        example = known.get(item["id"])
        if example is not None:
            item["im"] = [place for image in example.input.images if (place := pictures.place(image)) is not None]
    return found


def _values(record: Record, task: Task[Any]) -> dict[str, float]:
    """The ranking metric's value of each sample alone, where it has one."""
    metric = task.metrics[0]
    measured = record.measures.get(metric.measure.name)
    if measured is None or measured.statistics is None:
        return {}
    values = changes.per_sample(metric, measured.statistics)
    return {sample.id: round(float(value), 4) for sample, value in zip(record.samples, values, strict=True) if np.isfinite(value)}


def _address(image: Image) -> str:
    from harness.images.pixels import decode

    picture = decode(image, "RGB")
    picture.thumbnail((_SIDE, _SIDE))
    out = io.BytesIO()
    picture.save(out, format="PNG" if max(picture.size) <= 64 else "JPEG", quality=80)
    kind = "png" if max(picture.size) <= 64 else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"
