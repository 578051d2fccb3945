"""The sample browser's data: each sample once, with what every run of its task made of it."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.base.visible import visible, visible_all
from harness.data import contract, further
from harness.errors import HarnessError
from harness.images.digests import Digests, digesting
from harness.report import packing
from harness.report.beside import Beside
from harness.report.packing import Item, weight
from harness.runs import privacy
from harness.runs.record import Record
from harness.types import Example, Image, Response, Task
from harness.views import at_hand, browsing, deciding, pairing
from harness.views.samples import reply_text

_SIDE = 256
_MOST = 9_000_000
"""Characters of all small pictures, which leaves a page of less than 20 MB."""


@dataclass(slots=True, kw_only=True)
class Pictures:
    """Pictures of the page, each once, as small data addresses, up to a number."""

    most: int
    beside: Beside = field(default_factory=Beside)
    addresses: list[str] = field(default_factory=list)
    _size: int = 0
    _places: dict[str, int] = field(default_factory=dict)

    def show(self, item: Item, images: Sequence[Image], known: Sequence[str], digests: Digests) -> None:
        """Put what there is of a sample's pictures into its item: ``im`` are places on the page, ``fm`` in the file beside it.

        Args:
            item: Of the sample.
            images: Its pictures.
            known: Their digests, where they were taken before.
            digests: Takes them.
        """
        for number, image in enumerate(images):
            try:
                digest = known[number] if known else digests.of(image)
                if self.beside.wanted:
                    item.setdefault("fm", []).append(self.beside.place(image, digest))
                if digest not in self._places and len(self.addresses) < self.most and self._size < _MOST:
                    self.addresses.append(_address(image))
                    self._size += len(self.addresses[-1])
                    self._places[digest] = len(self.addresses) - 1
            except HarnessError:
                continue
            if digest in self._places:
                item.setdefault("im", []).append(self._places[digest])


@dataclass(slots=True, kw_only=True)
class Collected:
    """The samples of all tasks on the page."""

    pictures: Pictures
    texts: int
    """Characters of texts on the page at most."""
    facts: list[dict[str, Any]] = field(default_factory=list)
    items: list[list[Item]] = field(default_factory=list)

    def add(
        self,
        runs: Sequence[tuple[Path, Record, str]],
        heading: str,
        task: Task[Any],
        *,
        data_root: Path | None,
        allow_credentialed: bool,
    ) -> None:
        """Collect the samples of one task's runs.

        Args:
            runs: Folder, record and name of each.
            heading: What the page calls the task.
            task: The task.
            data_root: Folder of releases; prompts, references and pictures are left out where it is None or the release is absent, pictures
                where they are not those that the run was shown.
            allow_credentialed: Put a credentialed dataset's text and pictures on the page.
        """
        records = [record for _, record, _ in runs]
        task = further.recorded(task, [estimate.signature for record in records for estimate in record.estimates])
        here = at_hand.look([(folder, record) for folder, record, _ in runs], task, data_root, allow_credentialed=allow_credentialed)
        metric = browsing.deciding_metric(task, records[0])
        values = [{} if metric is None else _values(browsing.all_values(metric, record), record) for record in records]
        self.items.append(_items(records, task, here.examples, here.responses, values))
        if here.pictures:
            with digesting() as digests:
                for item in sorted(self.items[-1], key=weight):
                    if item["id"] in here.examples:
                        images, known = here.examples[item["id"]].input.images, here.digests.get(item["id"], ())
                        self.pictures.show(item, images, known, digests)
        self.facts.append(
            {
                "task": visible(heading),
                "runs": [visible(name) for _, _, name in runs],
                "metric": "" if metric is None else f"{metric.name}/{metric.variant}",
                "rule": "" if metric is None else visible(metric.summary),
                "set": records[0].estimates[0].scoring_id,
                "missing": visible_all(list(here.missing)),
                "words": visible_all({name: dict(own) for name, own in task.card.words.items()}),
            }
        )

    def packed(self, beside: Beside, file: str) -> dict[str, Any]:
        """All of it as the page's script reads it.

        Args:
            beside: Gets the texts, where they are too many for the page.
            file: What the file beside the page is called; empty where there will be none.
        """
        if packing.size(self.items) > self.texts:
            beside.texts = [packing.texts(items) for items in self.items]
            packing.shorten(self.items, self.texts)
        tasks = [{**facts, **packing.pack(items)} for facts, items in zip(self.facts, self.items, strict=True)]
        beside.id = hashlib.sha256(packing.as_json(tasks).encode("utf-8", "backslashreplace")).hexdigest()[:16]
        return {
            "id": beside.id,
            "beside": {"file": visible(file), **beside.holds} if beside and file else None,
            "tasks": tasks,
            "images": self.pictures.addresses,
        }


def _items(
    records: Sequence[Record],
    task: Task[Any],
    examples: Mapping[str, Example[Any]],
    responses: Sequence[Mapping[str, Response]],
    values: Sequence[Mapping[str, float]],
) -> list[Item]:
    """The samples of one task and split, with short keys.

    ``p`` is what was asked and ``r`` the reference; of each run ``o`` is the outcome, ``v`` the value, ``y`` the reply, ``d`` what was read
    where that is not the reply as it stands, and ``w`` why, a minus before it where nothing was read.
    """
    first = records[0]
    rows = [{sample.id: sample for sample in record.samples} for record in records]
    called = [pairing.names(first, record) or {sample.id: sample.id for sample in first.samples} for record in records]
    items = []
    with privacy.staying(task.card, synthetic=first.data.kind == "synthetic", allowed=False):
        for sample in first.samples:
            theirs = [names.get(sample.id, "") for names in called]
            example = examples.get(sample.id)
            replies = [own.get(name) for own, name in zip(responses, theirs, strict=True)]
            outcomes = [own[name].outcome if name in own else "" for own, name in zip(rows, theirs, strict=True)]
            read = [_read(task, example, reply, outcome) for reply, outcome in zip(replies, outcomes, strict=True)]
            item: Item = {
                "id": sample.id,
                "g": sample.group,
                "tags": {name: value for name, value in sample.tags.items() if value},
                "o": outcomes,
                "v": [own.get(name) for own, name in zip(values, theirs, strict=True)],
                "y": [None if reply is None else reply_text(reply) for reply in replies],
                "d": [told for told, _ in read],
                "w": [why for _, why in read],
            }
            if example is not None:
                item |= {
                    "p": contract.prompt_of(task, example.input, example.id),
                    "r": "\n".join(contract.said_of(task, target, example.id) for target in example.references or (example.target,)),
                }
            items.append(item)
    return items


def _read(task: Task[Any], example: Example[Any] | None, reply: Response | None, outcome: str) -> tuple[str | None, str | None]:
    """What was read where that is not the reply, and why; nothing where either is not at hand."""
    if example is None or reply is None:
        return None, None
    try:
        decided = deciding.read(task, example, reply, outcome)
    except HarnessError:
        return None, None
    if decided.prediction is None:
        return None, f"-{decided.why}"
    return None if decided.as_it_stands else decided.prediction, decided.why


def _values(values: np.ndarray[Any, np.dtype[np.float64]], record: Record) -> dict[str, float]:
    """Each sample's value, where it has one."""
    finite = np.isfinite(values)
    rounded = np.round(values, 4).tolist()
    return {sample.id: value for sample, value, has in zip(record.samples, rounded, finite.tolist(), strict=True) if has}


def _address(image: Image) -> str:
    from harness.images.pixels import decode

    picture = decode(image, "RGB")
    picture.thumbnail((_SIDE, _SIDE))
    out = io.BytesIO()
    picture.save(out, format="PNG" if max(picture.size) <= 64 else "JPEG", quality=80)
    kind = "png" if max(picture.size) <= 64 else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"
