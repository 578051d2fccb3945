"""What each evaluation does to a text before it counts words: the larger part of why one metric has many values.

A treatment turns raw texts into texts whose words are separated by blanks. All of them see text without line breaks, because a
stray one (a carriage return, a form feed, U+2028) ends a line for some tools and not for others.
"""

from __future__ import annotations

import re
import string
import threading
from collections import Counter
from collections.abc import Callable, Collection

from msgspec import Struct

from harness.base import patterns
from harness.metrics.base import Context, NotComputed, Samples
from harness.metrics.texts import java
from harness.text import one_line


class Texts(Struct, frozen=True, kw_only=True):
    """The hypothesis of each sample, and its references."""

    hypotheses: tuple[str, ...]
    expected: tuple[tuple[str, ...], ...]
    """At least one reference per sample."""

    def map(self, hypothesis: Callable[[str], str], expected: Callable[[str], str] | None = None) -> Texts:
        """Each text through a function of its side; one function serves both."""
        other = hypothesis if expected is None else expected
        return Texts(
            hypotheses=tuple(hypothesis(text) for text in self.hypotheses),
            expected=tuple(tuple(other(text) for text in row) for row in self.expected),
        )


Treatment = Callable[[Samples, Context], Texts]
_TOKENISING = threading.Lock()


def raw(samples: Samples) -> Texts:
    """Predictions and references as they are; a reply that could not be read says nothing."""
    return Texts(
        hypotheses=tuple(str(prediction) if prediction is not None else "" for prediction in samples.predictions),
        expected=tuple(tuple(str(reference) for reference in references) for references in samples.references),
    )


def plain(samples: Samples, context: Context) -> Texts:  # noqa: ARG001  the texts alone decide
    """On one line, otherwise untouched."""
    return raw(samples).map(one_line)


def ptb(samples: Samples, context: Context) -> Texts:
    """The COCO caption evaluation: the Penn Treebank tokeniser of Stanford CoreNLP, lower case, punctuation dropped.

    Raises:
        NotComputed: There is no Java.
    """
    texts = plain(samples, context)
    with _TOKENISING:  # what runs beside waits, and has these tokens then
        lines = iter(java.ptb_tokens((*texts.hypotheses, *(reference for row in texts.expected for reference in row))))
    return texts.map(lambda _: next(lines))


def treebank(samples: Samples, context: Context) -> Texts:
    """Penn Treebank tokens without Java: an approximation, and therefore a variant of its own."""
    return plain(samples, context).map(treebank_tokens)


