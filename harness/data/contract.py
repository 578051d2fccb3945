"""What an adapter must give: the one place where its objects enter, refused with the function, the sample and the rule."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.base import user_code
from harness.base.visible import visible_line
from harness.base.withheld import quoted, withheld
from harness.cards import Card
from harness.errors import AdapterError, HarnessError
from harness.metrics import contract as of_metrics
from harness.rows import Row, Unusable
from harness.types import Decoding, Example, Image, Input, Response, Task

_LONGEST = 2_000
"""Characters of what names a sample, its group or a slice."""
_KEPT = "The replies are kept: mend it and run again."
_FORM = "Either the file was edited, or the adapter does not know this form of a field."


def checked_task(made: Any, card: Card, where: str) -> Task[Any]:
    """What an adapter's ``task(card)`` returned, as a task.

    Args:
        made: Whatever it returned.
        card: What it was given.
        where: The adapter's file, for messages.

    Raises:
        AdapterError: It is no task, or a part of it is not what a task has.
    """
    if not isinstance(made, Task):
        raise AdapterError(f"{where}: task() must return a Task, not {_kind(made)}.")
    for name in ("example", "prompt", "parse", "say"):
        if not callable(getattr(made, name)):
            raise _of_task(where, name, "a function", getattr(made, name))
    if made.decide is not None and not callable(made.decide):
        raise _of_task(where, "decide", "a function or None", made.decide)
    if not isinstance(made.card, Card) or made.card.full_name != card.full_name:
        raise _of_task(where, "card", f"the card that task() was given ({card.full_name})", made.card)
    if not isinstance(made.decoding, Decoding):
        raise _of_task(where, "decoding", "a Decoding", made.decoding)
    if not isinstance(made.metrics, tuple | list) or not made.metrics:
        raise _of_task(where, "metrics", "a tuple of at least one Metric", made.metrics)
    for place, metric in enumerate(made.metrics):
        if fault := of_metrics.fault(metric):
            raise AdapterError(f"{where}: the task's metrics[{place}] {fault}.")
    names = Counter(f"{metric.name}/{metric.variant}" for metric in made.metrics)
    if len(names) < len(made.metrics):
        twice = next(name for name, times in names.items() if times > 1)
        raise AdapterError(f"{where}: two of the task's metrics are called '{twice}'; leave one out, or rename it.")
    return replace(made, metrics=tuple(made.metrics))


def example_of(task: Task[Any], row: Row) -> Example[Any]:
    """A row as the task's example; in ids, groups and tags what cannot be seen stands as its code.

    Raises:
        Unusable: It cannot be used; the reason is counted.
        HarnessError: The adapter refuses it, fails on it, or makes of it what is no example (`AdapterError`).
    """
    passing, called, where = (Unusable, HarnessError), f"{task.card.full_name}: example()", f"on {row.where}"
    with user_code.guarded(called, AdapterError, _FORM, where=where, passing=passing):
        made = task.example(row)
    where = f"{called} {where}"
    with user_code.guarded(f"{where}: what it returned", AdapterError):  # its parts are anybody's objects
        fault = _fault(made)
    if fault:
        raise AdapterError(f"{where}: {fault}.")
    return _seen(made)


def prompt_of(task: Task[Any], item: Input, name: str) -> str:
    """The task's own words for an input.

    Args:
        task: Whose.
        item: The input.
        name: The sample's id, for the message.

    Raises:
        AdapterError: The adapter's ``prompt`` raised, or returned no text.
    """
    return _text(task, "prompt()", name, lambda: task.prompt(item))


def said_of(task: Task[Any], target: Any, name: str = "") -> str:
    """What a perfect model would write for a target; arguments and errors as of `prompt_of`."""
    return _text(task, "say()", name, lambda: task.say(target))


def parsed(task: Task[Any], response: Response, example: Example[Any], *, remedy: str = _KEPT) -> Any | None:
    """What a reply's text says; None where it does not say it clearly.

    Args:
        task: Whose.
        response: The reply.
        example: What it replies to.
        remedy: What to do about an error, a sentence.

    Raises:
        AdapterError: The adapter's ``parse`` raised, or returned what no target of the task is.
    """
    where, rule = f"on the reply to {quoted(example.id)}", f"parse() must return None for what it cannot read. {remedy}"
    with user_code.guarded(f"{task.card.full_name}: parse()", AdapterError, rule, where=where, passing=()):
        prediction = task.parse(response, example.input)
    return _prediction(task, "parse()", prediction, example, remedy)


def decided(task: Task[Any], scores: Sequence[float], example: Example[Any]) -> Any | None:
    """What scores alone say; errors as of `parsed`."""
    assert task.decide is not None
    where = f"on the scores for {quoted(example.id)}"
    with user_code.guarded(f"{task.card.full_name}: decide()", AdapterError, _KEPT, where=where, passing=()):
        prediction = task.decide(scores, example.input)
    return _prediction(task, "decide()", prediction, example, _KEPT)


def _prediction(task: Task[Any], function: str, prediction: Any, example: Example[Any], remedy: str) -> Any | None:
    """A prediction is of the type of the target that it is set beside: else it could only ever be wrong, or right by accident."""
    if prediction is None or isinstance(prediction, type(example.target)):
        return prediction
    raise AdapterError(
        f"{task.card.full_name}: {function} returned {_kind(prediction)} for the reply to {quoted(example.id)}; it must return"
        f" {_kind(example.target)}, as its target is, or None for what it cannot read. {remedy}".rstrip()
    )


def _text(task: Task[Any], function: str, name: str, call: Callable[[], Any]) -> str:
    of = f"on {quoted(name)}" if name else ""
    try:
        text = call()
    except (HarnessError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise AdapterError(f"{task.card.full_name}: {function} raised {user_code.told(error)}{of and ','}{of}.") from error
    if not isinstance(text, str):
        raise AdapterError(f"{task.card.full_name}: {function} returned {_kind(text)} {of}; it must return a text (str).")
    return text


def _fault(made: object) -> str:
    """What keeps an object from being an example, after the name of the function; empty where nothing does."""
    if not isinstance(made, Example):
        return f"returned {_kind(made)}; it must return an Example, or raise Unusable"
    item: object = made.input
    if not isinstance(item, Input):
        return f"input is {_kind(item)}; it must be an Input"
    for name, wanted, value, holds in (
        ("id", f"a text of 1 to {_LONGEST:,} characters", made.id, _is_name(made.id) and made.id != ""),
        ("group", f"a text of at most {_LONGEST:,} characters", made.group, _is_name(made.group)),
        ("target", "a text, a number, or a list or table of them, as JSON has them", made.target, _is_plain(made.target)),
        ("references", "a tuple of targets", made.references, isinstance(made.references, tuple) and all(map(_is_plain, made.references))),
        ("tags", "a mapping of short texts to short texts", made.tags, _is_texts(made.tags) and all(map(_is_name, made.tags.values()))),
        ("input.text", "a text (str)", item.text, isinstance(item.text, str)),
        ("input.images", "a tuple of Image", item.images, _is_tuple_of(Image, item.images)),
        ("input.context", "a mapping of texts to texts", item.context, _is_texts(item.context)),
        ("input.choices", "a tuple of different texts", item.choices, _is_tuple_of(str, item.choices) and _differ(item.choices)),
    ):
        if not holds:
            return f"{name} is {_shown(value)}; it must be {wanted}"
    return ""


def _seen(made: Example[Any]) -> Example[Any]:
    texts = (made.id, made.group, *made.tags, *made.tags.values())
    if all(type(text) is str and text.isprintable() for text in texts):
        return made
    tags = {visible_line(name): visible_line(value) for name, value in made.tags.items()}
    return replace(made, id=visible_line(made.id), group=visible_line(made.group), tags=tags)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) and isinstance(item, str) for key, item in value.items())


def _is_tuple_of(kind: type, value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, kind) for item in value)


def _differ(choices: Sequence[str]) -> bool:
    return len(set(choices)) == len(choices)


def _is_plain(value: Any) -> bool:
    """Whether JSON holds it, so that its digest is the same in every process."""
    if isinstance(value, str | bool | int):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return isinstance(value, tuple | list) and all(map(_is_plain, value))


def _of_task(where: str, name: str, wanted: str, value: Any) -> AdapterError:
    return AdapterError(f"{where}: the task's {name} is {_shown(value)}; it must be {wanted}.")


def _kind(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _shown(value: Any) -> str:
    """A value's type, and the value itself where it is short and plain."""
    if not isinstance(value, str | bool | int | float):
        return _kind(value)
    shown = quoted(value) if withheld() else visible_line(repr(value))[:60]
    return f"{shown} ({type(value).__name__})"
