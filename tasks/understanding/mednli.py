"""MedNLI: does a sentence of a clinical note entail another one? (Romanov and Shivade, 2018)."""

from __future__ import annotations

import hashlib

from harness import families
from harness.cards import Card
from harness.metrics.labels.classification import ACCURACY, BALANCED_ACCURACY, BRIER, CALIBRATION, MACRO_AUC, MACRO_F1, RECALL, UNPARSED
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task

_QUESTION = (
    "Does the premise entail the hypothesis? Entailment: the hypothesis is true. Contradiction: it is false."
    " Neutral: it may be true, and the premise does not say."
)
_METRICS = (ACCURACY, MACRO_F1, MACRO_AUC, BALANCED_ACCURACY, BRIER, CALIBRATION, UNPARSED, RECALL)


def example(row: Row, card: Card) -> Example[str]:
    """One pair; several hypotheses were written to one premise, which is what is resampled."""
    label = row.text("gold_label").strip().lower()
    if label not in card.labels:
        raise Unusable("the label is '-': its annotators did not agree" if label == "-" else "the label is none of the card's")
    sentences = {"premise": one_line(row.text("sentence1")), "hypothesis": one_line(row.text("sentence2"))}
    text = f"Premise: {sentences['premise']}\nHypothesis: {sentences['hypothesis']}\n{_QUESTION}"
    return Example(
        id=row.identifier("pairID"),
        input=Input(text=text, context=sentences, choices=card.labels),
        target=label,
        group=hashlib.sha256(sentences["premise"].encode()).hexdigest()[:16],
        tags={"label": label},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, _METRICS)
