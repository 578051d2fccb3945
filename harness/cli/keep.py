"""``harness export``, ``verify`` and ``leaderboard``: what is kept, moved and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import Unwritable, UsageError, VerificationError


def export(
    task: Annotated[str, typer.Argument(help="A task's name, `name@variant`.", autocompletion=completing.task)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .jsonl file to write; pictures go into a folder beside it.")],
    data_root: Annotated[Path | None, opt.data_root("Without it the requests are those of the invented sample.")] = None,
    sample: opt.Sample = False,
    split: opt.SplitName = "test",
    limit: opt.Limit = None,
    draw: opt.Draw = None,
    draw_seed: opt.DrawSeed = 0,
    accept_different: opt.AcceptDifferent = False,
    allow_credentialed: Annotated[bool, opt.allow_credentialed("Write a credentialed dataset's text and images all the same.")] = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Write a task's requests for a model that runs elsewhere: prompts, pictures, choices; never an answer.

    **Example**

        harness export vqa_rad --data-root data -o vqa_rad.jsonl

    Answer each line with `{"id": …, "text": …}`, then: `harness score replies.jsonl --tasks vqa_rad`.
    """
    from harness.console import base
    from harness.data import catalog, examples
    from harness.runs.excerpt import Excerpt
    from harness.runs.requests_file import write_requests

    if limit is not None and draw is not None:
        raise UsageError("--limit takes the first examples and --draw some of all; give one of them.")
    excerpt = Excerpt(first=limit, drawn=draw, seed=draw_seed)
    dataset = examples.load(
        catalog.task(task, task_dir or []), split=split, data_root=data_root, sample=sample, accept_different=accept_different
    )
    card = dataset.task.card
    _, root = examples.place(card, data_root, synthetic=dataset.synthetic)
    written = write_requests(dataset, out, root=root, excerpt=excerpt, allow_credentialed=allow_credentialed)
    kind = "synthetic" if dataset.synthetic else "real"
    if written.absent:
        n, first = len(written.absent), written.absent[0]
        opt.tell(f"{n} {'request is' if n == 1 else 'requests are'} left out, as their pictures are not there (first: {first})")
    if as_json:
        facts = {"task": card.full_name, "split": split, "data": kind, "requests": written.requests, "absent": len(written.absent)}
        base.print_json({**facts, "path": str(out), "ids": card.ids})
    else:
        base.say(f"{written.requests} requests of {task} ({kind} data, {split} split) in {out}")
        if card.ids:
            base.say(f"An id is {card.ids}.")


