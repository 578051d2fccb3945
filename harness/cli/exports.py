"""``harness export-results``: runs in the formats of papers, model cards and other harnesses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.base import names
from harness.cli import completing
from harness.cli import options as opt
from harness.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from harness.runs.record import Record
    from harness.views.selection import Selection


class Bounds(StrEnum):
    """How a LaTeX table shows intervals."""

    brackets = "brackets"
    pm = "pm"
    none = "none"


_BOUNDS: dict[Bounds, Literal["brackets", "pm", "none"]] = {Bounds.brackets: "brackets", Bounds.pm: "pm", Bounds.none: "none"}


class Format(StrEnum):
    """What can be written."""

    markdown = "markdown"
    latex = "latex"
    bibtex = "bibtex"
    model_index = "model-index"
    every_eval_ever = "every-eval-ever"
    csv = "csv"
    rexrank = "rexrank"


def export_results(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders, or folders of runs such as `results`.", metavar="RUN…", autocompletion=completing.runs),
    ],
    to: Annotated[Format, typer.Option("--to", help="The format.")] = Format.markdown,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write; without it, stdout.", metavar="FILE")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            help="Only these metrics: `accuracy`, `rouge_l/stem`; in LaTeX of a slice too, `exact_match:closed`; commas or repeated.",
            metavar="NAME",
            autocompletion=completing.metric_list,
        ),
    ] = None,
    bounds: Annotated[Bounds, typer.Option("--intervals", help="LaTeX: both bounds, half the width after ±, or none.")] = Bounds.brackets,
    published: Annotated[
        int, typer.Option("--published", min=0, help="LaTeX: below the runs so many published systems of each column.", metavar="N")
    ] = 0,
    label: Annotated[str, typer.Option("--label", help="LaTeX: the table's label; without it made of its tasks.", metavar="KEY")] = "",
    data_root: Annotated[Path | None, opt.data_root("It proves that nothing credentialed is given away.", beside=True)] = None,
    task_dir: opt.TaskDirs = None,
    partial: opt.Partial = False,
) -> None:
    """Write finished runs as tables, references, model-card metadata, every_eval_ever records, CSV or ReXrank's file.

    Scores alone, no text and no pictures; ReXrank's file alone has replies, beside the release's own reports.

    Where runs are of credentialed data, what is written is first compared with the releases in `--data-root`: a prompt or a note that
    repeats a row ends the command, and nothing is written.

    **Examples**

        harness export-results results/pneumoniamnist                          Markdown, to paste
        harness export-results results --to latex -o table.tex                 systems × tasks; of one task × its metrics
        harness export-results results --to latex --metric exact_match:closed,exact_match:open --published 5
        harness export-results results --to bibtex -o table.bib                the data sets, the metrics and this harness
        harness export-results results/vqa_rad/ours-1a2b3c4d --to model-index  the header of a Hub model card
        harness export-results results --to every-eval-ever -o runs.jsonl      one JSON object per run and line
        harness export-results RUN --to rexrank --data-root data -o out.json   replies as ReXrank takes them; of iu_xray@rexrank alone

    In Python: `harness.load_results("results")` is the same as a pandas DataFrame.
    """
    from harness.views import kept, paper, paper_published, scoreboard, selection, standings, wording
    from harness.views.formats import latex

    if to is not Format.latex and (bounds is not Bounds.brackets or published or label):
        raise UsageError(f"--intervals, --published and --label are of --to latex, not of --to {to.value}.")
    task_dirs = task_dir or []
    metrics = opt.split_list(metric or [])
    with kept.remembered() as memory:
        selected = selection.select(runs, partial=partial, reader=memory.reader)
        by_folder = {str(run.folder): run.record for run in selected.runs} if to is Format.latex else {}
        ranked = standings.ranks(by_folder, task_dirs, memory.keeper({str(run.folder): run.folder for run in selected.runs}))
    if to is Format.latex:
        made = paper.paper(by_folder, [paper.asked(name) for name in metrics], task_dirs, ranked=ranked)
        beside = paper_published.published(made, published, task_dirs) if published else ()
        text = latex.to_latex(made, beside, latex.Style(intervals=_BOUNDS[bounds], label=label))
        records = list(selected.records)
    else:
        metrics = _known(selected.records, metrics)
        records = [scoreboard.narrowed(record, metrics) for record in selected.records]
        text = _text(to, selected, records, metrics, data_root, task_dirs)
    opt.tell(selected.left_out, *_compared(text, records, data_root, task_dirs))
    opt.put(text, out, wording.many(len(records), "run"))


def _known(records: Sequence[Record], metrics: Sequence[str]) -> list[str]:
    """The metrics in the runs' own spelling."""
    known = {name for record in records for e in record.estimates for name in (e.metric, f"{e.metric}/{e.variant}")}
    return [names.named("metric of these runs", name, {other for other in known if ("/" in name) == ("/" in other)}) for name in metrics]


