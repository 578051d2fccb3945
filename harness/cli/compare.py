"""``harness compare``: a run beside published numbers, or runs against runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.records import Record

_REPORTED = "reported"


def compare(
    runs: Annotated[
        list[str], typer.Argument(help="Run folders, or folders of runs; `reported` for the published numbers.", metavar="RUN… [reported]")
    ],
    metric: Annotated[str, typer.Option("--metric", help="Only this metric of the run: `exact_match`, `token_recall/canonical`.")] = "",
    checkpoint_of: Annotated[
        str,
        typer.Option(
            "--checkpoint-of", help="The published system whose own checkpoint this is; *reproduced* is said of it alone.", metavar="SYSTEM"
        ),
    ] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="Published numbers to print per run.", metavar="N")] = 40,
    changes: Annotated[int, typer.Option("--changes", min=0, help="Samples that changed to list, with their text.", metavar="N")] = 5,
    allow_credentialed: Annotated[
        bool, typer.Option("--allow-credentialed", help="Print the text of a credentialed dataset's samples all the same.")
    ] = False,
    data_root: opt.DataRoot = None,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Whether two numbers may be compared, and whether they differ.

    **Examples**

        harness compare results/pneumoniamnist reported
        harness compare results/vqa_rad/majority-8c66abd7/test-18d81e11 results/vqa_rad/nearest-231f5767/test-18d81e11
        harness compare results/vqa_rad reported --metric token_recall

    Runs of one task are paired with the first one named: the same draws of the same groups, a permutation test over whole groups,
    Holm's adjustment over tasks.
    """
    against_published = _REPORTED in runs
    found = _records([Path(name) for name in runs if name != _REPORTED])
    if against_published:
        _beside_published(found, metric, checkpoint_of, most, task_dir or [], as_json=as_json)
    else:
        _against_each_other(found, changes, data_root, task_dir or [], allow_credentialed=allow_credentialed, as_json=as_json)


def _records(paths: list[Path]) -> list[tuple[Path, Record]]:
    from harness import records

    if not paths:
        raise UsageError("no run is named beside `reported`; name a run's folder, as `harness run` prints it.")
    return [(folder, records.read(folder)) for folder in opt.run_folders(paths)]


def _beside_published(
    found: list[tuple[Path, Record]], metric: str, checkpoint_of: str, most: int, task_dirs: list[Path], *, as_json: bool
) -> None:
    from harness import catalog, reported
    from harness.compare import compare as beside
    from harness.console import base
    from harness.console import compare as view
    from harness.errors import unknown

    systems = {number.system for number in reported.read_reported()}
    if checkpoint_of and checkpoint_of not in systems:
        raise unknown("published system", checkpoint_of, systems)
    content = []
    for folder, record in found:
        if metric and not any(metric in (e.metric, f"{e.metric}/{e.variant}") for e in record.estimates):
            raise unknown(f"metric of {folder}", metric, {e.metric for e in record.estimates})
        card = catalog.card(record.full_name, task_dirs)
        verdicts = beside(record, card, reported.for_task(record.task, None), metric=metric, checkpoint_of=checkpoint_of)
        content.append({"path": str(folder), **_name(record), "verdicts": [verdict.as_json() for verdict in verdicts]})
        if not as_json:
            view.print_verdicts(record, verdicts, most)
    if as_json:
        base.print_json({"comparisons": content})


def _against_each_other(
    found: list[tuple[Path, Record]], most: int, data_root: Path | None, task_dirs: list[Path], *, allow_credentialed: bool, as_json: bool
) -> None:
    from harness import catalog, versus
    from harness.changed import told
    from harness.console import base
    from harness.console import compare as view

    folders = {id(record): folder for folder, record in found}
    paired = list(versus.pairs([record for _, record in found]))
    tasks = {record.full_name: catalog.task(record.full_name, task_dirs) for record, _ in paired}
    contrasts = versus.adjusted([c for first, second in paired for c in versus.versus(first, second, tasks[first.full_name])])
    listed = []
    for first, second in paired:
        task = tasks[first.full_name]
        if versus.refusal(first, second):
            continue
        changed = versus.changes(first, second, task)
        hidden = task.card.credentialed and first.data["kind"] == "real" and not allow_credentialed
        runs = ((folders[id(first)], first), (folders[id(second)], second))
        listed.append((first, second, len(changed), [] if hidden else told(changed[:most], task, runs, data_root=data_root)))
    if as_json:
        samples = [
            {**_name(first), "second": second.model["name"], "changed": total, "samples": [item.as_json() for item in items]}
            for first, second, total, items in listed
        ]
        base.print_json({"contrasts": [contrast.as_json() for contrast in contrasts], "changes": samples})
        return
    view.print_contrasts(contrasts)
    for first, second, total, items in listed:
        if most and total:
            view.print_changes(first.full_name, first.model["name"], second.model["name"], items, total)


def _name(record: Record) -> dict[str, Any]:
    return {"task": record.task, "task_variant": record.task_variant, "model": record.model["name"]}
