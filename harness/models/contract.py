"""What a model must be and give, whoever wrote it: the one place where its objects enter, each refused by name or kept in plain types."""

from __future__ import annotations

import itertools
import math
import operator
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from numbers import Real
from typing import Any, cast

from harness.base import user_code
from harness.base.visible import visible, visible_line
from harness.errors import ModelError, UsageError
from harness.files.reading import decode
from harness.types import Backend, Model, ModelInfo, Request, Response, Scene

_FINISHES = ("", "stop", "length")
_NO_WORD = "no reason was given"
_LONGEST = 10_000
"""Characters of a fact in a record; shown by its code, one character may take six."""
_MOST_WORDS, _MOST_SCORES = 100, 1_000_000
"""Read of what may have no end."""
_SEEN = ("name", "kind", "revision", "digest", "precision", "device", "setting", "note")


def model_of(backend: Backend, scene: Scene) -> Model:
    """The backend's model for a task, known to be one.

    Raises:
        HarnessError: The backend cannot serve the task, raises, or gives what is no model.
    """
    who = f"{type(backend).__name__}.for_task()"
    with user_code.guarded(who, ModelError):
        model = backend.for_task(scene)
        generates = callable(getattr(model, "generate", None))
    if not generates:
        raise ModelError(f"{who} gave {kind(model)}; it must give a model: an object with generate(requests) and info.")
    return model


def info_of(model: Model) -> ModelInfo:
    """What a model says of itself, in plain types; what cannot be seen stands as its code.

    Raises:
        ModelError: It has no `ModelInfo`.
        UsageError: A fact in it is of another type than a record holds.
    """
    who = type(model).__name__
    with user_code.guarded(f"{who}.info", ModelError):
        info = getattr(model, "info", None)
    if not isinstance(info, ModelInfo):
        raise ModelError(f"{who}.info is {kind(info)}; it must be a harness.types.ModelInfo, with at least a name and a kind.")
    given = {field.name: getattr(info, field.name) for field in fields(ModelInfo)}
    if isinstance(given["arguments"], Mapping):
        given["arguments"] = dict(given["arguments"])
    known = decode(ModelInfo, given, "what the model says of itself (ModelInfo)", error=UsageError)
    for name, text in [*((name, getattr(known, name)) for name in _SEEN), *known.arguments.items()]:
        if len(text) > _LONGEST:
            raise UsageError(
                f"what the model says of itself: '{name:.40}' has {len(text):,} characters; at most {_LONGEST:,} fit a record."
            )
    arguments = {visible_line(name): visible_line(value) for name, value in known.arguments.items()}
    seen: dict[str, Any] = {name: visible_line(getattr(known, name)) for name in _SEEN}
    return replace(known, arguments=arguments, identity=str.__str__(known.identity), **seen)


def named(model: Model, method: str) -> str:
    """A model and a method of it, for messages; never fails."""
    try:
        name = visible_line(str(model.info.name))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  its facts are anybody's code
        name = type(model).__name__
    return f"{name}: {method}"


@contextmanager
def closing(model: Model) -> Iterator[None]:
    """End what a model has started, where it has something to end."""
    try:
        yield
    finally:
        try:
            close = getattr(model, "close", None)
            if callable(close):
                close()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  what was answered stands
            warnings.warn(f"{named(model, 'close()')} raised {user_code.told(error)}; what was answered is kept", stacklevel=3)


def listed(given: Any, n: int, who: str) -> list[Any]:
    """What a call for several responses gave, as a list of at most one more than were asked for.

    Raises:
        ModelError: It is one thing, or nothing.
    """
    if isinstance(given, str | bytes | bytearray | Mapping | Response) or not isinstance(given, Iterable):
        raise ModelError(f"{who} returned {kind(given)}; it must return a list of harness.types.Response, one to each request.")
    return list(itertools.islice(given, n + 1))


def checked(request: Request, response: Any, who: str = "the model") -> Response:
    """The response as the journal can keep it, or a failure that says what is wrong with it.

    Args:
        request: What it answers.
        response: Whatever the model gave.
        who: The model and its method, for the message.
    """
    try:
        kept = _plain(response)
    except KeyboardInterrupt:
        raise
    except _Wrong as wrong:
        return Response(error=f"{who} gave no valid response: {wrong}")
    except BaseException as error:  # noqa: BLE001  the parts of a response are anybody's objects
        return Response(error=f"{who} gave no valid response: {user_code.told(error, whole=True)}")
    if kept.error is not None or kept.refusal:  # read for its words alone
        return kept if not _fault(request, kept) else replace(kept, choice_log_probs=None)
    fault = _fault(request, kept)
    return Response(error=f"{who} gave no valid response: {fault}") if fault else kept


