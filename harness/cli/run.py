"""``harness run``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.cli.session import session
from harness.errors import UsageError

_answers: Any = partial(typer.Option, rich_help_panel="How it answers")


def run(
    model: Annotated[
        str,
        typer.Argument(
            help="A checkpoint's path, `kind:location`, `file.py:factory`, or a suite's `.toml`.",
            metavar="MODEL",
            show_default=False,
            autocompletion=completing.model,
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
    batch_size: Annotated[str, _answers("--batch-size", help="The most requests per call; `auto` leaves it to the model.")] = "auto",
    no_chat_template: Annotated[
        bool, _answers("--no-chat-template", help="Give the bare prompt to a model that has a chat template.")
    ] = False,
    max_new_tokens: Annotated[int | None, _answers("--max-new-tokens", min=1, help="Instead of the task's own.")] = None,
    temperature: Annotated[float | None, _answers("--temperature", min=0.0, help="0 is greedy, the default.")] = None,
    top_p: Annotated[float | None, _answers("--top-p", min=0.0, max=1.0)] = None,
    seed: Annotated[int | None, _answers("--seed", min=0, help="Seed of sampled answers and drawn examples.")] = None,
    repeat: Annotated[int, _answers("--repeat", min=1, help="Runs with so many seeds; mean and SD over them.", metavar="N")] = 1,
    system_prompt: Annotated[str, _answers("--system-prompt", help="For models that know one.", metavar="TEXT")] = "",
    prompt_file: Annotated[
        Path | None,
        _answers(
            "--prompt-file",
            help="Your own template: text with {question}, {choices}, {prompt} (the task's own), {context.KEY}.",
            metavar="FILE",
        ),
    ] = None,
    few_shot: Annotated[int, _answers("--few-shot", min=0, help="Examples of the train split before each question.", metavar="K")] = 0,
    few_shot_by: Annotated[
        str,
        _answers(
            "--few-shot-by",
            help="`seed`: the same for all; `nearest`: those most like each.",
            autocompletion=completing.one_of("seed", "nearest"),
        ),
    ] = "seed",
    beams: Annotated[int | None, _answers("--beams", min=1)] = None,
    shard: Annotated[
        str,
        _answers(
            "--shard", help="Answer one share of the requests: `1/8` to `8/8`. Under torchrun each rank has its own.", metavar="NUMBER/OF"
        ),
    ] = "",
    give_up_after: Annotated[
        int, _answers("--give-up-after", min=0, help="Stop after so many failures in a row; 0 asks everything whatever fails.", metavar="N")
    ] = 20,
    images: Annotated[
        str,
        _answers(
            "--images", help="`first`: give a model that takes one picture the first of several.", autocompletion=completing.one_of("first")
        ),
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
