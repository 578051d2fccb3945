"""MedMNIST: small pictures, one class each (Yang et al., 2023)."""

from __future__ import annotations

from functools import partial

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row, card: Card) -> Example[str]:
    """One picture; the release gives it no id but its place."""
    label = row.label("label", card.labels)
    return Example(
        id=f"{row['index']:05d}",
        input=Input(text=f"Which of these does {card.facts['subject']} show?", images=(row.image(row["image"]),), choices=card.labels),
        target=label,
        group=str(row["index"]),
        tags={"label": label},
    )


def prompt(item: Input) -> str:
    """The question with its options."""
    return prompts.choose(item.text, item.choices)


def parse(response: Response, item: Input) -> str | None:
    """The one option that the reply names."""
    return parsing.choice(response.text, item.choices)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(
        card=card,
        example=partial(example, card=card),
        prompt=prompt,
        parse=parse,
        metrics=classification.ORDINAL if card.facts.get("ordinal") else classification.MEDMNIST,
        decoding=Decoding(max_new_tokens=16, score_choices=True),
    )
