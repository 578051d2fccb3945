"""PathVQA as its authors distribute it: pickled questions beside folders of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.base.withheld import quoted
from harness.cards import Card, Split
from harness.data.readers import Release, pickles
from harness.data.readers.files import pictures, required
from harness.data.readers.ids import distinct
from harness.errors import CorruptData
from harness.files import content
from harness.rows import Row

_FOLDER = "pvqa"
"""What the archive extracts to; its content may also lie in the release's folder itself."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per question: ``id``, ``image``, ``question`` and ``answer``, from either of the two files that hold them."""
    part = str(split.select["part"])
    base = root / _FOLDER if (root / _FOLDER).is_dir() else root
    path = required(card, base, f"qas/{part}_vqa.pkl", f"qas/{part}/{part}_qa.pkl")
    find = pictures(required(card, base, f"images/{part}"), suffix=".jpg")
    items = list(_items(path))
    ids = distinct(item.identifier("id") for item in items)
    rows = (Row({**item, "id": row_id}, where=item.where, picture=find) for item, row_id in zip(items, ids, strict=True))
    return Release(rows=rows, layout=path.relative_to(base).as_posix(), files=(path,))


def _items(path: Path) -> Iterator[Row]:
    given = content.read(path)
    try:
        items = pickles.load(given)
    except pickles.BROKEN as error:
        raise CorruptData(
            f"{path}: not a pickled list of questions ({error}); nothing in it was run. Get the official file again."
        ) from error
    if not isinstance(items, list):
        raise CorruptData(f"{path}: a pickled {type(items).__name__} where a list of questions is expected; this is not the official file.")
    for number, item in enumerate(items):
        where = f"{path.name}, row {number}"
        if not isinstance(item, dict):
            raise CorruptData(f"{where}: a {type(item).__name__} where a mapping is expected; this is not the official file.")
        row = Row(item, where=where)
        yield Row(_of_vqa(row) if path.name.endswith("_vqa.pkl") else _of_qa(row, number), where=where)


def _of_vqa(row: Row) -> dict[str, Any]:
    label = row["label"]
    if not isinstance(label, dict) or len(label) != 1:
        raise CorruptData(f"{row.where}: 'label' is {quoted(label)}; the release gives each question one answer, as {{answer: 1}}.")
    return {
        "id": row["question_id"],
        "image": row.text("img_id").removesuffix(".jpg"),
        "question": row["sent"],
        "answer": next(iter(label)),
    }


def _of_qa(row: Row, number: int) -> dict[str, Any]:
    return {"id": number + 1, "image": row.text("image").removesuffix(".jpg"), "question": row["question"], "answer": row["answer"]}
