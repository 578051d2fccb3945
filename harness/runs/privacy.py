"""The data-use guard: what was entrusted under an agreement leaves this machine only when its holder says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from harness.base import network, user_code
from harness.base.withheld import withholding
from harness.cards import Card
from harness.errors import DataUseRefused, ModelError
from harness.types import Backend, Example, ModelInfo

_WORDS = 8
"""A tag of more words is somebody's text and no kind of sample."""
_KINDS = 20
"""Of more kinds, most must be of several groups: kinds that are of one group each tell people apart."""


def is_private(card: Card, *, synthetic: bool) -> bool:
    """Whether text, pictures and ids stay here: data under an agreement that is not the invented sample."""
    return card.credentialed and not synthetic


@contextmanager
def staying(card: Card, *, synthetic: bool, allowed: bool) -> Iterator[None]:
    """Hold data while a model answers and metrics are computed.

    Messages withhold what private data says; unless it may leave, this process reaches no other machine.

    Raises:
        DataUseRefused: In whatever asks for one: a model, a metric, a module of `evaluate`.
    """
    private = is_private(card, synthetic=synthetic)
    here = network.confined(f"{card.full_name}, a dataset that is {card.access}") if private and not allowed else nullcontext()
    with withholding(private), here:
        yield


def check_backend(card: Card, backend: Backend, *, synthetic: bool, allowed: bool) -> None:
    """As `check_model`, of a backend that says where it computes before it has seen an example; one that does not is asked later."""
    with user_code.guarded(f"{type(backend).__name__}.info", ModelError):
        info = getattr(backend, "info", None)
    if isinstance(info, ModelInfo):
        check_model(card, info, synthetic=synthetic, allowed=allowed)


def check_model(card: Card, info: ModelInfo, *, synthetic: bool, allowed: bool) -> None:
    """Refuse to send a credentialed dataset to a model that runs elsewhere.

    Raises:
        DataUseRefused: The card is credentialed, the model is remote, the data is real and the user has not allowed it.
    """
    if is_private(card, synthetic=synthetic) and info.remote and not allowed:
        raise DataUseRefused(
            f"{card.full_name}: the dataset is {card.access} and {info.name} runs on another machine; its text and images would leave"
            " this one.\nMost agreements forbid that. Use a local model, or pass --allow-remote where your agreement covers the service."
        )


def check_sharing(card: Card, what: str, *, synthetic: bool, allowed: bool) -> None:
    """Refuse to put the text or images of a credentialed dataset into a file meant for sharing.

    Args:
        card: The task's.
        what: The file, for the message: ``"an export"``.
        synthetic: Whether the data is the invented sample.
        allowed: Whether the user has allowed it by an option.
    """
    if is_private(card, synthetic=synthetic) and not allowed:
        raise DataUseRefused(
            f"{card.full_name}: the dataset is {card.access}, and {what} would hold its text and images. Pass --allow-credentialed if the"
            " file stays where the agreement allows it."
        )


def check_tags(card: Card, examples: Sequence[Example[Any]], *, synthetic: bool, of: str = "the adapter's tags") -> None:
    """Refuse tags that would tell of somebody: records, pages and tables name the slices of every run as they are.

    Args:
        card: The task's.
        examples: All of the split, however few are asked.
        synthetic: Whether the data is the invented sample.
        of: Where a tag is to be left out.

    Raises:
        DataUseRefused: A tag of private data repeats an id or a group, is a text, or has a value of its own for most groups.
    """
    if not is_private(card, synthetic=synthetic):
        return
    groups: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for example in examples:
        for name, value in example.tags.items():
            if not value.strip():
                continue
            if value in (example.id, example.group):
                raise _telling(card, of, name, "repeats the sample's id or group")
            if len(value.split()) > _WORDS:
                raise _telling(card, of, name, f"holds texts of more than {_WORDS} words")
            groups[name][value].add(example.group or example.id)
    for name, kinds in groups.items():
        alone = sum(len(own) == 1 for own in kinds.values())
        if len(kinds) > _KINDS and 2 * alone > len(kinds):
            raise _telling(card, of, name, f"has {len(kinds):,} values, of which {alone:,} are of one group each")


def _telling(card: Card, of: str, name: str, why: str) -> DataUseRefused:
    return DataUseRefused(
        f"{card.full_name}: the dataset is {card.access}, and its tag {name!r} {why}. Records, pages and tables name what a score is broken"
        f" down by as it is.\nLeave {name!r} out of {of}, or put a few kinds in its place (years as decades, wards as sorts)."
    )
