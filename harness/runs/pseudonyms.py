"""Names of entrusted samples in records: keyed by a secret of the data root, so that they can be made again there and nowhere else.

Ids are small numbers, whose plain hash anybody turns back by trying all of them. What two institutions must be able to set side by side
needs no id: a record says by one digest in which order its samples stand, and samples of equal order are paired by their places. Digests
over all samples of a split tell nobody anything; over the few of a limited run they could be tried, and are made of the keyed names.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harness.cards import Card
from harness.data.examples import Dataset
from harness.files import secret
from harness.runs import privacy
from harness.runs.excerpt import Excerpt
from harness.runs.facts import DataFacts
from harness.runs.table import SampleRow

_KEYED = "hmac-sha256"
_PLAIN_HASH = "sha256"
"""Of records that were written before there were secrets; they do not say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How the samples of one run are called in its record."""

    task: str = ""
    scheme: str = ""
    """``hmac-sha256`` and eight digits of the secret's own digest; ``sha256`` in older records; empty for ids as they are."""
    key: bytes = field(default=b"", repr=False)

    def __call__(self, identifier: str) -> str:
        """The name that stands in the record."""
        if not self.scheme:
            return identifier
        content = f"{self.task}:{identifier}".encode("utf-8", "surrogatepass")
        if self.scheme == _PLAIN_HASH:
            return hashlib.sha256(content).hexdigest()[:16]
        return hmac.new(self.key, content, "sha256").hexdigest()[:16]

    @property
    def recorded(self) -> str:
        """As the record says it."""
        return self.scheme if self.scheme.startswith(_KEYED) else ""

    def in_digests(self, *, whole: bool) -> Naming:
        """How ids enter the digests of a record: as they are for all samples of a release, by name for a part of one."""
        return self if self.recorded and not whole else PLAIN


PLAIN = Naming()


def naming(card: Card, data_root: Path | None, *, synthetic: bool) -> Naming:
    """How a run's samples are to be called; the secret is made where there is none.

    Raises:
        CorruptData: The secret's file holds something else.
        PrerequisiteError: No secret can be kept.
    """
    if data_root is None or not privacy.is_private(card, synthetic=synthetic):
        return PLAIN
    return _keyed(card, secret.of(data_root))


def is_whole(excerpt: Excerpt, data: Dataset | DataFacts) -> bool:
    """Whether a run is of all samples of a release, so that nobody can try what its digests were made of."""
    return not excerpt.is_said and data.comparable and data.complete


def of_record(card: Card, data: DataFacts, data_root: Path | None) -> Naming | None:
    """How a record's samples were called; None where that needs a secret which is not here."""
    if not privacy.is_private(card, synthetic=data.kind == "synthetic"):
        return PLAIN
    if not data.ids:
        return Naming(task=card.name, scheme=_PLAIN_HASH)
    return next((keyed for key in secret.known(data_root) if (keyed := _keyed(card, key)).scheme == data.ids), None)


def _keyed(card: Card, key: bytes) -> Naming:
    return Naming(task=card.name, key=key, scheme=f"{_KEYED}:{hashlib.sha256(b'which secret: ' + key).hexdigest()[:8]}")


def order(ids: Iterable[str]) -> str:
    """A digest that is equal where the same samples stand in the same order."""
    return hashlib.sha256(json.dumps(list(ids), ensure_ascii=True).encode()).hexdigest()


def are(samples: Iterable[SampleRow], data: DataFacts, ids: Iterable[str], named: Naming | None) -> bool | None:
    """Whether samples of a record are those of a release; None where neither their names nor their order can be made again here.

    Args:
        samples: The record's.
        data: Its facts.
        ids: The release's, in its order, as many as the run was given.
        named: From `of_record`.
    """
    ids = list(ids)
    if named is not None:
        return [named(identifier) for identifier in ids] == [sample.id for sample in samples]
    return order(ids) == data.order if data.order else None
