"""ChestMNIST: any number of fourteen findings per picture (Yang et al., 2023; Wang et al., 2017)."""

from __future__ import annotations

from harness import families, parsing
from harness.cards import Card
from harness.metrics.labels import multilabel
from harness.rows import Row
from harness.types import Example, Input, Task


def example(row: Row, card: Card) -> Example[str]:
    """One picture; its target is its findings in the labels' order, empty where there are none."""
    present = row.present("label", card.labels)
    question = f"Which of these findings does {card.facts['subject']} show?"
    return Example(
        id=f"{row.integer('index'):05d}",
        input=Input(text=question, images=(row.image(row.text("image")),), choices=card.labels),
        target=parsing.SEPARATOR.join(present),
        group=str(row.integer("index")),
        tags={"findings": "some" if present else "none"},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose_all(card, example, multilabel.MULTILABEL)
