"""What a board is made of: its columns, its cells, its systems, and the partial runs that stand apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from harness.types import Estimate, ModelFacts

Weights = Literal["at hand", "elsewhere", ""]
"""Whether the weights were files where the model ran, or it answered from elsewhere; empty where the record does not say: replies that
were made elsewhere, a server of one's own, a baseline. Whether others may have the weights no record says."""
Mark = Literal["best", "tied", ""]
"""Of the ranked runs of a column: the one with the best value, and those that nothing is significantly better than either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One task's runs on the same examples and answers: what may be read one below the other."""

    task: str
    """Its full name."""
    heading: str
    """Its name, and what tells it from another column of that task."""
    split: str
    n: int
    """Examples."""
    synthetic: bool
    """Whether these are the invented sample's, on which nothing is ranked."""
    of_paper: bool
    """Whether the task is one of the 25."""
    metric: str
    variant: str
    unit: str
    higher_is_better: bool
    scoring_id: str
    """Equal for columns of the same examples, answers and definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run."""

    run: str
    """The name that the caller gave it."""
    estimate: Estimate
    """Of the metric that ranks, on the whole set; its value is None where it is undefined."""
    why: str
    """Why the run is not ranked; empty where it competes."""
    rank: int | None
    """1 plus the other systems that are significantly better (`standings`)."""
    place: int | None
    """By value alone among the ranked runs of the column, from 1; equal values share one."""
    mark: Mark
    verified: bool

    def as_json(self) -> dict[str, Any]:
        """The cell as ``--json`` prints it."""
        own = {name: getattr(self, name) for name in ("run", "why", "rank", "place", "mark", "verified")}
        estimate = self.estimate
        return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n, **own, "note": estimate.note}


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One row."""

    name: str
    """As `naming.names_of` has it: a model, and what tells one way of running it from another."""
    cells: tuple[Cell | None, ...]
    """One per column; None where it was not run."""
    parameters: tuple[int, ...]
    """Its sizes, ascending: one, several where it is a checkpoint per task, none where nothing counts them."""
    settings: tuple[str, ...]
    """What its runs declare: zero-shot, fine-tuned on …"""
    weights: Weights

    @property
    def ranked(self) -> list[Cell]:
        """Its cells that have a rank."""
        return [cell for cell in self.cells if cell is not None and cell.rank is not None]

    @property
    def runs(self) -> list[Cell]:
        """Its cells that there are."""
        return [cell for cell in self.cells if cell is not None]

    @property
    def wins(self) -> int:
        """Columns in which no system is significantly better."""
        return sum(cell.rank == 1 for cell in self.ranked)

    @property
    def mean_rank(self) -> float | None:
        """Over its own ranked cells: two systems of different tasks have different means."""
        return fmean(float(cell.rank or 0) for cell in self.ranked) if self.ranked else None

    @property
    def verified(self) -> int:
        """Of its runs, those whose numbers were followed from the release."""
        return sum(cell.verified for cell in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A partial run: shown below the board, never in it."""

    system: str
    task: str
    cell: Cell


def weights_of(model: ModelFacts) -> Weights:
    """What a record says of where the weights were."""
    if model.remote:
        return "elsewhere"
    return "at hand" if model.digest and model.kind not in ("predictions", "baseline") else ""
