"""Baselines: the floor and the ceiling of every task, without a model."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from harness.base import identity
from harness.base.names import named
from harness.data import contract
from harness.errors import MissingData, UsageError
from harness.metrics.labels.multilabel import labels_of
from harness.models.arguments import Count, changed, parse_arguments
from harness.models.nearest import compares_pictures, known_by, nearest_answers
from harness.text import sentences
from harness.types import Example, Model, ModelInfo, Request, Response, Scene

_TEST_PRIOR = "learns from the labels of the evaluated split, because the release has no train split at hand: a bound, not a competitor"
_OWN_SPLIT = "learns from the labels of the split that it answers: a bound, not a competitor"


@dataclass(frozen=True, slots=True)
class _Nothing:
    """What a baseline without arguments takes."""


@dataclass(frozen=True, slots=True)
class _Constant:
    text: str = "unknown"
    """Of ``constant``: the answer to everything."""


@dataclass(frozen=True, slots=True)
class _Random:
    seed: int = 0
    """Of ``random``: another one draws other answers."""


@dataclass(frozen=True, slots=True)
class _Lead:
    sentences: Count = 3
    """Of ``lead``: how many of a text's first sentences are the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A model that is a function from request to response."""

    info: ModelInfo
    answer: Callable[[Request], Response]

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Each request on its own."""
        return [self.answer(request) for request in requests]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A baseline before it knows its task."""

    info: ModelInfo
    make: Callable[[Scene, ModelInfo, Any], Model]
    arguments: Any

    def for_task(self, scene: Scene) -> Model:
        """The baseline, having learnt what there is to learn."""
        return self.make(scene, self.info, self.arguments)


def open_model(location: str, arguments: Mapping[str, str]) -> Baseline:
    """The baseline of that name.

    Raises:
        UsageError: There is none, or it does not take an argument that is given.
    """
    location = named("baseline", location, _BASELINES)
    taken, make = _BASELINES[location]
    given = parse_arguments(f"baseline:{location}", arguments, taken)
    told = {name: str(value) for name, value in changed(given).items()}
    info = ModelInfo(name=location, kind="baseline", arguments=told, identity=f"baseline:{location}", sees=False, reads_prompt=False)
    return Baseline(info=info, make=make, arguments=given)


def _learnt(info: ModelInfo, *content: Any) -> ModelInfo:
    """The facts of a baseline that has learnt something: of other data, it is another model."""
    return replace(info, identity=identity.digest(info.identity, *content))


def _of_train(info: ModelInfo, scene: Scene) -> ModelInfo:
    """The facts of a baseline that has read the train split: where that is what it answers, it has seen the targets."""
    return replace(info, reads_targets=True, note=_OWN_SPLIT) if scene.split == "train" else info


def _majority(scene: Scene, info: ModelInfo, arguments: _Nothing) -> Model:  # noqa: ARG001  it takes none
    """The most frequent target, and for choices how frequent each is."""
    train = _train(scene)
    counts = Counter(example.target for example in (train or scene.examples))
    most, _ = min(counts.items(), key=lambda item: (-item[1], str(item[0])))
    text = contract.said_of(scene.task, most)
    info = _of_train(info, scene) if train else replace(info, name="majority (test prior)", reads_targets=True, note=_TEST_PRIOR)
    shares: Counter[str] = Counter()
    for target, n in counts.items():
        shares.update(dict.fromkeys(_labels(scene, target), n))
    prior = {label: math.log(n / counts.total()) for label, n in shares.items()}
    info = _learnt(info, text, {str(label): share for label, share in prior.items()} if _has_choices(scene) else None)

    def answer(request: Request) -> Response:
        scores = tuple(prior.get(choice, -math.inf) for choice in request.item.choices)
        return Response(text=text, choice_log_probs=scores or None)

    return Answers(info=_scoring(info, scene), answer=answer)


def _constant(scene: Scene, info: ModelInfo, arguments: _Constant) -> Model:  # noqa: ARG001  the same everywhere
    return Answers(info=info, answer=lambda _: Response(text=arguments.text))


