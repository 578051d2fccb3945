"""Fixtures that several folders of tests share: an environment of their own, and a task of four lines for everything that is not a task."""

from __future__ import annotations

import gc
import gzip
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from harness.cards import Card, Split
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.types import Decoding, Example, Input, Task

if TYPE_CHECKING:
    from tests.forks import Forks

CHECKOUT = Path(__file__).resolve().parent.parent

# Containers switch bytecode off, and then each of the processes that the tests start would compile the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Thousands of small files come and go, in memory where there is room for them; some are programs.
MEMORY = Path("/dev/shm")  # noqa: S108  pytest makes a folder of its own there
if (
    "PYTEST_DEBUG_TEMPROOT" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    and shutil.disk_usage(MEMORY).free > 4 << 30
):
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)

# What is drawn is the same each time, and a machine that others use makes no test fail.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# Processes beside each other share the cores: more threads of one would wait, spinning, for those of the others.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# What is imported and collected stays: to look through it for garbage again and again would take a twentieth of the time.
gc.set_threshold(50_000, 20, 100)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are no name: an archive holds the second it was packed in, and two processes would collect two tests of it."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def data_root() -> Path:
    """The folder of real releases; tests that need it are skipped where it is absent."""
    given = os.environ.get("HARNESS_TEST_DATA")
    root = Path(given) if given else CHECKOUT.parent / "shared" / "data"
    if not root.is_dir():
        pytest.skip(f"no real data at {root}; set HARNESS_TEST_DATA to a folder of releases")
    return root


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's data root, cache or terminal width."""
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(shared / "share"))
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(scope="session", autouse=True)
def _without_waiting_for_the_disk() -> Iterator[None]:
    """A test may end a process, never the machine: what was written is there to be read, on disk or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _without_java() -> Iterator[Callable[[], str | None]]:
    """METEOR takes seconds to start, which most tests are not about."""
    from harness.metrics.texts import java

    real = java.java
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(java, "java", lambda: None)
        yield real


@pytest.fixture(autouse=True)
def _with_java(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _without_java: Callable[[], str | None]) -> None:
    """Java for the tests that are marked so."""
    mark = request.node.get_closest_marker("java")
    if mark is not None:
        if _without_java() is None and mark.kwargs.get("needed", True):
            pytest.skip("no Java runtime: install one, or pip install 'biomed-harness[java]'")
        monkeypatch.setattr("harness.metrics.texts.java.java", _without_java)


@pytest.fixture
def few_paraphrases(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR with one pair of paraphrases: to read its own table takes seconds. What it answers is kept beside no other answers."""
    folder = tmp_path_factory.getbasetemp() / "few-paraphrases"
    folder.mkdir(exist_ok=True)
    table = folder / "table.gz"
    if not table.exists():
        table.write_bytes(gzip.compress(b"0.5\nclear\nfree\n"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setattr("harness.metrics.texts.paraphrases.cut", lambda *_, **__: table)


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Processes of ``harness`` that start in no time."""
    if os.name == "nt":
        pytest.skip("forks processes")
    from tests.forks import ready

    with ready(tmp_path_factory.mktemp("forks")) as begun:
        yield begun


def _equal(samples: Samples, context: Context) -> Statistics:
    pairs = zip(samples.predictions, samples.targets, strict=True)
    table = np.array([[float(prediction == target), 1.0] for prediction, target in pairs]).reshape(-1, 2)
    return Statistics(names=("right", "asked"), table=table)


def _median_length(statistics: Statistics, weights: Floats) -> Floats:
    lengths = statistics.table[:, 0]
    return np.array([np.median(np.repeat(lengths, row.astype(int))) if row.sum() else np.nan for row in weights])


def _lengths(samples: Samples, context: Context) -> Statistics:
    return Statistics(names=("length",), table=np.array([[float(len(reply))] for reply in samples.replies]).reshape(-1, 1))


ACCURACY = Metric(
    name="accuracy",
    variant="toy",
    measure=Measure(name="equal", run=_equal),
    value=lambda statistics, weights: (weights @ statistics.table[:, 0]) / (weights @ statistics.table[:, 1]),
)
MEDIAN = Metric(
    name="median_length",
    variant="toy",
    measure=Measure(name="lengths", run=_lengths, additive=False),
    value=_median_length,
    unit="characters",
)


@pytest.fixture
def accuracy() -> Metric:
    """Additive: a ratio of sums."""
    return ACCURACY


@pytest.fixture
def median_length() -> Metric:
    """Not additive: needs every row."""
    return MEDIAN


@pytest.fixture
def toy_card(tmp_path: Path) -> Card:
    return Card(
        name="toy",
        version=1,
        family="vqa",
        adapter="toy",
        title="Toy",
        modality="text",
        folder="toy",
        source={},
        splits={"test": Split(n=4)},
        group="sample",
        licence="CC0",
        access="open",
        obtain="Nothing to obtain.",
        citation="none",
        path=tmp_path / "toy.toml",
    )


@pytest.fixture
def toy_task(toy_card: Card) -> Task[str]:
    return Task(
        card=toy_card,
        example=lambda row: Example(id=row["id"], input=Input(text=row["q"]), target=row["a"], group=row["g"]),
        prompt=lambda item: f"{item.text}?",
        parse=lambda response, _item: response.text.strip().lower() or None,
        metrics=(ACCURACY, MEDIAN),
        decoding=Decoding(max_new_tokens=8),
    )


@pytest.fixture
def toy_examples() -> Callable[[int], list[Example[str]]]:
    """Questions, alternately answered yes and no, two to a group."""

    def make(n: int) -> list[Example[str]]:
        return [
            Example(
                id=str(i),
                input=Input(text=f"question {i}"),
                target="yes" if i % 2 == 0 else "no",
                group=f"g{i // 2}",
                tags={"half": "first" if i < n / 2 else "second"},
            )
            for i in range(n)
        ]

    return make


def write_dicom(values: NDArray[np.generic], *, photometric: str = "MONOCHROME2", rows: int | None = None) -> bytes:
    """A DICOM file of one grey picture, uncompressed; ``rows`` may claim more of them than there are."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = UID("9.9.1")
    file.SOPClassUID = SecondaryCaptureImageStorage
    file.Rows, file.Columns = rows or values.shape[0], values.shape[1]
    file.SamplesPerPixel, file.PhotometricInterpretation, file.PixelRepresentation = 1, photometric, 0
    file.BitsAllocated = file.BitsStored = 8 * values.itemsize
    file.HighBit = file.BitsStored - 1
    file.PixelData = values.tobytes()
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()


@pytest.fixture
def dicom() -> Callable[..., bytes]:
    """`write_dicom`."""
    return write_dicom
