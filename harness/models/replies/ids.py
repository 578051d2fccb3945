"""Whose reply it is: the ids of a file as those of a split, and what to say of one that is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from harness.errors import CorruptData, UsageError
from harness.types import Scene

_WHOLE = re.compile(r"0*([0-9]{1,18})(?:\.0+)?")
"""A whole number of a likely length, as a table may have it: without zeros that a spreadsheet drops, or with a point that pandas adds."""
_LONGEST = 300
"""Characters of an id that are looked at, and shown."""
_DRESSED = re.compile(r"""["'=]*(?:[^"]*[/\\])?([^"/\\]+?)(?:\.[A-Za-z][A-Za-z0-9]{1,4})?["']*""")
"""An id between what a path, a picture's name or a spreadsheet's quoting puts around it."""


def whole(text: str) -> str:
    """The digits of a whole number; empty where it is none."""
    number = _WHOLE.fullmatch(text)
    return number[1] if number else ""


def by_id(
    given: Iterable[str], places: Mapping[str, str], scene: Scene, source: str, *, ignore_extra: bool
) -> tuple[dict[str, str], list[str]]:
    """The split's ids to the source's, and what to know of that.

    Args:
        given: The source's ids.
        places: Where each stands, for messages: ``line 3``.
        scene: The task and its split.
        source: What holds them, for messages.
        ignore_extra: Leave other ids out; else they are an error.

    Raises:
        UsageError: An id is none of the split's, or all of them are counted from another number.
        CorruptData: Two ids mean the same request.
    """
    other_way = _numbers(scene.ids)
    ids: dict[str, str] = {}
    strange, renamed = [], []
    for key in given:
        name = _own(key, scene.ids, other_way)
        if not name:
            strange.append(key)
            continue
        if name in ids:
            raise CorruptData(
                f"{source}, {places[key]}: a second reply for id '{name}' (the first: {places[ids[name]]}); keep one of them."
            )
        ids[name] = key
        if name != key.strip():
            renamed.append((key, name))
    if strange:
        _refuse_another_start([*ids.values(), *strange], other_way, scene, source)
    if strange and not (ignore_extra and ids):
        raise UsageError(_unknown(strange, len(strange) + len(ids), other_way, scene, source))
    private = scene.task.card.credentialed and not scene.synthetic
    notes = []
    if strange:
        first = "" if private else f" (first: '{strange[0]}')"
        notes.append(f"replies to other ids, left out: {len(strange):,}{first}")
    if renamed:
        first = "" if private else f" (first: '{renamed[0][0]}' is '{renamed[0][1]}')"
        notes.append(f"ids matched as whole numbers: {len(renamed):,}{first}")
    return ids, notes


def _own(key: str, ids: Iterable[str], other_way: Mapping[str, str]) -> str:
    """The id of the split that one of a file is; empty where it is none."""
    name = key if key in ids else key.strip()
    return name if name in ids else other_way.get(whole(name), "")


def _numbers(ids: Iterable[str]) -> dict[str, str]:
    """The ids that are whole numbers, by their digits without zeros before them; those that share a number are left out."""
    numbered = [(number, name) for name in ids if (number := whole(name))]
    often = Counter(number for number, _ in numbered)
    return {number: name for number, name in numbered if often[number] == 1}


def _refuse_another_start(given: Sequence[str], other_way: Mapping[str, str], scene: Scene, source: str) -> None:
    """Refuse ids that are the split's numbers, each one higher or lower: but for one, all would be another request's."""
    theirs, own = {int(whole(key)) for key in given if whole(key)}, set(map(int, other_way))
    if len(theirs) != len(given) or len(own) != len(scene.ids):
        return
    for step in (1, -1):
        if theirs == {number + step for number in own}:
            raise UsageError(
                f"{source}: its ids run from {min(theirs)} to {max(theirs)}, and those of {scene.task.card.full_name}'s {scene.split} split"
                f" from {min(own)} to {max(own)}: counted from another number, every reply would be another request's."
                f" {'Take 1 from' if step > 0 else 'Add 1 to'} each."
            )


def _unknown(strange: Sequence[str], total: int, other_way: Mapping[str, str], scene: Scene, source: str) -> str:
    card = scene.task.card
    what = f" An id is {card.ids}." if card.ids else ""
    bare = _bare(strange[0], other_way, scene)
    if bare:
        why = f"If '{strange[0]}' is the split's '{bare}', write the id alone, for all of them."
    elif scene.synthetic:
        why = "This is the invented sample: pass --data-root DIR to score replies to the release."
    else:
        some = f" --ignore-extra leaves them out and scores the other {total - len(strange):,}." if len(strange) < total else ""
        why = f"Was the file made for another task or split?{some}"
    return (
        f"{source}: {len(strange):,} of {total:,} ids are none of {card.full_name}'s {scene.split} split (first:"
        f" '{strange[0]:.{_LONGEST}}'; an id of the split: '{min(scene.ids)}').{what} {why} The ids are those of:"
        f" harness export {card.full_name}"
    )


def _bare(key: str, other_way: Mapping[str, str], scene: Scene) -> str:
    """The id that one of a file is once a folder, an ending, quotes, the task's name or a power of ten are off; empty where it is none."""
    if len(key) > _LONGEST:
        return ""
    inner = _DRESSED.fullmatch(key.strip())
    words = inner[1] if inner else key
    for name in (words, words.removeprefix(f"{scene.task.card.name}_"), words.removeprefix(f"{scene.task.card.name}-")):
        if own := _own(name, scene.ids, other_way):
            return own
    try:
        number = float(key)
    except ValueError:
        return ""
    return _own(str(number), scene.ids, other_way)
