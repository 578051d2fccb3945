"""The main job: one task, one model, from the data to a record on disk."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from harness.base import environment, identity
from harness.data import examples as loading
from harness.data.examples import Dataset
from harness.errors import MissingData, UsageError
from harness.images import digests as picture_digests
from harness.metrics import measuring
from harness.runs import privacy, runner, scoring, shards, shortfalls
from harness.runs import record as records
from harness.runs.journal import Journal, reply_digest, request_digest, writable
from harness.runs.prompting import Prompting, asker
from harness.stats.bootstrap import Bootstrap
from harness.types import Backend, Decoding, Example, Image, Input, Model, ModelInfo, Request, Response, Scene, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is made; everything here that can change a number is recorded."""

    split: str = "test"
    data_root: Path | None = None
    """Folder of releases; None evaluates the invented sample."""
    sample: bool = False
    accept_different: bool = False
    limit: int | None = None
    """Evaluate the first so many examples only; such a run is partial."""
    batch_size: int | None = None
    """The most requests per call; None leaves it to the model."""
    decoding: Mapping[str, Any] = field(default_factory=dict)
    """Overrides of the task's `Decoding`, by field name."""
    prompting: Prompting = field(default_factory=Prompting)
    images: str = ""
    """``first`` gives a model that takes one picture the first of several; empty refuses."""
    plan: Bootstrap = field(default_factory=Bootstrap)
    results: Path = Path("results")
    name: str = ""
    setting: str = ""
    allow_remote: bool = False
    give_up_after: int = runner.GIVE_UP_AFTER
    """Failures in a row after which the model counts as down; 0 asks everything whatever happens."""
    refusals: Literal["partial", "wrong"] = "partial"
    """What a refused reply makes of a run: partial, or complete with a wrong answer; it counts as one in either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run and where it lies."""

    folder: Path
    record: records.Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run before its first question: data, requests and the folder that the three digests name."""

    task: Task[Any]
    dataset: Dataset
    examples: tuple[Example[Any], ...]
    train: Callable[[], Sequence[Example[Any]]] | None
    model: Model
    info: ModelInfo
    requests: tuple[Request, ...]
    shown: tuple[tuple[str, ...], ...]
    """Digests of each request's pictures; none for a model that does not look at them."""
    pictures: str
    """What `Dataset.fingerprint` leaves out: the digest of the examples' pictures; empty where there are none or nobody looks at them."""
    model_digest: str
    prompting_id: str
    folder: Path


def evaluate(
    task: Task[Any],
    backend: Backend,
    options: Options,
    observe: Callable[[runner.Progress], None] = lambda _: None,
) -> Run:
    """Answer, score and record one task.

    Run again, it asks only what is missing. Where nothing that matters changed, the record on disk is left as it is. A model that gives
    neither digest nor identity (`ModelInfo`) is asked everything each time, into a folder of its own: its weights may have moved on.

    Args:
        task: From `catalog.task`.
        backend: From `models.open_model`.
        options: How.
        observe: Called as replies come in.

    Raises:
        HarnessError: The data is missing or different, the model does not fit the task, or it fails on everything.
    """
    plan = prepare(task, backend, options)
    with closing(plan.model), opened(plan), shards.writing(plan.folder, None):
        responses = runner.run(
            plan.model,
            asked(plan),
            Journal(plan.folder),
            batch_size=options.batch_size,
            give_up_after=options.give_up_after,
            reasons=shortfalls.reasons(plan),
            observe=observe,
        )
        return recorded(plan, responses, options)


def recorded(plan: Plan, responses: Sequence[Response], options: Options) -> Run:
    """Score the replies and write the record, unless the one on disk says the same."""
    record = make_record(plan, responses, options)
    with writable(plan.folder):
        records.keep(plan.folder, record)
    return Run(folder=plan.folder, record=record)


@contextmanager
def opened(plan: Plan) -> Iterator[None]:
    """The run's folder, made where it is not there.

    Raises:
        PrerequisiteError: It cannot be made.
    """
    with writable(plan.folder):
        plan.folder.mkdir(parents=True, exist_ok=True)
    yield


@contextmanager
def closing(model: Model) -> Iterator[None]:
    """End what a model has started, where it has something to end."""
    try:
        yield
    finally:
        close = getattr(model, "close", None)
        if callable(close):
            close()


