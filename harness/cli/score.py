"""``harness score``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import options as opt
from harness.cli.session import session
from harness.errors import UsageError

_column: Any = partial(typer.Option, rich_help_panel="Which column holds what")


def score(
    replies: Annotated[
        Path,
        typer.Argument(help="A file of replies: JSONL, JSON, CSV, TSV, Parquet or Excel, also gzipped.", metavar="REPLIES"),
    ],
    tasks: opt.Tasks,
    id_column: Annotated[str, _column("--id", help="The request's id; without it the column `id`.", metavar="COLUMN")] = "",
    text: Annotated[str, _column("--text", help="The reply; without it the column `text`.", metavar="COLUMN")] = "",
    probabilities: Annotated[
        str,
        _column(
            "--probabilities",
            help="One column per choice, one that holds a list, or of two choices one that names its own: `p=pneumonia`.",
            metavar="COLUMN[,COLUMN…]",
        ),
    ] = "",
    logits: Annotated[
        str, _column("--logits", help="The same, of what a network gives before its softmax.", metavar="COLUMN[,COLUMN…]")
    ] = "",
    ignore_extra: Annotated[bool, _column("--ignore-extra", help="Leave replies to ids that are none of the split's out.")] = False,
    data_root: opt.DataRoot = None,
    sample: opt.Sample = False,
    skip_missing: opt.SkipMissing = False,
    split: opt.SplitName = "test",
    limit: opt.Limit = None,
    draw: opt.Draw = None,
    draw_seed: opt.DrawSeed = 0,
    model_arg: opt.ModelArgs = None,
    name: opt.Name = "",
    setting: opt.Setting = "",
    accept_different: opt.AcceptDifferent = False,
    task_dir: opt.TaskDirs = None,
    resamples: opt.Resamples = 1000,
    bootstrap_seed: opt.BootstrapSeed = 0,
    metrics: opt.Metrics = None,
    refusals: opt.Refusals = "partial",
    results: opt.Results = Path("results"),
    everything: opt.AllScores = False,
    as_json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> None:
    """Score replies made anywhere else; neither torch nor a model is needed.

    **Examples**

        harness export vqa_rad --data-root data -o requests.jsonl      what to answer
        harness score replies.jsonl --tasks vqa_rad --data-root data --name "My model"
        harness score replies.csv --id qid --text answer --tasks vqa_rad --data-root data
        harness score scores.csv --id file --probabilities p_normal,p_pneumonia --tasks pneumoniamnist --data-root data

    Each line or row answers one exported request: `{"id": "12", "text": "yes"}`. What an id is: `harness show TASK`.
    """
    from harness.runs.many import Order
    from harness.runs.plan import Options
    from harness.stats.bootstrap import Bootstrap

    with session(as_json=as_json, everything=everything, results=results, quiet=quiet, shares=False) as made:
        options = Options(
            split=split,
            data_root=data_root,
            sample=sample,
            accept_different=accept_different,
            limit=limit,
            draw=draw,
            draw_seed=draw_seed,
            plan=Bootstrap(resamples=resamples, seed=bootstrap_seed),
            results=results,
            name=name,
            setting=setting,
            give_up_after=0,
            refusals=refusals,
        )
        columns = {"id": id_column, "text": text, "probabilities": probabilities, "logits": logits}
        columns |= {"ignore_extra": "yes" if ignore_extra else ""}
        made.carry_out(
            Order(
                model=f"predictions:{replies}",
                arguments=_arguments(opt.key_values(model_arg, "--model-arg"), columns),
                tasks=tuple(opt.split_list(tasks)),
                task_dirs=tuple(task_dir or ()),
                options=options,
                metrics=tuple(opt.split_list(metrics or [])),
                skip_missing=skip_missing,
            )
        )


def _arguments(given: dict[str, str], columns: dict[str, str]) -> dict[str, str]:
    """The backend's arguments, with those that options say."""
    of_options = {name: value for name, value in columns.items() if value}
    twice = next((name for name in of_options if name in given), "")
    if twice:
        raise UsageError(f"--{twice.replace('_', '-')} and -a {twice}= are the same; give one of them.")
    return given | of_options
