"""`docs/published.md`: its counts and tables are what the files of published numbers and the committed runs give.

UPDATE_GOLDEN=1 draws the tables anew.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.data import catalog
from harness.runs.record import read
from harness.views import contradictions, explained
from harness.views.contradictions import Contradiction
from harness.views.formats import why_page
from harness.views.published import read_other, read_reported

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "published.md"
QUESTIONS = ("vqa_rad", "slake_en", "path_vqa")


def wide() -> list[Contradiction]:
    numbers = [number for number in read_reported() if number.task in QUESTIONS and number.slice == "all" and number.split == "test"]
    return [one for one in contradictions.of_numbers(numbers) if one.quantity == "accuracy" and one.spread > 0.02]


def drawn() -> dict[str, list[str]]:
    record = read(next((ROOT / "results" / "vqa_rad").glob("nearest-*/test-*")))
    effects = explained.effects([(record, "nearest")], catalog.task("vqa_rad"))
    return {"contradictions": why_page.table(wide()), "effects": why_page.effects(effects)}


def test_the_tables_are_what_the_rows_and_the_runs_give() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = text
    for name, lines in drawn().items():
        begin, end = f"<!-- {name}: drawn by tests/docs/test_published_page.py -->\n", f"<!-- end of {name} -->"
        before, rest = found.split(begin)
        found = before + begin + "\n".join(lines) + "\n" + rest[rest.index(end) :]
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(found, encoding="utf-8")
    else:
        assert text == found


def test_the_counts_are_those_of_the_files() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"{contradictions.tally(wide())}." in text
    assert f"holds {len(read_reported()):,} values" in text
    assert f"holds {len(read_other())} that stand near them" in text
