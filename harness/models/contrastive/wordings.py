"""What a contrastive model reads for each label: several wordings, whose embeddings are averaged (Radford et al., 2021, section 3.1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.cards import Card
from harness.errors import AdapterError, UsageError

_PLACE = "{label}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """The wordings of one task; ``{label}`` stands for a label, ``{modality}`` has been filled in."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    """For tasks of several labels per picture: what denies one (Tiu et al., 2022)."""

    def texts(self, label: str, *, absent: bool = False) -> list[str]:
        """The wordings with a label in its place."""
        return [template.replace(_PLACE, label) for template in (self.absent if absent else self.present)]


_PRESENT = ("{label}", "an image of {label}", "a {modality} image of {label}", "a {modality} image showing {label}", "this is {label}")
_ABSENT = ("no {label}", "an image without {label}", "a {modality} image without {label}", "a {modality} image showing no {label}")


def ensemble(card: Card, *, templates: tuple[str, ...] = (), templates_absent: tuple[str, ...] = ()) -> Ensemble:
    """The wordings for a task: the user's, else the card's (``facts.templates`` and ``facts.templates_absent``), else these.

    Args:
        card: The task's.
        templates: The user's wordings; empty where there are none.
        templates_absent: Those that deny a label.

    Raises:
        UsageError: A wording of the user's has no place for the label.
        AdapterError: One of the card's has none.
    """
    wordings = []
    for name, given, usual in (("templates", templates, _PRESENT), ("templates_absent", templates_absent, _ABSENT)):
        own = card.facts.get(name)
        chosen = given or (tuple(map(str, own)) if own else usual)
        if not all(_PLACE in template for template in chosen):
            if given:
                raise UsageError(f"--model-arg {name}: each wording needs {_PLACE}, as in 'a chest X-ray with {_PLACE}|{_PLACE}'.")
            raise AdapterError(f"{card.path}: facts.{name}: each wording needs {_PLACE}.")
        wordings.append(tuple(template.replace("{modality}", card.modality) for template in chosen))
    return Ensemble(present=wordings[0], absent=wordings[1])


def check_lengths(name: str, texts: Iterable[str], lengths: Iterable[int], *, most: int) -> None:
    """Refuse wordings of which the text tower would read a part.

    Args:
        name: The network's.
        texts: The wordings, each with its label.
        lengths: Their tokens.
        most: Tokens that the tower reads.

    Raises:
        UsageError: One is longer: cut, it may no longer name its label.
    """
    for text, length in zip(texts, lengths, strict=True):
        if length > most:
            raise UsageError(
                f"{name}: its text tower reads {most} tokens, and this wording has {length}: '{text[:80]}{'…' if len(text) > 80 else ''}'."
                " Cut, it may no longer name its label; give shorter ones: -a 'templates={label}'"
            )
