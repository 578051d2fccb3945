"""Exports: the requests of a task as files, for a model that runs elsewhere; never a target."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base.withheld import withholding
from harness.data import contract
from harness.data.examples import Dataset
from harness.errors import MissingData, UsageError
from harness.files import kept_back, writing
from harness.files.refusals import OUT
from harness.images.pixels import encoded
from harness.runs import privacy
from harness.runs.excerpt import Excerpt
from harness.types import Example, Image, Task

_ALL = Excerpt()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an export holds."""

    requests: int
    absent: tuple[str, ...]
    """Ids of the requests that are left out, as a picture of theirs is absent from the release."""


def write_requests(
    dataset: Dataset,
    out: Path,
    *,
    root: Path | None = None,
    excerpt: Excerpt = _ALL,
    allow_credentialed: bool = False,
    observe: Callable[[int, int], None] = lambda _done, _total: None,
) -> Written:
    """Write ``out`` (one JSON object per request) and its pictures in a folder beside it.

    Each line holds ``id``, ``prompt``, ``question`` (the prompt's without instructions and options), ``images`` (paths relative to the
    file), ``choices`` and ``context``. Pictures are named by their content, because a file name of the release can give the answer away;
    those of more than 8 bits and DICOM are written as 8-bit PNG, scaled as for a model that runs here. Of open data whose card says that
    names give nothing away, ``release_images`` are the pictures as the release calls them, in its folder. A request whose picture is
    absent from the release is left out and named.

    Args:
        dataset: What is asked.
        out: The .jsonl file.
        root: The release's folder.
        excerpt: Which examples.
        allow_credentialed: Write a credentialed dataset's text and images all the same.
        observe: Called after each example.

    Raises:
        DataUseRefused: The dataset is credentialed and the user has not allowed an export.
        UsageError: ``out`` exists and is not an export.
        MissingData: No picture is there.
    """
    task = dataset.task
    privacy.check_sharing(task.card, "an export", synthetic=dataset.synthetic, allowed=allow_credentialed)
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name the .jsonl file to write.")
    private = privacy.is_private(task.card, synthetic=dataset.synthetic)
    pictures = out.parent / f"{out.stem}_images"
    examples = excerpt.of(dataset.examples)
    if private and any(example.input.images for example in examples):
        writing.make_folder(pictures, OUT, private=True)
        kept_back.ignore(pictures)
    lines: list[str] = []
    absent: list[str] = []
    for number, example in enumerate(examples, start=1):
        try:
            names = [f"{pictures.name}/{_write_picture(image, pictures, private=private)}" for image in example.input.images]
        except MissingData:
            absent.append(example.id)
            if len(absent) == len(examples):
                raise
        else:
            with withholding(private):
                line = _line(task, example, names)
            if task.card.access == "open" and task.card.blind_names and names and root is not None:
                line["release_images"] = [_in_release(image, root) for image in example.input.images]
            lines.append(json.dumps(line, ensure_ascii=False))
        observe(number, len(examples))
    writing.replace_file(out, "".join(line + "\n" for line in lines).encode("utf-8", "backslashreplace"), OUT, private=private)
    return Written(requests=len(lines), absent=tuple(absent))


def _in_release(image: Image, root: Path) -> str:
    """The picture by its name below the release's folder."""
    return str(image.file or image.name).removeprefix(f"{root}{os.sep}")


def _line(task: Task[Any], example: Example[Any], images: Sequence[str]) -> dict[str, Any]:
    item = example.input
    prompt = contract.prompt_of(task, item, example.id)
    return {
        "id": example.id,
        "prompt": prompt,
        "question": item.text,
        "images": list(images),
        "choices": list(item.choices),
        "context": dict(item.context),
    }


def _write_picture(image: Image, folder: Path, *, private: bool) -> str:
    content, suffix = encoded(image)
    name = hashlib.sha256(content).hexdigest()[:24] + suffix
    path = folder / name
    if not path.exists():
        writing.replace_file(path, content, OUT, private=private)
    return name
