"""Cards: the facts of each task, read from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Any, Literal, TypeAlias, get_args

from harness.errors import AdapterError, unknown

Family = Literal["vqa", "captioning", "classification", "understanding", "summarization"]
SAMPLE = "sample.toml"
"""The file beside an invented sample that gives its splits."""
Access = Literal["open", "registration", "application", "credentialed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The expected facts of one split, and how the source's reader finds its rows."""

    n: int | None = None
    """Expected examples; None where no fixed number exists."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Dimension to value to expected number: ``{"answer_type": {"closed": 272, "open": 179}}``."""
    groups: int | None = None
    """Expected number of resampled units."""
    select: Mapping[str, Any] = field(default_factory=dict)
    """Where the rows are, in the words of the reader: a file, a field and its values, a range of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is known of a task without reading its data."""

    name: str
    variant: str = ""
    """What follows the ``@``; empty for the default."""
    variants: tuple[str, ...] = ()
    """The names of the other forms of this task; empty on a variant's own card."""
    version: int
    """Raised whenever a number could move."""
    family: Family
    adapter: str
    """The module beside the card that reads this record shape."""
    title: str
    modality: str
    folder: str
    """The release's folder under the data root."""
    source: Mapping[str, Any]
    """The reader's name and its file names."""
    splits: Mapping[str, Split]
    group: str
    """The unit that is resampled: image, patient, report, topic, sample."""
    labels: tuple[str, ...] = ()
    """Classes in index order; empty where the answer is free."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Facts that the adapter alone needs, such as the index of the positive class."""
    licence: str
    access: Access
    obtain: str
    """How to get the release, printed verbatim where it is missing."""
    citation: str
    homepage: str = ""
    known_flaws: tuple[str, ...] = ()
    paper: str = ""
    """What is known of the split that the BiomedGPT paper used; says so where it cannot be known."""
    paper_split_known: bool = True
    path: Path = field(compare=False)
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


_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def read_card(path: Path, variant: str = "") -> Card:
    """The card in a TOML file, on top of what its release shares, with the keys that a variant overrides.

    Raises:
        AdapterError: The file is no TOML, lacks a key, has one that no card has, or a value of the wrong kind.
        UsageError: The card has no such variant.
    """
    content = _of_release(_toml(path), path)
    overrides = content.pop("variants", {})
    if not _is_table(overrides) or not all(_is_table(keys) for keys in overrides.values()):
        raise AdapterError(f"{path}: 'variants' must be tables, [variants.NAME], of the keys that each changes.")
    if variant:
        if variant not in overrides:
            raise unknown(f"variant of {content.get('name', path.stem)}", variant, overrides)
        content |= overrides[variant]
    return _card(content, path, variant, () if variant else tuple(sorted(overrides)))


def with_sample(card: Card, path: Path) -> Card:
    """The card as it describes its invented sample: the splits that the sample's own file gives, everything else as it is.

    Args:
        card: A task's card.
        path: ``sample.toml`` beside the sample; it holds a table of splits per ``name@variant``.

    Raises:
        AdapterError: The file lacks the task or is malformed.
    """
    content = _toml(path)
    if card.full_name not in content:
        raise AdapterError(f'{path}: no table ["{card.full_name}"]; a sample states the splits of every task it serves.')
    if not _is_table(content[card.full_name]):
        raise AdapterError(f"{path}: '{card.full_name}' must be a table of splits.")
    splits = {name: _split(value, f"{path}: {card.full_name}.{name}") for name, value in content[card.full_name].items()}
    return replace(card, splits=splits, path=path)


def _of_release(own: dict[str, Any], path: Path) -> dict[str, Any]:
    """A card that names a release: what its cards share with the card's keys on top, and a variant for each further file of the task."""
    if "release" not in own:
        return own
    release = own.pop("release")
    if not isinstance(release, str) or _NAME.fullmatch(release) is None:
        raise AdapterError(f"{path}: 'release' must be the name of a file in {path.parent.parent / 'releases'}, without .toml.")
    home = path.parent.parent / "releases" / f"{release}.toml"
    shared = _toml(home)
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
    both = {key: _over(below[key], value) if _is_table(value) and _is_table(below.get(key)) else value for key, value in above.items()}
    return {**below, **both}


