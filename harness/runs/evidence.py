"""``verified.json`` beside a record: that its numbers were once recomputed from the release, and by which version.

It is a note for whoever reads a board, not a proof: a file can be written by anyone. Verifying again is the proof, and it takes nothing
but the release.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, to_builtins

from harness.base.version import __version__
from harness.errors import HarnessError
from harness.files import writing
from harness.files.reading import decode
from harness.runs import record as records
from harness.runs.recomputed import Check

NAME = "verified.json"
_NEEDED = ("files", "definitions", "claims", "numbers", "targets", "statistics")


class Evidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found of one record."""

    record_sha256: str
    """Of the record that was verified; another record in its place is not."""
    harness: str
    """The version that verified it."""
    checks: dict[str, str]
    """Each check and how it ended."""


def keep(folder: Path, checks: Sequence[Check]) -> None:
    """Leave the note where every number followed from the release; take an older one away where something does not hold.

    Raises:
        Unwritable: The folder refuses.
    """
    ended = {check.name: check.status for check in checks}
    if "fails" in ended.values():
        writing.remove(folder / NAME)
    elif all(ended.get(name) == "holds" for name in _NEEDED):
        note = Evidence(record_sha256=records.read_file(folder / "run.json").record_sha256, harness=__version__, checks=dict(ended))
        writing.replace_file(folder / NAME, (json.dumps(to_builtins(note), indent=1) + "\n").encode())


def is_verified(folder: Path) -> bool:
    """Whether the note is there and of this very record."""
    with suppress(HarnessError, OSError, ValueError):
        path = folder / NAME
        note = decode(Evidence, json.loads(path.read_bytes()), path)
        return note.record_sha256 == records.read_file(folder / "run.json").record_sha256 != ""
    return False
