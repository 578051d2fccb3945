"""Cards: the facts of each task, read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Family = Literal["vqa", "captioning", "classification", "understanding", "summarization"]
Access = Literal["open", "registration", "application", "credentialed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The expected facts of one split, and how the source's reader finds its rows."""

    n: int | None = None
    """Expected examples; None where no fixed number exists."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Dimension to value to expected number: ``{"answer_type": {"closed": 272, "open": 179}}``."""
    groups: int | None = None
    """Expected number of resampled units."""
    select: Mapping[str, Any] = field(default_factory=dict)
    """Where the rows are, in the words of the reader: a file, a field and its values, a range of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is known of a task without reading its data."""

    name: str
    variant: str = ""
    """What follows the ``@``; empty for the default."""
    version: int
    """Raised whenever a number could move."""
    family: Family
    adapter: str
    """The module beside the card that reads this record shape."""
    title: str
    modality: str
    folder: str
    """The release's folder under the data root."""
    source: Mapping[str, Any]
    """The reader's name and its file names."""
    splits: Mapping[str, Split]
    group: str
    """The unit that is resampled: image, patient, report, topic, sample."""
    labels: tuple[str, ...] = ()
    """Classes in index order; empty where the answer is free."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Facts that the adapter alone needs, such as the index of the positive class."""
    licence: str
    access: Access
    obtain: str
    """How to get the release, printed verbatim where it is missing."""
    citation: str
    homepage: str = ""
    known_flaws: tuple[str, ...] = ()
    paper: str = ""
    """What is known of the split that the BiomedGPT paper used; says so where it cannot be known."""
    paper_split_known: bool = True
    path: Path = field(compare=False)
    """The card's file, for messages."""

    @property
    def full_name(self) -> str:
        """``name@variant``, or the name alone."""
        return f"{self.name}@{self.variant}" if self.variant else self.name

    @property
    def credentialed(self) -> bool:
        """Whether text and images may not leave the machine or enter a shared file."""
        return self.access in ("credentialed", "application")
