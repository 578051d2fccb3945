"""``harness report``: one page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.report.beside import Beside


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders, or folders of runs such as `results`.", metavar="RUN…", autocompletion=completing.runs),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write.", metavar="FILE")] = Path("report.html"),
    title: Annotated[str, typer.Option("--title", help="Its heading.")] = "Evaluation report",
    pictures: Annotated[int, typer.Option("--pictures", min=0, help="Pictures to embed at most, each at most 256 pixels wide.")] = 2000,
    texts: Annotated[
        int,
        typer.Option(
            "--texts", min=0, metavar="N", help="Characters of questions, references and replies to embed at most; those of failures first."
        ),
    ] = 10_000_000,
    full_pictures: Annotated[
        bool,
        typer.Option("--full-pictures", help="Keep every picture at full size in a file beside the page, which opens it when asked."),
    ] = False,
    allow_credentialed: Annotated[
        bool, opt.allow_credentialed("Put a credentialed dataset's text and pictures on the page all the same.")
    ] = False,
    data_root: Annotated[Path | None, opt.data_root("Without it the page has no questions and pictures.", beside=True)] = None,
    task_dir: opt.TaskDirs = None,
    partial: opt.Partial = False,
    as_json: opt.Json = False,
) -> None:
    """Write one self-contained page: scoreboards beside published numbers, curves, slices, and every sample to browse.

    Prompts, references and pictures come from the release (`--data-root`), replies from this machine's run folders; what is not here
    is left out. The page loads nothing from elsewhere. Texts that are too many for it are kept in a file beside it,
    `report.samples.zip`, which a button on the page opens.

    **Examples**

        harness report results --data-root data -o report.html
        harness report results/vqa_rad --data-root data --title "VQA-RAD, spring"
    """
    from harness.console import base
    from harness.files import writing
    from harness.files.refusals import OUT
    from harness.report.beside import Beside
    from harness.report.page import Options, build
    from harness.views import kept, selection, wording

    more = None if out.exists() and not out.is_file() else out.with_name(f"{out.name.removesuffix('.html')}.samples.zip")
    if more is None and full_pictures:
        raise UsageError(f"--full-pictures writes a file beside the page, and {out} is no file; name one with -o.")
    beside = Beside(wanted=full_pictures)
    with kept.remembered() as memory:
        selected = selection.select(runs, partial=partial, reader=memory.reader)
        options = Options(
            data_root=data_root,
            allow_credentialed=allow_credentialed,
            pictures=pictures,
            texts=texts,
            title=title,
            left_out=selected.left_out,
            beside="" if more is None else more.name,
        )
        page = build([(run.folder, run.record) for run in selected.runs], options, task_dir or [], memory, beside)
    size = beside.write(more, private=allow_credentialed) if beside and more is not None else 0
    writing.replace_file(out, page.encode(), OUT, private=allow_credentialed)
    opt.tell(selected.left_out)
    if as_json:
        base.print_json(
            {
                "path": str(out),
                "runs": len(selected.runs),
                "left_out": selected.left_out,
                "bytes": len(page.encode()),
                "beside": str(more) if size else None,
            }
        )
    else:
        base.say(f"{out}: {wording.many(len(selected.runs), 'run')}, {len(page.encode()) / 1e6:.1f} MB")
        if size:
            base.say(f"{more}: {_held(beside)}, {size / 1e6:.1f} MB; the page opens it when asked")


def _held(beside: Beside) -> str:
    parts = ["all texts"] if beside.texts else []
    return " and ".join([*parts, *([f"{len(beside.pictures):,} pictures at full size"] if beside.pictures else [])])
