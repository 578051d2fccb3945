"""What a model says of itself, and what a backend may know of a run before the first request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

from harness.types.records import MOST, Decoding, Example, Task

Scores = Literal["none", "softmax", "independent"]
"""How a model's ``choice_log_probs`` relate to each other: not given; one distribution over the choices; one probability each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a record says about the model that answered."""

    name: str
    """The name of the system on the scoreboard; ``--name`` overrides it."""
    kind: str
    """The backend: ``baseline``, ``predictions``, ``torch``, …"""
    revision: str = ""
    digest: str = ""
    """SHA-256 of the weights or of the replies file; empty where there is no file."""
    parameters: Annotated[int, Meta(ge=0, le=MOST)] | None = None
    precision: str = ""
    device: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    sees: bool = True
    """Whether it looks at pictures; one that reads text alone is not stopped by a picture that is absent."""
    remote: bool = False
    """Whether inputs leave this machine."""
    scores: Scores = "none"
    images: Annotated[int, Meta(ge=0, le=MOST)] | None = None
    """How many pictures one request may hold; None is any number."""
    setting: str = ""
    """Zero-shot, few-shot, fine-tuned on …; declared by the user, never inferred."""
    note: str = ""
    """What a reader of the scoreboard must know: "learns from the test split's label prior"."""
    reads_targets: bool = False
    """Whether the model sees targets (the oracle, a test-prior baseline). Such a system is a bound, not a competitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo(ModelFacts):
    """What a model says of itself: the facts of the record, what may not stand in one, and what a run alone must know."""

    identity: str = ""
    """What else tells this model from every other: a server's address, a command's full words. It enters the digest of every request.
    Empty together with `digest` means that nothing proves which model answers: no reply is then used again."""
    reads_prompt: bool = True
    """Whether it reads the words of a request; a change of these is refused for one that reads none, or renders its own."""
    limit: str = ""
    """What a reply that was cut off ran into, and how it is raised; empty is the run's budget of new tokens."""
    replayed: bool = False
    """Whether its replies were given elsewhere: nothing here looks at a picture, so an absent one stops nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a backend may know of a run before the first request."""

    task: Task[Any]
    split: str
    examples: Sequence[Example[Any]]
    """The split to be answered, targets included: for the oracle and labelled bounds alone (`ModelInfo.reads_targets`)."""
    ids: frozenset[str] = frozenset()
    """All ids of the split, those included that a limit leaves out."""
    train: Callable[[], Sequence[Example[Any]]] | None = None
    """Reads the train split; None where the release has none at hand."""
    decoding: Decoding | None = None
    """The run's: the task's own with the user's changes; None is the task's own."""
    system: str = ""
    """The system prompt of every request, for backends that must refuse one."""
    synthetic: bool = False
    """Whether the split is the invented sample's."""
