"""A model of the calling program, asked in place: any object that generates, or any function from requests to replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from harness.base import user_code
from harness.errors import CorruptData, DataUseRefused, UsageError
from harness.models import contract
from harness.models.arguments import parse_arguments
from harness.models.replies.reply import response_of
from harness.models.tables import fields
from harness.types import Backend, Model, ModelInfo, Request, Response, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a model that gives no facts of its own is read."""

    scores: Literal["softmax", "independent"] = "softmax"
    """One distribution over the choices, or a probability for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A model that gives its own facts takes no arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlace:
    """The caller's own model; it is theirs to end."""

    info: ModelInfo
    call: Callable[[Sequence[Request]], Iterable[Any]]
    unsaid: bool
    """Whether nobody has said where it computes, and the data is real."""

    def for_task(self, scene: Scene) -> Model:
        """Itself: whatever it cannot answer is a failure of that request.

        Raises:
            DataUseRefused: The data is credentialed, and nobody has said where the model computes.
        """
        if self.unsaid and scene.task.card.credentialed:
            raise DataUseRefused(
                f"{scene.task.card.full_name}: the dataset is {scene.task.card.access}; say where {self.info.name} computes: remote=False"
                " where nothing leaves this machine, else remote=True and allow_remote=True where your agreement covers the service."
            )
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """The replies as they are given: texts, responses, or mappings with the fields of a reply.

        Raises:
                ModelError: It gives one reply, or none, where it was asked for several.
        """
        given = contract.listed(self.call(requests), len(requests), self.info.name)
        return [_response(reply) for reply in given]


def _response(reply: Any) -> Response:
    if isinstance(reply, Response):
        return reply
    try:
        with user_code.guarded("reading the reply", CorruptData):
            return response_of(fields(reply), "the reply")
    except CorruptData as error:
        return Response(error=str(error), of_request=True)


def backend_of(model: Any, arguments: Mapping[str, str], *, remote: bool = False, unsaid: bool = False) -> Backend:
    """The backend that an object is, or that asks it.

    Args:
        model: A `Backend`, an object with ``generate(requests)``, or a function of requests. Facts for the record are its ``info``, where
            that is a `ModelInfo`; without, it has its name, and nothing proves which model it is, so that no reply is used again.
        remote: Whether a model without ``info`` sends what it is asked to another machine.
        unsaid: Whether nobody has said so, and the data is real; with credentialed data that is refused.
        arguments: ``scores`` of a model without ``info``: ``softmax`` (default) or ``independent``.

    Raises:
        UsageError: It is none of these, or its ``info`` is no `ModelInfo` of plain facts.
    """
    if isinstance(model, type):
        raise UsageError(f"{model.__name__} is a class; pass an instance of it: {model.__name__}(…).")
    with user_code.guarded(f"{type(model).__name__}: looking for for_task, generate and info", UsageError):
        serves, call, info = hasattr(model, "for_task"), getattr(model, "generate", model), getattr(model, "info", None)
    if serves:
        parse_arguments("a model that is open", arguments, Told)
        return cast("Backend", model)
    if not callable(call):
        raise UsageError(f"{type(model).__name__} is no model: give a spec, an object with generate(requests), or a function of requests.")
    if info is not None and not callable(info):
        parse_arguments("a model with info", arguments, Told)
        return InPlace(info=contract.info_of(cast("Model", model)), call=call, unsaid=False)
    parsed = parse_arguments("a model in Python", arguments, Arguments)
    name = getattr(model, "__name__", type(model).__name__)
    return InPlace(info=ModelInfo(name=name, kind="python", scores=parsed.scores, remote=remote), call=call, unsaid=unsaid)
