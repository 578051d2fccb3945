"""Links between the site's pages and the rest of the repository, whose files travel with the site."""

from __future__ import annotations

import os.path
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACED: Mapping[str, str] = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "CHANGELOG.md": "project/changelog.md",
    "tasks/README.md": "project/add-a-task.md",
    "examples/README.md": "project/examples.md",
    "benchmarks/README.md": "project/benchmarks.md",
}
"""Pages that stand beside what they are about, by their path in the repository, and their address on the site."""
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")


def repository_path(uri: str) -> str:
    """Where a page of the site lies in the repository."""
    return next((path for path, address in PLACED.items() if address == uri and path != "README.md"), f"docs/{uri}")


def rewritten(markdown: str, uri: str, publish: Callable[[str], str]) -> str:
    """A page's text with its links out of ``docs/`` led to where the site has what they name.

    Args:
        markdown: The page as it lies in the repository.
        uri: Its address on the site.
        publish: Takes the path of a file of the repository along, and returns its address on the site.
    """
    here = posixpath.dirname(repository_path(uri))

    def led(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, match.group(1)))
        inside = target.removeprefix("docs/")
        if here.startswith("docs") and inside != target:
            return match.group()
        if target in PLACED:
            address = PLACED[target]
        elif inside != target:
            address = inside
        elif (ROOT / target).is_file():
            address = publish(target)
        else:
            return match.group()  # the build says that it leads nowhere
        return os.path.relpath(address, posixpath.dirname(uri) or ".").replace(os.sep, "/") + (match.group(2) or "")

    return _LINK.sub(led, markdown)
