"""``harness score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.cli.session import session


def score(
    replies: Annotated[Path, typer.Argument(help="A JSONL file of replies: id, text, optionally choice_log_probs or error.")],
    tasks: opt.Tasks,
    data_root: opt.DataRoot = None,
    sample: opt.Sample = False,
    split: opt.SplitName = "test",
    limit: opt.Limit = None,
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
    as_json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> None:
    """Score replies made anywhere else; neither torch nor a model is needed.

    **Examples**

        harness export vqa_rad --data-root data -o requests.jsonl      what to answer
        harness score replies.jsonl --tasks vqa_rad --data-root data --name "My model"
        harness score replies.jsonl --tasks meqsum --data-root data --metrics cider/coco-ptb,bleu_4/coco-ptb

    Each line answers one exported request: `{"id": "12", "text": "yes"}`.
    """
    from harness.runs.many import Order
    from harness.runs.plan import Options
    from harness.stats.bootstrap import Bootstrap

    with session(as_json=as_json, results=results, quiet=quiet, shares=False) as made:
        options = Options(
            split=split,
            data_root=data_root,
            sample=sample,
            accept_different=accept_different,
            limit=limit,
            plan=Bootstrap(resamples=resamples, seed=bootstrap_seed),
            results=results,
            name=name,
            setting=setting,
            give_up_after=0,
            refusals=refusals,
        )
        made.carry_out(
            Order(
                model=f"predictions:{replies}",
                arguments=opt.key_values(model_arg, "--model-arg"),
                tasks=tuple(opt.split_list(tasks)),
                task_dirs=tuple(task_dir or ()),
                options=options,
                metrics=tuple(opt.split_list(metrics or [])),
            )
        )
