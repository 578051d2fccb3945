"""What run.json says, field by field: the one declaration by which records are written, read, checked and described to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from msgspec import Struct

from harness.base.reading import decode
from harness.errors import UsageError
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, Estimate, ModelFacts, ModelInfo

SCHEMA_VERSION: Literal[2] = 2


class Approval(Struct, frozen=True, kw_only=True):
    """Who let entrusted data go to another machine, as far as the operating system says."""

    by: str
    """The account."""
    on: str
    """The host's name."""
    to: str
    """The service by its name where it is a public one; else that it was another machine."""


class DataFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked about."""

    kind: Literal["real", "synthetic"]
    layout: str
    """Where the release was read from."""
    fingerprint: str
    """SHA-256 over texts and targets."""
    pictures: str
    """SHA-256 over the pictures; empty where there are none, nobody looks at them, or the record is of the first schema."""
    complete: bool
    """False where a part of the release is absent."""
    comparable: bool
    """False where the release differs from its card."""
    limit: int | None
    """Only the first so many examples were asked."""
    notes: tuple[str, ...]
    ids: str = ""
    """How the ids of entrusted samples were made: ``hmac-sha256:`` and eight digits that tell one secret from another. Empty for ids as
    they are, and of entrusted samples in older records, whose ids are plain hashes."""
    order: str = ""
    """SHA-256 over the ids in the order of the samples, of a whole entrusted release: runs of other secrets are paired by it."""
    approval: Approval | None = None
    """Where entrusted data left the machine."""
    schema: Literal[1, 2] = SCHEMA_VERSION
    """1 where the fingerprint is the first schema's, which was taken of less."""


class Counts(Struct, frozen=True, kw_only=True):
    """How many examples, what became of them, and how many rows of the release were no examples."""

    examples: int
    answered: int
    unparsed: int
    empty: int
    refused: int = 0
    failed: int
    skipped: int


class Tokens(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run took, where the model counts it."""

    prompt: int
    completion: int
    cost: float = 0.0
    """In the currency of the prices among the model's arguments."""


class PromptingFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How it was asked."""

    prompting_id: str
    """Equal for two runs that were asked the same."""
    decoding: Decoding
    images: str
    """``first`` where a model of one picture was given the first of several."""
    system_prompt: str = ""
    template: str = ""
    """The user's, in the place of the task's own words."""
    few_shot: int = 0
    few_shot_by: Literal["", "seed", "nearest"] = ""
    model_digest: str
    tokens: Tokens | None = None
    refusals: Literal["partial", "wrong"] = "partial"
    """Whether a refused reply makes the run partial or counts as a wrong answer."""
    adapted: Mapping[str, int] = {}
    """In what the model was asked otherwise than the requests say, and for how many replies."""


class Failure(Struct, frozen=True, kw_only=True):
    """One reason why requests failed."""

    reason: str
    n: int
    first: str
    """The id of the first sample that met it."""


class MeasureFacts(Struct, frozen=True, kw_only=True):
    """Where a measure's statistics stand in samples.csv."""

    columns: tuple[str, ...] | None
    """After the measure's name and a dot; null where it was not computed."""
    fixed: Mapping[str, Any]
    """What no resampling may change."""
    note: str


class TableFacts(Struct, frozen=True, kw_only=True):
    """The samples.csv beside it."""

    rows: int
    sha256: str


class RunFacts(Struct, frozen=True, kw_only=True):
    """What a finished run says of itself, on disk and in memory."""

    schema_version: Literal[2] = SCHEMA_VERSION
    task: str
    """``name`` without its variant."""
    task_variant: str
    card_version: int
    split: str
    status: Literal["complete", "partial"]
    not_ranked: tuple[str, ...]
    """Why the run is never ranked; empty for one that is."""
    model: ModelFacts
    data: DataFacts
    counts: Counts
    failures: tuple[Failure, ...] = ()
    """Why requests failed, the commonest reason first."""
    prompting: PromptingFacts
    bootstrap: Bootstrap
    estimates: tuple[Estimate, ...]
    environment: Mapping[str, str]
    """Versions of what made replies and numbers."""
    created: str
    """Date of the scoring, ISO 8601, UTC."""


class RunFile(RunFacts, frozen=True, kw_only=True):
    """A run.json."""

    measures: Mapping[str, MeasureFacts]
    samples: TableFacts
    record_sha256: str = ""
    """Over the canonical JSON of all else."""


def facts_of(info: ModelInfo) -> ModelFacts:
    """What the record says of the model: all but its identity, which may name hosts and commands and is in the digest alone.

    Raises:
        UsageError: A fact cannot stand in a record: said before the first question, not after the last.
    """
    return decode(ModelFacts, asdict(info), "what the model says of itself (ModelInfo)", error=UsageError)


def lifted(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of an older schema in the present one; what it did not say is left empty, never filled in."""
    if body["schema_version"] != 1:
        return body
    data = body.get("data")
    return {**body, "schema_version": 2, "data": {"pictures": "", **data, "schema": 1} if isinstance(data, Mapping) else data}
