"""``python -m website.closed FOLDER`` fails where a page of a site loads anything from another server as it is opened."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "object": "data", "link": "href"}
_LATER = frozenset({"canonical", "next", "prev", "alternate", "author", "license"})
"""What a ``link`` may say of another address without that it is loaded."""
_STYLED = re.compile(r"""(?:url\(|@import\s+)\s*["']?((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        address = facts.get(_LOADS.get(tag, ""), "")
        if address.startswith(("http:", "https:", "//")) and facts.get("rel") not in _LATER:
            self.loaded.append(address)


def loaded(html: str) -> list[str]:
    """What a browser asks of other servers to show a page, in its order."""
    page = _Page()
    page.feed(html)
    return page.loaded + styled(html)


def styled(css: str) -> list[str]:
    """What a style sheet loads from other servers."""
    return _STYLED.findall(css)


def _of_site(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.html")):
        yield from (f"{path}: {address}" for address in loaded(path.read_text(encoding="utf-8")))
    for path in sorted(folder.rglob("*.css")):
        yield from (f"{path}: {address}" for address in styled(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    met = list(_of_site(Path(sys.argv[1])))
    sys.exit("\n".join(["These are loaded from other servers:", *met]) if met else 0)