def _random(scene: Scene, info: ModelInfo, arguments: _Random) -> Model:
    """A choice, or an answer of the train split, drawn by the request's id alone: in whatever order it is asked."""
    pool = _answers(scene, "random draws from the train split's answers") if not _has_choices(scene) else []
    info = _learnt(_of_train(info, scene) if pool else info, pool)

    def answer(request: Request) -> Response:
        options = request.item.choices or pool
        return Response(text=options[_draw(arguments.seed, request.id, len(options))])

    return Answers(info=info, answer=answer)


def _draw(seed: int, name: str, n: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8]) % n


def _lead(scene: Scene, info: ModelInfo, arguments: _Lead) -> Model:
    """The first sentences of the text to be summarised."""
    _only_summaries(scene, "lead")
    return Answers(info=info, answer=lambda request: Response(text=" ".join(sentences(request.item.text)[: arguments.sentences])))


def _copy(scene: Scene, info: ModelInfo, arguments: _Nothing) -> Model:  # noqa: ARG001  it takes none
    """The whole text to be summarised."""
    _only_summaries(scene, "copy")
    return Answers(info=info, answer=lambda request: Response(text=request.item.text))


def _nearest(scene: Scene, info: ModelInfo, arguments: _Nothing) -> Model:  # noqa: ARG001  it takes none
    """The answer of the most similar train example."""
    answers = _answers(scene, "nearest learns from a train split")
    train = _train(scene)
    learnt = replace(_learnt(_of_train(info, scene), known_by(train), answers), sees=compares_pictures(train))
    return Answers(info=learnt, answer=nearest_answers(train, partial(contract.said_of, scene.task)))


def _oracle(scene: Scene, info: ModelInfo, arguments: _Nothing) -> Model:  # noqa: ARG001  it takes none
    """What a perfect model would write: the ceiling of every metric."""
    targets: dict[str, Any] = {example.id: example.target for example in scene.examples}
    info = replace(info, reads_targets=True, note="sees the targets: the ceiling of each metric, not a system")
    answers = {name: contract.said_of(scene.task, target, name) for name, target in targets.items()}
    info = _learnt(info, [[name, answers[name], sorted(map(str, _labels(scene, target)))] for name, target in targets.items()])

    def answer(request: Request) -> Response:
        target = targets[request.id]
        scores = tuple(0.0 if choice in _labels(scene, target) else -math.inf for choice in request.item.choices)
        return Response(text=answers[request.id], choice_log_probs=scores or None)

    return Answers(info=_scoring(info, scene), answer=answer)


def _scoring(info: ModelInfo, scene: Scene) -> ModelInfo:
    if not _has_choices(scene):
        return info
    return replace(info, scores="softmax" if scene.task.decide is None else "independent")


def _labels(scene: Scene, target: Any) -> frozenset[Any]:
    """The choices that a target stands for: itself, or each of several labels where any number may hold."""
    return frozenset([target]) if scene.task.decide is None else labels_of(target)


def _has_choices(scene: Scene) -> bool:
    return bool(scene.examples and scene.examples[0].input.choices)


def _train(scene: Scene) -> Sequence[Example[Any]]:
    return scene.train() if scene.train is not None else ()


def _answers(scene: Scene, why: str) -> Sequence[str]:
    """Those of the train split, which a baseline cannot do without: what to do where there is none, its card tells."""
    card, train = scene.task.card, _train(scene)
    if not train and "train" not in card.splits:
        raise MissingData(f"{card.full_name}: baseline:{why}, and this release has none. Run baseline:majority instead.")
    if not train:
        raise MissingData(f"{card.full_name}: baseline:{why}, and it is not at hand.\n{card.obtain.strip()}")
    return [contract.said_of(scene.task, example.target, example.id) for example in train]


def _only_summaries(scene: Scene, name: str) -> None:
    if scene.task.card.family != "summarization":
        raise UsageError(
            f"baseline:{name} repeats a text to be summarised; {scene.task.card.full_name} is a {scene.task.card.family} task."
        )


_BASELINES: Mapping[str, tuple[type[Any], Callable[[Scene, ModelInfo, Any], Model]]] = {
    "majority": (_Nothing, _majority),
    "constant": (_Constant, _constant),
    "random": (_Random, _random),
    "lead": (_Lead, _lead),
    "copy": (_Nothing, _copy),
    "nearest": (_Nothing, _nearest),
    "oracle": (_Nothing, _oracle),
}
"""Name to the arguments it takes and how it is made."""
