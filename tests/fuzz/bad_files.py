"""Files of a release that are not what they should be: another kind, damaged, special, endless, or with rows that a program spoilt."""

from __future__ import annotations

import codecs
import functools
import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.fuzz.bad_fields import JSON, LINES, PARQUET, PICKLE, SHEET
from tests.fuzz.outcomes import Case
from tests.fuzz.spoilt import SEED, Accepted, Table, flipped_somewhere, same_as_it_was, spoilt

Change = Callable[[bytes], bytes]

IN_EVERY_RUN = 35
CSV = (
    Table("seer_treatment", "export.csv"),
    Table("cbis_ddsm_mass", "csv/mass_case_description_test_set.csv"),
    Table("cbis_ddsm_mass", "csv/dicom_info.csv"),
    Table("mimic3_mortality", "mimic_test.csv"),
    Table("mimic3_summary", "radiology_test_ids.csv"),
)
TABS = (Table("trec_ct_2022", "qrels/test.tsv"), Table("peir_gross", "test_images.tsv"))
PACKED = (
    Table("mimic3_mortality", "NOTEEVENTS.csv.gz"),
    Table("mimic3_mortality", "ADMISSIONS.csv.gz"),
    Table("mimic_cxr_report", "mimic-cxr-2.0.0-split.csv.gz"),
    Table("mimic_cxr_report", "mimic-cxr-2.0.0-metadata.csv.gz"),
)
ARRAYS = (Table("pneumoniamnist", "pneumoniamnist.npz"), Table("chestmnist", "chestmnist.npz"))
OTHERS = (Table("seer_treatment", "columns.toml"), Table("iu_xray", "ecgen-radiology/1.xml"))
PLAIN = (*JSON, *LINES, *CSV, *TABS, *OTHERS)
ALL = (*PLAIN, *PACKED, *ARRAYS, PARQUET, PICKLE, SHEET)
SPLIT_BY_LINES = (*LINES, *CSV, TABS[0])
"""Those with a header, and those whose lines are objects."""

KINDS: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\n ",
    "a web page": b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a program": b"\x7fELF\x02\x01\x01\0" + b"\0" * 60,
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "zeros": b"\0" * 5000,
    "a gzip file": gzip.compress(b"id,question\n1,where\n", mtime=0),
    "a pickle": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94K\x01a.",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "JSON of a number": b"7",
    "JSON of null": b"null",
    "JSON of an empty list": b"[]",
    "JSON of lists": b"[[1, 2], [3]]",
    "JSON of an object": b'{"data": {"id": 1}}',
    "only a header": b"id,question,answer\n",
    "other columns": b"a,b,c\n1,2,3\n",
    "XML": b"<?xml version='1.0'?><a><b/></a>",
    "XML of many elements": b"<a>" + b"<b/>" * 100_000 + b"</a>",
    "XML nested deep": b"<a>" * 100_000 + b"</a>" * 100_000,
    "XML of an entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "TOML nested deep": b"a = " + b"[" * 100_000 + b"]" * 100_000,
    "TOML of a large number": b"a = " + b"9" * 6000,
    "random bytes": random.Random(SEED).randbytes(20_000),
}


