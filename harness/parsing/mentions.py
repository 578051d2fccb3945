"""Which of several options a text names: by its letter, or as a whole phrase that nothing denies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

from harness.base import typography
from harness.parsing import statements, wrappers
from harness.parsing.statements import CONTRACTION, DENIALS
from harness.parsing.written import LETTERS
from harness.text import plain, words

_LONGEST_REPLY = 2000
"""Words of a reply beyond which no label is looked for: a reply that long is no answer to a choice."""

_NO_OBJECT = r"(?!\s*\{\s*[\"'])"
"""An object of JSON says what it says in fields: a letter that names one is none."""
_BEFORE = (
    r"(?:(?:clearly|certainly|definitely|probably|likely|most\s+likely|therefore|thus|hence|so|simply|it\s+is|it's|the"
    r"|option|choice|answer|letter)(?:\s+|\s*,\s*))*"
)
_AFTER = (
    r"""(?:\s*[).:;!\]}">]|'(?!\w)|\s*$|\s+-(?=\s|$)|\s*[(\[]|(?:\s+|\s*,\s*)(?:because|since|as|due|given|for|based)\b"""
    r"""|\s+(?:is|would\s+be|seems|appears)\s+(?:the\s+)?(?:\w+\s+)?(?:correct|right|best|answer|option|choice|accurate|appropriate|likely)\b"""
)
_LETTER = re.compile(rf"^{_NO_OBJECT}\W{{0,20}}{_BEFORE}[(\[{{<\"']{{0,4}}([A-Z]){_AFTER})", re.IGNORECASE | re.MULTILINE)
_LETTER_ANNOUNCED = re.compile(rf"^{_NO_OBJECT}\W{{0,20}}{_BEFORE}[(\[{{<\"']{{0,4}}([A-Z]){_AFTER}|\s*,)", re.IGNORECASE | re.MULTILINE)
_ANSWERS = re.compile(r"\W*A\s*:[^\n]*\b(?:yes|no)\b", re.IGNORECASE)
"""Short for "Answer:" where yes or no follows, as in transcripts of questions and answers; else A is the first of the options."""
_OTHER_LETTER = re.compile(
    r"(?:^|[/,&+(\[]|\b(?:or|and)\b)[ \t]*(?:option[ \t]+)?[(\[]?([A-Z])(?:[).:\]]|[ \t]*$)|[(\[]([a-z])[)\]]", re.MULTILINE
)
_BRACKETED = re.compile(r"[(\[]([A-Za-z])[)\]]")

