"""What the outputs of a transformers classifier mean: its settings' labels or the user's, matched to the task's by name, never by place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.models.hf.facts import Opened
from harness.types import ModelInfo

_NAMELESS = re.compile(r"((label|class|output|c)[ _-]?)?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling(Opened):
    """A checkpoint that tells labels apart."""

    def labelled(self, wanted: Sequence[str], task: str, facts: Mapping[str, str], **own: Any) -> tuple[tuple[str, ...], ModelInfo]:
        """The task's label for each output, and the facts of a model that answers with them.

        Args:
            wanted: The task's labels.
            task: Its name.
            facts: What else can change an answer.
            own: Further fields of a `ModelInfo`.

        Raises:
            UsageError: The outputs' labels say nothing, or they are not the task's, each once.
        """
        config = self.checkpoint.config
        named = {int(number): str(label) for number, label in (config.id2label or {}).items()}
        given = self.arguments.labels or tuple(named[number] for number in sorted(named))
        labels = _matched(self.checkpoint.name, given, wanted, task)
        alone = config.problem_type == "multi_label_classification"
        facts = {**facts, "output": "sigmoid" if alone else "softmax", "labels": "|".join(labels)}
        return labels, self.info(facts, scores="independent" if alone else "softmax", reads_prompt=False, **own)


def _matched(name: str, own: Sequence[str], wanted: Sequence[str], task: str) -> tuple[str, ...]:
    """The task's label for each output: the one of the same name, whatever its case and whatever joins its words."""
    order = "|".join(wanted)
    if len(own) < 2:
        raise UsageError(
            f"{name}: a network of one output, which is a number and tells no labels apart; {task} asks for {', '.join(wanted)}."
        )
    if all(_NAMELESS.fullmatch(label) for label in own):
        raise UsageError(
            f"{name}: its settings call its outputs {', '.join(own)}, which says nothing of what they mean. Give {task}'s labels in the"
            f" order of its outputs; were {wanted[0]} its first: -a 'labels={order}'"
        )
    by_name = {_folded(label): label for label in wanted}
    labels = [by_name.get(_folded(label), "") for label in own]
    if len(by_name) < len(wanted) or sorted(labels) != sorted(wanted):
        raise UsageError(f"{name} tells apart {', '.join(own)}; {task} asks for {', '.join(wanted)}. {_remedy(own, wanted)}")
    return tuple(labels)


def _remedy(own: Sequence[str], wanted: Sequence[str]) -> str:
    """What a user can say whose labels have other names; an order is shown only where the names' beginnings give it."""
    if len(own) != len(wanted):
        return f"Its {len(own)} outputs are not the task's {len(wanted)} labels, whatever they are called."
    meant = [[label for label in wanted if _begin_alike(_folded(one), _folded(label))] for one in own]
    if all(len(labels) == 1 for labels in meant) and {labels[0] for labels in meant} == set(wanted):
        return f"If they mean the same: -a 'labels={'|'.join(labels[0] for labels in meant)}'"
    return f"If they mean the same, give the task's names in this order, one for each of {', '.join(own)}: -a 'labels=…|…'"


def _begin_alike(one: str, other: str) -> bool:
    return bool(one) and (one.startswith(other) or other.startswith(one))


def _folded(label: str) -> str:
    return " ".join(re.split(r"[\s_-]+", label.casefold().strip()))