def prepare(task: Task[Any], backend: Backend, options: Options) -> Plan:
    """Load the data, ready the model and render every request; ask nothing yet."""
    dataset = loading.load(
        task,
        split=options.split,
        data_root=options.data_root,
        sample=options.sample,
        accept_different=options.accept_different,
    )
    examples = dataset.examples if options.limit is None else dataset.examples[: options.limit]
    if not examples:
        raise UsageError(f"{task.card.full_name}: nothing to evaluate; --limit is {options.limit} of {len(dataset.examples)} examples.")
    train = loading.train_reader(dataset, data_root=options.data_root, sample=options.sample)
    decoding, system = override(task.decoding, options.decoding), options.prompting.system
    model = backend.for_task(
        Scene(
            task=task,
            split=options.split,
            examples=examples,
            ids=frozenset(example.id for example in dataset.examples),
            train=train,
            decoding=decoding,
            system=system,
        )
    )
    try:
        return _planned(task, dataset, examples, train, model, decoding, options)
    except BaseException:
        with closing(model):
            raise


def _planned(
    task: Task[Any],
    dataset: Dataset,
    examples: Sequence[Example[Any]],
    train: Callable[[], Sequence[Example[Any]]] | None,
    model: Model,
    decoding: Decoding,
    options: Options,
) -> Plan:
    """Every request rendered, and the folder that follows from them."""
    measuring.check_names(task.metrics)
    _recordable("what the model says of itself (ModelInfo)", asdict(model.info))
    _recordable("the decoding", asdict(decoding))
    own = _proven(model.info)
    info = replace(own, name=options.name or own.name, setting=options.setting or own.setting)
    privacy.check_model(task.card, info, synthetic=dataset.synthetic, allowed=options.allow_remote)
    asking = asker(task, options.prompting, info, dataset.examples, train, decoding.seed)
    requests = tuple(asking.request(example, _fitted(task, example, info, options), decoding, info) for example in examples)
    model_digest = identity.of_model(own)
    prompting_id = identity.digest(
        {
            "requests": [[request.id, request.prompt] for request in requests],
            "decoding": identity.changes(decoding),
            "prompting": identity.changes(options.prompting),
            **({"images": options.images} if options.images else {}),
        }
    )
    shown, pictures = _pictures(requests, examples, info, complete=dataset.complete)
    seen = picture_digests.combined((request.id, digests) for request, digests in zip(requests, shown, strict=True))
    scope = identity.digest(
        {
            "v": identity.VERSION,
            "card": task.card.version,
            "split": options.split,
            "synthetic": dataset.synthetic,
            "fingerprint": dataset.fingerprint,
            "prompting": prompting_id,
            **({"limit": options.limit} if options.limit is not None else {}),
            # Sampled answers are drawn batch by batch: of another size, the same seed draws others.
            **({"batch_size": options.batch_size} if options.batch_size is not None and decoding.temperature else {}),
            **({"pictures": pictures, "seen": seen} if seen or pictures else {}),
        }
    )
    kind = "sample" if dataset.synthetic else options.split
    limited = f"-first{options.limit}" if options.limit is not None else ""
    # The name once more, in full: two that differ in a bracket or beyond the sixtieth letter have one slug.
    system = f"{slug(info.name)}-{identity.digest(model_digest, info.name)[:8]}"
    folder = options.results / task.card.full_name / system / f"{kind}{limited}-{scope[:8]}"
    return Plan(
        task=task,
        dataset=dataset,
        examples=tuple(examples),
        train=train,
        model=model,
        info=info,
        requests=requests,
        shown=shown,
        pictures=pictures,
        model_digest=model_digest,
        prompting_id=prompting_id[:16],
        folder=folder,
    )


def _proven(info: ModelInfo) -> ModelInfo:
    """The model's facts; where nothing proves which model it is, an identity for this run alone: no reply is then used again."""
    if identity.is_proven(info):
        return info
    note = "nothing proves which weights answered: the model gives neither digest nor identity"
    return replace(info, identity=identity.once(), note="; ".join(part for part in (info.note, note) if part))


def _recordable(what: str, facts: Mapping[str, Any]) -> None:
    """Raise `UsageError` where a fact cannot stand in a record: said before the first question, not after the last."""
    for name, value in facts.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{what}: no record can hold '{name}' = {value!r} ({error}); give a finite number or a text.") from error


def override(decoding: Decoding, changes: Mapping[str, Any]) -> Decoding:
    """A task's decoding with the user's changes."""
    return replace(decoding, **changes)


