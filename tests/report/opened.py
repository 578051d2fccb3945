"""A page's samples, opened as its script opens them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any

from harness.report.packing import ALPHABET


def samples_of(page: str) -> dict[str, Any]:
    """What stands compressed on the page."""
    [letters] = re.findall(r'<script type="text/plain" id="samples-data">([A-Za-z0-9+/=]*)</script>', page)
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(letters)))
    return found


def read(column: Any, place: int) -> str | None:
    """A text of a column."""
    if isinstance(column, list):
        return column[place]  # type: ignore[no-any-return]
    if "s" in column:
        return column["s"].get(str(place))  # type: ignore[no-any-return]
    at = column["a"][place] if "a" in column else ALPHABET.find(column["c"][place])
    return None if at < 0 else column["k"][at]
