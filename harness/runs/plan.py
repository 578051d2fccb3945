"""A run before its first question: the data loaded, the model ready, every request rendered, and the folder that follows from them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.base import collecting, identity
from harness.base.visible import visible_line
from harness.data import examples as loading
from harness.data.examples import Dataset, Train
from harness.errors import UsageError
from harness.files.reading import decode
from harness.metrics import measuring
from harness.models import contract, sameness
from harness.runs import bounds, privacy, pseudonyms, runner, shown_pictures
from harness.runs.excerpt import Excerpt
from harness.runs.prompting import Prompting, asker
from harness.runs.pseudonyms import Naming
from harness.runs.questions import digesting
from harness.stats.bootstrap import Bootstrap
from harness.types import Backend, Decoding, Example, Model, ModelInfo, Request, Scene, Task


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
    draw: int | None = None
    """Evaluate only so many examples, drawn in proportion to the slices of the split; such a run is partial."""
    draw_seed: int = 0
    batch_size: int | None = None
    """The most requests per call; None leaves it to the model."""
    decoding: Mapping[str, Any] = field(default_factory=dict)
    """Overrides of the task's `Decoding`, by field name."""
    prompting: Prompting = field(default_factory=Prompting)
    images: str = ""
    """``first`` gives a model that takes one picture the first of several; empty refuses."""
    plan: Bootstrap = field(default_factory=Bootstrap)
    results: Path = Path("results")
    keep: bool = True
    """Write replies and the record, and use earlier replies again; else a run is in memory alone."""
    name: str = ""
    setting: str = ""
    allow_remote: bool = False
    """Data under an agreement may go to another machine."""
    give_up_after: int = runner.GIVE_UP_AFTER
    """Failures in a row after which the model counts as down; 0 asks everything whatever happens."""
    refusals: str = "partial"
    """What a refused reply makes of a run: ``partial``, or complete with a ``wrong`` answer; it counts as one in either."""

    @property
    def synthetic(self) -> bool:
        """Whether the invented sample is evaluated."""
        return self.sample or self.data_root is None

    @property
    def excerpt(self) -> Excerpt:
        """Which examples of the split are asked."""
        return Excerpt(first=self.limit, drawn=self.draw, seed=self.draw_seed)

    def __post_init__(self) -> None:
        if self.limit is not None and self.draw is not None:
            raise UsageError("--limit takes the first examples and --draw some of all; give one of them.")
        numbers = {name: getattr(self, name) for name in ("limit", "draw", "draw_seed", "batch_size", "give_up_after")}
        numbers |= {"resamples": self.plan.resamples, "bootstrap_seed": self.plan.seed}
        bounds.check(numbers, self.decoding, words={"name": self.name, "setting": self.setting}, images=self.images, refusals=self.refusals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run before its first question: data, requests and the folder that the three digests name."""

    task: Task[Any]
    dataset: Dataset
    examples: tuple[Example[Any], ...]
    train: Train | None
    model: Model
    info: ModelInfo
    requests: tuple[Request, ...]
    shown: tuple[tuple[str, ...], ...]
    """Digests of each request's pictures; none for a model that does not look at them."""
    pictures: str
    """What `Dataset.fingerprint` leaves out: the digest of the examples' pictures; empty where there are none or nobody looks at them."""
    model_digest: str
    prompting_id: str
    naming: Naming
    """How the record calls the samples."""
    folder: Path
    """Where the run lies, or would if it were kept."""

    @collecting.seldom()
    def asked(self) -> list[runner.Asked]:
        """The requests with the digests that the journal keeps their replies under."""
        digest = digesting(self.model_digest)
        return [
            runner.Asked(request=request, digest=digest(request, digests))
            for request, digests in zip(self.requests, self.shown, strict=True)
        ]


def prepare(task: Task[Any], backend: Backend, options: Options) -> Plan:
    """Load the data, ready the model and render every request; ask nothing yet."""
    dataset = loading.load(
        task, split=options.split, data_root=options.data_root, sample=options.sample, accept_different=options.accept_different
    )
    privacy.check_tags(task.card, dataset.examples, synthetic=dataset.synthetic)
    examples = options.excerpt.of(dataset.examples)
    train = loading.train_reader(dataset, data_root=options.data_root, sample=options.sample)
    privacy.check_backend(task.card, backend, synthetic=dataset.synthetic, allowed=options.allow_remote)
    decoding = decode(Decoding, {**asdict(task.decoding), **options.decoding}, "the decoding", error=UsageError)
    system = options.prompting.system
    model = contract.model_of(
        backend,
        Scene(
            task=task,
            split=options.split,
            examples=examples,
            ids=frozenset(example.id for example in dataset.examples),
            train=train,
            decoding=decoding,
            system=system,
            synthetic=dataset.synthetic,
        ),
    )
    try:
        return _planned(task, dataset, examples, train, model, decoding, options)
    except BaseException:
        with contract.closing(model):
            raise


@collecting.seldom()
def _planned(
    task: Task[Any],
    dataset: Dataset,
    examples: Sequence[Example[Any]],
    train: Train | None,
    model: Model,
    decoding: Decoding,
    options: Options,
) -> Plan:
    """Every request rendered, and the folder that follows from them."""
    measuring.check_names(task.metrics)
    _recordable(decoding)
    own = _proven(contract.info_of(model))
    info = replace(own, name=visible_line(options.name) or own.name, setting=visible_line(options.setting) or own.setting)
    privacy.check_model(task.card, info, synthetic=dataset.synthetic, allowed=options.allow_remote)
    asking = asker(task, options.prompting, info, dataset.examples, train, decoding.seed)
    requests = tuple(
        asking.request(example, shown_pictures.fitted(task, example, info, options.images), decoding, info) for example in examples
    )
    naming = pseudonyms.naming(task.card, options.data_root, synthetic=dataset.synthetic)
    called = naming.in_digests(whole=pseudonyms.is_whole(options.excerpt, dataset))
    model_digest = sameness.of_model(own)
    prompting_id = identity.digest(
        {
            "requests": [[called(request.id), request.prompt] for request in requests],
            "decoding": identity.changes(decoding),
            "prompting": identity.changes(options.prompting),
            **({"images": options.images} if options.images else {}),
        }
    )
    seen = shown_pictures.looked_at(requests, examples, info, complete=dataset.complete)
    if seen.absent:
        dataset = replace(
            dataset, complete=False, notes=(*dataset.notes, seen.note(private=privacy.is_private(task.card, synthetic=dataset.synthetic)))
        )
    scope = identity.digest(
        {
            "v": identity.VERSION,
            "card": task.card.version,
            "split": options.split,
            "synthetic": dataset.synthetic,
            "fingerprint": dataset.fingerprint,
            "prompting": prompting_id,
            **options.excerpt.facts,
            # Sampled answers are drawn batch by batch: of another size, the same seed draws others.
            **({"batch_size": options.batch_size} if options.batch_size is not None and decoding.temperature else {}),
            **({"pictures": seen.own, "seen": seen.shown_in_all} if seen.own or seen.shown_in_all else {}),
        }
    )
    kind = "sample" if dataset.synthetic else options.split
    # The name once more, in full: two that differ in a bracket or beyond the sixtieth letter have one slug.
    system = f"{slug(info.name)}-{identity.digest(model_digest, info.name)[:8]}"
    folder = options.results / task.card.full_name / system / f"{kind}{options.excerpt.slug}-{scope[:8]}"
    return Plan(
        task=task,
        dataset=dataset,
        examples=tuple(examples),
        train=train,
        model=model,
        info=info,
        requests=requests,
        shown=seen.shown,
        pictures=seen.own,
        model_digest=model_digest,
        prompting_id=prompting_id[:16],
        naming=naming,
        folder=folder,
    )


def _proven(info: ModelInfo) -> ModelInfo:
    """The model's facts; where nothing proves which model it is, an identity for this run alone: no reply is then used again."""
    if sameness.is_proven(info):
        return info
    note = "nothing proves which weights answered: the model gives neither digest nor identity"
    return replace(info, identity=sameness.once(), note="; ".join(part for part in (info.note, note) if part))


def _recordable(decoding: Decoding) -> None:
    for name, value in asdict(decoding).items():
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"the decoding: no record can hold '{name}' = {value!r}; give a finite number.")


def slug(name: str) -> str:
    """A system's name as a folder's: letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "model"
