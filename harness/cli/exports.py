"""``harness export-results``: runs in the formats of papers, model cards and other harnesses."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.errors import unknown


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
        list[str] | None, typer.Option("--metric", help="Columns of a table: `accuracy`, `rouge_l/stem`; repeatable.", metavar="NAME")
    ] = None,
    task_dir: opt.TaskDirs = None,
) -> None:
    """Write finished runs as tables, model-card metadata, every_eval_ever records or CSV; scores alone, no text and no pictures.

    **Examples**

        harness export-results results/pneumoniamnist                          Markdown, to paste
        harness export-results results --to latex --metric accuracy -o table.tex
        harness export-results results/vqa_rad/ours-1a2b3c4d --to model-index  the header of a Hub model card
        harness export-results results --to every-eval-ever -o runs.jsonl      one JSON object per run and line

    In Python: `harness.load_results("results")` is the same as a pandas DataFrame.
    """
    from harness import catalog, records
    from harness.console import base
    from harness.exports import every_eval_ever, frame, model_card, scoreboard
    from harness.records import replace_file

    folders = opt.run_folders(runs)
    found = [records.read(folder) for folder in folders]
    metrics = opt.split_list(metric or [])
    known = {name for record in found for e in record.estimates for name in (e.metric, f"{e.metric}/{e.variant}")}
    for name in metrics:
        if name not in known:
            raise unknown("metric of these runs", name, known)
    cards = {name: catalog.card(name, task_dir or []) for name in {record.full_name for record in found}}
    if to.value in scoreboard.FORMATS:
        text = scoreboard.FORMATS[to.value](scoreboard.boards(found, metrics=metrics))
    elif to is Format.model_index:
        text = model_card.model_index((record, cards[record.full_name]) for record in found)
    elif to is Format.every_eval_ever:
        lines = [json.dumps(every_eval_ever.every_eval_ever(record, cards[record.full_name]), allow_nan=False) for record in found]
        text = "".join(line + "\n" for line in lines)
    else:
        text = frame.of_runs(dict(zip(map(str, folders), found, strict=True))).to_csv(index=False)
    if out is None:
        typer.echo(text, nl=False)
    else:
        replace_file(out, text.encode())
        base.say(f"{len(found)} runs in {out}")