def cases() -> Iterator[Case]:
    """Every file in every other kind and every damage that fits it."""
    for table in ALL:
        for name, content in KINDS.items():
            yield _replaced("another kind of file", name, table, functools.partial(_always, content))
        yield _replaced("another kind of file", "an archive of it", table, _zipped)
        yield _replaced("damaged files", "it twice", table, lambda content: content + content)
        for part in (0.1, 0.5, 0.9, 0.99):
            yield _replaced("damaged files", f"its first {part:.0%}", table, functools.partial(_beginning, part))
        yield _replaced("damaged files", "its last half", table, lambda content: content[len(content) // 2 :])
        for name, make in SPECIAL.items():
            yield spoilt("special files", name, table, functools.partial(_instead, make))
        yield from _endless(table)
    for table in (*PACKED, *ARRAYS, SHEET):  # what carries its own checksums
        for seed in range(8):
            yield _replaced("damaged files", f"byte {seed} of eight changed", table, functools.partial(flipped_somewhere, number=seed))
    for table in (*CSV, *TABS, *JSON, *LINES):
        for name, encode in _encodings().items():
            yield _replaced("encodings and line ends", name, table, encode)
    for table in CSV:
        for mark in ",;|\t":
            spoil = functools.partial(_declared, mark)
            yield spoilt("what spreadsheets write", f"sep={mark!r}", table, spoil, accepted=same_as_it_was(table.task))
    for table in (*SPLIT_BY_LINES, *PACKED):
        for name, on_lines in _LINES.items():
            if (table.task, name) != ("seer_treatment", "a row gone"):  # of a user's own export nobody knows the number
                yield _replaced("rows that a program spoilt", name, table, _unpacked(table, functools.partial(_lines, on_lines)))


def _replaced(kind: str, name: str, table: Table, change: Change, *, accepted: Accepted | None = None, heavy: bool = False) -> Case:
    return spoilt(kind, name, table, lambda path: path.write_bytes(change(path.read_bytes())), accepted=accepted, heavy=heavy)


def _unpacked(table: Table, change: Change) -> Change:
    """A change of what a file holds, compressed or not."""
    return (lambda content: gzip.compress(change(gzip.decompress(content)), mtime=0)) if table in PACKED else change


def _always(content: bytes, _before: bytes) -> bytes:
    return content


def _beginning(part: float, content: bytes) -> bytes:
    return content[: int(len(content) * part)]


def _zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("rows", content)
    return out.getvalue()


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 36)


SPECIAL: Mapping[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a named pipe": os.mkfifo,
    "a link to endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link in a circle": lambda path: path.symlink_to(path),
    "a hole of 64 GB": _hole,
}
"""What may stand where a file should."""


def _instead(make: Callable[[Path], object], path: Path) -> None:
    path.unlink()
    make(path)


def _endless(table: Table) -> Iterator[Case]:
    """A field of 200 kB, a line of many megabytes, and as much compressed that it grows without end."""
    if table in (*CSV, *TABS, *PACKED):
        for name, insert in {"a field of 200 kB": b"x" * 200_000, "a line of 80 MB": b"x" * 80_000_000}.items():
            change = _unpacked(table, lambda content, insert=insert: content.rstrip(b"\r\n") + insert + b"\n")  # type: ignore[misc]
            heavy = len(insert) > 1_000_000
            yield _replaced("long fields and lines", name, table, change, accepted=lambda found: "", heavy=heavy)
    if table in PACKED:
        bomb = gzip.compress(b"\n" * (1 << 20), mtime=0) * 600  # 600 MB of empty lines
        yield _replaced("archives that explode", "600 MB of empty lines", table, lambda content: content + bomb, heavy=True)


def _encodings() -> Mapping[str, Change]:
    def to(encoding: str) -> Change:
        return lambda content: content.decode().encode(encoding, "replace")

    return {
        "a mark of UTF-8": lambda content: codecs.BOM_UTF8 + content,
        "two marks of UTF-8": lambda content: codecs.BOM_UTF8 * 2 + content,
        "UTF-16": to("utf-16"),
        "UTF-16 without a mark": to("utf-16-le"),
        "UTF-32": to("utf-32"),
        "Latin 1 with an accent": lambda content: content.replace(b"e", b"\xe9", 50),
        "line ends of Windows": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "line ends of both kinds": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 3),
        "line ends of the last century": lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
        "a NUL in the middle": lambda content: content[: len(content) // 2] + b"\0" + content[len(content) // 2 :],
        "NULs at the end": lambda content: content + b"\0" * 100,
        "an end of file of DOS": lambda content: content + b"\x1a",
        "blank lines at the end": lambda content: content + b"\n\n \n",
        "no line end at the end": lambda content: content.rstrip(b"\r\n"),
    }


def _declared(mark: str, path: Path) -> None:
    """As Excel writes a table in a country whose comma is a decimal point: every delimiter exchanged, and said above."""
    import csv

    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"sep={mark}\r\n")
        csv.writer(file, delimiter=mark).writerows(rows)


def _lines(change: Callable[[list[bytes]], list[bytes]], content: bytes) -> bytes:
    return b"\n".join(change(content.split(b"\n")))


def _cells(line: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    mark = b"\t" if b"\t" in line else b","
    return mark.join(change(line.split(mark)))


_LINES: Mapping[str, Callable[[list[bytes]], list[bytes]]] = {
    "a row twice": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "a row gone": lambda lines: [*lines[:1], *lines[2:]],
    "no header": lambda lines: lines[1:],
    "a header twice": lambda lines: [lines[0], *lines],
    "a total": lambda lines: [*lines, b"Total," + b",".join([b"9"] * lines[0].count(b","))],
    "a cell too many": lambda lines: [lines[0], _cells(lines[1], lambda cells: [*cells, b"7"]), *lines[2:]],
    "a cell too few": lambda lines: [lines[0], _cells(lines[1], lambda cells: cells[:-1]), *lines[2:]],
    "a quote that never closes": lambda lines: [lines[0], _cells(lines[1], lambda cells: [*cells[:-1], b'"' + cells[-1]]), *lines[2:]],
    "a column without a name": lambda lines: [_cells(lines[0], lambda cells: [*cells[:-1], b""]), *lines[1:]],
    "a column of another name": lambda lines: [_cells(lines[0], lambda cells: [cells[0] + b"_x", *cells[1:]]), *lines[1:]],
    "two columns of one name": lambda lines: [_cells(lines[0], lambda cells: [*cells[:-1], cells[0]]), *lines[1:]],
    "a first cell that is empty": lambda lines: [lines[0], _cells(lines[1], lambda cells: [b"", *cells[1:]]), *lines[2:]],
    "a last cell that is empty": lambda lines: [lines[0], _cells(lines[1], lambda cells: [*cells[:-1], b""]), *lines[2:]],
    "a NUL in a cell": lambda lines: [lines[0], _cells(lines[1], lambda cells: [cells[0] + b"\0", *cells[1:]]), *lines[2:]],
    "all rows but the header gone": lambda lines: lines[:1],
}
