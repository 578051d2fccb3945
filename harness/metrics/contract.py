"""What a metric must be before it is asked for anything: the one place where those of adapters and of installed packages enter."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, get_args

from harness.metrics.base import Measure, Metric, Need, Scope

_LONGEST = 200
"""Characters of a name on a scoreboard."""
_NEEDS, _SCOPES = get_args(Need), get_args(Scope)


def fault(metric: object) -> str:
    """What keeps an object from being a metric, after its name in a message; empty where nothing does.

    What its functions do is seen when they are called (`measuring`, `bootstrap`).
    """
    if not isinstance(metric, Metric):
        return f"is {_kind(metric)}; it must be a Metric"
    measure: object = metric.measure
    if not isinstance(measure, Measure):
        return f"has a measure that is {_kind(measure)}; it must be a Measure"
    for (name, wanted, holds), value in zip(_FIELDS, _values(metric), strict=True):
        if not holds(value):
            return f"('{metric.name!s:.60}') has a {name} that is {_kind(value)}; it must be {wanted}"
    return ""


def _is_name(value: Any) -> bool:
    return type(value) is str and value.isprintable() and bool(value.strip()) and len(value) <= _LONGEST


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) and isinstance(item, str) for key, item in value.items())


def _is_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


def _is_needs(value: Any) -> bool:
    return isinstance(value, set | frozenset | tuple) and all(isinstance(item, str) and item in _NEEDS for item in value)


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return f"{value!r:.60}"
    return f"of type {type(value).__name__}"


def _is_function_or_none(value: Any) -> bool:
    return value is None or callable(value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_NAME, _FUNCTION, _FLAG = f"a text of 1 to {_LONGEST} characters", "a function or None", "True or False"
_FIELDS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("name", _NAME, _is_name),
    ("variant", _NAME, _is_name),
    ("value", "a function", callable),
    ("bind", _FUNCTION, _is_function_or_none),
    ("swap", _FUNCTION, _is_function_or_none),
    ("basis", _FUNCTION, _is_function_or_none),
    ("interval", "percentile, logit or area", ("percentile", "logit", "area").__contains__),
    ("options", "a mapping of texts to texts", _is_texts),
    ("unit", _NAME, _is_name),
    ("higher_is_better", _FLAG, _is_flag),
    ("scope", " or ".join(_SCOPES), _SCOPES.__contains__),
    ("slices", "a tuple of texts", _is_tuple),
    ("only_without", "java or empty", ("", "java").__contains__),
    ("measure.name", _NAME, _is_name),
    ("measure.run", "a function", callable),
    ("measure.additive", _FLAG, _is_flag),
    ("measure.expand", _FUNCTION, _is_function_or_none),
    ("measure.apart", _FUNCTION, _is_function_or_none),
    ("measure.unread", _FUNCTION, _is_function_or_none),
    ("measure.needs", f"a set of {' or '.join(_NEEDS)}", _is_needs),
)
"""Field, what it must be in words, and whether it is."""
_values = operator.attrgetter(*(name for name, _, _ in _FIELDS))
