"""A reasoning model's thoughts, set apart from its answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was written, in two parts."""

    thinking: str
    answer: str


def split(written: str, tags: tuple[str, str], *, begun: bool) -> Reply:
    """Thoughts and answer.

    What stands before the first closing tag is thought; a thought that was opened, here or by the prompt, and never closed has no answer
    after it.

    Args:
        written: What the model wrote.
        tags: What opens and what closes a thought.
        begun: Whether the prompt ended within a thought.
    """
    opening, closing = tags
    said = written.lstrip()
    if not (begun or said.startswith(opening) or closing in said):
        return Reply(thinking="", answer=written)
    inside, closed, after = said.removeprefix(opening).partition(closing)
    return Reply(thinking=inside.strip(), answer=after.strip() if closed else "")


def is_begun(prompt: str, tags: tuple[str, str]) -> bool:
    """Whether a rendered prompt ends within a thought: templates of some reasoning models open it themselves."""
    return prompt.rstrip().endswith(tags[0])
