"""What travels: an example from its adapter, a request to a model and its response, a task and the numbers that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

from msgspec import Meta, Struct, to_builtins

from harness.images.image import Image

if TYPE_CHECKING:
    from harness.cards import Card
    from harness.metrics.base import Metric
    from harness.rows import Row

T = TypeVar("T")
MOST = 2**63 - 1
"""What every library takes for a whole number."""

Outcome = Literal["answered", "unparsed", "empty", "refused", "failed"]
"""What became of one sample: read; not readable as an answer; nothing said; the model or its service would not answer; the call itself
failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Everything a model may know of an example; never anything that depends on the target."""

    text: str
    images: tuple[Image, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    """Facts of the release that a model's own template may use: organ, view, …"""
    choices: tuple[str, ...] = ()
    """The answers that may be given, in the order in which ``choice_log_probs`` are asked for; empty where the answer is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Generic[T]):
    """One row of a dataset as the harness sees it: what is asked, what is right, and what is resampled together."""

    id: str
    """Unique within the split. The release's own id, unless that gives the answer away."""
    input: Input
    target: T
    group: str
    """The unit of the bootstrap: image, report, patient or topic."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Dimension to value, for slices: ``{"answer_type": "closed"}``."""
    references: tuple[T, ...] = ()
    """All acceptable answers where there are several; empty means the target alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How a model is asked to write; a task's defaults, each overridable on the command line."""

    max_new_tokens: Annotated[int, Meta(ge=1, le=MOST)] = 64
    temperature: Annotated[float, Meta(ge=0)] = 0.0
    """0 is greedy."""
    top_p: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seed: Annotated[int, Meta(ge=0, le=MOST)] = 0
    beams: Annotated[int, Meta(ge=1, le=MOST)] = 1
    length_penalty: float = 1.0
    no_repeat_ngram: Annotated[int, Meta(ge=0, le=MOST)] = 0
    """Forbid repeating n-grams of this length; 0 forbids none."""
    stop: tuple[str, ...] = ()
    score_choices: bool = False
    """Ask for one log-probability per choice, for metrics such as AUC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model."""

    id: str
    prompt: str
    item: Input
    decoding: Decoding
    system: str = ""
    """The system prompt; empty is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer of a model, or the reason why there is none."""

    text: str = ""
    """What the model wrote; empty for a classifier, which gives scores alone."""
    choice_log_probs: tuple[float, ...] | None = None
    """Natural logarithms, one per choice of the input, in its order; ``-inf`` is a probability of zero."""
    thinking: str = ""
    """What a reasoning model wrote before its answer; kept, never scored."""
    finish: Literal["", "stop", "length"] = ""
    """Why the model stopped writing; ``length`` means the budget of tokens ran out. Empty where it does not say or does not write."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Tokens counted by the model: ``{"prompt": 40, "completion": 3}``."""
    seconds: float | None = None
    refusal: str = ""
    """Why the model or its service would not answer, in its own words; such a response is kept and counted as *refused*."""
    error: str | None = None
    """Set when the call failed; such a response is never scored as an answer and is asked again on resume."""
    of_request: bool = False
    """Whether a failure is the request's own (a prompt too long, a picture that cannot be read) and says nothing about the model."""
    adapted: tuple[str, ...] = ()
    """In what the model was asked otherwise than the request says, because it takes it in no other way: "temperature left to the model"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[T]):
    """A card of facts with the pure functions that read its rows, ask its question and read the reply."""

    card: Card
    example: Callable[[Row], Example[T]]
    prompt: Callable[[Input], str]
    parse: Callable[[Response, Input], T | None]
    metrics: tuple[Metric, ...]
    """All that are computed; the first one ranks."""
    decoding: Decoding = Decoding()
    decide: Callable[[Sequence[float], Input], T] | None = None
    """What scores alone say; None is the choice with the highest one, the first of equals."""
    say: Callable[[T], str] = str
    """What a perfect model would write; ``parse(say(target)) == target``."""


class Estimate(Struct, frozen=True, kw_only=True, rename={"variant": "metric_variant"}):
    """One number on a scoreboard, with everything needed to know what it means."""

    metric: str
    variant: str
    slice: str
    """``all``, or a dimension's value such as ``closed``."""
    value: float | None
    """A fraction (CIDEr in its own 0-10); None where it is undefined or was not computed: ``note`` says which and why."""
    low: float | None
    high: float | None
    level: Annotated[float, Meta(gt=0, lt=1)]
    """Coverage of the interval, e.g. 0.95."""
    n: Annotated[int, Meta(ge=0, le=MOST)]
    n_groups: Annotated[int, Meta(ge=0, le=MOST)]
    unit: str
    higher_is_better: bool
    signature: str
    """The metric's definition and options, sacreBLEU style."""
    scoring_id: str
    """Equal for two runs if and only if their values may be compared."""
    method: str = ""
    """How the interval was made; empty where there is none."""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The estimate as it stands in records and in ``--json``."""
        fields: dict[str, Any] = to_builtins(self)
        return fields
