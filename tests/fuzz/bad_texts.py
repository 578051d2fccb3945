"""Long texts made of what a pattern begins with and never ends with: whoever goes through one anew from each of its places hangs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping

from harness import parsing, text
from harness.base import typography
from harness.data.readers import mimic3, sections
from harness.metrics.answers import chinese, published_rules, reading
from harness.metrics.clinical import green
from harness.parsing import statements, thinking, wrappers
from tests.fuzz.outcomes import Case, anything

IN_EVERY_RUN = 6
LENGTH = 200_000
"""Characters: twenty billion steps for what is quadratic."""
PIECES = (
    " ", "\n", "\t \n", "a", "a ", "1", "1.", ",", "-", "- ", "*", "**", "_", "#", "`", "```\n", "(", "[", "{", "<", "\"", "'", "\\", "|",
    "$", "[**", "**]", "<think>", "</think>", "<answer>", "\\boxed{", '{"answer": ', "answer:", "Answer is ", "the final answer is\n",
    "A: ", "(A)", "yes no ", "no, ", "not ", "either or ", "[1, 2] ", "(Over)",
    "[1-", "1/", "1,000,", "patient ", "pt  ", "PHYSICAL EXAM:",
    "patient had ",
    "PHYSICAL EXAM: x ", "\n\nfindings", "\n\nIMPRESSION:", "\n\nab", "chief complaint:\n", "i would say ", "因为", "答案：", "是不是",
    "\u200b", "．", "e\u0301", "\r", "a\u2028", "\U0001f642", "[Clinically Significant Errors]:", "(a) ", "1) ",
)  # fmt: skip
READERS: Mapping[str, Callable[[str], object]] = {
    "first_line": parsing.first_line,
    "yes_no": parsing.yes_no,
    "choice": lambda given: parsing.choice(given, ("yes", "no", "it may be")),
    "named": lambda given: parsing.named(given, ("yes", "no", "it may be")),
    "labels": lambda given: parsing.labels(given, ("nodule", "mass"), "none"),
    "statements": statements.read,
    "thoughts": thinking.split,
    "body": wrappers.body,
    "set apart": wrappers.set_apart,
    "announced": wrappers.announced,
    "one line": text.one_line,
    "plain": text.plain,
    "words": text.words,
    "sentences": text.sentences,
    "folded": typography.folded,
    "unmarked": typography.unmarked,
    "comparable": reading.comparable,
    "closed label": lambda given: reading.closed_label(given, ("yes", "no")),
    "comparable in Chinese": chinese.comparable_chinese,
    "tokens in Chinese": chinese.tokens,
    "closed label in Chinese": lambda given: chinese.closed_label(given, ("是", "不是")),
    "words of VQA": published_rules.vqa_words,
    "boxed": published_rules.boxed,
    "tagged": published_rules.tagged,
    "MedEvalKit": lambda given: published_rules.medevalkit_reply(given, strip=True),
    "LLaVA-Med": lambda given: published_rules.llava_med(given, "yes"),
    "BiomedGPT": lambda given: published_rules.biomedgpt(given, "yes", lower=True),
    "GREEN": green.counts,
    "sections of a report": sections.sections,
    "notes on admission": mimic3.admission_text,
    "notes without death": mimic3.without_death,
    "notes without names": mimic3._without_names,
}


def cases() -> Iterator[Case]:
    """Each piece over and over, before each reader."""
    for piece in PIECES:
        made = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
        for name, read in READERS.items():
            yield Case(kind="long texts", name=f"{name}: {piece!r}", command=functools.partial(read, made), oracle=anything)
