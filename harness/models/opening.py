"""Opening a checkpoint with its library: whatever that stumbles over in the files is an error that names the checkpoint."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TypeVar

from harness.errors import CorruptData, HarnessError, MissingTool
from harness.models.tensors import plain
from harness.types import Backend

Opened = TypeVar("Opened", bound=Backend)
Open = Callable[[str, Mapping[str, str]], Opened]


def with_library(name: str) -> Callable[[Open[Opened]], Open[Opened]]:
    """Make a factory name the checkpoint whose files its library cannot take.

    Libraries meet a setting of the wrong kind with whatever comes next: TypeError, AttributeError, a validation of their own.

    Args:
        name: The library, for the message.

    Returns:
        What makes of a factory one that raises, in the place of such an error, CorruptData; and MissingTool for a package that the
        checkpoint needs. A device without room left stays what it is.
    """

    def made(factory: Open[Opened]) -> Open[Opened]:
        @functools.wraps(factory)
        def opened(location: str, arguments: Mapping[str, str]) -> Opened:
            try:
                return factory(location, arguments)
            except HarnessError:
                raise
            except ImportError as error:
                raise MissingTool(f"{location}: {name} needs a package for it that is not here: {plain(error)}") from error
            except Exception as error:
                from harness.models.devices import out_of_memory

                if out_of_memory(error):
                    raise
                raise CorruptData(
                    f"{location}: {name} cannot open it ({type(error).__name__}: {plain(error)}). Copy or download the checkpoint again;"
                    " if it is whole, its settings are not what this version reads."
                ) from error

        return opened

    return made
