"""What the doctor, the audit and the self-test found, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.padding import Padding
from rich.text import Text

from harness.checks.machine import Tool
from harness.checks.nonsense import KINDS
from harness.checks.overlap import COMPARISON
from harness.checks.readiness import Readiness
from harness.checks.release import Audit, Lengths, Share
from harness.checks.scorers import BOUND, Verdict, broken, gone, known, table
from harness.console.base import line, out
from harness.console.grid import Column, Content, columns, show
from harness.views import wording

_MOST_VALUES = 8
_IN_A_CELL = 24


def print_doctor(tasks: Sequence[Readiness], tools: Sequence[Tool], data_root: Path | None) -> None:
    """The tasks, ready or with the step that is missing, and below them the machine."""
    console = out()
    if data_root is None or not data_root.is_dir():
        wrong = "none is given" if data_root is None else f"{data_root} is not there"
        text = f"data root: {wrong}; pass --data-root DIR or set HARNESS_DATA. The invented samples run without."
        line(text, style="yellow")
    rows: list[tuple[Content, ...]] = []
    for item in tasks:
        mark = Text("ready", style="green") if item.ready else Text("not ready", style="yellow")
        rows.append((item.task, mark, item.missing, "; ".join(item.notes if item.ready else (item.step, *item.notes))))
    show(columns("task", "", "missing", "next step, or what to know", prose=("missing", "next step, or what to know")), rows)
    n = sum(item.ready for item in tasks)
    how = "every row and picture read" if any(item.checked == "counted" for item in tasks) else "the first row read; --deep reads every row"
    console.print(Text(f"\n{n} of {len(tasks)} ready ({how})" if n else f"\n0 of {len(tasks)} ready", style="bold"))
    console.print()
    machine = [(tool.name, Text("yes", style="green") if tool.found else Text("no", style="yellow"), tool.detail) for tool in tools]
    show([Column(), Column(), Column(prose=True)], machine)


def lacking(tasks: Sequence[str], of: int) -> str:
    """One line for all tasks of a command whose release is not there."""
    names = list(dict.fromkeys(tasks))
    some = f"{', '.join(names[:_MOST_VALUES])}{', …' if len(names) > _MOST_VALUES else ''}"
    return (
        f"error: {len(names)} of {of} tasks lack their release: {some}. harness doctor says how to get each; --tasks ready asks those that"
        " are there, --skip-missing leaves these out."
    )


def print_audit(audit: Audit) -> None:
    """A table of what was counted, beside what the card says; then balance and lengths."""
    console = out()
    kind = "SYNTHETIC SAMPLE, invented data" if audit.synthetic else audit.layout
    console.print()
    line(f"{audit.task} · {audit.split} · {kind}", style="bold")
    for note in audit.notes:
        line(f"! {note}", indent=2, style="yellow")
    of = [Column(prose=True), Column(name="counted", right=True), Column(name="the card says", right=True)]
    show(of, _rows(audit), indent=2)
    if audit.overlap is None:
        console.print(Padding(Text(f"not compared with train: {audit.no_overlap}", style="dim"), (0, 2)))
    _print_balance(audit)
    for name, values in audit.counts.items():
        if name != "label":
            listed = ", ".join(f"{value or '–'} {n:,}" for value, n in list(values.items())[:_MOST_VALUES])
            rest = f", and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
            console.print(Padding(Text(f"{name}: {listed}{rest}"), (0, 2)))
    console.print(Padding(Text(f"what counts as the same: {COMPARISON}", style="dim"), (0, 2)))


def _rows(audit: Audit) -> list[tuple[str, str, str]]:
    expected, overlap = audit.expected, audit.overlap
    rows = [
        ("examples", _number(audit.examples), _number(expected.examples)),
        (f"groups ({audit.group})", _number(audit.groups), _number(expected.groups)),
    ]
    if audit.skipped:
        rows.append(("rows that cannot be used", _number(audit.skipped), ""))
    if audit.pictures or audit.pictures_absent:
        rows.append(("distinct pictures", _number(audit.pictures), ""))
    if audit.pictures_absent:
        rows.append(("examples with a picture that is absent", _number(audit.pictures_absent), ""))
    rows += [
        ("rows that repeat another (pictures, text and answer)", _number(audit.duplicates), ""),
        ("distinct answers", _number(audit.distinct_targets), ""),
    ]
    if overlap is not None:
        shared = [
            ("pictures that also occur in train", overlap.pictures, audit.pictures),
            ("texts that also occur in train", overlap.questions, audit.examples),
            ("texts with the same answer in train", overlap.questions_with_answers, audit.examples),
            ("whole rows that also occur in train", overlap.rows, audit.examples),
            ("answers that also occur in train", overlap.targets, audit.examples),
            ("answers never seen in train", overlap.unseen_targets, audit.examples),
            (f"groups ({audit.group}) that also occur in train", overlap.groups, audit.groups),
        ]
        rows += [(name, f"{n:,} of {total:,}", "") for name, n, total in shared if n is not None]
    if audit.majority is not None or expected.majority is not None:
        rows.append(("majority answer", _share(audit.majority), _share(expected.majority)))
    rows += [
        ("words of the input: shortest, median, longest", _lengths(audit.input_words), ""),
        ("words of the answer: shortest, median, longest", _lengths(audit.target_words), ""),
    ]
    rows += [(f"texts that say '{phrase}'", f"{n:,} of {audit.examples:,}", "") for phrase, n in audit.telling.items()]
    return rows


def _print_balance(audit: Audit) -> None:
    if not audit.balance:
        return
    declared = audit.expected.counts.get("label", {})
    total = sum(declared.values())
    rows = []
    for item in audit.balance:
        card = [f"{declared[item.value]:,}", f"{declared[item.value] / total:.1%}"] if item.value in declared else ["", ""]
        rows.append((item.value or "(none)", f"{item.n:,}", f"{item.share:.1%}", *card))
    of = [
        Column(name="label" if declared else "answer", prose=True),
        *(Column(name=name, right=True) for name in ("counted", "", "the card says" if declared else "", "")),
    ]
    out().print()
    show(of, rows, indent=2)
    out().print()


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _share(item: Share | None) -> str:
    if item is None:
        return ""
    value = item.value if len(item.value) <= _IN_A_CELL else f"{item.value[:_IN_A_CELL]}…"
    return f"{value or '(none)'} {item.share:.1%}"


def _lengths(words: Lengths) -> str:
    return f"{words.shortest:,}, {words.median:,.0f}, {words.longest:,}"


def print_selftest(verdicts: Sequence[Verdict]) -> None:
    """One row per metric, one column per kind of predictions.

    A value that breaks a rule is marked ``!``, or ``*`` where the metric documents it, and explained below.
    """
    console = out()
    rows: list[tuple[Content, ...]] = []
    last = ""
    for (task, metric, variant, part), row in table(verdicts).items():
        cells = [_cell(row.get(kind)) for kind in KINDS]
        rows.append((task if task != last else "", f"{metric}/{variant}{'' if part == 'all' else f' on {part}'}", *cells))
        last = task
    show(columns("task", "metric", *KINDS, right=KINDS), rows)
    for head, style, listed, why in (
        ("FAILS", "bold red", broken(verdicts), "{0.reason}"),
        ("known", "yellow", known(verdicts), "{0.documented}"),
        ("GONE", "bold red", gone(verdicts), "the documented defect does not show any more ({0.documented})"),
    ):
        for item in listed:
            where = f"{item.task}: {item.metric}/{item.variant}{'' if item.slice == 'all' else f' on {item.slice}'}"
            value = f"{wording.value(item.value, item.unit)} (oracle {wording.value(item.ceiling, item.unit)})"
            line(f"{head} {where}: {item.predictions} scores {value}: {why.format(item)}", style=style)
    metrics = len(table(verdicts))
    ruling = f"nothing said and no answer score the worst, other constants at most {BOUND:.0%} of the oracle, nothing more than the oracle"
    counts = f"{metrics} metrics, {len(broken(verdicts))} broken rules, {len(known(verdicts))} known defects"
    console.print()
    line(Text.assemble((counts, "bold"), (f" ({ruling})", "dim")))


def _cell(verdict: Verdict | None) -> Text:
    if verdict is None:
        return Text("")
    text = wording.value(verdict.value, verdict.unit)
    if verdict.holds:
        return Text(text)
    return Text(f"{text} *", style="yellow") if verdict.documented else Text(f"{text} !", style="bold red")
