"""Metrics of named labels, all of them functions of one table: how often each class was called what.

A reply that names no class has a column of its own in that table: a miss of its target's class, and never a class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, NotComputed, Samples, Statistics
from harness.metrics.columns import of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

RARE = 30
"""Samples of a class below which its share of a mean says little."""


def numbers(samples: Samples, context: Context) -> dict[str, int]:
    """The number of each of the task's classes.

    Raises:
        NotComputed: A target is none of them.
    """
    number = {label: position for position, label in enumerate(context.labels)}
    strange = sorted({str(target) for target in samples.targets} - set(number))
    if strange:
        raise NotComputed(f"the target '{strange[0]}' is none of the card's labels")
    return number


def rare(samples: Samples, context: Context) -> str:
    """Which classes do not occur among the targets, and which hardly do; empty where there is nothing to say."""
    count = dict.fromkeys(context.labels, 0)
    for target in samples.targets:
        count[target] += 1
    absent = [label for label, n in count.items() if not n]
    few = [f"{label} ({n})" for label, n in count.items() if 0 < n < RARE]
    notes = [f"no sample of: {', '.join(absent)}"] if absent else []
    return "; ".join([*notes, f"fewer than {RARE} samples of: {', '.join(few)}"] if few else notes)


def _labels(samples: Samples, context: Context) -> Statistics:
    """The target's and the prediction's class numbers; -1 is no answer."""
    number = numbers(samples, context)
    rows = [[number[target], number.get(prediction, -1)] for target, prediction in zip(samples.targets, samples.predictions, strict=True)]
    fixed = {"classes": len(number), "labels": list(number)}
    return replace(of_rows(("target", "predicted"), rows), fixed=fixed, note=rare(samples, context))


def _cell(statistics: Statistics) -> tuple[NDArray[np.intp], int]:
    """The cell of the confusion table that each row falls into, and how many classes there are."""
    classes = int(statistics.fixed["classes"])
    target, predicted = statistics.table.astype(np.intp).T
    return target * (classes + 1) + np.where(predicted < 0, classes, predicted), classes


def _expanded(statistics: Statistics) -> Statistics:
    """One column per cell of the confusion table, 1 in the row's own."""
    if statistics.names != ("target", "predicted"):
        return statistics
    cell, classes = _cell(statistics)
    table = np.zeros((len(cell), classes * (classes + 1)))
    table[np.arange(len(cell)), cell] = 1.0
    return replace(statistics, names=tuple(f"cell{number}" for number in range(table.shape[1])), table=table)


def _unread(statistics: Statistics) -> NDArray[np.bool_]:
    return np.asarray(statistics.table[:, 1] < 0)


FROM_LABELS = Measure(name="labels", run=_labels, expand=_expanded, unread=_unread)


def table(statistics: Statistics, weights: Floats) -> Floats:
    """The confusion table under each row of weights, [b, classes, classes + 1]: targets by what was said, unparsed replies last."""
    classes = int(statistics.fixed["classes"])
    if statistics.names == ("target", "predicted"):
        cell, _ = _cell(statistics)
        size = classes * (classes + 1)
        cells = np.array([np.bincount(cell, weights=row, minlength=size) for row in weights], dtype=np.float64)
    else:
        cells = weights @ statistics.table
    return cells.reshape(len(weights), classes, classes + 1)


def holds(statistics: Statistics) -> NDArray[np.bool_]:
    """Which rows hold a target of each class, [m, classes]."""
    classes = int(statistics.fixed["classes"])
    if statistics.names == ("target", "predicted"):
        return np.asarray(statistics.table[:, :1] == np.arange(classes))
    return np.asarray(statistics.table.reshape(-1, classes, classes + 1).sum(axis=2) > 0)


def present(statistics: Statistics) -> NDArray[np.intp]:
    """The classes that occur among the targets of these rows, whatever a draw may hold."""
    return np.flatnonzero(holds(statistics).any(axis=0))


def every_class(statistics: Statistics) -> NDArray[np.bool_]:
    """The basis of a mean over classes: each that occurs."""
    return holds(statistics)[:, present(statistics)]


