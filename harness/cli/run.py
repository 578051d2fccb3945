"""``harness run`` and ``harness score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import options as opt
from harness.cli.session import session
from harness.cli.tasks import run_tasks
from harness.errors import UsageError

_MODEL = "Model"
_ANSWERS = "How it answers"
_NUMBERS = "Numbers"

Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Only the first N examples; such a run is partial and never ranked.", metavar="N")
]
Resamples = Annotated[
    int, typer.Option("--resamples", min=0, help="Bootstrap resamples for the 95 % intervals; 0 for none.", rich_help_panel=_NUMBERS)
]
BootstrapSeed = Annotated[int, typer.Option("--bootstrap-seed", min=0, help="Seed of the resamples.", rich_help_panel=_NUMBERS)]
Name = Annotated[str, typer.Option("--name", help="The system's name on the scoreboard.", rich_help_panel=_MODEL)]
Setting = Annotated[
    str, typer.Option("--setting", help="How it was made: `zero-shot`, `fine-tuned on …`; recorded as you say it.", rich_help_panel=_MODEL)
]
ModelArgs = Annotated[
    list[str] | None,
    typer.Option("--model-arg", "-a", help="An argument of the backend; repeatable.", rich_help_panel=_MODEL, metavar="KEY=VALUE"),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metrics",
        help="Further metrics beside the task's own: `name/variant` from `harness metrics`, or `evaluate:NAME`; commas or repeated.",
        rich_help_panel=_NUMBERS,
        metavar="METRIC[,METRIC…]",
    ),
]
Refusals = Annotated[
    str,
    typer.Option(
        "--refusals",
        help="`partial`: a run with refused replies is not ranked; `wrong`: they count as wrong answers and it is.",
        rich_help_panel=_NUMBERS,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.", rich_help_panel="Output")]


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
    split: opt.SplitName = "test",
    limit: Limit = None,
    model_arg: ModelArgs = None,
    name: Name = "",
    setting: Setting = "",
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
    resamples: Resamples = 1000,
    bootstrap_seed: BootstrapSeed = 0,
    metrics: Metrics = None,
    refusals: Refusals = "partial",
    results: opt.Results = Path("results"),
    as_json: opt.Json = False,
    quiet: Quiet = False,
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

    with session(as_json=as_json, results=results, shard=shard) as made:
        if images not in ("", "first"):
            raise UsageError(f"--images {images}: the only choice is 'first'.")
        if few_shot_by not in ("seed", "nearest"):
            raise UsageError(f"--few-shot-by {few_shot_by}: must be seed or nearest.")
        if repeat > 1 and not temperature and not (few_shot and few_shot_by == "seed"):
            raise UsageError(
                "--repeat: greedy answers are the same for every seed; pass --temperature above 0, or --few-shot drawn by seed."
            )
        template = prompting.read_template(prompt_file) if prompt_file is not None else ""
        changes = {
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "seed": seed,
            "beams": beams,
        }
        made.repeat = repeat
        run_tasks(
            made,
            model,
            tasks or [],
            opt.key_values(model_arg, "--model-arg") | ({"chat_template": "no"} if no_chat_template else {}),
            task_dir or [],
            quiet=quiet,
            metrics=opt.split_list(metrics or []),
            split=split,
            data_root=data_root,
            sample=sample,
            accept_different=accept_different,
            limit=limit,
            batch_size=_batch_size(batch_size),
            decoding={key: value for key, value in changes.items() if value is not None},
            prompting=prompting.Prompting(
                system=system_prompt, template=template, shots=few_shot, by="nearest" if few_shot_by == "nearest" else "seed"
            ),
            images=images,
            plan=_plan(resamples, bootstrap_seed),
            results=results,
            name=name,
            setting=setting,
            allow_remote=allow_remote,
            give_up_after=give_up_after,
            refusals=_refusals(refusals),
        )


def score(
    replies: Annotated[Path, typer.Argument(help="A JSONL file of replies: id, text, optionally choice_log_probs or error.")],
    tasks: opt.Tasks,
    data_root: opt.DataRoot = None,
    sample: opt.Sample = False,
    split: opt.SplitName = "test",
    limit: Limit = None,
    model_arg: ModelArgs = None,
    name: Name = "",
    setting: Setting = "",
    accept_different: opt.AcceptDifferent = False,
    task_dir: opt.TaskDirs = None,
    resamples: Resamples = 1000,
    bootstrap_seed: BootstrapSeed = 0,
    metrics: Metrics = None,
    refusals: Refusals = "partial",
    results: opt.Results = Path("results"),
    as_json: opt.Json = False,
    quiet: Quiet = False,
) -> None:
    """Score replies made anywhere else; neither torch nor a model is needed.

    **Examples**

        harness export vqa_rad --data-root data -o requests.jsonl      what to answer
        harness score replies.jsonl --tasks vqa_rad --data-root data --name "My model"
        harness score replies.jsonl --tasks meqsum --data-root data --metrics cider/coco-ptb,bleu_4/coco-ptb

    Each line answers one exported request: `{"id": "12", "text": "yes"}`.
    """
    with session(as_json=as_json, results=results, shares=False) as made:
        run_tasks(
            made,
            f"predictions:{replies}",
            tasks,
            opt.key_values(model_arg, "--model-arg"),
            task_dir or [],
            quiet=quiet,
            metrics=opt.split_list(metrics or []),
            split=split,
            data_root=data_root,
            sample=sample,
            accept_different=accept_different,
            limit=limit,
            plan=_plan(resamples, bootstrap_seed),
            results=results,
            name=name,
            setting=setting,
            give_up_after=0,
            refusals=_refusals(refusals),
        )


def _refusals(text: str) -> str:
    if text not in ("partial", "wrong"):
        raise UsageError(f"--refusals {text}: must be partial or wrong.")
    return text


def _batch_size(text: str) -> int | None:
    """A number, or None for ``auto``."""
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--batch-size {text}: must be a whole number of at least 1, or auto.")
    return int(text)


def _plan(resamples: int, seed: int) -> Any:
    from harness.stats.bootstrap import Bootstrap

    return Bootstrap(resamples=resamples, seed=seed)
