"""The data-use guard: what was entrusted under an agreement leaves this machine only when its holder says so."""

from __future__ import annotations

import hashlib

from harness.cards import Card
from harness.errors import DataUseRefused
from harness.types import ModelInfo


def check_model(card: Card, info: ModelInfo, *, synthetic: bool, allowed: bool) -> None:
    """Refuse to send a credentialed dataset to a model that runs elsewhere.

    Raises:
        DataUseRefused: The card is credentialed, the model is remote, the data is real and the user has not allowed it.
    """
    if card.credentialed and info.remote and not synthetic and not allowed:
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
    if card.credentialed and not synthetic and not allowed:
        raise DataUseRefused(
            f"{card.full_name}: the dataset is {card.access}, and {what} would hold its text and images. Pass --allow-credentialed if the"
            " file stays where the agreement allows it."
        )


def shareable_id(card: Card, identifier: str, *, synthetic: bool) -> str:
    """An identifier as it may stand in a committed record: that of a credentialed dataset is replaced by its hash."""
    if card.credentialed and not synthetic:
        return hashlib.sha256(f"{card.name}:{identifier}".encode()).hexdigest()[:16]
    return identifier