def kind(value: Any) -> str:
    """What an object is, for a message."""
    return "None" if value is None else f"a {type(value).__name__}"


class _Wrong(Exception):
    """A part of a response is not what it must be; the message goes on from "its"."""


def _plain(given: Any) -> Response:
    """A response of plain Python values, so that what is written is what is read."""
    if not isinstance(given, Response):
        raise _Wrong(f"it is {kind(given)} and must be a harness.types.Response")
    finish = _text(given, "finish")
    if finish not in _FINISHES:
        raise _Wrong(f"its finish is '{visible_line(finish):.40}' and must be stop, length or empty")
    error = given.error if given.error is None else visible(_text(given, "error"))
    return Response(
        text=_text(given, "text"),
        choice_log_probs=_part("choice_log_probs", "numbers", given.choice_log_probs, _scores),
        thinking=_text(given, "thinking"),
        finish=cast("Any", finish),  # one of them
        usage=_part("usage", "a mapping of names to whole numbers from 0", given.usage, _usage) or {},
        seconds=_part("seconds", "a number from 0, or None", given.seconds, _seconds),
        refusal=visible(_text(given, "refusal")),
        error=error if error is None or error.strip() else _NO_WORD,
        of_request=given.of_request is True or bool(given.of_request),
        adapted=_part("adapted", "a tuple of texts", given.adapted, _texts) or (),
    )


def _text(given: Response, name: str) -> str:
    value = getattr(given, name)
    if not isinstance(value, str):
        raise _Wrong(f"its {name} is {kind(value)} and must be a text (str)")
    return str.__str__(value)


def _part(name: str, wanted: str, value: Any, read: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    try:
        return read(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _Wrong(f"its {name} must be {wanted} ({user_code.told(error, whole=True)})") from error


def _scores(value: Any) -> tuple[float, ...]:
    if isinstance(value, str | bytes | Mapping):
        raise TypeError(f"it is {kind(value)}")
    return tuple(map(float, itertools.islice(value, _MOST_SCORES)))


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str | bytes | Mapping):
        raise TypeError(f"it is {kind(value)}")
    texts = tuple(itertools.islice(value, _MOST_WORDS))
    if wrong := next((item for item in texts if not isinstance(item, str)), None):
        raise TypeError(f"it holds {kind(wrong)}")
    return tuple(map(visible_line, texts))


def _usage(value: Any) -> dict[str, int]:
    usage = {}
    for name, number in value.items():
        if not isinstance(name, str):
            raise TypeError(f"a name is {kind(name)}")
        whole = int(number) if isinstance(number, float) and number.is_integer() else operator.index(number)
        if whole < 0:
            raise ValueError(f"'{visible_line(name):.40}' is {whole}")
        usage[name] = whole
    return usage


def _seconds(value: Any) -> float | None:
    if isinstance(value, str | bytes | bool) or not (isinstance(value, Real) or hasattr(value, "__float__")):
        raise TypeError(f"it is {kind(value)}")
    number = float(value)
    if number < 0:
        raise ValueError(f"it is {number}")
    return number if math.isfinite(number) else None


def _fault(request: Request, response: Response) -> str:
    """Why the scores cannot be those of the request's choices; empty where they can."""
    scores = response.choice_log_probs
    if scores is None:
        return ""
    if len(scores) != len(request.item.choices):
        return f"{len(scores)} choice_log_probs for {len(request.item.choices)} choices"
    if any(math.isnan(score) or score > 1e-6 for score in scores):
        return "choice_log_probs hold a value that is no log-probability (NaN or above 0)"
    return ""


def places(given: Sequence[Sequence[int]], n: int) -> list[list[int]]:
    """A model's own batches, as places of requests; each of ``n`` stands in one of them.

    Raises:
        ModelError: One is absent or stands in two.
    """
    batches = [[operator.index(place) for place in part] for part in given]
    if sorted(itertools.chain.from_iterable(batches)) != list(range(n)):
        raise ModelError(f"the model's batches do not hold each of the {n} requests once; a backend's partition() must.")
    return batches
