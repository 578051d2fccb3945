"""``harness schema``: what others may rely on in our files."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def parts(harness: Any, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(harness("schema", kind).stdout)
    assert found["$schema"].endswith("2020-12/schema")
    return {"": found["$defs"][found["$ref"].rpartition("/")[2]], **found["$defs"]}


def test_the_committed_records_hold_what_the_schema_of_a_run_says(harness: Any) -> None:
    schema = parts(harness, "run")
    for path in (ROOT / "results").rglob("run.json"):
        body = json.loads(path.read_text())
        assert set(schema[""]["required"]) <= set(body) == set(schema[""]["properties"])
        for estimate in body["estimates"]:
            assert set(estimate) == set(schema["Estimate"]["properties"])
    assert schema["Estimate"]["properties"]["value"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}


def test_every_card_that_stands_alone_has_the_keys_of_its_schema(harness: Any) -> None:
    card = parts(harness, "card")[""]
    assert not card["additionalProperties"]
    for path in (ROOT / "tasks").glob("*/*.toml"):
        content = tomllib.loads(path.read_text())
        if "name" in content and "release" not in content:
            assert set(card["required"]) <= set(content) <= set(card["properties"]), path.name


@pytest.mark.parametrize(
    ("kind", "required"),
    [
        ("suite", ["name", "tasks"]),
        ("settings", ["size", "channels", "mean", "std", "output", "labels"]),
        ("reply", ["id"]),
    ],
)
def test_what_must_stand_in_a_file_is_said(harness: Any, kind: str, required: list[str]) -> None:
    assert parts(harness, kind)[""]["required"] == required


def test_the_schema_of_published_numbers_is_the_header_of_their_table(harness: Any) -> None:
    header = (ROOT / "tasks" / "reported.csv").read_text().partition("\n")[0].split(",")
    assert list(parts(harness, "reported")[""]["properties"]) == header


def test_another_schema_is_refused_with_the_known_ones(harness: Any) -> None:
    done = harness("schema", "cards")
    assert done.returncode == 2
    assert "Did you mean card" in done.stderr
