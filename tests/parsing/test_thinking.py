"""Thoughts and answers: the tags of published models, and what becomes of thoughts that are begun, left open or told of."""

from __future__ import annotations

import pytest

from harness.parsing.thinking import KNOWN, Reply, is_begun, split, tags_of

CASES = {
    "no thought": ("yes", False, Reply(thinking="", answer="yes")),
    "a thought": ("<think>a lung\n</think>\n\nyes", False, Reply(thinking="a lung", answer="yes", place="after")),
    "begun by the template": ("a lung</think>yes", True, Reply(thinking="a lung", answer="yes", place="after")),
    "its opening is lost": ("a lung</think>yes", False, Reply(thinking="a lung", answer="yes", place="after")),
    "never closed": ("<think>a lung, or", False, Reply(thinking="a lung, or", answer="", place="nowhere")),
    "begun and never closed": ("a lung, or", True, Reply(thinking="a lung, or", answer="", place="nowhere")),
    "nothing after it": ("<think>a lung</think>\n", False, Reply(thinking="a lung", answer="", place="nowhere")),
    "closed twice": ("<think></think>yes </think> no", False, Reply(thinking="", answer="yes </think> no", place="after")),
    "two thoughts": ("<think>a</think>\n<think>b</think>yes", False, Reply(thinking="a\nb", answer="yes", place="after")),
    "words before it": ("Sure. <think>a lung</think>yes", False, Reply(thinking="Sure.\na lung", answer="yes", place="after")),
    "a thought after the answer": ("yes\n<think>or no", False, Reply(thinking="or no", answer="yes", place="alone")),
    "other letters": ("<Think>a lung</THINK>yes", False, Reply(thinking="a lung", answer="yes", place="after")),
}


@pytest.mark.parametrize(("written", "begun", "expected"), CASES.values(), ids=CASES)
def test_thoughts_are_set_apart(written: str, begun: bool, expected: Reply) -> None:
    assert split(written, begun=begun) == expected


@pytest.mark.parametrize("pair", KNOWN, ids=[opening for opening, _ in KNOWN])
def test_every_known_pair_is_one_thought_before_the_answer(pair: tuple[str, str]) -> None:
    opening, closing = pair
    after = Reply(thinking="no, no", answer="yes", place="after")
    assert split(f"{opening}no, no{closing}\n\nyes") == after
    assert split(f"no, no{closing}yes") == after
    assert split(f"{opening}no, no") == Reply(thinking="no, no", answer="", place="nowhere")
    assert is_begun(f"Is it broken?\nassistant{opening}\n")


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("<|channel|>analysis<|message|>no<|end|><|start|>assistant<|channel|>final<|message|>yes<|return|>", "yes"),
        ("analysisThe user asks; no.assistantfinalyes", "yes"),
        ("<|begin_of_thought|>no<|end_of_thought|>\n<|begin_of_solution|>\nyes\n<|end_of_solution|>", "yes"),
        ("<think>no</think>\n<answer>yes</answer>", "yes"),
        ("<answer>yes</answer>", "<answer>yes</answer>"),
        ("analysis of the fluid: clear", "analysis of the fluid: clear"),
    ],
)
def test_what_models_write_around_the_answer_after_a_thought_is_no_part_of_it(written: str, answer: str) -> None:
    assert split(written).answer == answer


def test_tags_of_ones_own_stand_instead_of_those_that_are_known() -> None:
    tags = tags_of("<<|>>")
    assert split("<<no>>yes", tags).answer == "yes"
    assert split("<think>no</think>yes", tags).answer == "<think>no</think>yes"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("<think>|</think>", ("<think>", "</think>")),
        ("<|begin|>|<|end|>", ("<|begin|>", "<|end|>")),
        ("Thought:|Answer:", ("Thought:", "Answer:")),
    ],
)
def test_a_tag_may_hold_bars(text: str, pair: tuple[str, str]) -> None:
    assert tags_of(text) == (pair,)


@pytest.mark.parametrize("text", ["", "<think>", "<think>|", "|</think>", "a|b|c"])
def test_what_is_not_two_tags_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="what opens and what closes"):
        tags_of(text)


@pytest.mark.parametrize(
    ("prompt", "turn", "begun"),
    [
        ("Q\n<bot><think>\n", "<bot><think>\n", True),
        ("Q\n<bot><think>\nOkay, ", "<bot><think>\nOkay, ", True),
        ("Q\n<bot><think>\n\n</think>\n\n", "<bot><think>\n\n</think>\n\n", False),
        ("Put your thoughts between <think> and the end.\n<bot>", "<bot>", False),
        ("Say what you think. <think>", "", True),
    ],
    ids=["opened", "opened with words", "switched off", "told of", "no template"],
)
def test_a_prompt_may_begin_a_thought(prompt: str, turn: str, begun: bool) -> None:
    assert is_begun(prompt, turn=turn) is begun
