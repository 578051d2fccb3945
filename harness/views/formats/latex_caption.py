"""The caption of a paper's table: n, protocol, resamples, and what bold and brackets mean."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from harness.base.version import __version__
from harness.data import catalog
from harness.errors import HarnessError
from harness.metrics import units
from harness.stats import intervals as methods
from harness.views import selection, titles, wording
from harness.views.formats.latex_text import escape
from harness.views.paper import Column, Paper
from harness.views.paper_published import PublishedRow

Intervals = Literal["brackets", "pm", "none"]


def task(heading: str) -> str:
    """The task's title, and what else the heading says."""
    name, comma, more = heading.partition(", ")
    with contextlib.suppress(HarnessError):  # a task of the user's own, whose folder is not known here
        name = catalog.card(name).title
    return name + comma + more


def caption(paper: Paper, published: Sequence[PublishedRow], shown: Intervals) -> str:
    """What the values are, over what, how sure, what is best and who scored them."""
    parts = [_what(paper), *_scales(paper), *_intervals(paper, shown)]
    if paper.marked:
        parts.append(
            rf"Bold: the best value of a column{' among those scored here' if published else ''} and those not significantly worse (paired"
            r" permutation test over groups of samples,"
            r" Holm-adjusted, $\alpha = 0.05$)."
        )
    parts.append(_protocol(paper))
    if any(cell is not None and cell.reasons for row in published for cell in row.cells):
        parts.append("A letter at a published value says why it does not compare with the column.")
    return " ".join(part for part in parts if part)


def _what(paper: Paper) -> str:
    """``Exact match (canonical) on VQA-RAD (test split; closed: n = 272 in 160 groups; open: …)``."""
    clauses = []
    for heading, own in groupby(paper.columns, key=lambda column: column.heading):
        columns = list(own)
        names = dict.fromkeys(f"{titles.metric(column.estimate.metric)} ({column.estimate.variant})" for column in columns)
        several = len({column.estimate.slice for column in columns}) > 1
        sizes = dict.fromkeys(_size(column, several) for column in columns)
        invented = ", invented sample" if columns[0].of.data.kind == "synthetic" else ""
        named = task(heading.replace(f", {selection.asked(columns[0].of)}", ""))
        clauses.append(f"{', '.join(names)} on {named} ({columns[0].of.split} split{invented}; {'; '.join(sizes)})")
    text = "; ".join(clauses)
    return escape(text[:1].upper() + text[1:] + ".")


def _size(column: Column, several: bool) -> str:
    estimate = column.estimate
    part = titles.part(estimate.slice) or ("all" if several else "")
    groups = f" in {wording.many(estimate.n_groups, 'group')}" if estimate.n_groups != estimate.n else ""
    return (f"{part}: " if part else "") + f"n = {estimate.n:,}{groups}"


def _scales(paper: Paper) -> list[str]:
    own_units = dict.fromkeys(column.estimate.unit for column in paper.columns)
    others = [f"{titles.metric(c.estimate.metric)}: {c.estimate.unit}" for c in paper.columns if units.of(c.estimate.unit).scale == 1]
    sentences = ["Shares are percentages."] if units.FRACTION.name in own_units else []
    return sentences + ([escape("; ".join(dict.fromkeys(others)) + ".")] if others else [])


def _intervals(paper: Paper, shown: Intervals) -> list[str]:
    inside = [estimate for estimate in paper.estimates if estimate.low is not None]
    if shown == "none" or not inside:
        return []
    how = "; ".join(methods.named(inside))
    resamples = sorted({column.of.bootstrap.resamples for column in paper.columns})
    what = "In brackets the" if shown == "brackets" else r"After $\pm$ half the width of the"
    drawn = f"; {' or '.join(f'{n:,}' for n in resamples)} resamples" if "bootstrap" in how else ""
    return [f"{what} {escape(f'{100 * inside[0].level:g} % interval ({how}{drawn}).')}"]


def _protocol(paper: Paper) -> str:
    """What all runs say of how they were asked, and what scored them."""
    shots = {record.prompting.few_shot for record in paper.records}
    settings = {record.model.setting for record in paper.records}
    clauses = [f"{shot}-shot" for shot in shots if len(shots) == 1 and shot]
    clauses += [setting for setting in settings if len(settings) == 1 and setting]
    text = "; ".join([*clauses, f"scored by biomed-harness {__version__}"])
    return escape(text[:1].upper() + text[1:] + ".")
