"""biomed-harness: per-dataset adapters, one model interface and one metric registry that write comparable scoreboards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.base.version import __version__ as __version__

if TYPE_CHECKING:
    import pandas as pd


def load_results(root: Path | str = "results") -> pd.DataFrame:
    """Every estimate of every run under a folder, as a data frame; `harness.views.formats.frame.load_results` says which columns."""
    from harness.views.formats import frame

    return frame.load_results(root)
