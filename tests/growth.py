"""How work grows: the operations of a call counted at two sizes, without a clock.

An operation is a call of a function, of Python or of C, and each resumption of a generator. Of a call grown by a factor, each function may
run that many times as often as before and no more; what is done once for all may not grow at all.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

ALLOWED = 1.3
"""Times the factor by which the work was grown: a logarithm, a buffer that is refilled."""
_OF_A_SORT = (".__lt__", "._parts_normcase", "._cparts")
"""What comparing asks of values and of paths: n log n."""
_OF_WAITING = ("lock.lock.", "RLock.RLock.", "_thread.", "threading.")
"""What is done where one thread waits for another, as often as the machine has it."""
_FEW = 100
"""Operations of one function that say nothing of growth."""


def operations(call: Callable[[], object]) -> Counter[str]:
    """How often each function ran, by module and name; what a first call prepares for all others is done before it counts."""
    call()
    found: Counter[str] = Counter()

    def seen(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            found[f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"] += 1
        elif event == "c_call":
            found[f"{getattr(arg, '__module__', None) or type(getattr(arg, '__self__', arg)).__name__}.{arg.__qualname__}"] += 1

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found


def grown(small: Callable[[], object], large: Callable[[], object], factor: float) -> dict[str, tuple[int, int]]:
    """The functions that ran more often than ``factor`` times as often in the larger call, each with both counts; none is the wish."""
    before, after = operations(small), operations(large)
    return {
        name: (before[name], n)
        for name, n in after.items()
        if n > _FEW and n > ALLOWED * factor * before[name] and not name.endswith(_OF_A_SORT) and not name.startswith(_OF_WAITING)
    }


def opened(call: Callable[[], object]) -> int:
    """How many files a call opens."""
    return sum(n for name, n in operations(call).items() if name in {"_io.open", "posix.open", "nt.open", "io.open"})