def verify(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders, or a folder of them such as `results`.", metavar="RUN…", autocompletion=completing.runs),
    ],
    data_root: Annotated[Path | None, opt.data_root("Without it targets and replies are not held against it.", beside=True)] = None,
    shareable: Annotated[
        bool,
        typer.Option(
            "--shareable",
            help="Show instead that files, folders or archives repeat no text, picture or id of the credentialed releases in --data-root.",
        ),
    ] = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Recompute every number of finished runs: from the statistics everywhere, from replies and data where they are present.

    Each line says what holds, what fails, and what nothing here can prove, such as who gave the replies. Where every number follows from
    the release, `verified.json` is left beside the record, and the standings say so.

    **Examples**

        harness verify results
        harness verify results/vqa_rad/majority-1a2b3c4d/test-5e6f7a8b --data-root data
        harness verify --shareable report.html results.zip --data-root data    before anything is given away

    Exit code 6 when anything does not hold; the line says which file, sample or metric. With `--shareable`, 6 where something entrusted
    was found, by its place alone, 1 where nothing was and a part could not be looked into, 3 where no credentialed release is at hand.
    """
    if shareable:
        _verify_shareable(runs, data_root, task_dir or [], as_json=as_json)
        return
    from harness.console import base
    from harness.console import verification as view
    from harness.runs import evidence
    from harness.runs.releases import Releases
    from harness.runs.verify import verify as check
    from harness.views import selection

    folders = dict.fromkeys(folder for path in runs for folder in selection.run_folders(path))
    releases = Releases()
    checked_runs = [(folder, check(folder, data_root=data_root, task_dirs=task_dir or [], releases=releases)) for folder in folders]
    for folder, checks in checked_runs:
        try:
            evidence.keep(folder, checks)
        except Unwritable as error:
            opt.tell(f"{folder}: not marked as verified. {error}")
    if as_json:
        base.print_json(
            {
                "runs": [
                    {
                        "path": str(folder),
                        "holds": all(item.status != "fails" for item in checks),
                        "checks": checks,
                    }
                    for folder, checks in checked_runs
                ]
            }
        )
    else:
        view.print_checks(checked_runs)
    broken = [folder for folder, checks in checked_runs if any(item.status == "fails" for item in checks)]
    if broken:
        raise VerificationError(f"{len(broken)} of {len(checked_runs)} runs do not hold: {', '.join(map(str, broken[:5]))}")


def _verify_shareable(paths: list[Path], data_root: Path | None, task_dirs: list[Path], *, as_json: bool) -> None:
    from harness.checks import shareable
    from harness.console import base
    from harness.console import verification as view

    if data_root is None:
        raise UsageError("--shareable compares with credentialed releases; pass --data-root DIR or set HARNESS_DATA.")
    proof = shareable.prove(paths, shareable.at_hand(data_root, task_dirs))
    if as_json:
        base.print_json(proof.as_json())
    else:
        view.print_proof(proof)
    if proof.findings:
        places = list(dict.fromkeys(finding.place for finding in proof.findings))
        more = f" and {len(places) - 5} more" if len(places) > 5 else ""
        raise VerificationError(f"not to be given away: {', '.join(places[:5])}{more}. Replies and exports stay where the data may be.")
    if proof.unread:
        raise typer.Exit(1)


def leaderboard(
    results: Annotated[
        list[Path] | None,
        typer.Option(
            "--results",
            help="Where runs are kept; repeatable, of equal runs one counts. Without it: results.",
            metavar="DIR",
            autocompletion=completing.runs,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The CSV to write or check.")] = Path("leaderboard.csv"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where the file is not what the records give.")] = False,
    partial: opt.Partial = False,
    as_json: opt.Json = False,
) -> None:
    """Rebuild leaderboard.csv from the records and the published numbers, and print each system's scores and standing.

    A rank is 1 plus the number of other systems that are significantly better on the task, by paired tests adjusted (Holm) over all pairs
    of runs of different systems; a mean is over a system's own tasks, and says how many of the 25 these are. Of them, those count as
    verified whose numbers `harness verify --data-root` has followed from the release; of the others there is the record's word alone.

    **Examples**

        harness leaderboard
        harness leaderboard --results results --results /mnt/cluster/results
        harness leaderboard --check        for continuous integration
    """
    from harness.console import base
    from harness.console import board as board_view
    from harness.console import compare as view
    from harness.console import published as published_view
    from harness.files import writing
    from harness.files.refusals import OUT
    from harness.runs import evidence
    from harness.views import beside_board, board, graded, kept, selection, standings
    from harness.views.leaderboard import real, rows_of
    from harness.views.leaderboard_file import check_file, measured_in, to_csv

    with kept.remembered() as memory:
        selected = selection.select(results or [Path("results")], partial=partial, none=not results, reader=memory.reader)
        runs = real(selected)
        lost = measured_in(out)
        if not runs:
            where = ", ".join(map(str, results or [Path("results")]))
            left = f" {out} is left as it is, with its {lost} measured rows." if lost else ""
            why = selected.left_out or ("those there are of invented samples." if selected.runs else "name the folder with --results DIR.")
            raise UsageError(f"no complete run on real data under {where}: {why}{left}")
        rows = rows_of(runs, memory.keeper({run.source: run.folder for run in selected.runs}))
    measured = sum(1 for row in rows if row.origin == "measured")
    if check:
        check_file(out, rows)
    else:
        writing.replace_file(out, to_csv(rows).encode(), OUT)
    fewer = f"{out} held {lost} measured rows and holds {measured} now" if measured < lost and not check else ""
    ranked = {row.source: int(row.rank) for row in rows if row.rank}
    opt.tell(
        selected.left_out,
        fewer,
        *(f"{task}: runs on different pictures or questions are ranked apart" for task in standings.apart(runs)),
        *(f"{task}: runs have no rank, as they cannot be tested here; score them again" for task in standings.unranked(runs, ranked)),
    )
    verified = {run.source for run in selected.runs if evidence.is_verified(run.folder)}
    matrix = board.matrix(runs, ranked, verified)
    places = standings.standings(runs, ranked, verified)
    published = beside_board.beside(rows)
    tasks = list(dict.fromkeys(record.task for record in runs.values()))
    if as_json:
        counts = {"path": str(out), "rows": len(rows), "measured": measured, "reported": len(rows) - measured, "checked": check}
        base.print_json(
            {
                **counts,
                "left_out": selected.left_out,
                "standings": places,
                "published": published,
                "graded": {task: [group.as_json() for group in graded.graded(task)] for task in tasks},
            }
        )
    else:
        board_view.print_board(matrix)
        view.print_beside(published)
        published_view.print_graded(tasks)
        verb = "is what the records give" if check else "written"
        base.say(f"{out} {verb}: {measured} measured and {len(rows) - measured} reported rows")