def _filled(value: Any, words: Mapping[str, Any]) -> Any:
    """A value with the ``$words`` of its texts replaced."""
    if isinstance(value, dict):
        return {key: _filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    return Template(value).substitute(words) if isinstance(value, str) else value


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AdapterError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AdapterError(f"{path}: not a TOML file ({error}).") from error


def _card(content: Mapping[str, Any], path: Path, variant: str, others: tuple[str, ...]) -> Card:
    missing = [key for key in _REQUIRED if key not in content]
    extra = sorted(set(content) - {*_REQUIRED, *_OPTIONAL})
    if missing or extra:
        what = [f"lacks {', '.join(missing)}"] if missing else []
        what += [f"has unknown key {', '.join(extra)}"] if extra else []
        raise AdapterError(f"{path}: the card {' and '.join(what)}. A card's keys are listed in tasks/README.md.")
    for key, value in content.items():
        fits, what_it_is = _KINDS[key]
        if not fits(value):
            raise AdapterError(f"{path}: '{key}' must be {what_it_is}, not {value!r:.80}.")
    for key, allowed in (("family", get_args(Family)), ("access", get_args(Access))):
        if content[key] not in allowed:
            raise AdapterError(f"{path}: '{key}' is '{content[key]}'; it must be one of {', '.join(allowed)}.")
    if "test" not in content["splits"]:
        raise AdapterError(f"{path}: there is no [splits.test].")
    fields = {key: value for key, value in content.items() if key != "splits"}
    for key in ("labels", "known_flaws"):
        fields[key] = tuple(fields.get(key, ()))
    splits = {name: _split(value, f"{path}: splits.{name}") for name, value in content["splits"].items()}
    return Card(**fields, variant=variant, variants=others, splits=splits, path=path)


def _split(content: Any, where: str) -> Split:
    if not isinstance(content, dict) or set(content) - set(_SPLIT_KINDS):
        raise AdapterError(f"{where}: a split is a table with the keys {', '.join(_SPLIT_KINDS)}.")
    for key, value in content.items():
        fits, what_it_is = _SPLIT_KINDS[key]
        if not fits(value):
            raise AdapterError(f"{where}: '{key}' must be {what_it_is}, not {value!r:.80}.")
    return Split(**content)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _is_table_of_counts(value: Any) -> bool:
    return _is_table(value) and all(_is_table(counts) and all(_is_count(n) for n in counts.values()) for counts in value.values())


_Kind: TypeAlias = tuple[Callable[[Any], bool], str]
"""Whether a value fits, and what a fitting one is."""

_A_TEXT: _Kind = (_is_text, "a text")
_A_NUMBER: _Kind = (_is_number, "a whole number above 0")
_A_TABLE: _Kind = (_is_table, "a table")
_TEXTS = ("family", "adapter", "title", "modality", "group", "licence", "access", "obtain", "citation")
_REQUIRED = ("name", "folder", *_TEXTS, "version", "source", "splits")
_KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(_TEXTS, _A_TEXT),
    # Both become parts of paths.
    "name": (lambda value: _is_text(value) and _NAME.fullmatch(value) is not None, "small letters, digits and underscores"),
    "folder": (lambda value: _is_text(value) and _NAME.fullmatch(value) is not None, "small letters, digits and underscores"),
    "version": _A_NUMBER,
    "source": (lambda value: _is_table(value) and _is_text(value.get("reader")), "a table that names its reader"),
    "splits": _A_TABLE,
    "labels": (lambda value: _is_list_of_texts(value) and len(set(value)) == len(value), "a list of different texts"),
    "facts": _A_TABLE,
    "homepage": _A_TEXT,
    "known_flaws": (_is_list_of_texts, "a list of texts"),
    "paper": _A_TEXT,
    "paper_split_known": (lambda value: isinstance(value, bool), "true or false"),
}
_OPTIONAL = tuple(key for key in _KINDS if key not in _REQUIRED)
_SPLIT_KINDS: Mapping[str, _Kind] = {
    "n": _A_NUMBER,
    "groups": _A_NUMBER,
    "counts": (_is_table_of_counts, "a table of tables of whole numbers"),
    "select": _A_TABLE,
}
