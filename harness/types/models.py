"""What answers: a model for one task, what it can do beside answering a batch, and the backend that gives it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol, runtime_checkable

from harness.types.facts import ModelInfo, Scene
from harness.types.records import Request, Response


class Model(Protocol):
    """What answers requests: one method over whole batches, ordinary exceptions."""

    @property
    def info(self) -> ModelInfo:
        """Facts for the record."""
        ...

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch: as many responses as requests, in their order."""
        ...


@runtime_checkable
class Pipelined(Model, Protocol):
    """A model whose work on the host can run ahead of its work on the device; ``generate`` is one after the other."""

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """All requests of a run as batches: places in ``requests``, each once; a function of the arguments alone.

        Args:
            requests: The whole run's, so that those of a length can stand together.
            size: The most requests in a batch; None leaves it to the model.
        """
        ...

    def prepare(self, requests: Sequence[Request]) -> Any:
        """The host's share of a batch, pictures decoded and text encoded; called in a thread while another batch is answered."""
        ...

    def answer(self, prepared: Any) -> Sequence[Response]:
        """The device's share: responses to what was prepared, in order."""
        ...


@runtime_checkable
class Streaming(Pipelined, Protocol):
    """A model whose requests are independent of each other: what one is answered does not depend on which others are asked beside it.

    Its replies can be kept one by one as they arrive, and a request that was cut off is asked again alone. ``prepare`` costs next to
    nothing and may be given everything that is due: pictures are read when a request's turn comes.
    """

    def stream(self, prepared: Any) -> Generator[tuple[int, Response], None, None]:
        """Replies as they arrive, each with its place in what was prepared; every place once, in any order.

        A request that fails is a response with an ``error``; no request ends the others. Closing the generator ends what is under way.

        Raises:
            ModelError: Nothing has been answered, and what the first requests were told holds for all of them: a refused key, a model
                that is not there.
        """
        ...


class Backend(Protocol):
    """A loaded model before it knows its task: weights are read once, tasks follow one another."""

    def for_task(self, scene: Scene) -> Model:
        """The model for this task; often itself. Raises `UsageError` where it cannot serve the task, saying why."""
        ...
