"""MedNLI: does a sentence of a clinical note entail another one? (Romanov and Shivade, 2018)."""

from __future__ import annotations

import hashlib
from functools import partial

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task

_QUESTION = (
    "Does the premise entail the hypothesis? Entailment: the hypothesis is true. Contradiction: it is false."
    " Neutral: it may be true, and the premise does not say."
)
_METRICS = (
    classification.ACCURACY,
    classification.MACRO_F1,
    classification.MACRO_AUC,
    classification.BALANCED_ACCURACY,
    classification.BRIER,
    classification.CALIBRATION,
    classification.UNPARSED,
    classification.RECALL,
)


def example(row: Row, card: Card) -> Example[str]:
    """One pair; several hypotheses were written to one premise, which is what is resampled."""
    label = row["gold_label"].strip().lower()
    if label not in card.labels:
        raise Unusable(f"the label is '{label}': its annotators did not agree")
    said = {"premise": one_line(row["sentence1"]), "hypothesis": one_line(row["sentence2"])}
    text = f"Premise: {said['premise']}\nHypothesis: {said['hypothesis']}\n{_QUESTION}"
    return Example(
        id=row["pairID"],
        input=Input(text=text, context=said, choices=card.labels),
        target=label,
        group=hashlib.sha256(said["premise"].encode()).hexdigest()[:16],
        tags={"label": label},
    )


def prompt(item: Input) -> str:
    """Both sentences, the question and its options."""
    return prompts.choose(item.text, item.choices)


def parse(response: Response, item: Input) -> str | None:
    """The one relation that the reply names."""
    return parsing.choice(response.text, item.choices)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    decoding = Decoding(max_new_tokens=16, score_choices=True)
    return Task(card=card, example=partial(example, card=card), prompt=prompt, parse=parse, metrics=_METRICS, decoding=decoding)
