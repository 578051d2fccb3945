"""Text to token ids and back: GPT-2's byte-pair encoding, renumbered by fairseq's dictionary.

The tables are GPT-2's and fairseq's, not ours; `vocabulary_files` finds them on the user's disk.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

BEGIN, PAD, END, UNKNOWN = range(4)
MARKS = ("<s>", "<pad>", "</s>", "<unk>")


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
        self.symbols = (*MARKS, *order, *marks)
        """All of it by number; words as GPT-2's ids."""
        self._rank = {pair: rank for rank, pair in enumerate(merges)}
        numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        self._ids = {piece: numbers[str(old)] for piece, old in pieces.items() if str(old) in numbers}
        self._pieces = {number: piece for piece, number in self._ids.items()}
        self._known: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.symbols)

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
            elif number not in (BEGIN, END) and self.symbols[number].startswith("<"):
                spelled += self.symbols[number].encode()
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


def _letters() -> list[tuple[int, str]]:
    """GPT-2's spelling of the 256 bytes, in its order: printable ones as themselves, then the others as the letters from U+0100 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [*((byte, chr(byte)) for byte in printable), *((byte, chr(256 + place)) for place, byte in enumerate(others))]


_TO_LETTER = dict(_letters())
_TO_BYTE = {letter: byte for byte, letter in _TO_LETTER.items()}
SPELLING = tuple(_TO_BYTE)
"""The first 256 pieces of GPT-2, one per byte; the others follow from the pairs that are joined, in their order."""

_CONTRACTION = re.compile(r"'(?:s|t|re|ve|m|ll|d)")
_WORD = re.compile(r" ?L+| ?N+| ?O+|[ S]+(?![LNO])|[ S]+")
"""On kinds of characters: letters, numbers, others; a blank, other white space. A blank before a word belongs to it."""


def split(text: str) -> list[str]:
    """GPT-2's words: contractions, runs of letters, of numbers, of anything else, each with one blank before it, and white space."""
    kinds = "".join(map(_kind, text))
    words: list[str] = []
    at = 0
    while at < len(text):
        match = _CONTRACTION.match(text, at) or _WORD.match(kinds, at)
        assert match is not None  # every character is of a kind
        words.append(text[at : match.end()])
        at = match.end()
    return words


_WHITE = frozenset("\t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))


def _kind(letter: str) -> str:
    if letter == " ":
        return " "
    if letter in _WHITE:
        return "S"
    category = unicodedata.category(letter)[0]
    return category if category in "LN" else "O"
