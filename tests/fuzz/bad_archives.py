"""Archives of a release that are damaged, hostile or of another kind: unpacked on fetching, and read as they are distributed."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import io
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harness.data import examples
from harness.data.fetch.archives import extract
from tests.fuzz.bad_files import KINDS
from tests.fuzz.outcomes import Case, Done, holding
from tests.fuzz.spoilt import SEED, flipped, flipped_somewhere, read, told_or_as_it_was

IN_EVERY_RUN = 30
FILES = {"a/1.txt": b"one\n" * 300, "a/2.txt": b"two\n" * 300, "a/b/3.txt": b"three\n" * 300}
PACKED = (
    ("slake_en", "slake", "Slake1.0", "Slake1.0.zip", ""),
    ("mednli", "mednli", ".", "mednli-a-natural-language-inference-dataset-for-the-clinical-domain-1.0.0.zip", "*.jsonl"),
    ("mimic_cxr_report", "mimic_cxr", "files", "mimic-cxr-reports.zip", "*.txt"),
    ("iu_xray", "iu_xray", "ecgen-radiology", "NLMCXR_reports.tgz", ""),
)
"""Task, folder, what is packed, the archive, and which of its files go; all of them where that is empty."""


def cases() -> Iterator[Case]:
    """Every damage of a zip and of a tar, compressed in every way; every hostile member; and releases that are read out of one."""
    for form, pack in _FORMS.items():
        whole = pack(FILES)
        # A tar that is not compressed has no checksum of what is in it: the card's is all there is.
        spoilt = {name: content for name, content in _damaged(whole).items() if form != "tar" or "changed" not in name}
        for name, content in {**KINDS, **spoilt}.items():
            yield _extracted(f"{form}: {name}", content)
        yield _extracted(f"{form}: whole", whole, dict(FILES))
    for name, content in _hostile().items():
        yield _extracted(name, content)
    yield from map(_swollen, _LARGE)
    for task, folder, packed, archive, pattern in PACKED:
        for number, name in enumerate(("whole", "its half", "its last bytes gone", *(f"byte {n} changed" for n in range(20)))):
            yield _read(task, folder, packed, archive, pattern, name, number - 3)
        for name, content in KINDS.items():
            yield _read(task, folder, packed, archive, pattern, name, content)


def _zip(files: Mapping[str, bytes], **options: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=options.get("compression", zipfile.ZIP_STORED))
    return out.getvalue()


def _tar(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


_FORMS: Mapping[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "zip": _zip,
    "zip, deflated": functools.partial(_zip, compression=zipfile.ZIP_DEFLATED),
    "zip by LZMA": functools.partial(_zip, compression=zipfile.ZIP_LZMA),
    "tar": _tar,
    "tar.gz": functools.partial(_tar, mode="w:gz"),
    "tar.bz2": functools.partial(_tar, mode="w:bz2"),
    "tar.xz": functools.partial(_tar, mode="w:xz"),
}


def _damaged(content: bytes) -> Mapping[str, bytes]:
    draw = random.Random(SEED)
    found = {f"its first {part:.0%}": content[: int(len(content) * part)] for part in (0.02, 0.3, 0.7, 0.97)}
    for number in range(12):
        place = draw.randrange(len(content))
        found[f"byte {number} of twelve changed"] = flipped(content, place)
    return {**found, "its last half": content[len(content) // 2 :], "bytes behind it": content + b"more"}


def _hostile() -> Mapping[str, bytes]:
    names = {
        "a name that climbs": "../../outside.txt",
        "an absolute name": "/outside.txt",
        "a name with a drive": "C:outside.txt",
        "a name with backslashes": "..\\outside.txt",
        "a name with a NUL": "a\0b.txt",
        "a name with escapes": "\x1b[2J.txt",
        "a name of 300 letters": "x" * 300,
        "a name of 900 folders": "x/" * 900 + "y",
        "a name that is a folder's": "a",
        "an empty name": "",
        "a dot for a name": ".",
    }
    found = {
        f"{form}: {name}": pack({**FILES, given: b"x"}) for form, pack in (("zip", _zip), ("tar", _tar)) for name, given in names.items()
    }
    for kind, number in {
        "link": tarfile.SYMTYPE,
        "hard link": tarfile.LNKTYPE,
        "pipe": tarfile.FIFOTYPE,
        "device": tarfile.CHRTYPE,
    }.items():
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            member = tarfile.TarInfo("a/special")
            member.type, member.linkname = number, "/etc/passwd"
            archive.addfile(member)
        found[f"tar: a {kind}"] = out.getvalue()
    member_of_zip = zipfile.ZipInfo("a/link")
    member_of_zip.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(member_of_zip, "/etc/passwd")
    found["zip: a link"] = out.getvalue()
    found["zip: a name twice in other letters"] = _zip({"a/1.txt": b"x", "A/1.TXT": b"y"})
    return found


_LARGE: Mapping[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "zip": functools.partial(_zip, compression=zipfile.ZIP_DEFLATED),
    "tar.gz": lambda files: gzip.compress(_tar(files), 1, mtime=0),
}


def _swollen(form: str) -> Case:
    """A small archive of a large file, which is packed when it is tried."""

    def write(folder: Path) -> None:
        (folder / "archive").write_bytes(_LARGE[form]({"zeros": b"\0" * 300_000_000}))

    return dataclasses.replace(_extracted(f"{form}: 300 MB of zeros", b""), write=write, heavy=True)


def _extracted(name: str, content: bytes, wanted: Mapping[str, bytes] | None = None) -> Case:
    return Case(
        kind="archives to unpack",
        name=name,
        write=holding("archive", content),
        command=lambda: extract(Path.cwd() / "archive", Path.cwd() / "release"),
        oracle=functools.partial(_kept, wanted),
    )


def _kept(wanted: Mapping[str, bytes] | None, done: Done) -> str:
    """What was unpacked are the files that were packed, below the folder; what is damaged or hostile is no part of them."""
    folder = Path.cwd()
    outside = [path.name for path in folder.iterdir() if path.name not in ("archive", "release")]
    if outside or any(path.is_symlink() for path in (folder / "release").rglob("*")):
        return f"outside, or links: {outside}"
    files = {path.relative_to(folder / "release").as_posix(): path.read_bytes() for path in done.value}
    known = {name: content for name, content in FILES.items() if files.get(name) == content}
    if wanted is not None and files != wanted:
        return f"unpacked: {sorted(files)}"
    strange = sorted(name for name, content in files.items() if content not in FILES.values() and content != b"x")
    return f"unpacked with another content: {strange}" if strange or not files else "" if known or files else "nothing"


def _read(task: str, folder: str, packed: str, archive: str, pattern: str, name: str, change: int | bytes) -> Case:
    def write(place: Path) -> None:
        root = place / folder
        shutil.copytree(examples.SAMPLES / folder, root)
        source = root / packed
        files = sorted(path for path in source.rglob(pattern or "*") if path.is_file())
        content = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
        for path in files:
            path.unlink()
        if not pattern:
            shutil.rmtree(source)
        whole = _tar(content, "w:gz") if archive.endswith("tgz") else _zip(content, compression=zipfile.ZIP_DEFLATED)
        (root / archive).write_bytes(change if isinstance(change, bytes) else _changed(whole, change))

    def sound(done: Done) -> str:
        return told_or_as_it_was(task, done.value)

    return Case(kind="archives to read", name=f"{task}: {name}", write=write, command=lambda: read(task, Path.cwd()), oracle=sound)


def _changed(content: bytes, number: int) -> bytes:
    if number < 0:
        return {-3: content, -2: content[: len(content) // 2], -1: content[:-20]}[number]
    return flipped_somewhere(content, number)
