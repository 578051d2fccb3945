"""A reasoning model's thoughts, set apart from its answer: one table of tags and one rule for every way in which replies arrive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

Pair = tuple[str, str]
"""What opens a thought, and what closes it."""

KNOWN: tuple[Pair, ...] = (
    ("<think>", "</think>"),  # DeepSeek R1, Qwen 3, and most others
    ("[THINK]", "[/THINK]"),  # Magistral
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reason>", "</reason>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),  # Sky-T1, OpenThinker
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A Reasoning
    ("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ("<seed:think>", "</seed:think>"),  # Seed-OSS
    ("<longcat_think>", "</longcat_think>"),
    ("◁think▷", "◁/think▷"),  # Kimi
    ("<unused94>thought", "<unused95>"),  # MedGemma
    ("<|channel>thought", "<channel|>"),  # Gemma
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),  # gpt-oss
    ("## Thinking", "## Final Response"),  # HuatuoGPT-o1
    ("Here is my thought process:", "Here is my response:"),  # Granite 3
)
"""The tags of published models; either one is known for what it is where the other is absent."""

_STRIPPED: tuple[Pair, ...] = (("analysis", "assistantfinal"),)
"""What is left of gpt-oss's tags where their special tokens are gone: common words, which mean a thought only at the start and together."""

_AROUND: tuple[Pair, ...] = (
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    ("<response>", "</response>"),
    ("<answer>", "</answer>"),
    ("", "<|return|>"),
    ("", "<|end|>"),
)
"""What some models write around the answer that follows a thought."""

_BRACKETS = {">": "<", "]": "[", "▷": "◁"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was written, in two parts."""

    thinking: str
    answer: str
    place: Literal["alone", "after", "nowhere"] = "alone"
    """Where the answer stands: before any thought or without one; after a thought that was closed; or a thought is all there is."""


def split(written: str, tags: Sequence[Pair] = KNOWN, *, begun: bool = False) -> Reply:
    """Thoughts and answer.

    The answer is what stands after the last thought, or, where nothing does, what stood before it. A thought that was opened, here or by
    the prompt, and never closed has no answer after it. A closing tag alone closes what the reply began with: its opening was lost.

    Args:
        written: What the model wrote.
        tags: What opens and what closes a thought.
        begun: Whether the prompt ended within a thought.
    """
    opening, closing = _patterns(tuple(tags))
    if not begun and tags is KNOWN and (stripped := _stripped(written)):
        return stripped
    parts: list[tuple[bool, str]] = []  # whether it is thought, and what it says
    rest, inside = written, begun
    if not inside and (first := closing.search(rest)) and not opening.search(rest, 0, first.start()):
        inside = True
    while tag := (closing if inside else opening).search(rest):
        parts.append((inside, rest[: tag.start()]))
        rest, inside = rest[tag.end() :], not inside
    if not inside and not parts:
        return Reply(thinking="", answer=written)
    parts.append((inside, rest))
    last = max((place for place, (thought, text) in enumerate(parts) if not thought and text.strip()), default=None)
    thinking = "\n".join(text.strip() for place, (_, text) in enumerate(parts) if place != last and text.strip())
    if last is None:
        return Reply(thinking=thinking, answer="", place="nowhere")
    after = any(thought for thought, _ in parts[:last])
    answer = parts[last][1].strip()
    return Reply(thinking=thinking, answer=_bare(answer) if after else answer, place="after" if after else "alone")


def is_begun(prompt: str, tags: Sequence[Pair] = KNOWN, *, turn: str = "") -> bool:
    """Whether a rendered prompt ends within a thought: templates of some reasoning models open it themselves.

    Args:
        prompt: The whole of it; what it says elsewhere of tags is talk about them.
        tags: What opens and what closes a thought.
        turn: Its end as far as it is the model's own turn, where that is known: a thought may have begun there with words.
    """
    opening, closing = _patterns(tuple(tags))
    if prompt.rstrip().lower().endswith(tuple(begins.lower() for begins, _ in tags)):
        return True
    last = {kind: max((tag.end() for tag in kind.finditer(turn)), default=-1) for kind in (opening, closing)}
    return last[opening] > last[closing]


def tags_of(text: str) -> tuple[Pair, ...]:
    """The tags of ``--model-arg thinking_tags=OPENING|CLOSING``.

    Raises:
        ValueError: What it must be, where it is not two tags with a bar between them.
    """
    # A tag may hold bars itself: <|begin|>|<|end|>.
    parts = [(text[:place], text[place + 1 :]) for place, sign in enumerate(text) if sign == "|"]
    pairs = [(opening.strip(), closing.strip()) for opening, closing in parts if opening.strip() and closing.strip()]
    fit = [pair for pair in pairs if all(_is_whole(tag) for tag in pair)] or pairs
    if len(fit) != 1:
        raise ValueError("what opens and what closes, as in <think>|</think>")
    return (fit[0],)


def _is_whole(tag: str) -> bool:
    """Whether every bracket of a tag has its partner."""
    waiting: list[str] = []
    for sign in tag:
        if sign in _BRACKETS.values():
            waiting.append(sign)
        elif sign in _BRACKETS and (not waiting or waiting.pop() != _BRACKETS[sign]):
            return False
    return not waiting


def _stripped(written: str) -> Reply | None:
    for opens, closes in _STRIPPED:
        inside, closed, after = written.strip().partition(closes)
        if closed and inside.startswith(opens):
            return Reply(thinking=inside.removeprefix(opens).strip(), answer=after.strip(), place="after" if after.strip() else "nowhere")
    return None


def _bare(answer: str) -> str:
    """An answer without what some models write around it."""
    for opens, closes in _AROUND:
        if answer.startswith(opens) and (opens or answer.endswith(closes)):
            answer = answer.removeprefix(opens).removesuffix(closes).strip()
    return answer


@cache
def _patterns(tags: tuple[Pair, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What finds an opening, and what finds a closing; letters of either case."""
    opening, closing = ("|".join(re.escape(pair[side]) for pair in tags) for side in (0, 1))
    return re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE)
