"""The main job: one task, one model, from the data to a record on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from harness.base import collecting, environment
from harness.files import kept_back, temporary, writing
from harness.files.refusals import RESULTS
from harness.models import sameness
from harness.models.contract import closing
from harness.runs import approval, evidence, privacy, pseudonyms, runner, scoring, shards, shortfalls
from harness.runs import record as records
from harness.runs.facts import Counts, DataFacts, PromptingFacts, Tokens, facts_of
from harness.runs.journal import Journal, Unkept, reply_digest
from harness.runs.plan import Options, Plan, prepare
from harness.runs.shards import Shard
from harness.runs.table import SampleRow
from harness.types import Backend, ModelFacts, ModelInfo, Outcome, Request, Response, Task

_ALL_CUT = "every reply was cut off at the limit of tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run and where it lies, with what it was scored from."""

    folder: Path
    """Where it would lie if it were kept, for one that is not."""
    record: records.Record
    plan: Plan
    responses: tuple[Response, ...]
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class _LetGo:
    """Stands in a finished run for its model, whose weights must not stay as long as the run is looked at."""

    info: ModelInfo

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Nothing any more."""
        raise RuntimeError(f"{self.info.name} has been let go; {len(requests)} requests came after the run")


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
    with privacy.staying(task.card, synthetic=options.synthetic, allowed=options.allow_remote):
        plan = prepare(task, backend, options)
        with closing(plan.model), opened(plan, options) as journal:
            responses = runner.run(
                plan.model,
                plan.asked(),
                journal,
                batch_size=options.batch_size,
                give_up_after=options.give_up_after,
                reasons=shortfalls.reasons(plan),
                observe=observe,
            )
            return recorded(plan, responses, options)


@collecting.seldom()
def recorded(plan: Plan, responses: Sequence[Response], options: Options) -> Run:
    """Score the replies and write the record, unless the one on disk says the same or the run is not kept."""
    record = make_record(plan, responses, options)
    if options.keep:
        records.keep(plan.folder, record)
    plan = replace(plan, model=_LetGo(info=plan.info))
    return Run(folder=plan.folder, record=record, plan=plan, responses=tuple(responses), options=options)


def rescored(run: Run, task: Task[Any]) -> Run:
    """The same replies under other metrics; nothing is asked, and nothing is written.

    Args:
        run: A finished one.
        task: Its task, with the metrics that are wanted.
    """
    plan = replace(run.plan, task=task)
    with privacy.staying(task.card, synthetic=run.options.synthetic, allowed=run.options.allow_remote):
        return replace(run, plan=plan, record=make_record(plan, run.responses, run.options))


@contextmanager
def opened(plan: Plan, options: Options, shard: Shard | None = None) -> Iterator[Journal]:
    """The run's journal, in a folder that is made where it is not there and that no other process writes meanwhile.

    Args:
        plan: The run's.
        options: Whether it is kept; else the journal is in memory.
        shard: The part of the run that this process writes; None is the whole.

    Raises:
        PrerequisiteError: The folder cannot be made, or another process is writing it.
    """
    if not options.keep:
        yield Unkept()
        return
    private = privacy.is_private(plan.task.card, synthetic=plan.dataset.synthetic)
    temporary.sweep()
    writing.make_folder(plan.folder, RESULTS, private=private)
    with shards.writing(plan.folder, shard):
        kept_back.ignore(plan.folder, but=(*records.FILES, evidence.NAME))
        if private:
            kept_back.close(plan.folder.glob("replies*.jsonl"))
        yield Journal(plan.folder, shard="" if shard is None else str(shard), private=private)


def make_record(plan: Plan, responses: Sequence[Response], options: Options) -> records.Record:
    """Score the responses and put together the record."""
    task, dataset, card, asking = plan.task, plan.dataset, plan.task.card, options.prompting
    missing, whole = shortfalls.why_partial(plan, responses, options), pseudonyms.is_whole(options.excerpt, dataset)
    scored = scoring.score(
        task,
        plan.examples,
        responses,
        split=options.split,
        info=plan.info,
        complete=not missing,
        train=plan.train,
        plan=options.plan,
        called=plan.naming.in_digests(whole=whole),
    )
    outcomes = Counter(reading.outcome for reading in scored.readings)
    cut = sum(response.finish == "length" for response in responses)
    return records.Record(
        task=card.name,
        task_variant=card.variant,
        card_version=card.version,
        split=options.split,
        status="partial" if missing else "complete",
        not_ranked=shortfalls.unranked(
            missing, synthetic=dataset.synthetic, comparable=dataset.comparable, reads_targets=plan.info.reads_targets
        ),
        model=_facts(plan, all_cut=cut == len(responses) > 0),
        data=DataFacts(
            kind="synthetic" if dataset.synthetic else "real",
            layout=dataset.layout,
            fingerprint=dataset.fingerprint,
            pictures=plan.pictures,
            complete=dataset.complete,
            comparable=dataset.comparable,
            limit=options.limit,
            draw=options.draw,
            draw_seed=options.draw_seed if options.draw is not None else 0,
            ids=plan.naming.recorded,
            order=pseudonyms.order(example.id for example in plan.examples) if plan.naming.recorded and whole else "",
            approval=approval.given(plan, allowed=options.allow_remote),
            notes=(*dataset.notes, *(() if plan.train is None else plan.train.notes)),
        ),
        counts=Counts(examples=len(plan.examples), skipped=len(dataset.skipped), **{name: outcomes[name] for name in get_args(Outcome)}),
        prompting=PromptingFacts(
            prompting_id=plan.prompting_id,
            decoding=plan.requests[0].decoding,
            images=options.images,
            system_prompt=asking.system,
            template=asking.template,
            few_shot=asking.shots,
            few_shot_by="" if not asking.shots else "nearest" if asking.by == "nearest" else "seed",
            model_digest="" if sameness.is_once(plan.info) else plan.model_digest[:16],
            tokens=_tokens(responses, plan.info.arguments),
            refusals="wrong" if options.refusals == "wrong" else "partial",
            cut=cut,
            limit=plan.info.limit if cut else "",
            adapted=dict(sorted(Counter(way for response in responses for way in response.adapted).items())),
        ),
        bootstrap=options.plan,
        measures=scored.measures,
        estimates=scored.estimates,
        samples=_rows(plan, scored, responses),
        failures=shortfalls.recorded(plan, responses),
        environment=environment.versions(),
        created=datetime.now(UTC).date().isoformat(),
    )


def _facts(plan: Plan, *, all_cut: bool) -> ModelFacts:
    """What the record says of the model; that it never came to an end is said to whoever reads its scores."""
    facts = facts_of(plan.info)
    return replace(facts, note="; ".join(filter(None, (facts.note, _ALL_CUT)))) if all_cut else facts


def _tokens(responses: Sequence[Response], arguments: Mapping[str, str]) -> Tokens | None:
    """The tokens that a run took, and what they cost where the model's arguments hold prices per million; None where nobody counts."""
    totals = {name: sum(response.usage.get(name, 0) for response in responses) for name in ("prompt", "completion")}
    if not any(totals.values()):
        return None
    prices = {name: float(arguments.get(key, 0)) for name, key in sameness.PRICES.items()}
    cost = sum(totals[name] * prices[name] for name in totals) / 1e6
    return Tokens(**totals, cost=round(cost, 6))


def _rows(plan: Plan, scored: scoring.Scored, responses: Sequence[Response]) -> tuple[SampleRow, ...]:
    return tuple(
        SampleRow(
            id=plan.naming(example.id),
            group=plan.naming(example.group),
            outcome=reading.outcome,
            reply_sha256=reply_digest(response),
            tags=example.tags,
        )
        for example, reading, response in zip(plan.examples, scored.readings, responses, strict=True)
    )
