"""Where tasks lie: the cards of the package, of folders and of installed packages, found by their names and not read."""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.base import plug_ins, user_code
from harness.files.checksum import State

TASKS = Path(__file__).parents[1] / "tasks"
FAMILIES = ("vqa", "captioning", "classification", "understanding", "summarization")
"""The folders that cards lie in, as `harness.cards.Family` names them."""
GROUPS = (*FAMILIES, "all", "open", "medmnist")
"""Names of several tasks."""

PAPER = (
    "vqa_rad", "slake_en", "path_vqa", "iu_xray", "peir_gross", "mimic_cxr_report", "pathmnist", "dermamnist", "octmnist",
    "pneumoniamnist", "breastmnist", "bloodmnist", "organcmnist", "mc_cxr", "sz_cxr", "cbis_ddsm_mass", "cbis_ddsm_calc", "mednli",
    "trec_ct_2022", "seer_treatment", "mimic3_mortality", "meqsum", "healthcaremagic", "mimic_cxr_summary", "mimic3_summary",
)  # fmt: skip
"""The 25 experiments of BiomedGPT (Zhang et al., 2024), in the order of its five categories; what ``all`` selects where it exists."""


def at_hand(task_dirs: Sequence[Path] = ()) -> dict[str, Path]:
    """Name of each task to its card, of which none is read: ours, then those of folders and of plug-ins; of one name the first."""
    cards: dict[str, Path] = {}
    for folder in (TASKS, *task_dirs, *(folder for _, _, folder in announced())):
        for path in card_files(folder):
            cards.setdefault(path.stem, path)
    return cards


def card_files(folder: Path) -> tuple[Path, ...]:
    """The cards under a folder; looked for once while its folders stay as they are."""
    try:
        states = [State.of(family) for name in FAMILIES if (family := folder / name).is_dir()]
    except OSError:
        states = []  # taken away meanwhile
    look = _remembered if states and all(state.is_settled for state in states) else _files
    return look(folder, tuple(state.stamp for state in states))


def _files(folder: Path, states: tuple[str, ...]) -> tuple[Path, ...]:  # noqa: ARG001  a changed folder is another entry
    return tuple(sorted(path for family in FAMILIES for path in (folder / family).glob("*.toml")))


_remembered = functools.lru_cache(maxsize=64)(_files)


def announced() -> Iterator[tuple[str, str, Path]]:
    """Entry point, package and folder of tasks announced by installed packages: a package is found and not run."""
    for point, package in plug_ins.announced("harness.tasks"):
        try:
            spec = importlib.util.find_spec(point.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a broken plug-in costs one warning and never hides a task of ours
            warnings.warn(f"plug-in '{point.name}': {point.value} cannot be found ({user_code.told(error)})", stacklevel=4)
            continue
        if spec is None or not spec.submodule_search_locations:
            warnings.warn(f"plug-in '{point.name}': {point.value} is no package with a folder of tasks; it is left out", stacklevel=4)
            continue
        yield from ((point.name, package, Path(folder)) for folder in spec.submodule_search_locations)
