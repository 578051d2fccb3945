"""What a task promises of its card and rows: they are what is said, and each becomes one example that can be asked."""

from __future__ import annotations

from harness import cards
from harness.checks.subject import Property, Subject, short
from harness.data import contract
from harness.data import examples as loading
from harness.images.pixels import decode
from harness.parsing import SEPARATOR

_FEWEST = 5


def _card(on: Subject) -> str:
    card = on.task.card
    if len(set(card.labels)) != len(card.labels):
        return "a label occurs twice"
    if f"DATA_ROOT/{card.folder}" not in card.obtain:
        return f"'obtain' does not say that the release goes to DATA_ROOT/{card.folder}"
    if card.splits["test"].n is None and card.access == "open" and card.paper_split_known:
        return "an open release has a known size: give splits.test its n, or say with paper_split_known = false that it has none"
    for name, split in card.splits.items():
        for dimension, counts in split.counts.items():
            if split.n is not None and sum(counts.values()) != split.n:
                return f"splits.{name}: the counts of {dimension} add up to {sum(counts.values()):,}, n is {split.n:,}"
            if dimension == "label" and set(counts) != set(card.labels):
                return f"splits.{name}: the counts of label are not those of the card's labels"
    return ""


def _read(on: Subject) -> str:
    if len(on.examples) < _FEWEST:
        return f"{len(on.examples)} usable rows; {_FEWEST} are the least that shows anything"
    if not on.synthetic:
        return ""
    described = cards.with_sample(on.task.card, on.root / "sample.toml").splits
    if extra := set(described) - set(on.task.card.splits):
        return f"the sample has a split {', '.join(sorted(extra))} that the card does not"
    for split in described:
        loading.load(on.task, split=split, sample=True)  # counts what sample.toml says
    return ""


def _pictures(on: Subject) -> str:
    for example in on.examples:
        for image in example.input.images:
            decode(image, "L")  # raises what names the file
    return ""


def _ids(on: Subject) -> str:
    where: dict[str, str] = {}
    for row, example in zip(on.rows, on.examples, strict=True):
        if not isinstance(example.id, str) or not example.id.strip():
            return f"{row.where}: the id is {example.id!r}; it must be a text"
        if example.id in where:
            return f"{row.where}: the id '{example.id}' is that of {where[example.id]}"
        where[example.id] = row.where
    return ""


def _groups(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        if not isinstance(example.group, str) or not example.group.strip():
            return f"{row.where}: no group; where nothing belongs together it is the id"
    return ""


def _tags(on: Subject) -> str:
    dimensions = sorted(on.examples[0].tags)
    for row, example in zip(on.rows, on.examples, strict=True):
        if sorted(example.tags) != dimensions:
            return f"{row.where}: tags {sorted(example.tags)}, elsewhere {dimensions}"
        if not all(isinstance(value, str) for value in example.tags.values()):
            return f"{row.where}: a tag is no text: {dict(example.tags)}"
    card = on.task.card
    words = {} if card.variant else card.words  # those of all forms of a task stand on its card
    for what, named in (("counts", card.splits["test"].counts), ("has words for", words)):
        if missing := set(named) - set(dimensions):
            return f"the card {what} {', '.join(sorted(missing))}, and no tag has that name"
    return ""


def _pure(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        again = contract.example_of(on.task, row)
        if (again.id, again.target, again.group, dict(again.tags), again.input.text) != (
            example.id, example.target, example.group, dict(example.tags), example.input.text,
        ):  # fmt: skip
            return f"{row.where}: example() gives another example the second time"
        first, second = (contract.prompt_of(on.task, example.input, example.id) for _ in range(2))
        if first != second:
            return f"{row.where}: prompt() gives another prompt the second time"
    return ""


def _choices(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        choices = example.input.choices
        if bool(choices) != on.task.decoding.score_choices:
            return f"{row.where}: {len(choices)} choices, and decoding.score_choices is {on.task.decoding.score_choices}"
        if not choices:
            continue
        if len(set(choices)) != len(choices):
            return f"{row.where}: a choice occurs twice"
        if on.card.labels and choices != on.card.labels:
            return f"{row.where}: the choices are not the card's labels in their order"
        named = set(example.target.split(SEPARATOR)) - {""} if on.task.decide is not None else {example.target}
        if not named <= set(choices):
            return f"{row.where}: the target {short(example.target)} is none of the choices"
    return ""


def _prompts(on: Subject) -> str:
    for row, example in zip(on.rows, on.examples, strict=True):
        prompt = contract.prompt_of(on.task, example.input, example.id)
        if not prompt.strip():
            return f"{row.where}: the prompt is {prompt!r}"
    return ""


READ = Property(name="readable", says="the sample, or the release, is read in the official layout, and counts hold", broken=_read)
OF_ROWS: tuple[Property, ...] = (
    Property(name="card", says="the card is complete, and its counts add up", broken=_card),
    READ,
    Property(name="pictures", says="every picture can be read", broken=_pictures),
    Property(name="ids", says="every example has an id of its own", broken=_ids),
    Property(name="groups", says="every example says what it is resampled with", broken=_groups),
    Property(name="tags", says="all examples have the same tags, those that the card counts or names among them", broken=_tags),
    Property(name="pure", says="the same row gives the same example and the same prompt", broken=_pure),
    Property(name="prompts", says="every example has a prompt", broken=_prompts),
    Property(name="choices", says="choices are the card's labels, the target is one of them, and they are scored", broken=_choices),
)
