"""Whether two runs were made on the same data, as far as their records say: then alone are their scores compared or ranked together."""

from __future__ import annotations

from harness.runs.record import Record

Fingerprints = tuple[str, int, str]


def fingerprints_of(record: Record) -> Fingerprints:
    """All that a record says of its data and that is compared here."""
    return record.data.pictures, record.data.schema, record.data.fingerprint


def same_data(first: Record, second: Record) -> bool:
    """Whether two runs of one scoring id were made on the same texts and pictures, as far as both say."""
    return same_pictures(first, second) and same_texts(first, second)


def same_pictures(first: Record, second: Record) -> bool:
    """Whether two runs were shown the same pictures, as far as both say.

    One of a model that looks at none says nothing, and neither does a record of the first schema.
    """
    ours, theirs = (record.data.pictures for record in (first, second))
    return not ours or not theirs or ours == theirs


def same_texts(first: Record, second: Record) -> bool:
    """Whether all else that models and scorers read was the same: questions, choices, context, tags.

    The first schema's fingerprint was taken of less than later ones; beside those it says nothing.
    """
    ours, theirs = first.data, second.data
    return ours.schema != theirs.schema or ours.fingerprint == theirs.fingerprint
