"""The data-use guard: what was entrusted under an agreement leaves this machine only when its holder says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from harness.base import network, user_code
from harness.base.withheld import withholding
from harness.cards import Card
from harness.errors import DataUseRefused, ModelError
from harness.types import Backend, ModelInfo


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
