"""What run.json says, field by field: the one declaration by which records are written, read, checked and described to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from harness.cards import Count, Name, Number
from harness.errors import UsageError
from harness.files.reading import decode
from harness.runs.excerpt import Excerpt
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, Estimate, ModelFacts, ModelInfo

SCHEMA_VERSION: Literal[2] = 2
LONGEST = 20_000
"""Characters of any name, note or argument in a record."""
_ALWAYS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("model",): ("name", "kind", "revision", "digest", "parameters", "precision", "device", "arguments", "sees", "remote", "scores",
                 "images", "setting", "note", "reads_targets"),
    ("bootstrap",): ("resamples", "seed", "level"),
    ("prompting", "decoding"): ("max_new_tokens", "temperature", "top_p", "seed", "beams", "length_penalty", "no_repeat_ngram", "stop",
                                "score_choices"),
}  # fmt: skip
"""What every record has said from the first one on: where it is absent it was taken away, and a default would say something else."""


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
    limit: Number | None
    """Only the first so many examples were asked."""
    draw: Number | None = None
    """Only so many were asked, drawn in proportion to the slices of the split."""
    draw_seed: Count = 0
    """What they were drawn by."""
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

    @property
    def excerpt(self) -> Excerpt:
        """Which examples of the split were asked."""
        return Excerpt(first=self.limit, drawn=self.draw, seed=self.draw_seed)


class Counts(Struct, frozen=True, kw_only=True):
    """How many examples, what became of them, and how many rows of the release were no examples."""

    examples: Count
    answered: Count
    unparsed: Count
    empty: Count
    refused: Count = 0
    failed: Count
    skipped: Count


class Tokens(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run took, where the model counts it."""

    prompt: Count
    completion: Count
    cost: Annotated[float, Meta(ge=0)] = 0.0
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
    few_shot: Count = 0
    few_shot_by: Literal["", "seed", "nearest"] = ""
    model_digest: str
    tokens: Tokens | None = None
    refusals: Literal["partial", "wrong"] = "partial"
    """Whether a refused reply makes the run partial or counts as a wrong answer."""
    adapted: Mapping[str, int] = {}
    """In what the model was asked otherwise than the requests say, and for how many replies."""
    cut: int = 0
    """Replies that ended because their budget of tokens ran out."""
    limit: str = ""
    """What they ran into, where it was a limit of the model's own, and how it is raised."""


class Failure(Struct, frozen=True, kw_only=True):
    """One reason why requests failed."""

    reason: str
    """The message itself where all are alike; else what they share, with … where they differ."""
    n: Number
    first: str
    """The id of the first sample that met it."""

    def __str__(self) -> str:
        return f"{self.n:,} × {self.reason} (first: {self.first})"


class MeasureFacts(Struct, frozen=True, kw_only=True):
    """Where a measure's statistics stand in samples.csv."""

    columns: tuple[str, ...] | None
    """After the measure's name and a dot; null where it was not computed."""
    fixed: Mapping[str, Any]
    """What no resampling may change."""
    note: str


class TableFacts(Struct, frozen=True, kw_only=True):
    """The samples.csv beside it."""

    rows: Count
    sha256: str


class RunFacts(Struct, frozen=True, kw_only=True):
    """What a finished run says of itself, on disk and in memory."""

    schema_version: Literal[2] = SCHEMA_VERSION
    task: Name
    """``name`` without its variant."""
    task_variant: str
    card_version: Number
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
    estimates: Annotated[tuple[Estimate, ...], Meta(min_length=1)]
    environment: Mapping[str, str]
    """Versions of what made replies and numbers."""
    created: str
    """Date of the scoring, ISO 8601, UTC."""

    @property
    def facts(self) -> dict[str, Any]:
        """All of this by field: what a record says in memory and on disk alike."""
        return {name: getattr(self, name) for name in RunFacts.__struct_fields__}


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


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every text with its place, keys included."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield place, name
            yield from _texts(part, f"{place}.{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _texts(part, f"{place}[{number}]")


def flaw(body: Mapping[str, Any]) -> str:
    """What no field's type can say and a record must keep, as part of a message; empty where it does.

    Each says what all have said since the first, was made on a day that there is, and is short enough to be shown: no name or note takes
    pages. What the model was asked with, and what measures keep, may be as long as it is.
    """
    for place, text in _texts({name: part for name, part in body.items() if name != "measures"}, ""):
        if len(text) > LONGEST and place not in (".prompting.template", ".prompting.system_prompt"):
            return f"{place[1:200]}: holds {len(text):,} characters, and at most {LONGEST:,} belong there"
    for way, names in _ALWAYS.items():
        part: Any = body
        for step in way:
            part = part.get(step) if isinstance(part, Mapping) else None
        if isinstance(part, Mapping) and (absent := [name for name in names if name not in part]):
            return f"{'.'.join(way)}: lacks {', '.join(map(repr, absent))}"
    try:
        date.fromisoformat(created := body.get("created", ""))
    except (TypeError, ValueError):
        return f"created: must be a day, as 2026-01-31, not {created!r:.80}"
    return ""
