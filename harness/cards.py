"""Cards: the facts of each task, read from TOML."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from harness.base.names import named
from harness.errors import AdapterError
from harness.files.checksum import State
from harness.files.reading import decode, read_toml

Family = Literal["vqa", "captioning", "classification", "understanding", "summarization"]
RELEASES = "releases"
"""The folder of what several cards share, beside those of the families."""
SAMPLE = "sample.toml"
"""The file beside an invented sample that gives its splits."""
Access = Literal["open", "registration", "application", "credentialed"]

Text = Annotated[str, Meta(pattern=r"\S", description="a text")]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_]*$(?!\n)", description="small letters, digits and underscores")]
"""What becomes a part of a path."""
Number = Annotated[int, Meta(gt=0, description="a whole number above 0")]
Count = Annotated[int, Meta(ge=0, description="a whole number")]


class Split(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The expected facts of one split, and how the source's reader finds its rows."""

    n: Number | None = None
    """Expected examples; None where no fixed number exists."""
    counts: Mapping[str, Mapping[str, Count]] = {}
    """Dimension to value to expected number: ``{"answer_type": {"closed": 272, "open": 179}}``."""
    groups: Number | None = None
    """Expected number of resampled units."""
    select: Mapping[str, Any] = {}
    """Where the rows are, in the words of the reader: a file, a field and its values, a range of rows."""


class CardFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a card's file says of a task, or of one variant of it."""

    name: Name
    version: Number
    """Raised whenever a number could move."""
    family: Family
    adapter: Text
    """The module beside the card that reads this record shape."""
    title: Text
    modality: Text
    folder: Name
    """The release's folder under the data root."""
    source: Mapping[str, Any]
    """The reader's name and its file names."""
    splits: Mapping[str, Split]
    group: Text
    """The unit that is resampled: image, patient, report, topic, sample."""
    labels: tuple[Text, ...] = ()
    """Classes in index order; empty where the answer is free."""
    numbered: bool = False
    """Whether the release itself numbers its labels, from 0 and in this order."""
    ids: Text | None = None
    """What an id of an example is, and how it joins to the release: the rest of "an id is …"."""
    blind_names: bool = False
    """Whether the names and folders of the release's pictures say nothing of the answers, so that an export may state them."""
    words: Mapping[str, Mapping[str, Text]] = {}
    """Dimension to value to what people call it, where a release abbreviates: ``{"organ": {"abd": "abdomen"}}``. The empty value names
    the dimension itself."""
    facts: Mapping[str, Any] = {}
    """Facts that the adapter alone needs, such as the index of the positive class."""
    licence: Text
    access: Access
    obtain: Text
    """How to get the release, printed verbatim where it is missing."""
    citation: Text
    homepage: Text = ""
    known_flaws: tuple[Text, ...] = ()
    paper: Text = ""
    """What is known of the split that the BiomedGPT paper used; says so where it cannot be known."""
    paper_split_known: bool = True


