"""The files that a vocabulary is read from: where they lie, in which of two layouts, and whether they are the ones that were trained with.

BiomedGPT's own are GPT-2's ``encoder.json`` and ``vocab.bpe`` and fairseq's ``dict.txt``. Folders of transformers hold the same tables as
``vocab.json``, whose numbers are ours already, and ``merges.txt``, which is ``vocab.bpe`` by another name.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Literal

from harness.data.fetch.download import Observe, download
from harness.data.fetch.releases import Fetched
from harness.data.fetch.remote import Remote, is_there
from harness.errors import CorruptData, HarnessError, MissingData
from harness.files import content
from harness.files.cache import cache_folder
from harness.files.json_text import parse
from harness.models.biomedgpt.vocabulary import MARKS, SPELLING, Vocabulary

VOCABULARY = "biomedgpt-vocabulary"
"""What can be fetched beside releases: the three files that BiomedGPT checkpoints read and write text with."""
_REPOSITORY = "https://raw.githubusercontent.com/taokz/BiomedGPT/2c739bd0aa3e010da1a417d9e8591fafcfd1e4b5/utils/BPE"
_CLONE = Path("utils", "BPE")
"""Where the official repository has them."""
_ABOVE = 6
"""How many folders above a checkpoint may be that repository."""
_ORDER = "081693eb9c2e05c2b8b56d90da7f89e8b4366f62fc2c127cc3298bd66c9b0d26"
"""SHA-256 of the first column of ``dict.txt``, its lines joined by line feeds: the order is all of it that is used."""
_PAIR = ("vocab.json", "merges.txt")
_REMEDY = f"Get it with: harness fetch {VOCABULARY}"
_OTHER = f"with another vocabulary every word would mean another one. {_REMEDY}, or name its folder: -a bpe=DIR"
_STRANGE = f"its pieces or their numbers are not BiomedGPT's; {_OTHER}"
_END_OF_TEXT = "<|endoftext|>"
_NO_PIECES = ("madeupword0000", "madeupword0001", "madeupword0002")
"""The dictionary's last three entries."""


FILES: dict[str, Remote] = {
    name: Remote(url=f"{_REPOSITORY}/{name}", algorithm="sha256", checksum=checksum, size=size)
    for name, checksum, size in (
        ("encoder.json", "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783", 1_042_301),
        ("vocab.bpe", "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5", 456_318),
        ("dict.txt", "2c31c5b236661067fe8626775eb995ef5fe808ac87d2ad4a6ddbef68550f5cc6", 603_290),
    )
}
"""What a vocabulary is made of, and ``harness fetch biomedgpt-vocabulary`` downloads."""


def home() -> Path:
    """Where fetched files are kept: ``biomed-harness/biomedgpt-vocabulary`` in the user's cache."""
    return cache_folder() / VOCABULARY


def fetch_vocabulary(observe: Observe = lambda _done, _total: None) -> Fetched:
    """Bring BiomedGPT's vocabulary, three files, to where its checkpoints look for it.

    Raises:
        PrerequisiteError: As `releases.fetch`.
    """
    folder = home()
    status: Literal["fetched", "there"] = "there"
    for name, remote in FILES.items():
        if not is_there(remote, folder / name):
            download(remote, folder / name, observe)
            status = "fetched"
    return Fetched(name=VOCABULARY, status=status, paths=tuple(folder / name for name in FILES), checked="SHA-256")