_DENIED_AFTER = re.compile(
    r"(?:(?:is|are|was|were|be|been|being|has|have|can|could|would|seems|appears|looks)\s+)+"
    r"(?:not|never|absent|unlikely|excluded|ruled out|wrong|incorrect|false|less likely|improbable|doubtful)\b"
    r"|(?:absent|unlikely|ruled out|false|incorrect|wrong)\b|(?:no|not)$"
)
_CLAUSE = re.compile(
    r"[.;:!?\n]|\b(?:but|however|although|though|so|therefore|thus|hence|because)\b"
    r"|\band\b(?=\s+(?:is|are|was|were|would|should|must|will|can|the|it|this|shows?)\b)",
    re.IGNORECASE,
)
"""Where a denial ends: "does not meet the criteria and is excluded" does not deny that the patient is excluded."""
_SIDE_LAST = re.compile(r"(\w+)-(left|right)", re.IGNORECASE)
_CITED = re.compile(r"(?<=\d)([^\n]{0,200}?)\s?\[\d+(?:\s*[,-]\s*\d+)*\]")
_NUMERAL = re.compile(r"(?<![\w.,])[-+<>=~]{0,3}\d+(?:[.,/:-]\d+)*(?:\s?%)?(?!\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices of one question, by the forms that name them."""

    choices: tuple[str, ...]
    verbatim: Mapping[str, str]
    """By their own spelling but for case and typography."""
    by_name: Mapping[str, str]
    """By their words; choices of the same words are in neither this nor `other_way`."""
    other_way: Mapping[str, str]
    """By their words in another order: "left kidney" for kidney-left, "b and a" for a choice "a and b" of two others."""
    parts: tuple[str, ...]
    """The choices that other choices join by "and"."""
    lettered: bool

    @classmethod
    def of(cls, choices: Sequence[str], *, lettered: bool = True) -> Options:
        """The options of a list, the first being A where they have letters."""
        names = [plain(option) for option in choices]
        turned = {plain(f"{match[2]} {match[1]}"): option for option in choices if (match := _SIDE_LAST.fullmatch(option))}
        parts = {option: option.split(" and ") for option in choices}
        joined = {option: own for option, own in parts.items() if len(own) > 1 and set(own) <= set(choices)}
        turned |= {plain(" and ".join(order)): option for option, own in joined.items() for order in permutations(own)}
        return cls(
            choices=tuple(choices),
            verbatim={_spelling(option): option for option in choices},
            by_name={name: option for name, option in zip(names, choices, strict=True) if name and names.count(name) == 1},
            other_way={name: option for name, option in turned.items() if name not in names},
            parts=tuple(dict.fromkeys(part for own in joined.values() for part in own)),
            lettered=lettered and len(choices) <= LETTERS,
        )

    def choice(self, text: str) -> str | None:
        """The one option that a text names, as `parsing.choice` says."""
        spoken = self._spoken(CONTRACTION.sub(r"\1 not", typography.unmarked(text)))
        if whole := self._whole(spoken):
            return whole
        lines = [option for line in spoken.splitlines() if (option := self._whole(line))]
        opens = bool(lines) and self._whole(next(line for line in spoken.splitlines() if line.strip())) is not None
        if opens and len(set(lines)) > 1:
            return None
        announced = [part for part in wrappers.announced(spoken) if not self._silent(part)]
        if announced:
            answers = {*(self._named(part, announced=True) for part in announced), *(lines[:1] if opens else ())}
            return answers.pop() if len(answers) == 1 else None
        return lines[0] if opens else self._named(spoken, announced=False)

    def _spoken(self, text: str) -> str:
        """The text with choices that stand in a list joined by "and", as those are that join them."""
        if not self.parts:
            return text
        part = f"(?:{'|'.join(re.escape(name) for name in self.parts)})"
        return re.sub(rf"(?<=\w)\s*(?:,|&|\+|\bplus\b|\bas well as\b)\s*(?:and\s+)?(?={part}\b)", " and ", text, flags=re.IGNORECASE)

    def _whole(self, text: str) -> str | None:
        name = plain(self._counted(text))
        return self.verbatim.get(_spelling(text)) or self.by_name.get(name) or self.other_way.get(name)

    def _counted(self, text: str) -> str:
        """The text with signed numbers, fractions, ranges, shares and citations out of the way of labels that are numbers."""
        if not any(name.isdigit() for name in self.by_name):
            return text
        return _NUMERAL.sub(lambda match: match.group() if match.group().isdigit() else "numeral", _CITED.sub(r"\1", text))

    def _named(self, text: str, *, announced: bool) -> str | None:
        """By what stands first, or anywhere in the text."""
        if announced and (whole := self._whole(text)):
            return whole
        yes_no = statements.options(self.choices)
        letter = (_LETTER_ANNOUNCED if announced else _LETTER).match(text) if self.lettered else None
        if letter and yes_no is not None and _ANSWERS.match(text):
            letter = None
        place = _place(letter.group(1)) if letter else len(self.choices)
        if letter is None or place >= len(self.choices):
            mentioned = self._mentioned(text) if yes_no is None else yes_no.get(statements.read(text) or "")
            beside = {_place(bracketed) for bracketed in _BRACKETED.findall(text)} if self.lettered and mentioned else set()
            other = any(number < len(self.choices) and self.choices[number] != mentioned for number in beside)
            return None if other or self._contradicts(text) else mentioned
        rest = text[letter.end() :]
        others = {_place(one or other) for one, other in _OTHER_LETTER.findall(rest)} - {place}
        mentioned = self._mentioned(rest) if yes_no is None else yes_no.get(statements.read(rest) or "")
        if mentioned not in (None, self.choices[place]) or any(other < len(self.choices) for other in others):
            return None
        return self.choices[place]

    def _silent(self, part: str) -> bool:
        """Whether a part says nothing of any option: neither its letter nor its name, affirmed or denied."""
        letter = _LETTER_ANNOUNCED.match(part) if self.lettered else None
        if letter and _place(letter.group(1)) < len(self.choices):
            return False
        wording = f" {plain(part)} "
        return not any(f" {name} " in wording for name in (*self.by_name, *self.other_way)) and self._whole(part) is None

    def _contradicts(self, text: str) -> bool:
        """Whether the text is a letter and the name of another option, and nothing else."""
        first, _, rest = text.partition(" ")
        if not self.lettered or len(first) != 1 or not first.isalpha() or not first.isascii() or _place(first) >= len(self.choices):
            return False
        return self._whole(rest) not in (None, self.choices[_place(first)])

    def _mentioned(self, text: str) -> str | None:
        """The one option whose phrase the text holds, undenied."""
        reply, clause = _clauses(self._counted(text))
        if len(reply) > _LONGEST_REPLY:
            return None
        both_sides = {"left", "right"} <= set(reply)
        taken = [False] * len(reply)
        mentioned: set[str] = set()
        phrases = sorted([*self.by_name.items(), *self.other_way.items()], key=_longest)
        for name, option in phrases:
            if name == "no" and statements.read(text) != "no":
                continue  # "there is no way to tell" names no option, though one of several is called no
            phrase = name.split()
            for start in _starts(reply, phrase[0]):
                end = start + len(phrase)
                if reply[start:end] != phrase or any(taken[start:end]):
                    continue
                taken[start:end] = [True] * len(phrase)
                before = (word for word, number in zip(reply[:start], clause, strict=False) if number == clause[start])
                after = [word for word, number in zip(reply[end:], clause[end:], strict=True) if number <= clause[end - 1] + 1]
                if not DENIALS.isdisjoint(before) or _DENIED_AFTER.match(" ".join(after[:6])):
                    return None
                if both_sides and _SIDE_LAST.fullmatch(option):
                    return None  # "left or right kidney"
                mentioned.add(option)
        return mentioned.pop() if len(mentioned) == 1 else None


def _starts(reply: list[str], word: str) -> Iterator[int]:
    """Where a word stands."""
    start = -1
    for _ in range(reply.count(word)):
        start = reply.index(word, start + 1)
        yield start


def _longest(entry: tuple[str, str]) -> int:
    return -len(entry[0].split())


def _spelling(text: str) -> str:
    return " ".join(typography.folded(text).casefold().split())


def _place(letter: str) -> int:
    return ord(letter.upper()) - ord("A")


def _clauses(text: str) -> tuple[list[str], list[int]]:
    """The words of a text, and for each the number of its clause."""
    cuts = [0, *(match.start() for match in _CLAUSE.finditer(text)), len(text)]
    reply: list[str] = []
    clause: list[int] = []
    for number, (start, end) in enumerate(pairwise(cuts)):
        part = words(text[start:end])
        reply += part
        clause += [number] * len(part)
    return reply, clause
