"""A task of four lines, for the tests of everything that is not a task."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.cards import Card, Split
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.types import Decoding, Example, Input, Response, Task


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


@pytest.fixture
def say() -> Callable[[str], Response]:
    return lambda text: Response(text=text)


class Server(ThreadingHTTPServer):
    """Serves files from memory; misbehaves where told to, and remembers the ranges asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.cuts: list[int] = []
        """After how many bytes each of the next answers breaks off."""
        self.statuses: list[int] = []
        """What the next answers are in place of the file."""
        self.retry_after = ""
        self.content_type = "application/octet-stream"
        self.knows_ranges = True
        self.states_length = True
        self.ranges: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range", "")
        server.ranges.append(asked)
        content = server.files.get(self.path.split("?")[0])
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.knows_ranges else 0
        if server.statuses or content is None or self.path in server.redirects or start >= len(content):
            status = server.statuses.pop(0) if server.statuses else 302 if self.path in server.redirects else 416 if content else 404
            self.send_response(status)
            if server.retry_after:
                self.send_header("Retry-After", server.retry_after)
            if status == 302:
                self.send_header("Location", server.redirects[self.path])
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", server.content_type)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if server.states_length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + server.cuts.pop(0) if server.cuts else len(content)
        with contextlib.suppress(ConnectionError):  # the client may have seen enough
            self.wfile.write(content[start:end])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine, for the time of a test."""
    for name in ("HARNESS_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()


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
