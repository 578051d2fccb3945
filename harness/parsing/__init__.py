"""Reading replies: each function returns what a reply says, or None when it does not say it clearly.

Never a default, never the first class, never a substring: "abnormal" does not hold "no". Every reader sees text after the same
typography (`harness.base.typography`) and the same wrappers (`harness.parsing.wrappers`), and treats all answers alike: a reply and the
same reply with two answers exchanged are both read, or neither is. The readers are imported when the first reply is read.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.parsing.written import LETTERS, SEPARATOR

if TYPE_CHECKING:
    from harness.parsing.replies import choice, first_line, labels, named, yes_no

__all__ = ["LETTERS", "SEPARATOR", "choice", "first_line", "labels", "named", "yes_no"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'harness.parsing' has no attribute '{name}'")
    return globals().setdefault(name, getattr(importlib.import_module("harness.parsing.replies"), name))
