"""NumPy, imported when something of it is first used: to name a metric takes no arrays."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["np"]


class _Later(ModuleType):
    """A module that becomes what its name says, as a plain module, with the first question for something in it."""

    def __getattr__(self, name: str) -> Any:
        whole = importlib.import_module(self.__name__)
        vars(self).update(vars(whole))
        self.__class__ = ModuleType  # type: ignore[assignment]  # what it was before has nothing more to do
        return getattr(whole, name)


if TYPE_CHECKING:
    import numpy as np
else:
    np = _Later("numpy")
