"""``harness compare``: a run beside published numbers, or runs against runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runs.record import Record
    from harness.views.selection import Found

_REPORTED = "reported"


def compare(
    runs: Annotated[
        list[str], typer.Argument(help="Run folders, or folders of runs; `reported` for the published numbers.", metavar="RUN… [reported]")
    ],
    metric: Annotated[
        str, typer.Option("--metric", help="Only this metric, of runs and publications alike: `exact_match`, `token_recall/canonical`.")
    ] = "",
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
    data_root: Annotated[Path | None, opt.data_root("Its questions and answers stand beside replies that changed.")] = None,
    task_dir: opt.TaskDirs = None,
    partial: opt.Partial = False,
    as_json: opt.Json = False,
) -> None:
    """Whether two numbers may be compared, and whether they differ.

    **Examples**

        harness compare results/pneumoniamnist reported
        harness compare results/vqa_rad/majority-8c66abd7/test-18d81e11 results/vqa_rad/nearest-231f5767/test-18d81e11
        harness compare results/vqa_rad reported --metric token_recall

    Runs of one task are paired with the first one named: the same draws of the same groups, a permutation test over whole groups.
    *Better* is said after Holm's adjustment: over all tasks and pairs for the metric that ranks (or the one named), and over all other
    metrics and slices among themselves.
    """
    from harness.views import selection

    paths = [Path(name) for name in runs if name != _REPORTED]
    if not paths:
        raise UsageError("no run is named beside `reported`; name a run's folder, as `harness run` prints it.")
    selected = selection.select(paths, partial=partial)
    opt.tell(selected.left_out)
    shown = _of_metric(selected.runs, metric)
    left_out = selected.left_out
    if _REPORTED in runs:
        _beside_published(shown, metric, checkpoint_of, most, task_dir or [], left_out=left_out, as_json=as_json)
        return
    _against_each_other(
        shown,
        metric,
        changes,
        data_root,
        task_dir or [],
        allow_credentialed=allow_credentialed,
        left_out=left_out,
        as_json=as_json,
    )


def _of_metric(found: Sequence[Found], metric: str) -> list[tuple[Found, str]]:
    """The runs that compute a metric, each with what it is called."""
    from harness.errors import unknown
    from harness.views.beside_published import matches
    from harness.views.naming import names_of

    named = list(zip(found, names_of([run.record for run in found]), strict=True))
    kept = [(run, name) for run, name in named if any(matches(metric, e.metric, e.variant) for e in run.record.estimates)]
    if not kept and metric:
        computed = {f"{e.metric}/{e.variant}" if "/" in metric else e.metric for run in found for e in run.record.estimates}
        raise unknown("metric of these runs", metric, computed)
    without = sorted({run.record.full_name for run, _ in named} - {run.record.full_name for run, _ in kept})
    opt.tell(f"{metric} is not computed on {', '.join(without)}" if without else "")
    return kept


def _beside_published(
    found: list[tuple[Found, str]],
    metric: str,
    checkpoint_of: str,
    most: int,
    task_dirs: list[Path],
    *,
    left_out: str,
    as_json: bool,
) -> None:
    from harness.console import base
    from harness.console import compare as view
    from harness.data import catalog
    from harness.views import published as reported
    from harness.views import systems as of_systems
    from harness.views.beside_published import compare as beside

    systems = {number.system for number in reported.read_reported()}
    if checkpoint_of:
        checkpoint_of = of_systems.named(checkpoint_of, systems)
    judged = []
    for run, name in found:
        card = catalog.card(run.record.full_name, task_dirs)
        published = reported.for_task(run.record.task, None)
        judged.append((run, name, beside(run.record, card, published, metric=metric, checkpoint_of=checkpoint_of)))
    if not any(verdicts for _, _, verdicts in judged):
        tasks = ", ".join(dict.fromkeys(run.record.full_name for run, _ in found))
        raise UsageError(f"nothing to compare: no published number on {tasks} is related to {metric or 'what these runs measure'}.")
    if as_json:
        content = [
            {"path": str(run.folder), **_name(run.record, name), "verdicts": [verdict.as_json() for verdict in verdicts]}
            for run, name, verdicts in judged
        ]
        base.print_json({"comparisons": content, "left_out": left_out})
        return
    for run, name, verdicts in judged:
        view.print_verdicts(run.record, name, verdicts, most)


def _against_each_other(
    found: list[tuple[Found, str]],
    metric: str,
    most: int,
    data_root: Path | None,
    task_dirs: list[Path],
    *,
    allow_credentialed: bool,
    left_out: str,
    as_json: bool,
) -> None:
    from harness.console import base
    from harness.console import compare as view
    from harness.data import catalog
    from harness.runs import privacy
    from harness.views import between_runs, pairing
    from harness.views.changes import changes as changes_between
    from harness.views.samples import told

    folders = {id(run.record): run.folder for run, _ in found}
    names = {id(run.record): name for run, name in found}
    paired = list(pairing.pairs([run.record for run, _ in found]))
    tasks = {record.full_name: catalog.task(record.full_name, task_dirs) for record, _ in paired}
    contrasts = between_runs.compared(paired, tasks, metric=metric, names=names)
    listed = []
    for first, second in paired:
        task = tasks[first.full_name]
        if pairing.refusal(first, second):
            continue
        changed = changes_between(first, second, task, metric=metric)
        hidden = privacy.is_private(task.card, synthetic=first.data.kind == "synthetic") and not allow_credentialed
        runs = ((folders[id(first)], first), (folders[id(second)], second))
        listed.append((first, second, len(changed), [] if hidden else told(changed[:most], task, runs, data_root=data_root)))
    if as_json:
        samples = [
            {
                **_name(first, names[id(first)]),
                "second": second.model.name,
                "second_label": names[id(second)],
                "changed": total,
                "samples": [item.as_json() for item in items],
            }
            for first, second, total, items in listed
        ]
        content = {"contrasts": [contrast.as_json() for contrast in contrasts], "changes": samples, "left_out": left_out}
        base.print_json(content)
        return
    view.print_contrasts(contrasts)
    for first, second, total, items in listed:
        if most and total:
            view.print_changes(first.full_name, names[id(first)], names[id(second)], items, total)


def _name(record: Record, label: str) -> dict[str, Any]:
    return {"task": record.task, "task_variant": record.task_variant, "model": record.model.name, "label": label}
