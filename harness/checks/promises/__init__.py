"""What every task promises: `harness check` asks it of anybody's task, the project's own tests of every task of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base import user_code
from harness.checks.promises.replies import METRICS, OF_REPLIES
from harness.checks.promises.rows import OF_ROWS, READ
from harness.checks.subject import Property, Subject, subject_of
from harness.errors import HarnessError, MissingTool
from harness.types import Task

PROPERTIES = (*OF_ROWS, *OF_REPLIES)
"""In the order in which they are reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether one promise holds."""

    task: str
    data: str
    """``sample`` or ``real``."""
    property: str
    says: str
    holds: bool
    detail: str


def check(task: Task[Any], data_root: Path | None = None, properties: Sequence[Property] | None = None) -> list[Finding]:
    """Every property of a task, on its sample or on a real release.

    What cannot be read at all is one finding, the first; nothing else is tried then. Metrics are tried on a sample that is in order.

    Args:
        task: From `catalog.task`.
        data_root: Folder of releases; None takes the invented sample.
        properties: Only these; None is all.

    Raises:
        MissingTool: What reads the data is not installed, which says nothing of the task.
    """
    try:
        on = subject_of(task, data_root)
    except HarnessError as error:
        if isinstance(error, MissingTool):
            raise
        return [_finding(task, data_root, READ, str(error))]
    findings: list[Finding] = []
    for item in PROPERTIES if properties is None else properties:
        in_order = on.synthetic and all(finding.holds for finding in findings if finding.property == READ.name)
        if item is not METRICS or in_order:
            findings.append(_finding(task, data_root, item, _broken(item, on)))
    return findings


def unreadable(name: str, error: HarnessError) -> Finding:
    """The finding for a card or adapter that cannot even be loaded."""
    return Finding(task=name, data="sample", property="card", says=PROPERTIES[0].says, holds=False, detail=str(error))


def _finding(task: Task[Any], data_root: Path | None, item: Property, detail: str) -> Finding:
    data = "sample" if data_root is None else "real"
    return Finding(task=task.card.full_name, data=data, property=item.name, says=item.says, holds=not detail, detail=detail)


def _broken(item: Property, on: Subject) -> str:
    try:
        return item.broken(on)
    except HarnessError as error:
        if isinstance(error, MissingTool):
            raise
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  whatever an adapter's objects raise, the other properties are still looked at
        return user_code.told(error)
