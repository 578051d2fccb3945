"""A side of a comparison: a command as a process of its own, with what it took."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a process took from its start to its end."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all its threads and of what it started."""
    memory: float
    """Bytes at its highest."""

    @property
    def shown(self) -> str:
        """Both times."""
        return f"{self.wall:.1f} s ({self.cpu:.1f} s of CPU)"


def spent(command: Sequence[str], env: Mapping[str, str] | None = None, *, times: int = 1) -> Spent:
    """What a command took; of several times, those of the one that took the least CPU time.

    Raises:
        SystemExit: It failed; its last words are shown.
    """
    return min((_once(command, env or {}) for _ in range(times)), key=lambda found: found.cpu)


def _once(command: Sequence[str], env: Mapping[str, str]) -> Spent:
    start = time.perf_counter()
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as an installed package is
    with subprocess.Popen(command, env={**compiled, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}\n{said.decode(errors='replace')[-2000:]}")
    return Spent(wall=wall, cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss * 1024)
