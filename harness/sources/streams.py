"""Large CSV files, plain or gzipped, read row by row: a table of two million notes never stands in memory as a whole."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import CorruptData


def stream_csv(path: Path, *columns: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Place and fields of each row.

    Args:
        path: A CSV file with a header, gzipped where its name ends in ``.gz``.
        columns: What the header must hold.

    Raises:
        CorruptData: The file is truncated, no UTF-8 or no such table; file and line are named.
    """
    number = 1
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="") as file
        ):
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            missing = [column for column in columns if column not in header]
            if missing:
                there = ", ".join(header) or "nothing"
                raise CorruptData(f"{path}: no column {', '.join(missing)} (there are: {there}); get the official file again.")
            for cells in reader:
                number = reader.line_num
                if len(cells) != len(header):
                    raise CorruptData(
                        f"{path}, line {number}: {len(cells)} fields where the header has {len(header)}; truncated or edited?"
                    )
                yield f"{path.name}, line {number}", dict(zip(header, cells, strict=True))
    except (EOFError, OSError, zlib.error) as error:
        raise CorruptData(f"{path}, after line {number}: cannot be read on ({error}); a truncated download? Get the file again.") from error
    except UnicodeDecodeError as error:
        raise CorruptData(f"{path}, after line {number}: not UTF-8 ({error.reason}); get the official file again.") from error
    except csv.Error as error:
        raise CorruptData(f"{path}, after line {number}: not a CSV table ({error}); a truncated download? Get the file again.") from error
