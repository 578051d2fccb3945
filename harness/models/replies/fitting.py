"""Replies held against the task that they answer: whose they are, which label a number means, which number belongs to which choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.errors import UsageError
from harness.models.replies import scores
from harness.models.replies.ids import by_id, whole
from harness.models.replies.reply import Given, not_text
from harness.types import Response, Scene
from harness.types import Scores as Distribution

_ABSENT = frozenset({"nan", "NaN", "NA", "<NA>", "NaT", "#N/A", "#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!"})
"""What pandas, R or a spreadsheet writes where there is nothing, or where it took a text for a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Replies by the ids of a split."""

    replies: Mapping[str, Response]
    notes: tuple[str, ...]
    """What was read otherwise than it stands."""


def fit(
    given: Mapping[str, Given], places: Mapping[str, str], scene: Scene, how: Distribution, source: str, *, ignore_extra: bool
) -> Fitted:
    """Replies as those of a split's requests.

    Args:
        given: By the ids that their source has.
        places: Where each stands, for messages: ``line 3``.
        scene: The task and its split.
        how: One distribution over the choices, or a probability for each.
        source: What holds them, for messages.
        ignore_extra: Leave replies to other ids out; else they are an error.

    Raises:
        UsageError: An id is none of the split's, a number is no label's, or scores are not those of the choices.
        CorruptData: Two ids mean the same request, or a text was read as a number.
    """
    ids, notes = by_id(given, places, scene, source, ignore_extra=ignore_extra)
    own = {name: given[key] for name, key in ids.items()}
    texts, told = _labels(own, {name: f"{source}, {places[key]}" for name, key in ids.items()}, scene)
    replies: dict[str, Response] = {}
    for example in scene.examples:
        if example.id not in own:
            continue
        reply, where = own[example.id], f"{source}, {places[ids[example.id]]}"
        response = replace(reply.response, text=texts.get(example.id, reply.response.text))
        if reply.scores is not None:
            task = scene.task.card.full_name
            values = scores.logarithms(reply.scores, example.input.choices, how, where, example.id, task)
            response = replace(response, choice_log_probs=values)
        replies[example.id] = response
    return Fitted(replies=replies, notes=(*notes, *told, *_absent(replies)))


def _labels(own: Mapping[str, Given], where: Mapping[str, str], scene: Scene) -> tuple[dict[str, str], list[str]]:
    """Texts that are numbers of labels, as the labels; only where every text of a file is one.

    A number with a point is an error anywhere else: it was a text that some library has read as a number.
    """
    card = scene.task.card
    choices = {example.id: example.input.choices for example in scene.examples if example.id in own}
    texts = {name: text for name, given in own.items() if name in choices and (text := given.response.text.strip())}
    numbers = {name: int(number) for name, text in texts.items() if (number := whole(text))}
    numbered = len(numbers) == len(texts) > 0 and all(choices.values()) and scene.task.decide is None
    if numbered and any(label.strip().isdecimal() for labels in choices.values() for label in labels):
        return {name: str(number) for name, number in numbers.items()}, []
    if not numbered:
        wrong = next((name for name, given in own.items() if given.is_number), None)
        if wrong is not None:
            raise not_text(own[wrong], where[wrong])
        return {}, []
    first = next(iter(numbers))
    labels = choices[first]
    listed = ", ".join(f"{number} {label}" for number, label in enumerate(labels[:8])) + (", …" if len(labels) > 8 else "")
    if not card.numbered:
        raise UsageError(
            f"{where[first]}: every reply is a number, as '{texts[first]}', and {card.full_name} does not number its labels. Write their"
            f" names: {', '.join(labels[:8])}{', …' if len(labels) > 8 else ''}."
        )
    beyond = next((name for name, number in numbers.items() if number >= len(choices[name])), None)
    if beyond is not None:
        counted = " Are they counted from 1?" if min(numbers.values()) > 0 else ""
        raise UsageError(
            f"{where[beyond]}: the label number {numbers[beyond]}; {card.full_name} numbers its {len(labels)} labels from 0:"
            f" {listed}.{counted}"
        )
    return {name: choices[name][number] for name, number in numbers.items()}, [f"numbers are read as the labels' own: {listed}"]


def _absent(replies: Mapping[str, Response]) -> list[str]:
    """A word on texts that are likely no answers of a model's; they are read as they stand."""
    texts = [text for reply in replies.values() if (text := reply.text.strip()) in _ABSENT]
    return [f"texts that a library or a spreadsheet writes where there is none: {len(texts):,} ('{texts[0]}')"] if texts else []
