"""Text to token ids and back: GPT-2's byte-pair encoding, renumbered by fairseq's dictionary.

The three files are GPT-2's and fairseq's, not ours; they are found on the user's disk and known by their checksums.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from harness.base.cache import cache_folder
from harness.errors import CorruptData, MissingData

BEGIN, PAD, END, UNKNOWN = range(4)
_MARKS = ("<s>", "<pad>", "</s>", "<unk>")
_REPOSITORY = "https://raw.githubusercontent.com/taokz/BiomedGPT/2c739bd0aa3e010da1a417d9e8591fafcfd1e4b5/utils/BPE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One of the files that make a vocabulary, and where it can be had."""

    name: str
    url: str
    sha256: str
    size: int
    """Bytes."""


_FILES = (
    SourceFile(
        name="encoder.json",
        url=f"{_REPOSITORY}/encoder.json",
        sha256="196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        size=1_042_301,
    ),
    SourceFile(
        name="vocab.bpe",
        url=f"{_REPOSITORY}/vocab.bpe",
        sha256="1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        size=456_318,
    ),
    SourceFile(
        name="dict.txt",
        url=f"{_REPOSITORY}/dict.txt",
        sha256="2c31c5b236661067fe8626775eb995ef5fe808ac87d2ad4a6ddbef68550f5cc6",
        size=603_290,
    ),
)


def sources() -> tuple[SourceFile, ...]:
    """The files that a vocabulary is made of: what ``harness fetch biomedgpt-vocabulary`` downloads."""
    return _FILES


def home() -> Path:
    """Where fetched files are kept: ``biomed-harness/biomedgpt-vocabulary`` in the user's cache."""
    return cache_folder() / "biomedgpt-vocabulary"


class Vocabulary:
    """Encodes and decodes; immutable but for a memory of words already split."""

    def __init__(
        self, pieces: Mapping[str, int], merges: Sequence[tuple[str, str]], order: Sequence[str], *, codes: int = 8192, bins: int = 1000
    ) -> None:
        """Join the three tables.

        Args:
            pieces: GPT-2's pieces, in its spelling of bytes, to GPT-2's ids.
            merges: Pairs of pieces to be joined, the first ones first.
            order: The dictionary: GPT-2's ids as decimal strings, in the order of ours.
            codes: Image codes after the words.
            bins: Location bins after the codes.
        """
        marks = ["<mask>", *(f"<code_{n}>" for n in range(codes)), *(f"<bin_{n}>" for n in range(bins))]
        self._symbols = (*_MARKS, *order, *marks)
        self._rank = {pair: rank for rank, pair in enumerate(merges)}
        numbers = {symbol: number for number, symbol in enumerate(self._symbols)}
        self._ids = {piece: numbers[str(old)] for piece, old in pieces.items() if str(old) in numbers}
        self._pieces = {number: piece for piece, number in self._ids.items()}
        self._known: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self._symbols)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, blanks at its ends included; nothing in it has a special meaning."""
        return [number for word in split(text) for number in self._word(word)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids: `BEGIN` and `END` vanish, other marks are spelled out, broken UTF-8 becomes U+FFFD.

        The dictionary's three entries that stand for no piece vanish too.
        """
        spelled = bytearray()
        for number in ids:
            piece = self._pieces.get(number)
            if piece is not None:
                spelled += bytes(_TO_BYTE[letter] for letter in piece)
            elif number not in (BEGIN, END) and self._symbols[number].startswith("<"):
                spelled += self._symbols[number].encode()
        return spelled.decode(errors="replace")

    def _word(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            pieces = self._joined("".join(_TO_LETTER[byte] for byte in word.encode(errors="replace")))
            self._known[word] = tuple(self._ids.get(piece, UNKNOWN) for piece in pieces)
        return self._known[word]

    def _joined(self, letters: str) -> list[str]:
        """Letters joined pair by pair, all occurrences of the best-ranked pair at a time."""
        parts = list(letters)
        while len(parts) > 1:
            best = min(pairwise(parts), key=lambda pair: self._rank.get(pair, sys.maxsize))
            if best not in self._rank:
                break
            joined: list[str] = []
            i = 0
            while i < len(parts):
                is_pair = tuple(parts[i : i + 2]) == best
                joined.append("".join(best) if is_pair else parts[i])
                i += 2 if is_pair else 1
            parts = joined
        return parts


def _letters() -> list[str]:
    """GPT-2's spelling of the 256 bytes: printable ones as themselves, the others as the letters from U+0100 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    spelled = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in spelled]
    spelled |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [spelled[byte] for byte in range(256)]


_TO_LETTER = _letters()
_TO_BYTE = {letter: byte for byte, letter in enumerate(_TO_LETTER)}

_CONTRACTION = re.compile(r"'(?:s|t|re|ve|m|ll|d)")
_WORD = re.compile(r" ?L+| ?N+| ?O+|[ S]+(?![LNO])|[ S]+")
"""On kinds of characters: letters, numbers, others; a blank, other white space. A blank before a word belongs to it."""


def split(text: str) -> list[str]:
    """GPT-2's words: contractions, runs of letters, of numbers, of anything else, each with one blank before it, and white space."""
    kinds = "".join(map(_kind, text))
    words: list[str] = []
    at = 0
    while at < len(text):
        found = _CONTRACTION.match(text, at) or _WORD.match(kinds, at)
        assert found is not None  # every character is of a kind
        words.append(text[at : found.end()])
        at = found.end()
    return words


_WHITE = frozenset("\t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))


def _kind(letter: str) -> str:
    if letter == " ":
        return " "
    if letter in _WHITE:
        return "S"
    category = unicodedata.category(letter)[0]
    return category if category in "LN" else "O"


def find(checkpoint: Path, given: str) -> Path:
    """The folder that holds the vocabulary.

    Args:
        checkpoint: Its own folder is looked into, and ``BPE`` and ``utils/BPE`` there.
        given: What the user named; empty for nothing.

    Raises:
        MissingData: It is nowhere; the message lists the places and the ways to get it.
    """
    beside = checkpoint if checkpoint.is_dir() else checkpoint.parent
    places = [Path(given)] if given else [beside, beside / "BPE", beside / "utils" / "BPE", home()]
    for place in places:
        if all((place / file.name).is_file() for file in _FILES):
            return place
    listed = "\n".join(f"  {place}" for place in places)
    raise MissingData(
        f"{checkpoint}: its vocabulary ({', '.join(file.name for file in _FILES)}) is not in\n{listed}\n"
        "Get it with: harness fetch biomedgpt-vocabulary. Or pass -a bpe=DIR; it is the folder utils/BPE of the BiomedGPT repository."
    )


def load(folder: Path, *, codes: int = 8192, bins: int = 1000) -> Vocabulary:
    """The vocabulary in a folder.

    Raises:
        CorruptData: A file is not the one that BiomedGPT was trained with: its checksum differs.
    """
    content = {}
    for file in _FILES:
        content[file.name] = (folder / file.name).read_bytes()
        found = hashlib.sha256(content[file.name]).hexdigest()
        if found != file.sha256:
            raise CorruptData(
                f"{folder / file.name}: its SHA-256 is {found}, BiomedGPT's is {file.sha256}; with another vocabulary every word would mean"
                " another one. Get it with: harness fetch biomedgpt-vocabulary"
            )
    merges = content["vocab.bpe"].decode().splitlines()[1:]
    return Vocabulary(
        json.loads(content["encoder.json"]),
        [(first, second) for first, second in (line.split() for line in merges if line)],
        [line.split(" ")[0] for line in content["dict.txt"].decode().splitlines()],
        codes=codes,
        bins=bins,
    )
