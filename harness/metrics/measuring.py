"""From samples to statistics, whatever a metric's code does: one at fault costs its own numbers and nobody else's.

A measure may be anybody's code, and it runs when every reply has been paid for. What it raises, and what it returns that no record can
hold, becomes the reason why its metrics are not computed; all other numbers stand.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from numpy.typing import NDArray

from harness.base import beside
from harness.base.arrays import np
from harness.base.withheld import message_of, quoted
from harness.errors import AdapterError, Unwritable
from harness.metrics.base import Context, Floats, Metric, NotComputed, Samples, Statistics

T = TypeVar("T")
D = TypeVar("D")
FAULT = "not computed: the metric is at fault: "
"""How the note of a number begins that is absent because a metric's code broke its contract."""
_LONGEST_NOTE = 2_000
"""Characters of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The statistics of one measure, or why there are none."""

    statistics: Statistics | None
    note: str = ""


class Broken(Exception):
    """What a metric's code returned is not what its contract says; the message goes on from the name of the function."""


def check_names(metrics: Sequence[Metric]) -> None:
    """Raise `AdapterError` where two different measures share a name: known before the first question."""
    owners: dict[str, object] = {}
    for metric in metrics:
        name = metric.measure.name
        if owners.setdefault(name, metric.measure) is not metric.measure:
            raise AdapterError(f"two different measures are both called '{name}' (the second belongs to {metric.signature})")


def measure(metrics: Sequence[Metric], samples: Samples, context: Context) -> dict[str, Measured]:
    """Each distinct measure of the metrics, run once.

    Raises:
        AdapterError: Two different measures share a name.
        Unwritable: A measure needs a file on disk and cannot write it.
    """
    check_names(metrics)
    first: dict[str, Metric] = {}
    for metric in metrics:
        first.setdefault(metric.measure.name, metric)
    everything = _everything(first, samples, context)
    by_name: dict[str, Measured] = {}
    taken = {f"tag.{name}" for name in samples.tags}
    for name in first:
        measured = by_name[name] = everything[name]
        own = {f"{name}.{column}" for column in measured.statistics.names} if measured.statistics is not None else set()
        if own & taken:
            twice = min(own & taken)
            by_name[name] = Measured(
                statistics=None, note=f"{FAULT}measure '{name}' has a column '{twice}', as something else of the run has"
            )
        taken |= own
    return by_name


def _everything(metrics: Mapping[str, Metric], samples: Samples, context: Context) -> dict[str, Measured]:
    """What each measure gives: those that run apart in a thread, the others here meanwhile."""
    apart = {name: metric for name, metric in metrics.items() if metric.measure.apart is not None}
    waiting = {
        name: beside.Call(functools.partial(_measured, metric, samples, context), metric.measure.apart) for name, metric in apart.items()
    }
    with beside.running(list(waiting.values())):
        here = {name: _measured(metric, samples, context) for name, metric in metrics.items() if name not in apart}
        return here | {name: call.result() for name, call in waiting.items()}


def _measured(metric: Metric, samples: Samples, context: Context) -> Measured:
    if "choice_log_probs" in metric.measure.needs and context.scores == "none":
        return Measured(statistics=None, note="not computed: the model gives no scores")
    try:
        statistics = _sound(metric.measure.run(samples, context), samples)
    except NotComputed as reason:
        return Measured(statistics=None, note=_short(f"not computed: {reason}"))
    except (KeyboardInterrupt, Unwritable):  # the machine's fault: once it is mended, the same replies have this number
        raise
    except BaseException as error:  # noqa: BLE001  whatever it raises, the replies and the other metrics stand
        return Measured(statistics=None, note=raised(f"measure '{metric.measure.name}'", error))
    return Measured(statistics=statistics, note=statistics.note)


def raised(where: str, error: BaseException) -> str:
    """The note for a number that a metric's code could not give."""
    return f"{FAULT}{where} {what(error)}"


