"""Who let entrusted data leave this machine: kept in the record, for whoever must answer for it."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from harness.runs import privacy
from harness.runs.facts import Approval

if TYPE_CHECKING:
    from harness.runs.plan import Plan


def given(plan: Plan, *, allowed: bool) -> Approval | None:
    """The approval under which a run's data left this machine; None where nothing of it did, or nobody minds."""
    if not (allowed and plan.info.remote and privacy.is_private(plan.task.card, synthetic=plan.dataset.synthetic)):
        return None
    return Approval(by=account(), on=platform.node() or "unknown", to=plan.info.arguments.get("server", "another machine"))


def account() -> str:
    """The account that this process runs under: the system's word for it and not the environment's, its number where it has no name."""
    if os.name == "nt":
        return os.environ.get("USERNAME") or "unknown"
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