def make_record(plan: Plan, responses: Sequence[Response], options: Options) -> records.Record:
    """Score the responses and put together the record."""
    task, dataset, card = plan.task, plan.dataset, plan.task.card
    missing = shortfalls.why_partial(plan, responses, options)
    scored = scoring.score(
        task,
        plan.examples,
        responses,
        split=options.split,
        info=plan.info,
        complete=not missing,
        train=plan.train,
        plan=options.plan,
    )
    outcomes = Counter(reading.outcome for reading in scored.readings)
    return records.Record(
        task=card.name,
        task_variant=card.variant,
        card_version=card.version,
        split=options.split,
        status="partial" if missing else "complete",
        not_ranked=shortfalls.why_unranked(plan, missing),
        model=_model(plan.info),
        data={
            "kind": "synthetic" if dataset.synthetic else "real",
            "layout": dataset.layout,
            "fingerprint": dataset.fingerprint,
            "pictures": plan.pictures,
            "complete": dataset.complete,
            "comparable": dataset.comparable,
            "limit": options.limit,
            "notes": list(dataset.notes),
        },
        counts={
            "examples": len(plan.examples),
            **{outcome: outcomes.get(outcome, 0) for outcome in ("answered", "unparsed", "empty", "refused", "failed")},
            "skipped": len(dataset.skipped),
        },
        prompting={
            "prompting_id": plan.prompting_id,
            "decoding": asdict(plan.requests[0].decoding),
            "images": options.images,
            **options.prompting.as_json(),
            "model_digest": plan.model_digest[:16],
            **usage(responses, plan.info.arguments),
            **({"refusals": options.refusals} if options.refusals != "partial" else {}),
        },
        bootstrap=options.plan,
        measures=scored.measures,
        estimates=scored.estimates,
        samples=_rows(plan, scored, responses),
        failures=shortfalls.recorded(plan, responses),
        environment=environment.versions(),
        created=datetime.now(UTC).date().isoformat(),
    )


def _model(info: ModelInfo) -> dict[str, Any]:
    """What the record says of the model: all but its identity, which may name hosts and commands and is in the digest alone."""
    facts = {**asdict(info), "arguments": dict(info.arguments)}
    del facts["identity"]
    return facts


def usage(responses: Sequence[Response], arguments: Mapping[str, str]) -> dict[str, Any]:
    """The tokens that a run took, and what they cost where the model's arguments hold prices per million; empty where nobody counts."""
    totals = {name: sum(response.usage.get(name, 0) for response in responses) for name in ("prompt", "completion")}
    if not any(totals.values()):
        return {}
    prices = {name: float(arguments.get(key, 0)) for name, key in identity.PRICES.items()}
    cost = sum(totals[name] * prices[name] for name in totals) / 1e6
    return {"tokens": {**totals, **({"cost": round(cost, 6)} if cost else {})}}


def slug(name: str) -> str:
    """A system's name as a folder's: letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "model"


def _rows(plan: Plan, scored: scoring.Scored, responses: Sequence[Response]) -> tuple[records.SampleRow, ...]:
    card, synthetic = plan.task.card, plan.dataset.synthetic
    return tuple(
        records.SampleRow(
            id=privacy.shareable_id(card, example.id, synthetic=synthetic),
            group=privacy.shareable_id(card, example.group, synthetic=synthetic),
            outcome=reading.outcome,
            reply_sha256=reply_digest(response),
            tags=example.tags,
        )
        for example, reading, response in zip(plan.examples, scored.readings, responses, strict=True)
    )


def _fitted(task: Task[Any], example: Example[Any], info: ModelInfo, options: Options) -> Input:
    """The input with no more pictures than the model takes."""
    item = example.input
    if info.images is None or len(item.images) <= info.images:
        return item
    if options.images == "first":
        return replace(item, images=item.images[: info.images])
    raise UsageError(
        f"{task.card.full_name}: '{example.id}' has {len(item.images)} pictures and {info.name} takes {info.images}."
        " Pass --images first to give it the first; the record says so."
    )


def asked(plan: Plan) -> list[runner.Asked]:
    """The requests with the digests that the journal keeps their replies under."""
    return [
        runner.Asked(request=request, digest=request_digest(request, digests, plan.model_digest))
        for request, digests in zip(plan.requests, plan.shown, strict=True)
    ]


def _pictures(
    requests: Sequence[Request], examples: Sequence[Example[Any]], info: ModelInfo, *, complete: bool
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The digests of each request's pictures, and that of the examples' own, of which a request may show some, or others before them."""
    unseen = ((),) * len(requests), ""
    if not info.sees:
        return unseen
    known: dict[int, str] = {}
    with picture_digests.digesting() as digests:

        def of(images: Sequence[Image]) -> tuple[str, ...]:
            known.update({id(image): digests.of(image, complete=complete) for image in images if id(image) not in known})
            return tuple(known[id(image)] for image in images)

        try:
            shown = tuple(of(request.item.images) for request in requests)
            return shown, picture_digests.combined((example.id, of(example.input.images)) for example in examples)
        except MissingData:
            if info.kind != "predictions":
                raise
            return unseen  # replies that were given elsewhere: nothing here looks at the pictures, which then nobody vouches for
