"""How a run asks: the task's words or a user's template, examples before the question, a system prompt."""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import prompts
from harness.data import contract
from harness.errors import UsageError
from harness.files import content
from harness.runs.shots import Shots
from harness.types import Decoding, Example, Input, ModelInfo, Request, Task

_LARGEST = 1 << 24
"""Bytes of a template."""
_FIELDS = ("question", "choices", "prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """The user's changes to how a task asks; the default is none."""

    system: str = ""
    template: str = ""
    """With the places ``{question}``, ``{choices}``, ``{prompt}`` (the task's own words) and ``{context.KEY}``; empty is the task's own."""
    shots: int = 0
    """Examples of the train split before each question."""
    by: str = "seed"
    """``seed``: the same ones everywhere, drawn by the decoding's seed; ``nearest``: those most like the question."""

    def __post_init__(self) -> None:
        if self.by not in ("seed", "nearest"):
            raise UsageError(f"--few-shot-by {self.by}: must be seed or nearest.")


def read_template(path: Path) -> str:
    """A template from a file; one line break at its end is not part of it.

    Raises:
        UsageError: It cannot be read, or a place in it is not known; the message names the line.
    """
    where = f"--prompt-file {path}"
    if not os.path.lexists(path):
        raise UsageError(f"{where}: no such file.")
    text = content.text(content.read(path, largest=_LARGEST, error=UsageError), where, error=UsageError, remedy="save it as UTF-8.")
    text = text.removesuffix("\n")
    for number, line in enumerate(text.split("\n"), start=1):
        _parts(line, f"{where}, line {number}")
    if not _parts(text, str(path)):
        raise UsageError(f"{where}: has no place such as {{question}}; every example would be asked the same.")
    return text


def _parts(text: str, where: str) -> list[str]:
    """The places of a template."""
    known = ", ".join(f"{{{name}}}" for name in _FIELDS)
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise UsageError(f"{where}: {error}; write {{{{ and }}}} for braces of the text.") from error
    places = []
    for _, name, form, conversion in parts:
        if name is None:
            continue
        key = name.removeprefix("context.")
        if form or conversion or not (name in _FIELDS or (key != name and key.replace("_", "").isalnum())):
            shown = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise UsageError(f"{where}: the place {{{shown}}} is not known; there are {known} and {{context.KEY}}.")
        places.append(name)
    return places


def fill(template: str, item: Input, own: Callable[[Input], str], where: str) -> str:
    """A template with an example's values; what those hold is never read as a place.

    Raises:
        UsageError: The example has no such fact.
    """
    written = []
    for literal, name, _, _ in string.Formatter().parse(template):
        written.append(literal)
        if name is None:
            continue
        if name.startswith("context."):
            key = name.removeprefix("context.")
            if key not in item.context:
                raise UsageError(f"{where} has no {{{name}}}; it has {', '.join(sorted(item.context)) or 'no context'}.")
            written.append(item.context[key])
        else:
            written.append({"question": item.text, "choices": prompts.options(item.choices), "prompt": own(item)}[name])
    return "".join(written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Renders the requests of a run."""

    task: Task[Any]
    prompting: Prompting
    shots: Shots | None

    def request(self, example: Example[Any], item: Input, decoding: Decoding, info: ModelInfo) -> Request:
        """One request.

        Args:
            example: What is asked.
            item: Its input, with no more pictures than the model takes.
            decoding: The run's.
            info: The model's.

        Raises:
            UsageError: The examples' pictures are more than the model takes.
            AdapterError: The task's prompt function raised, or returned no text.
        """
        if self.shots is None:
            return Request(id=example.id, prompt=self._words(item, example.id), item=item, decoding=decoding, system=self.prompting.system)
        chosen = self.shots.of(item)
        images = [image for shot in chosen for image in shot.input.images] + list(item.images)
        if info.images is not None and len(images) > info.images:
            raise UsageError(
                f"{self.task.card.full_name}: {self.prompting.shots} examples and the question have {len(images)} pictures and {info.name}"
                f" takes {info.images}; lower --few-shot."
            )
        turns, seen = [], 0
        before = [(shot.input, shot.id, contract.said_of(self.task, shot.target, shot.id)) for shot in chosen]
        for asked, name, answer in [*before, (item, example.id, "")]:
            numbers = range(seen + 1, seen + len(asked.images) + 1)
            seen += len(asked.images)
            shown = f"[{', '.join(f'picture {number}' for number in numbers)}]\n" if asked.images else ""
            turns.append(f"{shown}{self._words(asked, name)}\nAnswer: {answer}".rstrip())
        item = replace(item, images=tuple(images))
        return Request(id=example.id, prompt="\n\n".join(turns), item=item, decoding=decoding, system=self.prompting.system)

    def _words(self, item: Input, name: str) -> str:
        if self.prompting.template:
            return fill(self.prompting.template, item, lambda own: self._own(own, name), f"{self.task.card.full_name}: '{name}'")
        return self._own(item, name)

    def _own(self, item: Input, name: str) -> str:
        return contract.prompt_of(self.task, item, name)


def asker(
    task: Task[Any],
    prompting: Prompting,
    info: ModelInfo,
    evaluated: Sequence[Example[Any]],
    train: Callable[[], Sequence[Example[Any]]] | None,
    seed: int,
) -> Asker:
    """What renders a run's requests.

    Raises:
        UsageError: The model reads no prompt, or there are not as many examples as are wanted.
    """
    if prompting != Prompting() and not info.reads_prompt:
        raise UsageError(f"{info.kind}: reads no prompt of ours; --system-prompt, --prompt-file and --few-shot would change nothing.")
    shots = None
    if prompting.shots:
        pool = train() if train is not None else ()
        shots = Shots(pool, evaluated, count=prompting.shots, by=prompting.by, seed=seed, task=task.card.full_name)
    return Asker(task=task, prompting=prompting, shots=shots)
