"""``harness fetch``: open releases into the data root; for the others, why not and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from harness.data.fetch.releases import Fetched


def fetch(
    tasks: Annotated[
        list[str],
        typer.Argument(
            help="Names, `name@variant`, families, `open`, `all`, globs, or `biomedgpt-vocabulary`.",
            metavar="TASK…",
            autocompletion=completing.fetched,
        ),
    ],
    data_root: Annotated[Path | None, opt.data_root("Releases are put there; it is made where it is not there.")] = None,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Download open releases into the data root: resumed, checked by size and checksum, unpacked; run again, it goes on.

    A release that needs an account or an agreement, or has no direct download, is named with the reason and what to do.
    With `HF_HUB_OFFLINE=1` or `HARNESS_OFFLINE=1` no connection is made.

    **Examples**

        harness fetch pneumoniamnist pneumoniamnist@224 --data-root data
        harness fetch open --data-root data
        harness fetch biomedgpt-vocabulary                       what BiomedGPT checkpoints read and write text with

    Exit code 3 where a release is not there in the end.
    """
    from harness.console import base
    from harness.console import fetching as view

    names = _names(opt.split_list(tasks), task_dir or [], data_root)
    rows: list[view.Row] = []
    worst = 0
    for name in names:
        try:
            release = _one(name, task_dir or [], data_root)
        except HarnessError as error:
            worst = max(worst, error.exit_code)
            rows.append(view.failed(name, error))
        else:
            rows.append(view.done(release))
        if not as_json and len(names) > 1:
            view.say_row(rows[-1])
    if as_json:
        base.print_json({"fetched": [row.as_json() for row in rows]})
    elif len(names) > 1:
        view.print_table(rows)
    else:
        view.print_one(rows[0])
    if worst:
        raise typer.Exit(worst)


def _names(patterns: list[str], task_dirs: list[Path], data_root: Path | None) -> list[str]:
    from harness.data import catalog
    from harness.models.biomedgpt.vocabulary_files import VOCABULARY

    releases = [pattern for pattern in patterns if pattern != VOCABULARY]
    if releases and data_root is None:
        raise UsageError("no data root: pass --data-root DIR or set HARNESS_DATA to say where releases are kept.")
    return [*(catalog.select(releases, task_dirs) if releases else ()), *([VOCABULARY] if VOCABULARY in patterns else ())]


def _one(name: str, task_dirs: list[Path], data_root: Path | None) -> Fetched:
    from harness.console.fetching import progress
    from harness.data import catalog
    from harness.data.fetch.releases import fetch as download
    from harness.models.biomedgpt.vocabulary_files import VOCABULARY, fetch_vocabulary

    with progress(name) as observe:
        if name == VOCABULARY:
            return fetch_vocabulary(observe)
        assert data_root is not None  # refused before
        return download(catalog.task(name, task_dirs), data_root, observe)
