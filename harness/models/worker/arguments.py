"""What ``--model-arg`` may say to a worker."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {"timeout": "a reply that comes too late is a failure, which is asked again"}


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) <= threading.TIMEOUT_MAX:
            return float(text)
    raise ValueError("a number of seconds above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a worker is waited for."""

    timeout: Annotated[float, _seconds] = 600.0
    """Seconds without a reply until the worker counts as dead."""
