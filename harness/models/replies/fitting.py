"""Replies held against the task that they answer: whose they are, which label a number means, which number belongs to which choice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.errors import CorruptData, UsageError
from harness.models.replies import scores
from harness.models.replies.reply import Given, not_text
from harness.types import Response, Scene
from harness.types import Scores as Distribution

_WHOLE = re.compile(r"0*(\d+)(?:\.0+)?")
"""A whole number as a table may have it: with zeros before it that a spreadsheet drops, or a point behind it that pandas adds."""


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
    ids, notes = _by_id(given, places, scene, source, ignore_extra=ignore_extra)
    own = {name: given[key] for name, key in ids.items()}
    texts, told = _labels(own, {name: f"{source}, {places[key]}" for name, key in ids.items()}, scene)
    found: dict[str, Response] = {}
    for example in scene.examples:
        if example.id not in own:
            continue
        reply, where = own[example.id], f"{source}, {places[ids[example.id]]}"
        response = replace(reply.response, text=texts.get(example.id, reply.response.text))
        if reply.scores is not None:
            task = scene.task.card.full_name
            values = scores.logarithms(reply.scores, example.input.choices, how, where, example.id, task)
            response = replace(response, choice_log_probs=values)
        found[example.id] = response
    return Fitted(replies=found, notes=(*notes, *told))


def _by_id(
    given: Mapping[str, Given], places: Mapping[str, str], scene: Scene, source: str, *, ignore_extra: bool
) -> tuple[dict[str, str], list[str]]:
    """The split's ids to the source's, and what to know of that."""
    other_way = _numbers(scene.ids)
    ids: dict[str, str] = {}
    strange, renamed = [], []
    for key in given:
        name = key if key in scene.ids else key.strip()
        if name not in scene.ids and (number := _WHOLE.fullmatch(name)):
            name = other_way.get(number[1], name)
        if name not in scene.ids:
            strange.append(key)
            continue
        if name in ids:
            raise CorruptData(
                f"{source}, {places[key]}: a second reply for id '{name}' (the first: {places[ids[name]]}); keep one of them."
            )
        ids[name] = key
        if name != key.strip():
            renamed.append((key, name))
    if strange and not (ignore_extra and ids):
        raise UsageError(_unknown(strange, len(given), scene, source))
    private = scene.task.card.credentialed and not scene.synthetic
    notes = []
    if strange:
        first = "" if private else f" (first: '{strange[0]}')"
        notes.append(f"replies to other ids, left out: {len(strange):,}{first}")
    if renamed:
        first = "" if private else f" (first: '{renamed[0][0]}' is '{renamed[0][1]}')"
        notes.append(f"ids matched as whole numbers: {len(renamed):,}{first}")
    return ids, notes


def _numbers(ids: Iterable[str]) -> dict[str, str]:
    """The ids that are whole numbers, by their digits without zeros before them; those that share a number are left out."""
    found = [(number[1], name) for name in ids if (number := _WHOLE.fullmatch(name))]
    often = Counter(number for number, _ in found)
    return {number: name for number, name in found if often[number] == 1}


def _unknown(strange: list[str], total: int, scene: Scene, source: str) -> str:
    card = scene.task.card
    what = f" An id is {card.ids}." if card.ids else ""
    if scene.synthetic:
        why = "This is the invented sample: pass --data-root DIR to score replies to the release."
    else:
        some = f" --ignore-extra leaves them out and scores the other {total - len(strange):,}." if len(strange) < total else ""
        why = f"Was the file made for another task or split?{some}"
    return (
        f"{source}: {len(strange):,} of {total:,} ids are none of {card.full_name}'s {scene.split} split (first: '{strange[0]}'; an id of"
        f" the split: '{min(scene.ids)}').{what} {why} The ids are those of: harness export {card.full_name}"
    )


def _labels(own: Mapping[str, Given], where: Mapping[str, str], scene: Scene) -> tuple[dict[str, str], list[str]]:
    """Texts that are numbers of labels, as the labels; only where every text of a file is one.

    A number with a point is an error anywhere else: it was a text that some library has read as a number.
    """
    card = scene.task.card
    choices = {example.id: example.input.choices for example in scene.examples if example.id in own}
    said = {name: text for name, given in own.items() if name in choices and (text := given.response.text.strip())}
    whole = {name: int(number[1]) for name, text in said.items() if (number := _WHOLE.fullmatch(text))}
    numbered = len(whole) == len(said) > 0 and all(choices.values()) and scene.task.decide is None
    if numbered and any(label.strip().isdecimal() for labels in choices.values() for label in labels):
        return {name: str(number) for name, number in whole.items()}, []
    if not numbered:
        wrong = next((name for name, given in own.items() if given.is_number), None)
        if wrong is not None:
            raise not_text(own[wrong], where[wrong])
        return {}, []
    first = next(iter(whole))
    labels = choices[first]
    listed = ", ".join(f"{number} {label}" for number, label in enumerate(labels[:8])) + (", …" if len(labels) > 8 else "")
    if not card.numbered:
        raise UsageError(
            f"{where[first]}: every reply is a number, as '{said[first]}', and {card.full_name} does not number its labels. Write their"
            f" names: {', '.join(labels[:8])}{', …' if len(labels) > 8 else ''}."
        )
    beyond = next((name for name, number in whole.items() if number >= len(choices[name])), None)
    if beyond is not None:
        counted = " Are they counted from 1?" if min(whole.values()) > 0 else ""
        raise UsageError(
            f"{where[beyond]}: the label number {whole[beyond]}; {card.full_name} numbers its {len(labels)} labels from 0:"
            f" {listed}.{counted}"
        )
    return {name: choices[name][number] for name, number in whole.items()}, [f"numbers are read as the labels' own: {listed}"]
