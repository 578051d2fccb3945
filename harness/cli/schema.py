"""``harness schema``: the JSON schema of what is read and written."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Annotated

import typer

from harness.base.names import named
from harness.cli import completing

_KINDS: Mapping[str, str] = {
    "run": "harness.runs.facts:RunFile",
    "card": "harness.cards:CardFile",
    "suite": "harness.runs.suites:SuiteFile",
    "settings": "harness.models.classifiers.settings:SettingsFile",
    "reply": "harness.models.replies.reply:Reply",
    "reported": "harness.views.published:Reported",
}
"""What is read and written, and where its record is."""


def schema(
    kind: Annotated[
        str,
        typer.Argument(
            help="`run` (a run.json), `card`, `suite`, `settings` (beside a classifier's weights), `reply` (a line of replies),"
            " `reported` (a row of published numbers).",
            metavar="KIND",
            autocompletion=completing.one_of(*_KINDS),
        ),
    ],
) -> None:
    """Print the JSON schema of a file: for an editor that completes and checks it, or for a program that reads it.

    **Examples**

        harness schema run > run.schema.json
        harness schema card | jq '.["$defs"].CardFile.required'
    """
    from msgspec import json

    from harness.console import base

    module, _, name = _KINDS[named("schema", kind, _KINDS)].partition(":")
    model = getattr(importlib.import_module(module), name)
    base.print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **json.schema(model)})
