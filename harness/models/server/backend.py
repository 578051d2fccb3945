"""The backend: many requests under way at once, what is lost asked again, what stays lost a failure and never an answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError, UsageError
from harness.models.batching import in_order
from harness.models.server import addresses, asking, connection, faults, manners, waits
from harness.models.server.arguments import Arguments
from harness.models.server.asking import Asked, NoScores
from harness.models.server.faults import Fault
from harness.models.server.manners import Manner
from harness.types import Model, ModelInfo, Request, Response, Scene

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_WAVES = 4
"""Batches hold this many requests per request under way, so that a slow one does not leave the others idle."""
_FEW = 8
"""So many requests in a row that are turned away before anything was answered are taken for all of them."""


@dataclass(slots=True, kw_only=True)
class _Reached:
    """What this process has met of a server so far."""

    manner: Manner
    """How it wants to be asked."""
    pace: waits.Pace
    answered: bool = False
    barred: int = 0
    """Requests in a row that were turned away for the key, the account, the address or the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A model on a server that answers."""

    info: ModelInfo
    arguments: Arguments
    model: str
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False, compare=False)
    """Waits between tries, in seconds."""
    clock: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)
    """The moment, in seconds."""
    reached: _Reached = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Begin with what the user says of the server."""
        object.__setattr__(self, "reached", _Reached(manner=manners.first(self.arguments), pace=waits.Pace(rpm=self.arguments.rpm)))

    def for_task(self, scene: Scene) -> Model:
        """Itself.

        Raises:
            UsageError: The run asks for what the interface does not know: a beam search, a picture or a system prompt where a bare text
                goes on, or for a temperature that is not to be sent.
        """
        decoding = scene.decoding or scene.task.decoding
        if decoding.beams > 1:
            raise UsageError("openai: servers have no beam search; leave --beams out.")
        if decoding.temperature and self.arguments.temperature == "none":
            raise UsageError(f"--temperature {decoding.temperature:g} and --model-arg temperature=none exclude each other.")
        if self.arguments.api == "completions":
            if scene.system:
                raise UsageError("openai: api=completions has no place for --system-prompt; put the words into --prompt-file.")
            if any(example.input.images for example in scene.examples):
                raise UsageError(f"openai: {scene.task.card.full_name} shows pictures, and api=completions reads text alone.")
        return self

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """In the order of the run, several times as many as are under way."""
        return in_order(len(requests), size or _WAVES * self.arguments.concurrency)

    def prepare(self, requests: Sequence[Request]) -> Any:
        """The requests themselves: pictures are read as their turns come, so that a whole run can be streamed at once."""
        return tuple(requests)

    def stream(self, prepared: Any) -> Generator[tuple[int, Response], None, None]:
        """Replies as they arrive, with their places; so many requests under way as was said, no more prepared than those."""
        with asyncio.Runner() as loop:
            wave = _Wave(server=self, due=enumerate(prepared), client=connection.client(self.arguments))
            try:
                while arrived := loop.run(wave.arrived()):
                    for place, response, _ in arrived:
                        yield place, response
                    for _, response, fault in arrived:
                        self._note(response, fault)
            finally:
                loop.run(wave.close())

    def answer(self, prepared: Any) -> Sequence[Response]:
        """Ask all, as many at once as was said."""
        return [response for _, response in sorted(self.stream(prepared), key=lambda pair: pair[0])]

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch."""
        return self.answer(self.prepare(requests))

    def _note(self, response: Response, fault: Fault | None) -> None:
        """Remember that the server answers, or that it turns requests away.

        Raises:
            ModelError: It has turned away every one of the first few.
        """
        self.reached.answered = self.reached.answered or response.error is None
        self.reached.barred = self.reached.barred + 1 if fault is not None and fault.kind in ("barred", "spent") else 0
        if self.reached.barred >= _FEW and not self.reached.answered:
            raise ModelError(f"{addresses.shown(self.arguments.address)}: {response.error}")

    async def ask(self, client: AsyncOpenAI, request: Request) -> tuple[Response, Fault | None]:
        """One request, tried again where that can help: its response, and what went wrong where something did."""
        started = time.monotonic()
        try:
            shown = await asking.shown(request, self.arguments)
        except Exception as error:  # noqa: BLE001  whatever a picture's file brings up, it is that picture's
            fault = Fault(kind="request", message=faults.chain(error))
            return Response(error=fault.message, of_request=True), fault
        asked = Asked(client=client, model=self.model, request=request, arguments=self.arguments, turn=self._turn, shown=shown)
        tries = 0
        while True:
            manner = self.reached.manner
            try:
                return await asked.reply(manner), None
            except Exception as error:  # noqa: BLE001  one request's failure is a value of the run, whatever it raises
                fault = faults.of_error(error)
                if self._learns(manner, fault, asked, error):
                    continue  # another way of asking is no further try
            tries += 1
            if not fault.passes or tries > self.arguments.retries:
                return self._failed(fault, tries, round(time.monotonic() - started, 3)), fault
            limited = fault.kind == "limited"
            await self.sleep(waits.seconds(tries - 1, limited=limited, asked=fault.wait, chance=random.random()))  # noqa: S311  no secret

    def _learns(self, manner: Manner, fault: Fault, asked: Asked, error: Exception) -> bool:
        """Whether there is another way of asking the same, which every later request is asked in as well."""
        if fault.kind not in ("failed", "again") or (fault.status is None and not isinstance(error, NoScores)):
            return False
        if self.reached.manner != manner:
            return True  # another request has learnt it meanwhile
        if isinstance(error, NoScores):
            other = replace(manner, without=manner.without | {"echo"}) if "echo" not in manner.without else None
        else:
            other = manners.learnt(manner, fault, asked.sent, decoding=asked.request.decoding, arguments=self.arguments)
        self.reached.manner = other or manner
        return other is not None

    async def _turn(self) -> None:
        """Wait until one more request may begin."""
        if seconds := self.reached.pace.wait(self.clock()):
            await self.sleep(seconds)

    def _failed(self, fault: Fault, tries: int, seconds: float) -> Response:
        """What is kept of a request that has no answer."""
        message = connection.discreet(fault.message, self.arguments)
        if fault.kind == "refused":
            return Response(refusal=message, seconds=seconds)
        if not self.reached.answered:
            hint = connection.hint(fault.kind, fault.message, self.arguments, self.info.name)
            message = f"{message.rstrip('.')}. {hint}" if hint else message
        if fault.is_of_a_size:
            message = f"{message.rstrip('.')}. -a max_pixels=N sends smaller pictures, -a min_pixels=N larger ones"
        if fault.wait is not None and fault.wait > waits.PATIENCE:
            message = f"{message} (it asks to wait {fault.wait:.0f} s: run again then)"
        if tries > 1:
            message = f"{message} (tried {tries} times)"
        return Response(error=message, seconds=seconds, of_request=fault.kind == "request")


@dataclass(slots=True, kw_only=True)
class _Wave:
    """The requests under way. An interruption may come anywhere between two replies: `close` ends whatever there is by then."""

    server: Server
    due: Iterator[tuple[int, Request]]
    client: AsyncOpenAI
    under_way: dict[asyncio.Task[tuple[Response, Fault | None]], int] = field(default_factory=dict)

    async def arrived(self) -> list[tuple[int, Response, Fault | None]]:
        """What has arrived since the last look; nothing once all has."""
        for place, request in islice(self.due, self.server.arguments.concurrency - len(self.under_way)):
            self.under_way[asyncio.create_task(self.server.ask(self.client, request))] = place
        if not self.under_way:
            return []
        done, _ = await asyncio.wait(self.under_way, return_when=asyncio.FIRST_COMPLETED)
        return [(self.under_way.pop(task), *task.result()) for task in done]

    async def close(self) -> None:
        """End all that is under way."""
        for task in self.under_way:
            task.cancel()
        await asyncio.gather(*self.under_way, return_exceptions=True)
        await self.client.close()
