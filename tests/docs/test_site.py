"""What the site draws of the code is complete, and its links lead somewhere; `make docs` builds it and follows every link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.data import catalog
from harness.metrics import registry
from website import closed, commands, links, metrics, tasks, words
from website.__main__ import gather


@pytest.fixture(scope="module")
def of_tasks() -> dict[str, str]:
    return tasks.pages()


@pytest.mark.parametrize("name", catalog.names())
def test_a_task_has_a_page_for_people(of_tasks: dict[str, str], name: str) -> None:
    card, page = catalog.card(name), of_tasks[f"tasks/{name}.md"]
    others = [catalog.card(f"{name}@{variant}") for variant in card.variants]
    assert page.startswith(f"# {words.plain(card.title)}\n")
    for text in (card.licence, *card.known_flaws, *(flaw for other in others for flaw in other.known_flaws)):
        assert words.plain(text) in page
    for one in (card, *others):
        assert one.obtain.strip("\n") in page
        assert one.full_name in page
    assert f"({name}.md)" in of_tasks["tasks/index.md"]
    assert ("credentialed.md" in page) == card.credentialed


def test_every_metric_has_a_section_and_is_listed_under_its_own_anchor() -> None:
    pages = metrics.pages()
    sections = {(uri, anchor) for uri, text in pages.items() for anchor in re.findall(r"^## .* \{ #(\S+) \}$", text, re.MULTILINE)}
    listed = re.findall(r"\]\(\.\./(metrics/\S+?)#(\S+?)\)", pages["metrics/index.md"])
    assert len(listed) == len(registry.registered())
    assert set(listed) == sections


def test_every_command_has_a_section_with_its_options() -> None:
    text = commands.pages()["commands.md"]
    assert {"harness run", "harness score", "harness reported add"} <= set(re.findall(r"^## (.*)$", text, re.MULTILINE))
    assert "| `--tasks, -t TASK[,TASK…]` |" in text
    assert "| `--split TEXT` | `test`, or another split of the release: `val`, `train`. Default: `test`. |" in text


@pytest.mark.parametrize(
    ("uri", "written", "on_the_site"),
    [
        ("worker.md", "[a](../examples/worker.py)", "[a](files/examples/worker.py)"),
        ("models.md", "[a](servers.md#keys), [b](../CONTRIBUTING.md#tests)", "[a](servers.md#keys), [b](project/contributing.md#tests)"),
        ("start/replies.md", "[a](../data.md)", "[a](../data.md)"),
        ("project/security.md", "[a](docs/data.md#where)", "[a](../data.md#where)"),
        ("project/add-a-task.md", "[a](releases/medmnist.toml)", "[a](../files/tasks/releases/medmnist.toml)"),
        ("project/changelog.md", "[a](README.md), [b](https://a.org/b), [c](#d)", "[a](../index.md), [b](https://a.org/b), [c](#d)"),
        ("data.md", "[a](../nowhere.md)", "[a](../nowhere.md)"),
    ],
)
def test_a_link_leads_to_what_the_site_has_of_it(uri: str, written: str, on_the_site: str) -> None:
    assert links.rewritten(written, uri, lambda path: f"files/{path}") == on_the_site


def test_a_bar_in_code_needs_no_escape_on_the_site() -> None:
    assert words.for_the_site("| `a\\|b` | c \\| d |\n`e\\|f`") == "| `a|b` | c \\| d |\n`e\\|f`"


def test_text_of_a_card_is_text_on_a_page() -> None:
    assert words.plain("<b> a_b *c*\nsee https://a.org/x_y.") == "\\<b\\> a\\_b \\*c\\* see <https://a.org/x_y>."


def test_all_pages_are_gathered_with_the_files_that_they_link_to(tmp_path: Path) -> None:
    gather(tmp_path)
    settings = (tmp_path / "mkdocs.yml").read_text(encoding="utf-8")
    assert "tasks/index.md, tasks/vqa_rad.md, tasks/slake_en.md" in settings
    assert "metrics/index.md, metrics/accuracy.md" in settings
    written = {path.relative_to(tmp_path / "docs").as_posix() for path in (tmp_path / "docs").rglob("*")}
    assert {"index.md", "project/security.md", "tasks/mednli.md", "metrics/cider.md", "commands.md", "files/examples/worker.py"} <= written


def test_what_a_page_loads_from_elsewhere_is_seen() -> None:
    heads = '<link rel="canonical" href="https://a.org"><link rel="stylesheet" href="https://a.org/x.css">'
    page = f'{heads}<script src="//a.org/x.js"></script><img src="b.png"><a href="https://a.org">a</a>'
    assert closed.loaded(page) == ["https://a.org/x.css", "//a.org/x.js"]
    assert closed.styled('a{background:url("https://a.org/x.png")} b{background:url(data:,x)}') == ["https://a.org/x.png"]