def find(checkpoint: Path, given: str) -> Path:
    """The folder that holds the vocabulary.

    Args:
        checkpoint: Looked into are its own folder, ``BPE`` there, ``utils/BPE`` there and in the folders above it, as in a clone of the
            official repository, and the cache.
        given: What the user named, instead of all these; empty for nothing.

    Raises:
        MissingData: It is nowhere; the message lists the places and the ways to get it.
    """
    beside = checkpoint if checkpoint.is_dir() else checkpoint.parent
    above = [folder / _CLONE for folder in (beside, *beside.absolute().parents[:_ABOVE])]
    places = [Path(given)] if given else [beside, beside / "BPE", *above, home()]
    others = []
    for place in places:
        if all((place / name).is_file() for name in FILES):
            return place
        if all((place / name).is_file() for name in _PAIR):
            if given or (why := _why_not(place)) is None:
                return place
            others.append(f"  {why}")
    listed = "\n".join([*(f"  {place}" for place in places), *others])
    raise MissingData(
        f"{checkpoint}: its vocabulary ({', '.join(FILES)}; or {' and '.join(_PAIR)} of the same content) is not"
        f" in\n{listed}\n{_REMEDY}. Or pass -a bpe=DIR; it is the folder {_CLONE.as_posix()} of the BiomedGPT repository."
    )


def load(folder: Path, *, codes: int = 8192, bins: int = 1000) -> Vocabulary:
    """The vocabulary in a folder.

    Raises:
        CorruptData: A file is not the one that BiomedGPT was trained with: its content differs.
    """
    if all((folder / name).is_file() for name in FILES):
        return _published(*(_checked(folder / name, remote.checksum) for name, remote in FILES.items()), codes=codes, bins=bins)
    path = folder / _PAIR[0]
    merges = _merges(_checked(folder / _PAIR[1], FILES["vocab.bpe"].checksum))
    pieces = {piece: number for number, piece in enumerate([*SPELLING, *("".join(pair) for pair in merges), _END_OF_TEXT])}
    by_number, words = _by_number(path, len(pieces)), _words(len(pieces))
    order = [str(pieces.get(by_number.get(number, ""), by_number.get(number))) for number in words]
    if hashlib.sha256("\n".join(order).encode()).hexdigest() != _ORDER:
        raise CorruptData(f"{path}: {_STRANGE}")
    built = Vocabulary(pieces, merges, order, codes=codes, bins=bins)
    marks = {number: symbol for number, symbol in enumerate(built.symbols) if number not in words}
    if any(number not in words and marks.get(number) != piece for number, piece in by_number.items()):
        raise CorruptData(f"{path}: {_STRANGE}")
    return built


@lru_cache(maxsize=1)
def _published(encoder: bytes, bpe: bytes, dictionary: bytes, *, codes: int, bins: int) -> Vocabulary:
    order = [line.split(" ")[0] for line in dictionary.decode().splitlines()]
    return Vocabulary(json.loads(encoder), _merges(bpe), order, codes=codes, bins=bins)


def _words(pieces: int) -> range:
    """Our numbers of the dictionary's entries, those that stand for no piece among them."""
    return range(len(MARKS), len(MARKS) + pieces + len(_NO_PIECES))


def _by_number(path: Path, pieces: int) -> dict[int, str]:
    """The pieces of transformers' table by their numbers, which are ours; with those that never arise and need not stand in it."""
    table = parse(content.read(path), str(path), remedy=_OTHER)
    if not isinstance(table, dict) or not all(isinstance(number, int) for number in table.values()):
        raise CorruptData(f"{path}: not a table of pieces to numbers; {_OTHER}")
    never = enumerate((_END_OF_TEXT, *_NO_PIECES), start=len(MARKS) + pieces - 1)
    return dict(never) | {number: piece for piece, number in table.items()}


def _why_not(folder: Path) -> str | None:
    """Why two files of transformers are not this vocabulary; None where they are."""
    try:
        load(folder)
    except HarnessError as error:
        return str(error)
    return None


def _checked(path: Path, sha256: str) -> bytes:
    stored = content.read(path)
    own = hashlib.sha256(stored).hexdigest()
    if own != sha256:
        kind = content.kind_of(stored)
        raise CorruptData(f"{path}: {f'{kind}; ' if kind else ''}its SHA-256 is {own}, BiomedGPT's is {sha256}; {_OTHER}")
    return stored


@lru_cache(maxsize=1)
def _merges(bpe: bytes) -> tuple[tuple[str, str], ...]:
    pairs = (line.split() for line in bpe.decode().splitlines()[1:] if line)
    return tuple((first, second) for first, second in pairs)