_ABBREVIATIONS = "dr mr mrs ms prof st jr sr vs etc e.g i.e u.s a.m p.m approx al jan feb mar apr jun jul aug sept sep oct nov dec"
_TREEBANK = patterns.later(
    r"(?P<keep>(?:" + "|".join(re.escape(word) for word in _ABBREVIATIONS.split()) + r")\.(?=\s|$|[,;:)])"
    r"|no\.(?=\s*\d)"
    r"|\b[a-z]\.(?:[a-z]\.)+"
    r"|(?:https?://|www\.)[^\s\"<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|[a-z]+(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|can(?=not\b)|gon(?=na\b)|wan(?=na\b)"
    r"|[?!]{2,}|\*{2,}"
    r"|[-+]?\.?\d+(?:[.,:/-]\d+)*(?:[-/]?[^\W\d_]+(?:[-/]\w+)*)?"
    r"|[^\W_]+(?:[-_/][^\W_]+|\.(?=[^\W\d_]{2})[^\W_]+)*|_+)"
    r"|(?P<bracket>[()\[\]{}])|(?P<drop>-+|\.+|[\"'`‘“”?!,:;–—…])|(?P<mark>\S)"
)
_BRACKETS = {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"}


def treebank_tokens(text: str) -> str:
    """Penn Treebank tokens of one text by one regular expression, lower case, punctuation dropped, brackets spelled out."""
    tokens = []
    for match in _TREEBANK.finditer(text.lower().replace("’", "'")):
        if match.lastgroup == "bracket":
            tokens.append(_BRACKETS[match.group()])
        elif match.lastgroup != "drop":
            tokens.append(match.group())
    return " ".join(tokens)


_LINE_BREAKS = patterns.later("[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]")
_ALL_PUNCTUATION = {ord(mark): None for mark in string.punctuation}
_QUOTES = {ord(mark): None for mark in "\"/\\'"}
_LISTED = {ord(mark): None for mark in ".,?;*!%^&_+()]{}" + "".join(map(chr, range(ord(":"), ord("[") + 1)))}
"""What BiomedGPT's and R2Gen's cleaning deletes. Its list holds ``:-[``, a range where three characters were meant: hyphens survive."""


def bioclean_text(text: str) -> str:
    """BiomedGPT's ``_bioclean``: quotes and slashes go, then outer blanks, then case, then the listed marks.

    Marks go last, so what stood beside them leaves doubled and outer blanks, which ROUGE-L of the COCO evaluation counts as words.
    """
    return text.translate(_QUOTES).strip().lower().translate(_LISTED)


def bioclean(samples: Samples, context: Context) -> Texts:  # noqa: ARG001  the texts alone decide
    """BiomedGPT's captioning: the hypothesis loses every ASCII punctuation mark, then both sides go through ``_bioclean``.

    So "x-ray" is ``xray`` where it was said and ``x-ray`` where it was expected. Blanks are kept as they are.
    """
    texts = raw(samples).map(lambda text: _LINE_BREAKS.sub(" ", text))
    return texts.map(lambda text: bioclean_text(text.translate(_ALL_PUNCTUATION).strip()), bioclean_text)


_ENUMERATION = (("1. ", ""), *((f". {n}. ", ". ") for n in range(2, 6)), *((f" {n}. ", ". ") for n in range(2, 6)))
_UNKNOWN, _DECODED = "<unk>", "\ufffe"
_R2GEN_IU = (*[("..", ".")] * 3, *_ENUMERATION)
_R2GEN_MIMIC = (("\n", " "), *[("__", "_")] * 7, *[("  ", " ")] * 6, *[("..", ".")] * 8, *_ENUMERATION)


def r2gen_words(text: str, *, mimic: bool) -> list[str]:
    """The words of a report after R2Gen's cleaning, full stops between sentences among them.

    Args:
        text: A report.
        mimic: By the rules for MIMIC-CXR, which also collapse blanks, underscores and long rows of dots; else by those for IU X-ray.
    """
    for old, new in _R2GEN_MIMIC if mimic else _R2GEN_IU:
        text = text.replace(old, new)
    sentences = (bioclean_text(sentence) for sentence in text.strip().lower().split(". "))
    return (" . ".join(sentences) + " .").split()


class R2Gen(Struct, frozen=True, kw_only=True):
    """R2Gen's texts: cleaned, cut, and decoded from the vocabulary of its train split, references and hypotheses alike.

    A system of its own writes no other words; those of a free reply are decoded as a reference's are. What is decoded already stays as it
    is, ``<unk>`` included.
    """

    mimic: bool
    threshold: int
    """Words seen less often in the train split become ``<unk>``."""
    longest: int
    """Words that are kept of either side."""

    def __call__(self, samples: Samples, context: Context) -> Texts:
        """Treat the texts.

        Raises:
            NotComputed: There is no train split, hence no vocabulary.
        """
        if context.train_targets is None:
            raise NotComputed(
                "the train split, whose word counts make R2Gen's vocabulary, is not at hand; no number comparable with R2Gen's tables"
            )
        counts = Counter(word for target in context.train_targets() for word in r2gen_words(one_line(str(target)), mimic=self.mimic))
        known = {word for word, n in counts.items() if n >= self.threshold}
        return plain(samples, context).map(
            lambda text: self._decoded(text, known) if text else "",  # the cleaning would end it with a stop, and every reference has one
            lambda text: self._decoded(text, known),
        )

    def _decoded(self, text: str, known: Collection[str]) -> str:
        # The cleaning would make "unk" of "<unk>", a word that a vocabulary may hold.
        words = r2gen_words(text.replace(_UNKNOWN, _DECODED), mimic=self.mimic)[: self.longest]
        return " ".join(word if word in known else _UNKNOWN for word in words)
