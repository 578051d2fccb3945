"""Which versions made the replies of a run, kept beside its journal until its record has them.

Whoever goes on with a run that was ended may have loaded none of the packages that made its replies.
"""

from __future__ import annotations

import json
from pathlib import Path

from harness.base import environment
from harness.errors import CorruptData, MissingData
from harness.files import content, writing
from harness.files.refusals import RESULTS

_LARGEST = 1 << 24


class Maker:
    """This process among those that make a run's replies."""

    def __init__(self, folder: Path, *, shard: str = "") -> None:
        """Note nothing yet."""
        self._path = folder / (f"made-with-{shard}.jsonl" if shard else "made-with.jsonl")
        self._noted: frozenset[str] = frozenset()

    def note(self) -> None:
        """Keep the versions of the packages that this process has loaded by now, unless it has done so.

        Raises:
            Unwritable: The file system refuses.
        """
        loaded = environment.loaded()
        if not loaded <= self._noted:
            writing.append(self._path, f"{json.dumps(environment.makers())}\n".encode(), RESULTS)
            self._noted = loaded


def clear(folder: Path) -> None:
    """Remove what the record holds by now."""
    for path in folder.glob("made-with*.jsonl"):
        writing.remove(path, RESULTS)


def read(folder: Path) -> dict[str, str]:
    """The versions that made a run's replies, by package; of two, both. A line that was cut off says nothing."""
    packages: dict[str, str] = {}
    for path in sorted(folder.glob("made-with*.jsonl")):
        try:
            lines = content.read(path, largest=_LARGEST).splitlines()
        except (CorruptData, MissingData):
            continue
        for line in lines:
            try:
                versions = json.loads(line)
            except ValueError:
                continue
            if isinstance(versions, dict):
                packages = environment.taken_over(packages, {str(name): str(version) for name, version in versions.items()})
    return packages
