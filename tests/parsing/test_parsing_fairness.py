"""Reading is fair: a reply and the same reply with two answers exchanged are read alike, whatever the answers and the typography are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import parsing
from harness.data import catalog
from harness.metrics.answers.chinese import closed_label as closed_label_in_chinese
from harness.metrics.answers.reading import closed_label
from harness.parsing import LETTERS

REPLIES = [json.loads(line) for line in Path(__file__).with_name("replies.jsonl").read_text(encoding="utf-8").splitlines()]
"""Invented, and labelled as a careful person reads them; null where the reply does not say one answer clearly."""

CARDS = [catalog.card(name).labels for name in catalog.names() if catalog.card(name).labels]
SETS = [
    *dict.fromkeys(CARDS),
    ("malignant", "benign"),
    ("entailment", "contradiction", "neutral"),
    ("0", "1", "2"),
    ("no_dr", "mild", "severe"),
    ("no finding", "mass", "effusion"),
    ("not relevant", "relevant but excluded", "eligible"),
    ("positive", "negative"),
    ("true", "false"),
    ("yes", "no"),
]

AROUND = [
    "{}", "{}.", "{}!", "{}。", "  {}\n", "**{}**", "__{}__", "`{}`", "```\n{}\n```", "# {}", "> {}", "• {}", "- {}", "* {}", "“{}”",
    "«{}»",
    "({})", "[{}]", "【{}】", "\u200b{}", "\ufeff{}\u2060", r"\boxed{{{}}}", r"$\boxed{{\text{{{}}}}}$", "<answer>{}</answer>", "<b>{}</b>",
    '{{"answer": "{}"}}', "```json\n{{\"answer\": \"{}\"}}\n```", "Answer: {}", "Answer：{}", "Final answer: {}", "**Answer:** {}",
    "### Answer\n{}", "The answer is {}.", "The correct answer is **{}**", "Therefore, the answer is {}", "I would say {}",
    "<think>hm</think>{}", "{}\n\nExplanation: see the upper part.", "{}—see the arrow", "{} – see the arrow", "{} (see the arrow)",
    "{}… see", "Response: {}",
    "{} [1].", "{} 🙂", "{}, because it shows", "~~zebra~~ {}", "Answer: {}\nConfidence: high",
]  # fmt: skip
"""Ways to write one answer, all of which are read."""
TOGETHER = [
    "{x} or {y}", "{x}/{y}", "{x} and {y}", "{x}, {y}", "{x}\n{y}", "{x}; {y}", "not {x}", "{x}, not {y}", "{x} is wrong", "{x}—{y}",
    "{x} ({y})",
    "{x}? {y}", "{x}: {y}", "It is {x}", "It is not {x}", "Either {x} or {y}.", "neither {x} nor {y}", "{x} rather than {y}", "maybe {x}",
    "The answer is {x}, not {y}.", "Answer: {x}\nAnswer: {y}", r"\boxed{{{x}}} \boxed{{{y}}}", '{{"answer": "{x}", "label": "{y}"}}',
    "{x}. Final answer: {y}", "<think>{y}</think>{x}", "~~{y}~~ {x}", "I think {x}", "{x} is likely", "{x} is excluded", "{x} {y}",
]  # fmt: skip
"""Ways to write two answers, or one less clearly: read or not, but alike."""

CLOSED = [("yes", "no", "left", "right", "mri"), ("yes", "no", "1", "both lungs")]
"""Answers of closed questions about images."""

pairs = st.sampled_from(SETS).flatmap(lambda labels: st.tuples(st.just(labels), st.permutations(labels).map(lambda order: order[:2])))
typed = st.sampled_from([str, str.upper, str.title, str.lower])


def read(reply: str, choices: Sequence[str]) -> str | None:
    return parsing.yes_no(reply) if set(choices) == {"yes", "no"} else parsing.choice(reply, choices)


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: ascii(case["reply"])[:40])
def test_a_reply_is_read_as_a_careful_person_reads_it(case: dict[str, str]) -> None:
    assert read(case["reply"], case["choices"]) == case["right"]


def test_the_replies_are_many_and_balanced() -> None:
    assert len(REPLIES) >= 300
    count = Counter(case["right"] for case in REPLIES)
    assert abs(count["yes"] - count["no"]) <= 10
    assert abs(count["normal"] - count["pneumonia"]) <= 12


@settings(max_examples=150)
@given(labels=st.sampled_from(SETS), shape=st.sampled_from(AROUND), form=typed, data=st.data())
def test_every_answer_is_read_in_any_typography(labels: tuple[str, ...], shape: str, form: object, data: st.DataObject) -> None:
    label = data.draw(st.sampled_from(labels))
    reply = shape.format(form(label))  # type: ignore[operator]
    assert read(reply, labels) == label


@settings(max_examples=150)
@given(pair=pairs, shape=st.sampled_from(TOGETHER), form=typed)
def test_two_answers_exchanged_are_read_alike(pair: tuple[tuple[str, ...], Sequence[str]], shape: str, form: object) -> None:
    labels, (one, other) = pair
    reply, mirror = (shape.format(x=form(x), y=form(y)) for x, y in ((one, other), (other, one)))  # type: ignore[operator]
    swapped = {one: other, other: one, None: None}
    assert swapped.get(read(reply, labels), read(reply, labels)) == read(mirror, labels)


@given(labels=st.sampled_from([found for found in SETS if len(found) <= LETTERS and found != ("yes", "no")]), data=st.data())
def test_every_letter_is_read_in_any_typography(labels: tuple[str, ...], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(labels) - 1))
    letter = chr(ord("A") + place)
    # Where labels are numbers, a cited one is another of them.
    cited = ["{} [1]."] if any(label.isdecimal() for label in labels) else []
    shape = data.draw(st.sampled_from([shape for shape in AROUND if shape not in ("{} 🙂", *cited)]))
    assert parsing.choice(shape.format(letter), labels) == labels[place]
    assert parsing.choice(shape.format(f"{letter}. {labels[place]}"), labels) == labels[place]
    other = labels[(place + 1) % len(labels)]
    assert parsing.choice(f"{letter}. {other}", labels) is None


@given(shape=st.sampled_from(AROUND), labels=st.sampled_from(CLOSED), data=st.data())
def test_closed_questions_are_read_alike_through_the_first_line(shape: str, labels: tuple[str, ...], data: st.DataObject) -> None:
    label = data.draw(st.sampled_from(labels))
    assert closed_label(parsing.first_line(shape.format(label)), sorted(labels)) == label


@given(shape=st.sampled_from(AROUND), label=st.sampled_from(["包含", "不包含", "是", "不是", "左侧"]))
def test_closed_questions_in_chinese_are_read_alike(shape: str, label: str) -> None:
    assert closed_label_in_chinese(parsing.first_line(shape.format(label)), ["包含", "不包含", "是", "不是", "左侧"]) == label