class CardFile(CardFacts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card's file: the facts of a task, and what each of its other forms changes."""

    release: Name = ""
    """The file of what several cards share, in the folder ``releases``."""
    variants: Mapping[str, Mapping[str, Any]] = {}


class Card(CardFacts, frozen=True, kw_only=True):
    """What is known of a task without reading its data."""

    variant: str = ""
    """What follows the ``@``; empty for the default."""
    variants: tuple[str, ...] = ()
    """The names of the other forms of this task; empty on a variant's own card."""
    path: Path
    """The card's file, for messages."""

    @property
    def full_name(self) -> str:
        """``name@variant``, or the name alone."""
        return f"{self.name}@{self.variant}" if self.variant else self.name

    @property
    def is_of_sample(self) -> bool:
        """Whether its splits are those of the invented sample, whose files have none of the release's checksums."""
        return self.path.name == SAMPLE

    @property
    def credentialed(self) -> bool:
        """Whether text and images may not leave the machine or enter a shared file."""
        return self.access in ("credentialed", "application")


def read_card(path: Path, variant: str = "") -> Card:
    """The card in a TOML file, on top of what its release shares, with the keys that a variant overrides: read once while they stay.

    Raises:
        AdapterError: The file is no TOML, lacks a key, has one that no card has, or a value of the wrong kind.
        UsageError: The card has no such variant.
    """
    try:
        states = [State.of(file) for file in (path, *sorted((path.parent.parent / RELEASES).glob("*.toml")))]
    except OSError:
        states = []  # reading it says why
    if states and all(state.is_settled for state in states):
        return _remembered(path, variant, tuple(state.stamp for state in states))
    return _card(path, variant)


@functools.lru_cache(maxsize=1024)
def _remembered(path: Path, variant: str, stamps: tuple[str, ...]) -> Card:  # noqa: ARG001  a changed file is another entry
    return _card(path, variant)


def _tables(path: Path) -> Mapping[str, Any]:
    """A TOML file; read once while it stays as it is. Nobody changes what is in it."""
    try:
        state = State.of(path)
    except OSError:
        return read_toml(path, AdapterError)  # which says why
    return _read_once(path, state.stamp) if state.is_settled else read_toml(path, AdapterError)


@functools.lru_cache(maxsize=256)
def _read_once(path: Path, stamp: str) -> Mapping[str, Any]:  # noqa: ARG001  a changed file is another entry
    return read_toml(path, AdapterError)


def _card(path: Path, variant: str) -> Card:
    content = _of_release(dict(_tables(path)), path)
    overrides = decode(dict[str, dict[str, Any]], content.pop("variants", {}), f"{path}: variants", error=AdapterError)
    if variant:
        variant = named(f"variant of {content.get('name', path.stem)}", variant, overrides)
        content |= overrides[variant]
    facts = decode(CardFacts, content, path, remedy="A card's keys are listed in tasks/README.md.", error=AdapterError)
    for wrong, what in (
        ("test" not in facts.splits, "there is no [splits.test]"),
        (not str(facts.source.get("reader", "")).strip(), "source: lacks 'reader'"),
        (len(set(facts.labels)) < len(facts.labels), f"labels: must be different texts, not {facts.labels!r:.80}"),
    ):
        if wrong:
            raise AdapterError(f"{path}: {what}.")
    return Card(**asdict(facts), variant=variant, variants=() if variant else tuple(sorted(overrides)), path=path)


def with_sample(card: Card, path: Path) -> Card:
    """The card as it describes its invented sample: the splits that the sample's own file gives, everything else as it is.

    Args:
        card: A task's card.
        path: ``sample.toml`` beside the sample; it holds a table of splits per ``name@variant``.

    Raises:
        AdapterError: The file lacks the task or is malformed.
    """
    content = _tables(path)
    if card.full_name not in content:
        raise AdapterError(f'{path}: no table ["{card.full_name}"]; a sample states the splits of every task it serves.')
    splits = decode(dict[str, Split], content[card.full_name], f"{path}: {card.full_name}", error=AdapterError)
    return replace(card, splits=splits, path=path)


def _of_release(own: dict[str, Any], path: Path) -> dict[str, Any]:
    """A card that names a release: what its cards share with the card's keys on top, and a variant for each further file of the task."""
    if "release" not in own:
        return own
    release = decode(Name, own.pop("release"), f"{path}: release", remedy="It names a file in the folder releases.", error=AdapterError)
    home = path.parent.parent / RELEASES / f"{release}.toml"
    shared = dict(_tables(home))
    file, variant, files = (shared.pop(key, {}) for key in ("file", "variant", "files"))
    forms: dict[str, Any] = {}
    try:
        for name, facts in files[own["name"]].items():
            words = {**facts, "title": own["title"], "variant": name, "full_name": f"{own['name']}@{name}" if name else own["name"]}
            forms[name] = _over(_filled({**file, **variant} if name else file, words), {"source": facts})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise AdapterError(f"{home}: no files of the task of {path.name}, or not as tasks/README.md describes them ({error}).") from error
    return _over(_over(shared, forms.pop("", {})), _over({"variants": forms}, own))


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables in one, tables within them as well; what both have is as above."""
    both = {
        key: _over(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return {**below, **both}


def _filled(value: Any, words: Mapping[str, Any]) -> Any:
    """A value with the ``$words`` of its texts replaced."""
    if isinstance(value, dict):
        return {key: _filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    return Template(value).substitute(words) if isinstance(value, str) else value
