"""What there is, and how two numbers stand to each other, as data frames."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from harness.api import given
from harness.api.given import Folder
from harness.api.results import Run
from harness.base.visible import visible_all
from harness.data import catalog
from harness.errors import UsageError
from harness.files import refusals
from harness.runs import record as records
from harness.runs.record import Record
from harness.views import (
    beside_published,
    between_runs,
    browse_runs,
    contradictions,
    explained,
    naming,
    pairing,
    published,
    published_pair,
    selection,
    systems,
)
from harness.views.wanted import Wanted

if TYPE_CHECKING:
    import pandas as pd


@refusals.told()
def compare(
    run: Run | Folder, other: Run | Folder, *, metric: str = "", checkpoint_of: str = "", task_dirs: Sequence[Folder] = ()
) -> pd.DataFrame:
    """Whether two numbers may be compared, and whether they differ; what ``harness compare`` does.

    Args:
        run: A run, or the folder of one; or ``"reported:SYSTEM"``, where the other is another published system.
        other: Another one, or ``"reported"`` for the published numbers, ``"reported:SYSTEM"`` for those of one system.
        metric: Only this one, by name or ``name/variant``.
        checkpoint_of: Beside published numbers, the system whose own checkpoint the run evaluated.
        task_dirs: Folders of your own tasks.

    Returns:
        One row per metric and slice with both values, their difference, its interval and p-values; beside published numbers one row per
        number, with the judgement and, where the two do not compare, the reasons.
    """
    import pandas as pd

    if isinstance(run, str) and isinstance(other, str) and published_pair.are_published(run, other):
        pairs = published_pair.pairs(*published_pair.named(run, other), metric=metric)
        return pd.json_normalize([pair.as_json() for pair in pairs], max_level=1)
    first, folders = _record(run), given.paths(task_dirs, "task_dirs")
    if isinstance(other, str) and (other == "reported" or published_pair.are_published(other)):
        card = catalog.card(first.full_name, folders)
        numbers = published.for_task(first.task, None)
        if other != "reported":
            system = systems.named(other.removeprefix(published_pair.PREFIX), {number.system for number in published.read_reported()})
            numbers = tuple(number for number in numbers if number.system == system)
        verdicts = beside_published.compare(first, card, numbers, metric=metric, checkpoint_of=checkpoint_of)
        return pd.json_normalize(visible_all([verdict.as_json() for verdict in verdicts]))  # a frame takes no half a character
    pair = (first, _record(other))
    names = dict(zip(map(id, pair), naming.names_of(pair), strict=True))
    tasks = {first.full_name: catalog.task(first.full_name, folders)}
    run_pairs = list(pairing.pairs(pair))
    contrasts = between_runs.compared(run_pairs, tasks, metric=metric, names=names)
    return pd.json_normalize(visible_all([contrast.as_json() for contrast in contrasts]))


@refusals.told()
def why(
    task: str = "", system: str = "", *, metric: str = "", points: float = explained.POINTS, results: Folder | Sequence[Folder] = ()
) -> pd.DataFrame:
    """Why the values that were published for one system differ; what ``harness why`` does.

    Args:
        task: A task's name; empty is all.
        system: A published system, in any spelling; empty is all that have several values.
        metric: Only this one; ``accuracy`` includes exact match.
        points: Without a system: only values further apart than this, in hundredths.
        results: Folders of runs, to measure what rules alone do.

    Returns:
        One row per published value: ``task``, ``system``, ``metric``, ``slice``, ``unit``, ``value``, ``printed``, ``source``,
        ``source_id``, ``source_table``, ``confidence``, ``note``, ``says.ASPECT`` (missing where the source is silent), ``apart`` of the
        system's values, ``within_rounding``, and in words ``known_to_differ`` and ``one_side_states``. The effects of rules, where runs
        were given, are in the frame's ``attrs["effects"]``.
    """
    import pandas as pd

    given_task, given_system = (given.names(name, what)[0] if name else "" for name, what in ((task, "task"), (system, "system")))
    disagreements = explained.explained(given_task, given_system, metric=metric, points=points)
    folders = given.paths([results] if isinstance(results, str | Path) else results, "results")
    rows = [
        {
            **{key: content[key] for key in ("task", "system", "metric", "slice", "unit")},
            **{key: value for key, value in told.items() if key != "says"},
            **{f"says.{aspect}": words or None for aspect, words in told["says"].items()},
            "apart": content["spread"],
            "within_rounding": content["within_rounding"],
            "known_to_differ": contradictions.told(one.known),
            "one_side_states": contradictions.told(one.one_sided),
        }
        for one in disagreements
        for content in [one.as_json()]
        for told in content["values"]
    ]
    frame = pd.DataFrame(rows)
    effects = explained.measured(disagreements, explained.places(folders)) if folders else []
    frame.attrs["effects"] = [asdict(effect) for effect in effects]
    return frame


@refusals.told()
def tasks(*patterns: str, task_dirs: Sequence[Folder] = ()) -> pd.DataFrame:
    """The tasks that there are.

    Args:
        patterns: Names, families, globs; none is all.
        task_dirs: Folders of your own tasks.

    Returns:
        One row per task: ``name``, ``family``, ``title``, ``modality``, ``access``, ``n`` of the test split (None where the card does not
        say), ``variants``.
    """
    import pandas as pd

    folders = given.paths(task_dirs, "task_dirs")
    known = given.names(patterns, "a pattern")
    cards = [catalog.card(name, folders) for name in (catalog.select(known, folders) if known else catalog.names(folders))]
    return pd.DataFrame(
        {
            "name": card.full_name,
            "family": card.family,
            "title": card.title,
            "modality": card.modality,
            "access": card.access,
            "n": card.splits["test"].n if "test" in card.splits else None,
            "variants": tuple(card.variants),
        }
        for card in cards
    )


@refusals.told()
def samples(
    run: Run | Folder,
    *others: Run | Folder,
    wrong: bool = False,
    unread: bool = False,
    refused: bool = False,
    failed: bool = False,
    ids: Sequence[str] | str = (),
    slices: Sequence[str] | str = (),
    differs: Run | Folder | None = None,
    data_root: Folder | None = None,
    allow_credentialed: bool = False,
    task_dirs: Sequence[Folder] = (),
) -> pd.DataFrame:
    """Single samples of runs that were kept; what ``harness samples --json`` prints. Of a run in memory, `Run.samples` has them.

    Args:
        run: A run, its folder, or a folder of runs.
        others: More of them.
        wrong: Samples of which the metric that ranks gives less than 1.
        unread: Those with a reply in which no answer could be read, or an empty one.
        refused: Those that a model would not answer.
        failed: Those whose request failed.
        ids: These samples.
        slices: Samples in all of these slices, named as in scores or ``dimension=value``.
        differs: Another run: samples that it was scored otherwise on.
        data_root: Folder of releases; without it, real samples have no question, picture or reference.
        allow_credentialed: Tell what a credentialed dataset's samples say.
        task_dirs: Folders of your own tasks.

    Returns:
        One row per sample and system: ``task``, ``id``, ``group``, ``system``, ``outcome``, ``tag.NAME``, ``question``, ``pictures``,
        ``references``, ``reply``, ``read``, ``why``, ``error``, and ``name/variant`` per metric; None for what is not at hand.
    """
    import pandas as pd

    apart = [] if differs is None else selection.select([_folder(differs)], partial=True).runs
    browsed = browse_runs.tables(
        selection.select(map(_folder, (run, *others)), partial=True).runs,
        apart,
        Wanted(
            wrong=wrong,
            unread=unread,
            refused=refused,
            failed=failed,
            ids=given.names(ids, "ids") if ids else (),
            slices=given.names(slices, "slices") if slices else (),
            differs=differs is not None,
        ),
        most=None,
        data_root=None if data_root is None else given.path(data_root, "data_root"),
        task_dirs=given.paths(task_dirs, "task_dirs"),
        allow_credentialed=allow_credentialed,
    )
    if browsed.left_out:
        warnings.warn(browsed.left_out, stacklevel=3)
    return pd.DataFrame(visible_all([row for table in browsed.tables for row in table.rows()]))


def _folder(run: Run | Folder) -> Path:
    """The folder of a run.

    Raises:
        UsageError: The run is in memory alone.
    """
    if not isinstance(run, Run):
        return given.path(run, "a run")
    if run.folder is None:
        raise UsageError("the run is in memory alone (keep=False): run.samples() has its samples.")
    return run.folder


def _record(run: Run | Folder) -> Record:
    """The record of a run, or of the folder that holds one."""
    return run.record if isinstance(run, Run) else records.read(given.path(run, "a run"))
