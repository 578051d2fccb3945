"""What a metric must be before it is asked for anything: the one place where those of adapters and of installed packages enter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from harness.metrics.base import Measure, Metric, Need, Scope

_LONGEST = 200
"""Characters of a name on a scoreboard."""


def fault(metric: object) -> str:
    """What keeps an object from being a metric, after its name in a message; empty where nothing does.

    What its functions do is seen when they are called (`measuring`, `bootstrap`).
    """
    if not isinstance(metric, Metric):
        return f"is {_kind(metric)}; it must be a Metric"
    measure: object = metric.measure
    if not isinstance(measure, Measure):
        return f"has a measure that is {_kind(measure)}; it must be a Measure"
    for name, wanted, value, holds in (
        ("name", f"a text of 1 to {_LONGEST} characters", metric.name, _is_name(metric.name)),
        ("variant", f"a text of 1 to {_LONGEST} characters", metric.variant, _is_name(metric.variant)),
        ("value", "a function", metric.value, callable(metric.value)),
        ("bind", "a function or None", metric.bind, metric.bind is None or callable(metric.bind)),
        ("swap", "a function or None", metric.swap, metric.swap is None or callable(metric.swap)),
        ("basis", "a function or None", metric.basis, metric.basis is None or callable(metric.basis)),
        ("interval", "percentile, logit or area", metric.interval, metric.interval in ("percentile", "logit", "area")),
        ("options", "a mapping of texts to texts", metric.options, _is_texts(metric.options)),
        ("unit", f"a text of 1 to {_LONGEST} characters", metric.unit, _is_name(metric.unit)),
        ("higher_is_better", "True or False", metric.higher_is_better, isinstance(metric.higher_is_better, bool)),
        ("scope", " or ".join(get_args(Scope)), metric.scope, metric.scope in get_args(Scope)),
        ("slices", "a tuple of texts", metric.slices, _is_tuple(metric.slices)),
        ("only_without", "java or empty", metric.only_without, metric.only_without in ("", "java")),
        ("measure.name", f"a text of 1 to {_LONGEST} characters", measure.name, _is_name(measure.name)),
        ("measure.run", "a function", measure.run, callable(measure.run)),
        ("measure.additive", "True or False", measure.additive, isinstance(measure.additive, bool)),
        ("measure.expand", "a function or None", measure.expand, measure.expand is None or callable(measure.expand)),
        ("measure.apart", "a function or None", measure.apart, measure.apart is None or callable(measure.apart)),
        ("measure.unread", "a function or None", measure.unread, measure.unread is None or callable(measure.unread)),
        ("measure.needs", f"a set of {' or '.join(get_args(Need))}", measure.needs, _is_needs(measure.needs)),
    ):
        if not holds:
            return f"('{metric.name!s:.60}') has a {name} that is {_kind(value)}; it must be {wanted}"
    return ""


def _is_name(value: Any) -> bool:
    return type(value) is str and value.isprintable() and bool(value.strip()) and len(value) <= _LONGEST


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) and isinstance(item, str) for key, item in value.items())


def _is_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


def _is_needs(value: Any) -> bool:
    return isinstance(value, set | frozenset | tuple) and all(isinstance(item, str) and item in get_args(Need) for item in value)


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return f"{value!r:.60}"
    return f"of type {type(value).__name__}"
