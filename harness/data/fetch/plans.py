"""How a release can be had, as its card says it: one file, several, a dataset of the Hub, or by hand and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harness.cards import Card
from harness.data.fetch.remote import Remote, check_address
from harness.errors import AdapterError

_KEYS = frozenset({"url", "file", "md5", "sha256", "size", "gives", "into"})
_REFUSALS = {
    "registration": "needs an account with its publisher",
    "application": "is given on application, under a signed agreement",
    "credentialed": "needs credentialed access and a signed agreement",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One download of a release."""

    remote: Remote
    file: str
    """Where it goes, below the release's folder."""
    gives: tuple[str, ...] = ()
    """What an archive holds when it is extracted; empty for a file that stays as it is."""
    into: str = ""
    """The folder that an archive is extracted into, below the release's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a release is got."""

    items: tuple[Item, ...] = ()
    hub: bool = False
    refusal: str = ""
    """Why it cannot be fetched, as the rest of "the release …"; empty where it can."""


def plan(card: Card) -> Plan:
    """How the release of a card can be had.

    Raises:
        AdapterError: The card describes a download wrongly.
    """
    if card.access != "open":
        return Plan(refusal=_REFUSALS[card.access])
    source = card.source
    if "hub" in source:
        return Plan(hub=True)
    if "downloads" in source:
        return Plan(items=tuple(_item(card, entry) for entry in source["downloads"]))
    if source.get("url") and (source.get("md5") or source.get("sha256")):
        return Plan(items=(_item(card, {key: source[key] for key in _KEYS & set(source)}),))
    return Plan(refusal=str(source.get("by_hand", "has no direct download that could be checked")))


def _item(card: Card, entry: Any) -> Item:
    if not isinstance(entry, dict) or not {"url", "file"} <= set(entry) or set(entry) - _KEYS or {"md5", "sha256"} <= set(entry):
        raise AdapterError(f"{card.path}: a download is a table of {', '.join(sorted(_KEYS))} with a url, a file and at most one checksum.")
    url = str(entry["url"])
    check_address(url, f"{card.path}: source.url")
    algorithm: Literal["", "md5", "sha256"] = "md5" if "md5" in entry else "sha256" if "sha256" in entry else ""
    checksum = str(entry.get(algorithm, "")).lower()
    if algorithm and (len(checksum) != {"md5": 32, "sha256": 64}[algorithm] or set(checksum) - set("0123456789abcdef")):
        raise AdapterError(f"{card.path}: '{checksum}' is no {algorithm} in hexadecimal.")
    return Item(
        remote=Remote(url=url, algorithm=algorithm, checksum=checksum, size=entry.get("size")),
        file=str(entry["file"]),
        gives=tuple(entry.get("gives", ())),
        into=str(entry.get("into", "")),
    )
