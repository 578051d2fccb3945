"""Answers that are lists, compared in any order: the release's order says nothing, and equality minds it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.base import patterns, typography
from harness.metrics.answers import chinese
from harness.metrics.answers.canonical import ENGLISH, Language, readings
from harness.metrics.answers.reading import NORMALISER
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.metrics.columns import mean, of_rows

_COMMA = patterns.later(r"[,;](?!\d)|(?<!\d)[,;]")
_ITEM = patterns.later(r"[,;](?!\d)|(?<!\d)[,;]|[/•\n]|\s(?:and|&|\+)\s|以及|和|与|及")


def items(text: str, form: Callable[[str], str]) -> list[str]:
    """The items of a list in an order of their own, each as it is compared; an "and" separates as a comma does."""
    parts = _ITEM.split(f" {typography.folded(text).casefold()} ")
    return sorted(item for part in parts if (item := form(part)))


def is_list(text: str) -> bool:
    """Whether an answer is written as a list: a comma or semicolon that is not inside a number."""
    return _COMMA.search(typography.folded(text).strip(" ,;")) is not None


def _compare(samples: Samples, context: Context, *, language: Language) -> Statistics:  # noqa: ARG001  the answers alone decide
    form, rows = language.comparable, []
    for prediction, answer, references in zip(samples.predictions, readings(samples, language), samples.references, strict=True):
        same = answer is not None and answer in map(form, references)
        lists = [items(reference, form) for reference in references if is_list(reference)]
        rows.append([1.0, float(same or (prediction is not None and items(prediction, form) in lists)), float(bool(lists))])
    return of_rows(("n", "exact", "lists"), rows)


def _metric(variant: str, language: Language, normaliser: str) -> Metric:
    return Metric(
        name="exact_match",
        variant=variant,
        measure=Measure(name=f"answers_{variant.replace('-', '_')}", run=partial(_compare, language=language)),
        value=mean("exact"),
        options={
            "normaliser": normaliser,
            "closed": "label-2",
            "open": "equality; of lists that of their items",
            "split": "answer_type",
        },
        summary="Share of questions answered right, where an answer that is a list is right with its items in any order.",
        source="closed and open rules of this harness",
        pitfalls=(
            "An answer is taken for a list where it holds a comma, whether or not its parts are items.",
            "Every item must be there, and no other.",
        ),
    )


ANY_ORDER = _metric("any-order", ENGLISH, NORMALISER)
ANY_ORDER_CHINESE = _metric("chinese-any-order", chinese.LANGUAGE, chinese.NORMALISER_CHINESE)
