"""``harness run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.cli.session import session
from harness.errors import UsageError

_ANSWERS = "How it answers"


def run(
    model: Annotated[
        str,
        typer.Argument(
            help="A checkpoint's path, `kind:location`, `file.py:factory`, or a suite's `.toml`.", metavar="MODEL", show_default=False
        ),
    ],
    tasks: opt.SomeTasks = None,
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
    batch_size: Annotated[
        str, typer.Option("--batch-size", help="The most requests per call; `auto` leaves it to the model.", rich_help_panel=_ANSWERS)
    ] = "auto",
    no_chat_template: Annotated[
        bool,
        typer.Option("--no-chat-template", help="Give the bare prompt to a model that has a chat template.", rich_help_panel=_ANSWERS),
    ] = False,
    max_new_tokens: Annotated[
        int | None, typer.Option("--max-new-tokens", min=1, help="Instead of the task's own.", rich_help_panel=_ANSWERS)
    ] = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", min=0.0, help="0 is greedy, the default.", rich_help_panel=_ANSWERS)
    ] = None,
    top_p: Annotated[float | None, typer.Option("--top-p", min=0.0, max=1.0, rich_help_panel=_ANSWERS)] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of sampled answers and drawn examples.", rich_help_panel=_ANSWERS)
    ] = None,
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, help="Runs with so many seeds; mean and SD over them.", rich_help_panel=_ANSWERS, metavar="N")
    ] = 1,
    system_prompt: Annotated[
        str, typer.Option("--system-prompt", help="For models that know one.", rich_help_panel=_ANSWERS, metavar="TEXT")
    ] = "",
    prompt_file: Annotated[
        Path | None,
        typer.Option(
            "--prompt-file",
            help="Your own template: text with {question}, {choices}, {prompt} (the task's own), {context.KEY}.",
            rich_help_panel=_ANSWERS,
            metavar="FILE",
        ),
    ] = None,
    few_shot: Annotated[
        int,
        typer.Option("--few-shot", min=0, help="Examples of the train split before each question.", rich_help_panel=_ANSWERS, metavar="K"),
    ] = 0,
    few_shot_by: Annotated[
        str, typer.Option("--few-shot-by", help="`seed`: the same for all; `nearest`: those most like each.", rich_help_panel=_ANSWERS)
    ] = "seed",
    beams: Annotated[int | None, typer.Option("--beams", min=1, rich_help_panel=_ANSWERS)] = None,
    shard: Annotated[
        str,
        typer.Option(
            "--shard",
            help="Answer one share of the requests: `1/8` to `8/8`. Under torchrun each rank has its own.",
            rich_help_panel=_ANSWERS,
            metavar="NUMBER/OF",
        ),
    ] = "",
    give_up_after: Annotated[
        int,
        typer.Option(
            "--give-up-after",
            min=0,
            help="Stop after so many failures in a row; 0 asks everything whatever fails.",
            rich_help_panel=_ANSWERS,
            metavar="N",
        ),
    ] = 20,
    images: Annotated[
        str, typer.Option("--images", help="`first`: give a model that takes one picture the first of several.", rich_help_panel=_ANSWERS)
    ] = "",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let credentialed data go to a model elsewhere.", rich_help_panel="Where the data is")
    ] = False,
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
    """Evaluate a model on one or many tasks; run again, it asks only what is missing.

    **Examples**

        harness run baseline:majority --tasks vqa_rad --data-root data
        harness run model.pt2 --tasks pneumoniamnist --data-root data --name "Our CNN"
        harness run torch:weights.pt -a factory=net.py:build --tasks medmnist --data-root data
        harness run predictions:replies.jsonl --tasks meqsum --data-root data --json
        harness run baseline:oracle --tasks all --sample          the ceiling of every task
        harness run suite.toml --data-root data                   one system that is a checkpoint per task

    Numbers are written to RESULTS/task/model/run/: run.json and samples.csv can be committed and shared, replies.jsonl stays here.
    """
    from harness.runs import prompting
    from harness.runs.many import Order
    from harness.runs.plan import Options
    from harness.stats.bootstrap import Bootstrap

    changes = {"max_new_tokens": max_new_tokens, "temperature": temperature, "top_p": top_p, "seed": seed, "beams": beams}
    with session(as_json=as_json, everything=everything, results=results, quiet=quiet, shard=shard) as made:
        options = Options(
            split=split,
            data_root=data_root,
            sample=sample,
            accept_different=accept_different,
            limit=limit,
            draw=draw,
            draw_seed=draw_seed,
            batch_size=_batch_size(batch_size),
            decoding={key: value for key, value in changes.items() if value is not None},
            prompting=prompting.Prompting(
                system=system_prompt,
                template="" if prompt_file is None else prompting.read_template(prompt_file),
                shots=few_shot,
                by=few_shot_by,
            ),
            images=images,
            plan=Bootstrap(resamples=resamples, seed=bootstrap_seed),
            results=results,
            name=name,
            setting=setting,
            allow_remote=allow_remote,
            give_up_after=give_up_after,
            refusals=refusals,
        )
        made.carry_out(
            Order(
                model=model,
                arguments=opt.key_values(model_arg, "--model-arg") | ({"chat_template": "no"} if no_chat_template else {}),
                tasks=tuple(opt.split_list(tasks or [])),
                task_dirs=tuple(task_dir or ()),
                options=options,
                metrics=tuple(opt.split_list(metrics or [])),
                repeats=repeat,
                skip_missing=skip_missing,
            )
        )


def _batch_size(text: str) -> int | None:
    """A number, or None for ``auto``."""
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--batch-size {text}: must be a whole number of at least 1, or auto.")
    return int(text)
