"""Datasets of the Hugging Face Hub: the files a card names, at the revision it names, as files of the release's folder.

A card says ``hub`` (owner/name), ``revision`` (a commit) and ``hub_files``, a list of tables: ``path`` in the repository, ``file`` below
the release's folder where that is another, and ``sha256`` and ``size`` where they are known. Evaluations read those files and never
the Hub; nothing is downloaded unless a user asks for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base import extras
from harness.cards import Card
from harness.data.fetch.download import Observe
from harness.data.fetch.remote import Remote, check_address, is_there, refuse_offline
from harness.data.readers.files import inside
from harness.errors import AdapterError, CorruptData, GatedData, MissingData, PrerequisiteError
from harness.files import checksum, locks, writing
from harness.files.locks import making
from harness.files.refusals import DATA, writable

_KEYS = frozenset({"path", "file", "sha256", "size"})
_COMMIT = re.compile(r"[0-9a-f]{40}")
_STAGING = ".hub"
"""Below the release's folder: what an interrupted download goes on from; gone when all is in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """One file of a dataset's repository."""

    path: str
    """In the repository."""
    file: str
    """Below the release's folder."""
    sha256: str = ""
    size: int | None = None


def files(card: Card) -> tuple[HubFile, ...]:
    """What a card fetches from the Hub.

    Raises:
        AdapterError: It describes that wrongly, or pins no commit.
    """
    source = card.source
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", str(source.get("hub", ""))) or not _COMMIT.fullmatch(str(source.get("revision", ""))):
        raise AdapterError(f'{card.path}: a Hub source has hub = "owner/name" and revision = a commit\'s 40 hexadecimal digits.')
    hub_files = []
    for entry in source.get("hub_files", ()):
        if not isinstance(entry, dict) or "path" not in entry or set(entry) - _KEYS:
            raise AdapterError(f"{card.path}: an entry of hub_files is a table with a path, and may have file, sha256 and size.")
        hub_files.append(HubFile(**{"file": entry["path"], **entry}))
    if not hub_files:
        raise AdapterError(f"{card.path}: source.hub names a repository, and hub_files no file of it.")
    return tuple(hub_files)


def download(card: Card, data_root: Path, observe: Observe) -> list[Path]:
    """Bring the files a card names into its release's folder; those that are there already are checked and left alone.

    Each file is checked against the card's SHA-256 where it states one, and against what the Hub says of the pinned commit: the
    SHA-256 of a large file, Git's object name of a small one.

    Args:
        card: Its source names repository, revision and files.
        data_root: Folder of releases.
        observe: Progress of each file.

    Returns:
        Where each file lies.

    Raises:
        PrerequisiteError: The machine is told to stay offline.
        Unwritable: The folder cannot be written.
        GatedData: The repository asks for an account.
        MissingData: The Hub cannot be reached, or has no such repository, revision or file.
        CorruptData: A file is not what the card or the Hub says.
    """
    wanted, folder = files(card), data_root / card.folder
    places = [inside(folder, file.file, str(card.path)) for file in wanted]
    if not _absent(wanted, places):
        locks.sweep(folder / _STAGING)
        shutil.rmtree(folder / _STAGING, ignore_errors=True)
        return places
    refuse_offline(f"{card.full_name}: {card.source['hub']}")
    with writable(folder, DATA):
        writing.make_folder(folder, DATA)
        with making(folder / _STAGING):
            for file, place in _absent(wanted, places):  # another process may have brought some meanwhile
                _fetch(card, file, place, folder / _STAGING, observe)
            shutil.rmtree(folder / _STAGING, ignore_errors=True)
    return places


def _absent(wanted: Sequence[HubFile], places: Sequence[Path]) -> list[tuple[HubFile, Path]]:
    return [(file, place) for file, place in zip(wanted, places, strict=True) if not is_there(_published(file), place)]


def _published(file: HubFile) -> Remote:
    return Remote(url="", algorithm="sha256" if file.sha256 else "", checksum=file.sha256, size=file.size)


def _fetch(card: Card, file: HubFile, place: Path, staging: Path, observe: Observe) -> None:
    extras.required(card.full_name, "huggingface_hub", "tqdm")
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    hub, revision = str(card.source["hub"]), str(card.source["revision"])
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    check_address(endpoint, "HF_ENDPOINT")
    with writable(place, DATA, wanted=file.size or 0), _explained(f"{hub}, {file.path} at {revision[:12]}", endpoint):
        url = hf_hub_url(hub, file.path, repo_type="dataset", revision=revision, endpoint=endpoint)
        # No token: these repositories are public, and who downloads them is nobody's business.
        facts = get_hf_file_metadata(url, token=False, endpoint=endpoint)
        if facts.commit_hash != revision:
            raise CorruptData(f"{endpoint} gives {file.path} of commit {facts.commit_hash}, where {revision} was asked for.")
        came = hf_hub_download(
            hub, file.path, repo_type="dataset", revision=revision, local_dir=staging, endpoint=endpoint, token=False,
            tqdm_class=_bar(observe),
        )  # fmt: skip
    path = Path(came)
    wrong = _differs(path, str(facts.etag))
    if wrong:
        writing.remove(path, DATA)
        raise CorruptData(f"{hub}, {file.path}: {wrong}. It was thrown away; fetch again.")
    is_there(_published(file), path)
    writing.move(path, place, DATA)


def _differs(path: Path, etag: str) -> str:
    """How a file differs from the digest that the Hub names it by; empty where it does not, or where that is no digest."""
    if re.fullmatch(r"[0-9a-f]{64}", etag):
        digest, what = checksum.of_file(path), "SHA-256"
    elif _COMMIT.fullmatch(etag):  # a small file
        content = path.read_bytes()
        digest, what = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest(), "Git object name"
    else:
        return ""
    return "" if digest == etag else f"its {what} is {digest}, the Hub's is {etag}"


@contextmanager
def _explained(what: str, endpoint: str) -> Iterator[None]:
    """The library's errors as ours."""
    from huggingface_hub import errors

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise PrerequisiteError(
            f"{what}: the Hub's library is told to stay offline ({error}); unset HF_HUB_OFFLINE to download."
        ) from error
    except errors.GatedRepoError as error:
        raise GatedData(f"{what}: the repository is gated; get it by hand.") from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError) as error:
        raise MissingData(f"{what}: {endpoint} has no such file; was the repository moved?") from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, errors.HTTPError) as error:
        raise MissingData(f"{what}: {endpoint} cannot be reached or does not answer ({str(error).splitlines()[0]}).") from error


def _bar(observe: Observe) -> Any:
    """A progress bar for the library, which draws nothing and tells what it is told."""
    from tqdm import tqdm

    class Told(tqdm):  # type: ignore[misc]
        monitor_interval = 0

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "gui": True, "leave": False})

        def update(self, n: float | None = 1) -> None:
            super().update(n)
            observe(int(self.n), int(self.total or 0))

        def update_transfer(self, n: float | None = 1) -> None:
            """Bytes on the wire, where they are not those of the file; without this, the library makes a second bar for them."""

        def display(self, *_args: Any, **_options: Any) -> None:
            pass

        def close(self) -> None:
            self.disable = True

    return Told