def one_class(number: int) -> Callable[[Statistics], NDArray[np.bool_]]:
    """The basis of a metric of one class."""
    return lambda statistics: holds(statistics)[:, [number]]


def _divided(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above / below)


def accuracy(statistics: Statistics, weights: Floats) -> Floats:
    """Share on the diagonal."""
    tables = table(statistics, weights)
    return _divided(np.trace(tables, axis1=1, axis2=2), tables.sum(axis=(1, 2)))


def unparsed(statistics: Statistics, weights: Floats) -> Floats:
    """Share of the last column: what was said names no class, or nothing was."""
    tables = table(statistics, weights)
    return _divided(tables[:, :, -1].sum(axis=1), tables.sum(axis=(1, 2)))


def _recalls(tables: Floats) -> Floats:
    return _divided(np.diagonal(tables, axis1=1, axis2=2), tables.sum(axis=2))


def _f1(tables: Floats) -> Floats:
    """F1 of each class, [b, classes]; NaN for one that is neither a target nor said."""
    return _divided(2 * np.diagonal(tables, axis1=1, axis2=2), tables.sum(axis=2) + tables[:, :, :-1].sum(axis=1))


def macro_f1(statistics: Statistics, weights: Floats) -> Floats:
    """Mean over the classes present; one that a draw does not hold scores 0 in it."""
    mean = np.nan_to_num(_f1(table(statistics, weights))[:, present(statistics)]).mean(axis=1)
    return np.where(weights.sum(axis=1) > 0, mean, np.nan)


def official_macro_f1(statistics: Statistics, weights: Floats) -> Floats:
    """Mean over all classes of the task; undefined where one does not occur."""
    if len(present(statistics)) < int(statistics.fixed["classes"]):
        return np.full(len(weights), np.nan)
    return macro_f1(statistics, weights)


def weighted_f1(statistics: Statistics, weights: Floats) -> Floats:
    """Mean weighted by the classes' share among the targets."""
    tables = table(statistics, weights)
    support = tables.sum(axis=2)
    return _divided((np.nan_to_num(_f1(tables)) * support).sum(axis=1), support.sum(axis=1))


def balanced_accuracy(statistics: Statistics, weights: Floats) -> Floats:
    """Mean recall over the classes present; undefined in a draw that lacks one."""
    return np.asarray(_recalls(table(statistics, weights))[:, present(statistics)].mean(axis=1))


def recall_of(number: int) -> Callable[[Statistics, Floats], Floats]:
    """Recall of one class."""
    return lambda statistics, weights: _recalls(table(statistics, weights))[:, number]


def f1_of(number: int) -> Callable[[Statistics, Floats], Floats]:
    """F1 of one class."""
    return lambda statistics, weights: _f1(table(statistics, weights))[:, number]


def class_f1(statistics: Statistics, weights: Floats) -> Floats:
    """F1 of the class whose slice this is; undefined where it is no target."""
    number = int(statistics.fixed["class"])
    return f1_of(number)(statistics, weights) if number in present(statistics) else np.full(len(weights), np.nan)


def class_basis(statistics: Statistics) -> NDArray[np.bool_]:
    """The samples of the class whose slice this is."""
    return holds(statistics)[:, [int(statistics.fixed["class"])]]


def quadratic_kappa(statistics: Statistics, weights: Floats) -> Floats:
    """Agreement beyond chance, distances squared; an unparsed prediction is as far from its target as there is room."""
    tables = table(statistics, weights)
    grades = np.arange(tables.shape[1])
    seen = tables[:, :, :-1].copy()
    farthest = np.where(grades * 2 < grades[-1], grades[-1], 0)
    seen[:, grades, farthest] += tables[:, :, -1]
    total = seen.sum(axis=(1, 2))
    distance = (grades[:, None] - grades) ** 2.0
    chance = np.einsum("bi,bj,ij->b", seen.sum(axis=2), seen.sum(axis=1), distance)
    return 1 - _divided((seen * distance).sum(axis=(1, 2)) * total, chance)
