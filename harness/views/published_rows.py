"""Whether published numbers keep what a row of `tasks/reported.csv` promises: names that exist, one spelling each, values as printed."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise

from harness.base.visible import visible_line
from harness.data import catalog
from harness.errors import HarnessError
from harness.metrics import registry
from harness.views import systems
from harness.views.published import Reported
from harness.views.systems import plain

SETTINGS = ("fine-tuned", "multi-task fine-tuned", "pretrained only", "zero-shot", "zero- or few-shot", "as released", "not stated")
VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "slice": ("all", "open", "closed", "yes_no", "free_form"),
    "setting": SETTINGS,
    "judge": ("", "language model"),
    "answer_list": ("", "free text", "fixed list", "train+val", "train+test"),
    "resolution": ("", "28", "64", "128", "224", "raw"),
    "split": ("test", "hold-out", "10-fold-cross-validation", "balanced-xu-2023", "train-and-test", "r2gen"),
    "original_unit": ("%", "x100", "fraction"),
}
"""Field to the words it may hold."""
PROTOCOLS = ("unknown", "biomedgpt", "llava_med", "med_palm_m", "multimedeval", "medevalkit", "rexrank")
"""Metric variants that name somebody's evaluation; not all of them are computed here."""
_NAMES = frozenset(
    {"bertscore", "green", "ratescore", "radgraph_f1"} | {f"chexbert_{average}_f1_{n}" for average in ("micro", "macro") for n in (5, 14)}
)
"""Metrics under the names that publications print, beside those of the registry."""
SOURCE = re.compile(r"arXiv:\d{4}\.\d{5}(v\d)?|doi:10\.\d{4,}/\S+|github:[\w.-]+/[\w.-]+([#@]\w+)?")


def problems(numbers: Sequence[Reported]) -> list[str]:
    """What is wrong with the rows of a file, a sentence each, in their order; empty where nothing is."""
    alone = [f"{_name(number)}: {wrong}" for number in numbers for wrong in of_row(number)]
    return [*alone, *_between(numbers)]


def of_row(number: Reported) -> Iterator[str]:
    """What is wrong with one row by itself."""
    for field, words in VOCABULARY.items():
        if getattr(number, field) not in words:
            yield f"{field} is '{getattr(number, field)}'; it must be one of {', '.join(word or 'empty' for word in words)}"
    if number.task not in catalog.PAPER:
        yield f"task is '{number.task}', which is none of the paper's"
    elif number.task_variant:
        yield from _no_such_form(number.task, number.task_variant)
    metrics = _metrics()
    if number.metric not in {name for name, _ in metrics} | _NAMES:
        yield f"metric is '{number.metric}'; harness metrics lists the names"
    elif (number.metric, number.metric_variant) not in metrics and number.metric_variant not in PROTOCOLS:
        yield f"metric_variant is '{number.metric_variant}'; a variant of ours, or one of {', '.join(PROTOCOLS)}"
    if number.unit != unit_of(number.metric):
        yield f"unit is '{number.unit}'; {number.metric} is a {unit_of(number.metric)}"
    if number.metric == "exact_match" and (number.judge or number.open_metric not in ("", "exact_match")):
        yield "exact_match is neither judged nor recall; such a value is an accuracy"
    if number.confidence == "guess" and not number.note:
        yield "a guess needs a note that says what the doubt is"
    if not SOURCE.fullmatch(number.source_id):
        yield f"source_id is '{number.source_id}'; write arXiv:2301.00001, doi:10.1000/182 or github:owner/name@commit"
    for field in ("system", "source_title", "read_from"):
        if not getattr(number, field).strip():
            yield f"{field} is empty"
    for column in fields(number):
        text = getattr(number, column.name)
        if isinstance(text, str) and visible_line(text) != text:
            yield f"{column.name} is '{visible_line(text)}'; write one line, without what cannot be seen"
    yield from _printed(number)


@functools.cache
def _no_such_form(task: str, variant: str) -> tuple[str, ...]:
    try:
        catalog.card(f"{task}@{variant}")
    except HarnessError as error:
        return (str(error),)
    return ()


@functools.cache
def _metrics() -> frozenset[tuple[str, str]]:
    return frozenset((metric.name, metric.variant) for metric in registry.registered())


def unit_of(metric: str) -> str:
    """The unit that values of a metric are kept in."""
    return "CIDEr (0-10)" if metric == "cider" else "fraction"


def scale(original_unit: str) -> float:
    """What a printed value is divided by."""
    return 1.0 if original_unit == "fraction" else 100.0


def _printed(number: Reported) -> Iterator[str]:
    try:
        printed = float(number.original_value)
    except ValueError:
        yield f"original_value is '{number.original_value}'; it must be the number as printed"
        return
    if abs(number.value - printed / scale(number.original_unit)) > 1e-12:
        yield f"value is {number.value}, and {number.original_value} {number.original_unit} is printed"


def order(number: Reported) -> tuple[str, ...]:
    """What rows of a file are sorted by."""
    where = (number.task, number.task_variant, number.split, number.metric, number.metric_variant, number.slice)
    return (*where, number.system.lower())


def identity(number: Reported) -> tuple[str, ...]:
    """What was measured, of whom, and where it is printed: one row each."""
    measured = (number.task, number.task_variant, number.original_split, number.original_metric, number.metric, number.metric_variant)
    return (*measured, number.slice, number.system, number.setting, number.source_id, number.source_table, number.read_from)


def _between(numbers: Sequence[Reported]) -> Iterator[str]:
    for key, times in Counter(map(identity, numbers)).items():
        if times > 1:
            yield f"{key[7]} on {key[0]}: the same number of the same table stands {times} times"
    for names in _groups(numbers, lambda number: plain(number.system), lambda number: number.system):
        yield f"one system in several spellings: {', '.join(names)}; the others belong into tasks/systems.csv"
    sized = [number for number in numbers if number.parameters is not None]
    for sizes in _groups(sized, lambda number: number.system, lambda number: f"{number.system} with {number.parameters:,} parameters"):
        yield f"one system in several sizes: {'; '.join(sizes)}"
    for number in {number.system: number for number in sized}.values():
        known = systems.parameters(number.system)
        if known not in (None, number.parameters):
            yield f"{number.system}: {number.parameters:,} parameters, and tasks/system_facts.csv has {known:,}"
    for first, second in pairwise(numbers):
        if order(second) < order(first):
            yield f"{_name(second)}: stands behind {_name(first)}; rows are sorted by task, form, split, metric, slice and system"
            return


def _groups(numbers: Iterable[Reported], of: Callable[[Reported], str], shown: Callable[[Reported], str]) -> Iterator[list[str]]:
    grouped: dict[str, dict[str, None]] = defaultdict(dict)
    for number in numbers:
        grouped[of(number)][shown(number)] = None
    return (list(names) for names in grouped.values() if len(names) > 1)


def _name(number: Reported) -> str:
    form = f"@{number.task_variant}" if number.task_variant else ""
    return f"{number.system} on {number.task}{form}, {number.metric}/{number.metric_variant} {number.slice}"
