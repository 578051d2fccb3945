"""What a run falls short of: why it is partial, why it is never ranked, and why its requests failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from harness.runs import failures, privacy
from harness.runs.excerpt import Excerpt
from harness.runs.facts import Failure
from harness.types import Request, Response

if TYPE_CHECKING:
    from harness.runs.plan import Options, Plan
    from harness.runs.runner import Reasons


def why_partial(plan: Plan, responses: Sequence[Response], options: Options) -> list[str]:
    """What is missing from a whole run; empty for a complete one."""
    return missing(
        n=len(responses),
        whole=len(plan.dataset.examples),
        excerpt=options.excerpt,
        failed=sum(1 for response in responses if response.error is not None),
        refused=sum(1 for response in responses if response.error is None and response.refusal) if options.refusals != "wrong" else 0,
        complete=plan.dataset.complete,
    )


def missing(*, n: int, whole: int, excerpt: Excerpt, failed: int, refused: int, complete: bool) -> list[str]:
    """What is missing from a whole run; empty for a complete one.

    Args:
        n: Requests.
        whole: Examples of the split.
        excerpt: Which of them were asked.
        failed: Requests that failed.
        refused: Requests that were refused, where that makes a run partial.
        complete: Whether the release is whole.
    """
    return [
        *([excerpt.words(whole)] if not excerpt.is_all(whole) else []),
        *([f"{failed} of {n} requests failed"] if failed else []),
        *([f"{refused} of {n} requests were refused"] if refused else []),
        *(["part of the release is absent"] if not complete else []),
    ]


def unranked(missing: Sequence[str], *, synthetic: bool, comparable: bool, reads_targets: bool) -> tuple[str, ...]:
    """Why no scoreboard ranks a run of which this is missing; empty for one that is ranked."""
    return (
        *missing,
        *(["synthetic sample"] if synthetic else []),
        *(["the release differs from the card"] if not comparable else []),
        *(["the model sees the targets"] if reads_targets else []),
    )


def reasons(plan: Plan) -> Reasons:
    """Why requests failed, as far as it may be shown: of data under an agreement neither ids nor words that may quote it."""
    private = privacy.is_private(plan.task.card, synthetic=plan.dataset.synthetic)
    return partial(failures.reasons, private=private, name=plan.naming)


def recorded(plan: Plan, responses: Sequence[Response]) -> tuple[Failure, ...]:
    """The reasons as they stand in a record."""
    replies = [(request.id, _placeless(request, response)) for request, response in zip(plan.requests, responses, strict=True)]
    return tuple(reasons(plan)(replies))


def _placeless(request: Request, response: Response) -> Response:
    """The response with pictures called by their names alone: no folder of this machine belongs into a record."""
    error = response.error
    if error is None:
        return response
    for image in request.item.images:
        error = error.replace(str(image.file), image.file.name) if image.file is not None else error
    return replace(response, error=error)