def what(error: BaseException) -> str:
    """What a function did, after its name: ``raised ValueError: …``, or what it returned."""
    if isinstance(error, Broken):
        return one_line(error)
    return f"raised {type(error).__name__}: {one_line(error)}".removesuffix(": ")


def one_line(error: BaseException) -> str:
    """An exception's message as a note holds it."""
    text = " ".join((str(error) if isinstance(error, Broken) else message_of(error)).split())
    return text if len(text) <= 300 else text[:299] + "…"


def _short(note: str) -> str:
    """A note as a record holds it."""
    return note if len(note) <= _LONGEST_NOTE else note[: _LONGEST_NOTE - 1] + "…"


def _sound(statistics: Statistics, samples: Samples) -> Statistics:
    """The statistics as a record gives them back, so that what is scored now is what is verified later.

    Raises:
        Broken: They cannot stand in a record.
    """
    if not isinstance(statistics, Statistics):
        raise Broken(f"returned {type(statistics).__name__}, not Statistics")
    if not isinstance(statistics.names, tuple | list) or not all(isinstance(name, str) for name in statistics.names):
        raise Broken(f"returned columns whose names are {type(statistics.names).__name__}, not a tuple of texts")
    names = tuple(statistics.names)
    if len(set(names)) < len(names):
        raise Broken(f"returned columns whose names are not texts of their own: {names}")
    table = numbers(statistics.table, "a table")
    if table.shape != (len(samples), len(names)):
        raise Broken(f"returned a table of shape {table.shape} for {len(samples)} samples and {len(names)} columns")
    infinite = np.argwhere(np.isinf(table))
    if len(infinite):
        row, column = infinite[0]
        raise Broken(f"gave an infinite value for sample {quoted(samples.ids[row])} in column '{names[column]}'")
    try:
        fixed = json.loads(json.dumps(dict(statistics.fixed), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise Broken(f"returned fixed facts that are no JSON ({one_line(error)})") from error
    return replace(statistics, names=names, table=table, fixed=fixed, note=_short(str(statistics.note)))


def numbers(returned: object, kind: str) -> Floats:
    """An array of floats from whatever holds real numbers.

    Raises:
        Broken: It holds something else: texts, complex numbers, rows of different lengths.
    """
    if isinstance(returned, np.ma.MaskedArray):
        raise Broken(f"returned {kind} with masked values; NaN says that there is none")
    array = np.asarray(returned)
    if array.dtype.kind not in "biuf":
        raise Broken(f"returned {kind} of type {array.dtype}, not of real numbers")
    return array.astype(np.float64, copy=False)


def quiet(metric: Metric) -> Metric:
    """The metric for views of finished runs: where its code raises or returns what it must not, there is no value (NaN).

    Why is said in the run's own record.
    """
    own, bound, expand, swap = metric.value, metric.bind, metric.measure.expand, metric.swap

    def value(statistics: Statistics, weights: Floats) -> Floats:
        return _or_nan(lambda: own(statistics, weights), len(weights))

    def bind(statistics: Statistics) -> Callable[[NDArray[Any]], Floats]:
        assert bound is not None
        call = _tried(lambda: bound(statistics), None)
        return lambda weights: _or_nan(lambda: call and call(weights), len(weights))

    def expanded(statistics: Statistics) -> Statistics:
        assert expand is not None
        return _tried(lambda: expand(statistics), statistics)  # the value of what is not expanded is none either

    def swapped(first: Statistics, second: Statistics) -> Floats:
        assert swap is not None
        return _or_nan(lambda: swap(first, second), len(first.table))

    return replace(
        metric,
        value=value,
        bind=None if bound is None else bind,
        swap=None if swap is None else swapped,
        measure=replace(metric.measure, expand=None if expand is None else expanded),
    )


def _or_nan(call: Callable[[], object], n: int) -> Floats:
    nothing = np.full(n, np.nan)
    values = _tried(lambda: numbers(call(), "values"), nothing)
    return values if values.shape == nothing.shape else nothing


def _tried(call: Callable[[], T], otherwise: D) -> T | D:
    """What a call of anybody's code gives, or something else where it raises."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001
        return otherwise
