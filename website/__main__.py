"""``python -m website FOLDER`` gathers there what a generator of sites makes into one: plain Markdown, and its settings beside it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from website import commands, links, metrics, notebooks, tasks, words


def gather(folder: Path) -> None:
    """Writes ``FOLDER/docs`` and ``FOLDER/mkdocs.yml`` anew."""
    pages, drawn = folder / "docs", {**tasks.pages(), **metrics.pages(), **commands.pages()}
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(links.ROOT / "docs", pages)
    shutil.copytree(links.ROOT / "website" / "assets", pages / "assets")
    written = {uri: (links.ROOT / path).read_text(encoding="utf-8") for path, uri in links.PLACED.items() if path != "README.md"}
    written |= {
        path.relative_to(pages).with_suffix(".md").as_posix(): notebooks.page(path.read_text(encoding="utf-8"))
        for path in pages.rglob("*.ipynb")
    }
    written |= {path.relative_to(pages).as_posix(): path.read_text(encoding="utf-8") for path in pages.rglob("*.md")}

    def publish(path: str) -> str:
        (pages / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(links.ROOT / path, pages / "files" / path)
        return f"files/{path}"

    for uri, text in {**drawn, **{uri: links.rewritten(text, uri, publish) for uri, text in written.items()}}.items():
        (pages / uri).parent.mkdir(parents=True, exist_ok=True)
        (pages / uri).write_text(words.for_the_site(text), encoding="utf-8")
    settings = (links.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for name in ("tasks", "metrics"):
        settings = settings.replace(f"[{name}/]", f"[{', '.join(uri for uri in drawn if uri.startswith(f'{name}/'))}]")
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
