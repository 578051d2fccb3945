"""What a metric is: measured once per sample, then evaluated under any weights.

`Measure.run` turns n samples into a table of statistics, [n, k]. `Metric.value` turns that table and weights, [b, n], into b values.
The point estimate is weights of one, a slice is an indicator, a bootstrap is counts drawn per group. Where a metric depends on
nothing but weighted sums of its statistics (`Measure.additive`), scoring sums the rows of each group first and passes a table of
groups; a rank metric sees every row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.base.arrays import np
from harness.metrics.units import FRACTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"

Need = Literal["text", "choice_log_probs"]
"""``choice_log_probs``: not computed for a model that gives no scores."""

Scope = Literal["everywhere", "whole set", "label slices", "each class"]
"""Where a metric is evaluated: on the whole set and all slices; on the whole set alone; only on slices by the label itself; on the whole
set once for each class, whose number is then in the statistics' ``fixed["class"]``, and shown as that class's slice."""


class NotComputed(Exception):
    """Raised by a measure that cannot be computed here; the message becomes the estimate's note, its value null.

    Args: the reason as a reader of the scoreboard sees it, e.g. ``"Java absent"``.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """n scored samples as columns: every sequence has length n and the same order."""

    ids: Sequence[str]
    replies: Sequence[str]
    """Raw text; empty where nothing was said or the call failed."""
    predictions: Sequence[Any]
    """What `Task.parse` read from the reply; None where it could not be read. None is wrong and counted, never dropped."""
    choice_log_probs: Sequence[Sequence[float] | None]
    targets: Sequence[Any]
    references: Sequence[Sequence[Any]]
    """All acceptable answers, at least the target."""
    tags: Mapping[str, Sequence[str]]
    """Dimension to one value per sample."""
    groups: Sequence[str]
    choices: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a metric may know beside the samples; it holds for the whole task."""

    labels: tuple[str, ...] = ()
    """The task's classes in index order; empty where answers are free."""
    scores: Literal["none", "softmax", "independent"] = "none"
    """How the model's scores become a distribution."""
    train_targets: Callable[[], Sequence[Any]] | None = None
    """Targets of the train split, read when called; None where the release has none at hand."""
    complete: bool = True
    """False for a limited or failed run: statistics that depend on the whole set (CIDEr's document frequencies) must say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A table of sufficient statistics and what no resampling may change."""

    names: tuple[str, ...]
    """The k columns."""
    table: Floats
    """[n, k], finite or NaN for "has no value here"; one row per sample, or per group once summed."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Facts of the full set, JSON-able and small: the class set, the fingerprint of the document frequencies."""
    note: str = ""
    """What a reader must know of this measurement; it ends up on every estimate made from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How samples become statistics; shared by all metrics that are made from the same ones."""

    name: str
    """Unique among a task's measures; a prefix of the columns in a run's samples file."""
    run: Callable[[Samples, Context], Statistics]
    additive: bool = True
    """Whether the metrics made from it depend on weighted sums of the columns alone."""
    expand: Callable[[Statistics], Statistics] | None = None
    """Rows as counts that may be summed: a target and a prediction become a row of the confusion table. Few distinct rows are assumed,
    and drawn as such. The metrics' ``value`` reads both forms; the record keeps the short one. None where rows are sums already."""
    apart: Callable[[], None] | None = None
    """Of a measure that waits for a process of its own and runs beside the others meanwhile: ends what it has under way. None has its turn
    among them."""
    needs: frozenset[Need] = frozenset({"text"})
    unread: Callable[[Statistics], NDArray[np.bool_]] | None = None
    """[n]: the samples in whose replies it found no answer. One that the task read as text and this cannot read as an answer counts as
    *unparsed* in the run as well, so that both say the same; None leaves that to the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """What a metric is known to reward although it should not: documented, so that the self-test expects it and nothing else."""

    predictions: str
    """The self-test's kind of predictions that is rewarded, such as ``unknown``."""
    slice: str
    """Where it shows for certain, such as ``yes_no``; on the whole set it may show or not."""
    reason: str
    """Why, in the words of the rule that does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named, signed way to turn statistics and weights into values."""

    name: str
    variant: str
    """Whose definition: two values of one name and different variants are different quantities."""
    measure: Measure
    value: Callable[[Statistics, Floats], Floats]
    """``value(statistics, weights)``: statistics of m rows (samples or groups), weights [b, m]; returns [b], NaN where undefined."""
    bind: Callable[[Statistics], Callable[[NDArray[Any]], Floats]] | None = None
    """``bind(statistics)(weights)`` is ``value(statistics, weights)``, with what every weighting shares (a sort) done once."""
    swap: Callable[[Statistics, Statistics], Floats] | None = None
    """``swap(first, second)`` of the same m rows, [m]: what it adds to the second value minus the first that a row's statistics change
    sides, where the difference after any such changes is a sum of these; NaN where it is not. Of areas under the ROC curve it is: what
    two rows do together is the same on both sides. Makes a test of two systems as cheap as that of a mean."""
    interval: Literal["percentile", "logit", "area"] = "percentile"
    """Of the bootstrap's values themselves, or symmetric on the logit scale, for what is cut off at 1; ``area`` is that of an area under
    the ROC curve."""
    basis: Callable[[Statistics], NDArray[np.bool_]] | None = None
    """[m, c]: the rows that hold each of the classes without which there is no value. The rarest decides how far an interval can be
    trusted; None counts every row."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Everything that can change a value, for the signature: tokeniser, aggregation, definition version."""
    unit: str = FRACTION.name
    """The name of one of `units`, or of a scale of its own."""
    higher_is_better: bool = True
    scope: Scope = "everywhere"
    slices: tuple[str, ...] = ()
    """The only slices it is evaluated on, by value, ``all`` for the whole set; empty leaves that to the scope."""
    only_without: Literal["", "java"] = ""
    """What this metric stands in for: computed only where that is absent; empty for a metric in its own right."""
    summary: str = ""
    """One sentence for `harness show`."""
    source: str = ""
    """The definition's publication or reference implementation."""
    pitfalls: tuple[str, ...] = ()
    known_defects: tuple[Defect, ...] = ()

    @property
    def signature(self) -> str:
        """``bleu-4|variant:coco-ptb|…``: equal signatures mean the same definition and options."""
        options = "".join(f"|{key}:{value}" for key, value in sorted(self.options.items()))
        return f"{self.name}|variant:{self.variant}{options}"
