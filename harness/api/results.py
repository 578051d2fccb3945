"""Finished runs as a notebook holds them: values, samples, other metrics."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.base.names import meant
from harness.base.visible import visible_line
from harness.data import contract, further
from harness.errors import HarnessError, UsageError, unknown
from harness.files import refusals
from harness.metrics.registry import PUBLISHED
from harness.runs import evaluate as evaluation
from harness.runs import privacy
from harness.runs.reading import read_reply
from harness.runs.record import Record
from harness.types import Estimate, Example, Response, Task
from harness.views import browsing, deciding
from harness.views.formats import frame
from harness.views.repeats import Spread, spreads
from harness.views.samples import per_sample

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run:
    """One task that was evaluated."""

    made: evaluation.Run

    @property
    def record(self) -> Record:
        """All that run.json says."""
        return self.made.record

    @property
    def folder(self) -> Path | None:
        """Where the run lies; None for one that is not kept."""
        return self.made.folder if self.made.options.keep else None

    def value(self, metric: str = "", *, slice: str = "all", variant: str = "") -> Estimate:
        """One score, with its interval.

        Args:
            metric: Its name, or ``name/variant``; empty is the one that ranks.
            slice: ``all``, or a dimension's value such as ``closed``.
            variant: Whose definition; by default the task's own one, not one that serves comparison with a publication.

        Raises:
            UsageError: There is none, or there are several; the message lists them.
        """
        called = {text for e in self.record.estimates for text in (e.metric, e.variant, f"{e.metric}/{e.variant}")}
        name, _, of = meant(metric or self._ranking, called).partition("/")
        variant = meant(variant, called) or of
        slice = meant(slice, {e.slice for e in self.record.estimates})
        estimates = [e for e in self.record.estimates if e.metric == name and e.slice == slice and variant in ("", e.variant)]
        own = [e for e in estimates if e.variant not in PUBLISHED] or estimates
        if len(own) == 1:
            return own[0]
        where = f"{self.record.full_name}, slice '{slice}'"
        if own:
            raise UsageError(f"{where}: {name} has several variants: {', '.join(e.variant for e in own)}. Pass variant=.")
        if slice not in {e.slice for e in self.record.estimates}:
            raise unknown(f"slice of {self.record.full_name}", slice, {e.slice for e in self.record.estimates})
        known = {text for e in self.record.estimates if e.slice == slice for text in (e.metric, f"{e.metric}/{e.variant}")}
        raise unknown(f"metric of {where}", f"{name}/{variant}" if variant else name, known)

    @refusals.told()
    def samples(self, *, allow_credentialed: bool = False) -> pd.DataFrame:
        """What became of each sample.

        Args:
            allow_credentialed: Show ids and text of a dataset under an agreement all the same.

        Returns:
            One row per sample: ``id``, ``group``, ``outcome``, a column ``tag.NAME`` per dimension, ``question``, ``pictures`` (a tuple of
            paths, or of where each comes from), ``reply``, ``prediction`` (None where none could be read), ``why`` (the part of the reply
            that decided), ``target``, and a column ``name/variant`` for each metric that has a value on one sample alone, NaN where it has
            none. The texts of a credentialed dataset are None, and its ids hashes.
        """
        import pandas as pd

        plan, record = self.made.plan, self.record
        hidden = privacy.is_private(plan.task.card, synthetic=plan.dataset.synthetic) and not allow_credentialed
        rows = []
        for row, example, response in zip(record.samples, plan.examples, self.made.responses, strict=True):
            texts = dict.fromkeys(_TEXTS) if hidden else _texts(plan.task, example, response, row.outcome)
            names = (row.id, row.group) if hidden else (example.id, example.group)
            tags = {f"tag.{name}": row.tags.get(name, "") for name in record.dimensions}
            facts = {"id": names[0], "group": names[1], "outcome": row.outcome, **tags}
            rows.append({**facts, **texts})
        scores = {}
        for metric in plan.task.metrics:
            statistics = record.measures[metric.measure.name].statistics if metric.measure.name in record.measures else None
            if statistics is not None:
                values = per_sample(metric, statistics)
                if not all(values != values):
                    scores[f"{metric.name}/{metric.variant}"] = values
        return pd.concat([pd.DataFrame(rows), pd.DataFrame(scores)], axis=1)

    def estimates(self) -> pd.DataFrame:
        """Every score: one row per metric, variant and slice, with the columns of `harness.load_results`."""
        return frame.of_runs({str(self.folder or ""): self.record})

    def rescored(self, metrics: Sequence[str] | str) -> Run:
        """The same replies under further metrics, as `harness metrics` lists them; nothing is asked, and nothing is written.

        Raises:
            UsageError: A metric is unknown, or compares something that the task does not ask for.
        """
        names = [metrics] if isinstance(metrics, str) else list(metrics)
        return Run(made=evaluation.rescored(self.made, further.extended(self.made.plan.task, names)))

    @property
    def _ranking(self) -> str:
        first = self.record.estimates[0]
        return f"{first.metric}/{first.variant}"

    def __repr__(self) -> str:
        first, record = self.record.estimates[0], self.record
        bounds = "" if first.low is None or first.high is None else f" [{first.low:.4f}, {first.high:.4f}]"
        score = f"{self._ranking} {first.value:.4f}{bounds}" if first.value is not None else f"{self._ranking} none: {first.note}"
        kind = "; ".join(record.not_ranked) or record.status
        return f"<Run {record.full_name} · {self.made.plan.info.name} · n {len(record.samples)} · {score} · {kind}>"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(visible_line(repr(self)[1:-1]))}</p>{self.estimates()[_SHOWN].to_html(index=False, na_rep='–')}"


_TEXTS = ("question", "pictures", "reply", "prediction", "why", "target")


def _texts(task: Task[Any], example: Example[Any], response: Response, outcome: str) -> dict[str, Any]:
    """What a sample says, by column."""
    return {
        "question": contract.prompt_of(task, example.input, example.id),
        "pictures": browsing.pictures_of(example.input.images),
        "reply": response.text,
        "prediction": read_reply(task, example, response).prediction,
        "why": deciding.read(task, example, response, outcome).why,
        "target": example.target,
    }


_SHOWN = ["metric", "metric_variant", "slice", "value", "low", "high", "n", "n_groups", "unit", "note"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Runs(Mapping[str, Run]):
    """What came of each task, by its full name; with repeats, the run of the first seed."""

    of: Mapping[str, tuple[Run, ...]]
    """All runs of each task, in the order of their seeds."""
    failures: Mapping[str, HarnessError] = field(default_factory=dict)
    """Why a task has no run."""

    def __getitem__(self, task: str) -> Run:
        """The run of a task, whose name may be in any spelling.

        Raises:
            HarnessError: What the task failed of.
            KeyError: It was not asked for.
        """
        task = meant(task, (*self.of, *self.failures))
        if task in self.failures and task not in self.of:
            raise self.failures[task]
        return self.of[task][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.of)

    def __len__(self) -> int:
        return len(self.of)

    def estimates(self) -> pd.DataFrame:
        """Every score of every run, with the columns of `harness.load_results`."""
        records = [run.record for runs in self.of.values() for run in runs]
        return frame.of_runs({str(number): record for number, record in enumerate(records, start=1)})

    def spreads(self) -> list[Spread]:
        """Mean and standard deviation over seeds of each metric of a task that was repeated."""
        return spreads([run.record for runs in self.of.values() for run in runs])

    def __repr__(self) -> str:
        failed = [f"<{task} failed: {error}>" for task, error in self.failures.items()]
        return "\n".join([*(repr(run) for runs in self.of.values() for run in runs), *failed])

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html.escape(visible_line(line[1:-1]))}</p>" for line in repr(self).splitlines())
