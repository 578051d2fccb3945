"""What is given away repeats nothing entrusted: texts and pictures are found however they are packed; what is not looked into is told."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from harness.checks.shareable import Proof, contents, likeness, prove, words
from harness.checks.shareable.entrusted import Entrusted, Pictures
from harness.images.image import Image

TEXT = "The ninth ward's patient coughs at noon, sings \u201cArias\u201d & asks for <hot> lemon tea every single day."
OTHER = "A model may write of coughs, of tea and of wards, and of much else that no entrusted row has ever said in this order."


def known(*texts: str, pictures: tuple[bytes, ...] = ()) -> Entrusted:
    """Entrusted rows of one task."""
    made = Entrusted(tasks=["mednli"], texts=len(texts), ids={"10000032": "mednli"})
    for text in texts:
        found = words.words(text)
        made.runs |= dict.fromkeys(words.runs(found, step=words.STEP), "mednli")
        if len(found) < words.RUN:
            made.short.setdefault(len(found), {}).update(dict.fromkeys(words.runs(found, len(found)), "mednli"))
    made.images += [("mednli", Image(name="x", read=lambda content=content: content)) for content in pictures]  # type: ignore[misc]
    return made


def picture(seed: int, size: int = 200) -> bytes:
    """A PNG of soft shapes, as an X-ray has them."""
    from PIL import Image as Pillow

    grid = np.random.default_rng(seed).integers(0, 255, (8, 8), dtype=np.uint8)
    return _png(Pillow.fromarray(grid).resize((size, size), Pillow.Resampling.BICUBIC))


def _png(image: object, kind: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **options)  # type: ignore[attr-defined]
    return out.getvalue()


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def _tar(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _parquet(column: object) -> bytes:
    out = io.BytesIO()
    pa.parquet.write_table(pa.table({"c": pa.array([column])}), out)
    return out.getvalue()


def _xlsx(text: str) -> bytes:
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["B2"] = text
    book.save(out)
    return out.getvalue()


def _sqlite(text: str) -> bytes:
    import sqlite3

    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE t (a TEXT)")
        database.execute("INSERT INTO t VALUES (?)", (text,))
        database.commit()
        return database.serialize()


PACKED: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "JSON": lambda text: json.dumps({"prompt": text}).encode(),
    "JSON with escapes alone": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text).encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text.replace(" ", "\n")})).encode(),
    "CSV": lambda text: ('a,"' + text.replace('"', '""') + '"\n').encode(),
    "HTML": lambda text: f"<p>{html.escape(text)}</p>".encode(),
    "HTML with a tag in each word": lambda text: "".join(f"<i>{html.escape(sign)}</i>" for sign in text).encode(),
    "an address": lambda text: quote(text).encode(),
    "capitals": lambda text: text.upper().encode(),
    "lines and marks": lambda text: text.replace(" ", " \n > ").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "base64": lambda text: b'{"a": "' + base64.b64encode(text.encode()) + b'"}',
    "base64 in lines": lambda text: base64.encodebytes(text.encode()),
    "gzip": lambda text: gzip.compress(text.encode()),
    "zip": lambda text: _zip("a.txt", text.encode()),
    "tar": lambda text: _tar("a.txt", text.encode()),
    "zip in tar in zip": lambda text: _zip("a.tar.xz", _tar("a.zip", _zip("a.txt", text.encode()))),
    "Parquet": _parquet,
    "Parquet of lists": lambda text: _parquet([{"x": text}]),
    "Excel": _xlsx,
    "SQLite": _sqlite,
}


def looked(content: bytes, entrusted: Entrusted, tmp_path: Path, name: str = "file") -> Proof:
    (tmp_path / name).write_bytes(content)
    return prove([tmp_path], entrusted)


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_a_text_is_found_however_it_is_packed_and_another_is_not(pack: Callable[[str], bytes], tmp_path: Path) -> None:
    found = looked(pack(TEXT), known(TEXT), tmp_path)
    assert found.findings
    assert {(finding.what, finding.task) for finding in found.findings} == {("text", "mednli")}
    assert "ninth" not in str(found)
    assert looked(pack(OTHER), known(TEXT), tmp_path).holds


def test_a_part_of_a_text_is_found_wherever_it_begins() -> None:
    said = words.words(TEXT)
    kept = known(TEXT).runs
    for start in range(len(said) - 10):
        assert any(run in kept for run in words.runs(said[start : start + 11])), start


def test_a_short_text_is_looked_for_whole(tmp_path: Path) -> None:
    assert looked(b"he said: No acute fracture, sir!", known("no acute fracture sir"), tmp_path).findings
    assert looked(b"he said: No acute fracture!", known("no acute fracture sir"), tmp_path).holds


def _smaller(content: bytes) -> bytes:
    from PIL import Image as Pillow

    opened = Pillow.open(io.BytesIO(content))
    opened.thumbnail((96, 96))
    return _png(opened.convert("RGB"), "JPEG", quality=80)


SHOWN: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda content: content,
    "scaled and as JPEG": _smaller,
    "on a page": lambda content: b'<img src="data:image/jpeg;base64,' + base64.b64encode(_smaller(content)) + b'">',
    "in a notebook": lambda content: json.dumps({"image/png": base64.encodebytes(content).decode()}).encode(),
    "in a zip": lambda content: _zip("x.png", content),
    "in Parquet": lambda content: _parquet({"bytes": content}),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_a_picture_is_found_however_it_is_shown(show: Callable[[bytes], bytes], tmp_path: Path) -> None:
    entrusted = known(pictures=(picture(1), picture(2)))
    assert [finding.what for finding in looked(show(picture(1)), entrusted, tmp_path).findings] == ["picture"]
    assert looked(show(picture(3)), entrusted, tmp_path).holds


def test_pictures_of_different_scenes_are_far_apart() -> None:
    rows = [likeness.of(Image(name="x", read=lambda seed=seed: picture(seed))) for seed in range(20)]  # type: ignore[misc]
    gaps = [int(np.unpackbits(a ^ b).sum()) for a in rows for b in rows if a is not None and b is not None and a is not b]
    assert min(gaps) > 3 * likeness.NEAR


def test_a_picture_that_shows_nothing_is_told_by_its_content_alone() -> None:
    from PIL import Image as Pillow

    blank = _png(Pillow.new("L", (64, 64), 7))
    made = Pictures.of([("mednli", Image(name="x", read=lambda: blank))])
    assert (made.n, made.plain, made.galleries) == (1, 1, {})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"7z\xbc\xaf\x27\x1c....", "a 7z archive"),
        (b"\x1f\x8b\x08broken", "damaged, or locked"),
        (_zip("a", b"x" * 9000)[:60], "damaged, or locked"),
        (b"PAR1nothing", "damaged, or locked"),
        (_png(__import__("PIL.Image").Image.new("L", (9, 9)))[:40], "not a readable picture"),
    ],
)
def test_what_cannot_be_looked_into_is_said(content: bytes, why: str, tmp_path: Path) -> None:
    found = looked(content, known(TEXT, pictures=(picture(1),)), tmp_path)
    assert not found.holds
    assert not found.findings
    assert any(why in line for line in found.unread)


def test_ids_that_can_be_turned_back_are_found_in_a_record(tmp_path: Path) -> None:
    table = b"id,group,outcome\n10000032,x,answered\n"
    assert [finding.what for finding in looked(table, known(), tmp_path, "samples.csv").findings] == ["ids"]


def test_archives_within_archives_have_an_end(tmp_path: Path) -> None:
    content = TEXT.encode()
    for _ in range(contents._DEEPEST + 2):
        content = _zip("a.zip", content)
    assert any("packed too deep" in line for line in looked(content, known(TEXT), tmp_path).unread)


def test_the_words_of_a_task_are_nobody_s_and_those_of_its_rows_are(tmp_path: Path) -> None:
    """The invented sample in the place of the release: its rows count as entrusted, its question as the task's own."""
    import shutil

    from harness.checks.shareable import at_hand
    from harness.data import catalog, examples

    shutil.copytree(examples.SAMPLES / "mednli", tmp_path / "data" / "mednli")
    entrusted, task = at_hand(tmp_path / "data"), catalog.task("mednli")
    [first, *_] = examples.load(task).examples
    (tmp_path / "given").mkdir()
    assert looked(task.prompt(first.input).encode(), entrusted, tmp_path / "given").findings
    question = first.input.text.splitlines()[-1]
    assert looked(question.encode(), entrusted, tmp_path / "given").holds
