"""``harness schema``: the JSON schema of what is read and written."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.base.names import named


def schema(
    kind: Annotated[
        str,
        typer.Argument(
            help="`run` (a run.json), `card`, `suite`, `settings` (beside a classifier's weights), `reply` (a line of replies),"
            " `reported` (a row of published numbers).",
            metavar="KIND",
        ),
    ],
) -> None:
    """Print the JSON schema of a file: for an editor that completes and checks it, or for a program that reads it.

    **Examples**

        harness schema run > run.schema.json
        harness schema card | jq '.["$defs"].CardFile.required'
    """
    from msgspec import json

    from harness.cards import CardFile
    from harness.console import base
    from harness.models.classifiers.settings import SettingsFile
    from harness.models.replies.reply import Reply
    from harness.runs.facts import RunFile
    from harness.runs.suites import SuiteFile
    from harness.views.published import Reported

    kinds = {"run": RunFile, "card": CardFile, "suite": SuiteFile, "settings": SettingsFile, "reply": Reply, "reported": Reported}
    model = kinds[named("schema", kind, kinds)]
    base.print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **json.schema(model)})
