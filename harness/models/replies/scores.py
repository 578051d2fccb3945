"""Numbers for choices as natural logarithms, one per choice; what they are declared to be is held against what they are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from harness.errors import CorruptData, UsageError
from harness.models.replies.columns import Scores
from harness.models.sums import total
from harness.text import plain
from harness.types import Scores as Distribution

_DENIES = frozenset({"no", "non", "not", "without"})
"""What stands before a label in the name of a column that holds what is left of it."""
_ROUNDED = 0.005
"""How far a probability of two decimals is off; so far may each of a row be from what sums to one."""

Placed = tuple[str, Scores]
"""Where scores stand, for messages, and the scores."""


def check(given: Iterable[Placed], how: Distribution) -> None:
    """Hold the scores of a whole file against what they are declared to be.

    Args:
        given: All of them.
        how: One distribution over the choices, or a probability for each.

    Raises:
        CorruptData: One is no probability or no finite number, a row of one distribution does not sum to one or rules every choice out,
            or what is called logits are probabilities.
    """
    logits = []
    for where, scores in given:
        if not scores.values:
            raise CorruptData(f"{where}: '{scores.kind}' is empty; leave the field out where there are no scores.")
        if scores.kind == "probabilities":
            _check_probabilities(where, scores, how)
        elif scores.kind == "logits":
            logits.append((where, scores))
            wrong = next((value for value in scores.values if not math.isfinite(value)), None)
            if wrong is not None:
                raise CorruptData(f"{where}: 'logits' holds {wrong}; a logit is a finite number.")
        elif how == "softmax" and max(scores.values) == -math.inf:  # independent ones may all be zero: none of the labels holds
            raise CorruptData(
                f"{where}: 'choice_log_probs' gives every choice a probability of zero; leave the field out where there are no scores."
            )
    if logits and all(_are_probabilities(scores, how) for _, scores in logits):
        raise CorruptData(
            f"{logits[0][0]}: 'logits' holds {_shown(logits[0][1].values)}: every row of the file is probabilities already. Declare them"
            " so: --probabilities, or the field 'probabilities'."
        )


def _check_probabilities(where: str, scores: Scores, how: Distribution) -> None:
    wrong = next((value for value in scores.values if not -1e-6 <= value <= 1 + 1e-6), None)
    if wrong is not None and math.isnan(wrong):
        raise CorruptData(f"{where}: 'probabilities' holds NaN; leave the field out where there are no scores.")
    if wrong is not None:
        remedy = (
            "Are these percentages? Divide by 100."
            if 1 < wrong <= 100 and all(0 <= value <= 100 for value in scores.values) and abs(sum(scores.values) - 100) < 1
            else "Are these logits? Declare them so: --logits, or the field 'logits'. Logarithms are called 'choice_log_probs'."
        )
        raise CorruptData(f"{where}: 'probabilities' holds {wrong:g}, which is not between 0 and 1. {remedy}")
    total = sum(scores.values)
    if scores.several and how == "softmax" and abs(total - 1) > _ROUNDED * len(scores.values) + 1e-6:
        raise CorruptData(
            f"{where}: 'probabilities' {_shown(scores.values)} sum to {total:.4g}, not to 1. Where each choice has a probability of"
            " its own, say so: -a scores=independent. Where these are other scores, give logits, or normalise them."
        )


def _are_probabilities(scores: Scores, how: Distribution) -> bool:
    between = all(0 <= value <= 1 for value in scores.values)
    return between and (how != "softmax" or not scores.several or abs(sum(scores.values) - 1) <= 1e-3)


def logarithms(scores: Scores, choices: Sequence[str], how: Distribution, where: str, request: str, task: str) -> tuple[float, ...]:
    """Natural logarithms of probabilities, in the order of the choices.

    Numbers are matched to the choices by the names beside them, where each names another choice; else they stand in the choices' order.
    One number alone is that of the choice that its name gives, and of two choices the other one has the rest.

    Raises:
        UsageError: They are not as many as the choices, or a name beside one contradicts its place.
    """
    n = len(choices)
    if not scores.several and n == 2 and how == "softmax":
        values = _of_one(scores, choices, where, task)
    elif len(scores.values) == n:
        values = scores.values if not scores.names else _ordered(scores, choices, where, task)
    else:
        listed = f" ({', '.join(choices[:6])}{', …' if n > 6 else ''})" if n else ""
        raise UsageError(
            f"{where}: {len(scores.values)} {scores.kind}, and '{request}' of {task} has {n or 'no'} choices{listed}. Give one per choice,"
            f" in the order of: harness export {task}"
        )
    if scores.kind == "choice_log_probs":
        return tuple(values)
    if scores.kind == "probabilities":
        return tuple(math.log(min(value, 1.0)) if value > 0 else -math.inf for value in values)
    if how == "independent":
        return tuple(-_softplus(-value) for value in values)
    everything = total(values)
    return tuple(value - everything for value in values)


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _of_one(scores: Scores, choices: Sequence[str], where: str, task: str) -> tuple[float, ...]:
    """Both numbers of two choices, from that of one."""
    [value], [name] = scores.values, scores.names
    place = _place(name, choices)
    if place is None:
        raise UsageError(
            f"{where}: one number for the {len(choices)} choices of {task} ({', '.join(choices)}), and '{name}' does not say whose it is."
            f" Say it: {scores.kind} in the column '{name}={choices[-1]}' or '{name}={choices[0]}', or one column per choice."
        )
    if scores.kind == "choice_log_probs":
        raise UsageError(f"{where}: one logarithm for the {len(choices)} choices of {task}; give one per choice, or 'probabilities'.")
    other = 1 - value if scores.kind == "probabilities" else 0.0
    return (value, other) if place == 0 else (other, value)


def _ordered(scores: Scores, choices: Sequence[str], where: str, task: str) -> tuple[float, ...]:
    places = [_place(name, choices) for name in scores.names]
    if sorted(place for place in places if place is not None) == list(range(len(choices))):
        by_place: Mapping[int | None, float] = dict(zip(places, scores.values, strict=True))
        return tuple(by_place[place] for place in range(len(choices)))
    if scores.keyed:
        other = next((name for name, place in zip(scores.names, places, strict=True) if place is None), scores.names[0])
        raise UsageError(f"{where}: '{other}' among the {scores.kind} names no choice of {task}, or one twice: {', '.join(choices)}.")
    for stands, place in enumerate(places):
        if place is not None and place != stands:
            whose = ",".join(f"{name}={choice}" for name, choice in zip(scores.names[:3], choices, strict=False))
            raise UsageError(
                f"{where}: '{scores.names[stands]}' names the choice '{choices[place]}' of {task} and stands where '{choices[stands]}' is"
                f" expected. Say whose each is: -a {scores.kind}={whose}{',…' if len(choices) > 3 else ''}"
            )
    return scores.values


def _place(name: str, choices: Sequence[str]) -> int | None:
    """The choice that a column's name ends with, or whose number, counted from 0, it ends with: ``p_pneumonia``, ``prob_1``."""
    words = plain(name).split()
    matches = [
        (len(label), place)
        for place, choice in enumerate(choices)
        if (label := plain(choice).split()) and words[-len(label) :] == label and not _DENIES & {*words[: -len(label)][-1:]}
    ]
    if matches:
        return max(matches)[1]
    number = re.search(r"(?:^|[\W_]|(?<=[a-z]))(\d+)$", name, re.IGNORECASE)
    return int(number[1]) if number and int(number[1]) < len(choices) else None


def _shown(values: Sequence[float]) -> str:
    return f"[{', '.join(f'{value:.4g}' for value in values[:4])}{', …' if len(values) > 4 else ''}]"
