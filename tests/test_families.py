"""The families: how each one asks, what it reads, and what a perfect model writes."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import families
from harness.cards import Card, Split
from harness.metrics.answers import VQA
from harness.rows import Row
from harness.types import Decoding, Example, Image, Input, Response, Task

LABELS = ("mass", "nodule, solid", "effusion")
PICTURE = Image(name="a.png", read=lambda: b"")


@pytest.fixture
def card() -> Card:
    return Card(
        name="quiz", version=1, family="vqa", adapter="quiz", title="Quiz", modality="text", folder="quiz", source={"reader": "jsonl"},
        splits={"test": Split(n=1)}, group="sample", labels=LABELS, licence="CC0", access="open", obtain="-", citation="-", path=Path("c"),
    )  # fmt: skip


def of_row(row: Row) -> Example[str]:
    return Example(id="1", input=Input(text=row["text"]), target="x", group="1")


def of_row_and_card(row: Row, card: Card) -> Example[str]:
    return Example(id="1", input=Input(text=row["text"], choices=card.labels), target=card.labels[0], group="1")


def read(task: Task[str], text: str, item: Input) -> str | None:
    return task.parse(Response(text=text), item)


@pytest.mark.parametrize(
    ("task", "pictures", "prompt", "limit"),
    [
        (lambda card: families.answer(card, of_row, VQA), 1, "T\nAnswer with a single word or a short phrase.", 16),
        (lambda card: families.answer(card, of_row, VQA, prompt=lambda item: f"{item.text}?", tokens=5), 1, "T?", 5),
        (lambda card: families.caption(card, of_row, VQA), 1, "Write T for this image. Give the caption only.", 64),
        (lambda card: families.describe(card, of_row, VQA), 1, "Write T for this image. Give the report only.", 160),
        (lambda card: families.describe(card, of_row, VQA), 2, "Write T for these images of one study. Give the report only.", 160),
        (lambda card: families.summarise(card, of_row, VQA, "Shorten.", tokens=8), 0, "T\n\nShorten. Give the summary only.", 8),
    ],
)
def test_free_text_is_asked_and_limited(card: Card, task: Callable[[Card], Task[str]], pictures: int, prompt: str, limit: int) -> None:
    made = task(card)
    assert made.prompt(Input(text="T", images=(PICTURE,) * pictures)) == prompt
    assert made.decoding == Decoding(max_new_tokens=limit)


def test_an_answer_is_the_first_line_and_a_written_text_the_whole_reply(card: Card) -> None:
    reply, item = "Answer: left lung\nas seen\u2028before", Input(text="T")
    assert read(families.answer(card, of_row, VQA), reply, item) == "left lung"
    assert read(families.describe(card, of_row, VQA), reply, item) == "Answer: left lung as seen before"
    assert read(families.answer(card, of_row, VQA), " \n", item) is None
    assert read(families.summarise(card, of_row, VQA, "Shorten."), " \n", item) is None


def test_one_label_is_chosen_by_letter_or_name_and_scored(card: Card) -> None:
    task = families.choose(card, of_row_and_card, VQA)
    item = task.example(Row({"text": "Which?"}, where="row 1")).input
    assert task.prompt(item) == "Which?\nA. mass\nB. nodule, solid\nC. effusion\nAnswer with exactly one of the options."
    assert [read(task, text, item) for text in ("B", "effusion", "mass or effusion")] == ["nodule, solid", "effusion", None]
    assert task.decoding == Decoding(max_new_tokens=16, score_choices=True)
    assert task.decide is None


def test_any_number_of_labels_is_named_in_the_cards_order_and_said_as_none_where_there_is_none(card: Card) -> None:
    task = families.choose_all(card, of_row_and_card, VQA)
    item = task.example(Row({"text": "Which?"}, where="row 1")).input
    assert task.prompt(item) == ("Which?\nmass, nodule, solid, effusion\nName all that apply, separated by commas, or answer 'none'.")
    assert [read(task, text, item) for text in ("effusion, mass", "none", "mass, and more")] == ["mass; effusion", "", None]
    assert (task.say(""), task.say("mass; effusion")) == ("none", "mass; effusion")
    assert task.decide is not None
    assert task.decide([math.log(0.9), math.log(0.5), math.log(0.6)], item) == "mass; effusion"


@pytest.mark.parametrize(("target", "tag"), [("Yes", "yes_no"), (" no ", "yes_no"), ("yes, both", "free_form"), ("left lung", "free_form")])
def test_a_question_answered_yes_or_no_is_tagged_so(target: str, tag: str) -> None:
    assert families.yes_no(target) == tag