def _text(
    to: Format, selected: Selection, records: Sequence[Record], metrics: Sequence[str], data_root: Path | None, task_dirs: Sequence[Path]
) -> str:
    """The runs in any format but LaTeX.

    Args:
        to: The format.
        selected: The runs.
        records: Their records, with the metrics that were asked for alone.
        metrics: Which these are; empty where all.
        data_root: For ReXrank's file.
        task_dirs: Folders of the user's own tasks.
    """
    from harness.data import catalog
    from harness.views import naming, scoreboard
    from harness.views.formats import bibtex, every_eval_ever, frame, model_card, rexrank, tables

    labels = naming.names_of(selected.records)
    cards = {name: catalog.card(name, task_dirs) for name in dict.fromkeys(record.full_name for record in records)}
    if to is Format.markdown:
        text = tables.to_markdown(scoreboard.boards(records, metrics=metrics, names=labels))
        if not text:
            named = ", ".join(metrics) or "no metric"
            raise UsageError(f"nothing to show: {named} has no value on the whole set of these runs; --to csv holds every slice.")
        return text
    if to is Format.bibtex:
        return bibtex.to_bibtex(cards.values(), bibtex.sources(records, {name: catalog.task(name, task_dirs) for name in cards}))
    if to is Format.model_index:
        return model_card.model_index(((record, cards[record.full_name]) for record in records), labels)
    if to is Format.every_eval_ever:
        lines = [
            json.dumps(every_eval_ever.every_eval_ever(record, cards[record.full_name], label), allow_nan=False)
            for record, label in zip(records, labels, strict=True)
        ]
        return "".join(line + "\n" for line in lines)
    if to is Format.rexrank:
        if len(selected.runs) != 1:
            raise UsageError(f"a submission is of one run, and {len(selected.runs)} are named; name one folder.")
        [run] = selected.runs
        return rexrank.submission(run.folder, run.record, catalog.task(run.record.full_name, task_dirs), data_root)
    return frame.to_csv({str(run.folder): record for run, record in zip(selected.runs, records, strict=True)})


def _compared(text: str, records: Sequence[Record], data_root: Path | None, task_dirs: Sequence[Path]) -> list[str]:
    """What a user must know of an export's comparison with the entrusted rows it may repeat.

    Raises:
        VerificationError: It repeats one.
    """
    from harness.checks import shareable
    from harness.checks.shareable.contents import of_content
    from harness.data import catalog
    from harness.errors import MissingData
    from harness.runs import privacy

    cards = {record.full_name: catalog.card(record.full_name, task_dirs) for record in records if record.data.kind == "real"}
    private = [name for name, card in cards.items() if privacy.is_private(card, synthetic=False)]
    if not private:
        return []
    unproved = f"not compared with the rows of {', '.join(private)}, which are credentialed"
    if data_root is None:
        return [f"{unproved}: pass --data-root"]
    try:
        known = shareable.at_hand(data_root, task_dirs, private)
    except MissingData:
        return [f"{unproved}: the release is not in {data_root}"]
    proof = shareable.look(of_content(text.encode("utf-8", "surrogatepass"), "the export"), known)
    if proof.findings:
        raise VerificationError(f"{'; '.join(map(str, proof.findings))}. Nothing was written: is it in a prompt or a note of these runs?")
    return [f"not compared: {line}" for line in proof.unread]
