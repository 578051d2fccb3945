"""``harness export-results``: runs in the formats of papers, model cards and other harnesses."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.errors import UsageError, unknown


class Format(StrEnum):
    """What can be written."""

    markdown = "markdown"
    latex = "latex"
    model_index = "model-index"
    every_eval_ever = "every-eval-ever"
    csv = "csv"


def export_results(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders of runs such as `results`.", metavar="RUN…")],
    to: Annotated[Format, typer.Option("--to", help="The format.")] = Format.markdown,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write; without it, stdout.", metavar="FILE")] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="Only these metrics: `accuracy`, `rouge_l/stem`; repeatable.", metavar="NAME")
    ] = None,
    task_dir: opt.TaskDirs = None,
    partial: opt.Partial = False,
) -> None:
    """Write finished runs as tables, model-card metadata, every_eval_ever records or CSV; scores alone, no text and no pictures.

    **Examples**

        harness export-results results/pneumoniamnist                          Markdown, to paste
        harness export-results results --to latex --metric accuracy -o table.tex
        harness export-results results/vqa_rad/ours-1a2b3c4d --to model-index  the header of a Hub model card
        harness export-results results --to every-eval-ever -o runs.jsonl      one JSON object per run and line

    In Python: `harness.load_results("results")` is the same as a pandas DataFrame.
    """
    from harness.base import writing
    from harness.base.refusals import OUT
    from harness.console import base
    from harness.data import catalog
    from harness.views import naming, scoreboard, selection
    from harness.views.formats import every_eval_ever, frame, model_card, tables

    selected = selection.select(runs, partial=partial)
    labels = naming.names_of(selected.records)
    metrics = opt.split_list(metric or [])
    known = {name for record in selected.records for e in record.estimates for name in (e.metric, f"{e.metric}/{e.variant}")}
    for name in metrics:
        if name not in known:
            raise unknown("metric of these runs", name, {other for other in known if ("/" in name) == ("/" in other)})
    found = [scoreboard.narrowed(record, metrics) for record in selected.records]
    cards = {name: catalog.card(name, task_dir or []) for name in {record.full_name for record in found}}
    if to.value in tables.FORMATS:
        text = tables.FORMATS[to.value](scoreboard.boards(found, metrics=metrics, names=labels))
        if not text:
            named = ", ".join(metrics) or "no metric"
            raise UsageError(f"nothing to show: {named} has no value on the whole set of these runs; --to csv holds every slice.")
    elif to is Format.model_index:
        text = model_card.model_index(((record, cards[record.full_name]) for record in found), labels)
    elif to is Format.every_eval_ever:
        lines = [
            json.dumps(every_eval_ever.every_eval_ever(record, cards[record.full_name], label), allow_nan=False)
            for record, label in zip(found, labels, strict=True)
        ]
        text = "".join(line + "\n" for line in lines)
    else:
        text = frame.to_csv({str(run.folder): record for run, record in zip(selected.runs, found, strict=True)})
    opt.tell(selected.left_out)
    if out is None:
        typer.echo(text, nl=False)
    else:
        writing.replace_file(out, text.encode(), OUT)
        base.say(f"{len(found)} runs in {out}")
