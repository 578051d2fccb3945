"""What a view calls each run: its system's name and, where a task has several runs of one name, the facts in which these differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.runs.record import Record
from harness.views import wording

_OWN = ("split", "data", "n")
"""Facts that say nothing of the same system's runs on other tasks."""
_MOST = 48
"""Characters of an argument's value in a name."""


def names_of(records: Sequence[Record]) -> list[str]:
    """A name for each run, in their order; no two runs of a task share one.

    A system with one run per task keeps its name. Where a task has several runs of a name, all runs of that name say what differs among
    them, so that one way of running a system is called the same on every task: ``llava (3-shot)``. Facts of the model and of the asking
    come first, then what data was asked; where none of these differ, digests and the date tell the runs apart, and at last a number.
    """
    facts = [_facts(record) for record in records]
    labels = [record.model.name for record in records]
    by_name: dict[str, dict[str, list[int]]] = {}
    for place, record in enumerate(records):
        by_name.setdefault(labels[place], {}).setdefault(record.full_name, []).append(place)
    names = list(labels)
    for name, by_task in by_name.items():
        crowds = [places for places in by_task.values() if len(places) > 1]
        common = [key for key in _keys(facts, crowds) if key not in _OWN]
        for places in by_task.values():
            own = [key for key in _keys(facts, [places]) if key in _OWN]
            for place in places if crowds else ():
                names[place] = _joined(name, [facts[place].get(key, "") for key in (*common, *own)])
            _resolve(names, places, name, records)
    return names


def _resolve(names: list[str], places: Sequence[int], name: str, records: Sequence[Record]) -> None:
    """Tell the runs of a task apart that still share a name, by the first of the last resorts that does."""
    last = {place: _last_facts(records[place]) for place in places}
    for key in next(iter(last.values())):
        for same in _shared(names, places):
            if len({last[place][key] for place in same}) > 1:
                for place in same:
                    names[place] = _longer(names[place], name, last[place][key])
    for same in _shared(names, places):
        for number, place in enumerate(same, start=1):
            names[place] = _longer(names[place], name, f"run {number}")


def _shared(names: Sequence[str], places: Sequence[int]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for place in places:
        groups.setdefault(names[place], []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _keys(facts: Sequence[Mapping[str, str]], crowds: Sequence[Sequence[int]]) -> list[str]:
    """The facts in which runs of one task differ, in the order in which they are told."""
    known = dict.fromkeys(key for places in crowds for place in places for key in facts[place])
    return [key for key in known if any(len({facts[place].get(key, "") for place in places}) > 1 for places in crowds)]


def _joined(name: str, parts: Sequence[str]) -> str:
    told = ", ".join(part for part in parts if part)
    return f"{name} ({told})" if told else name


def _longer(label: str, name: str, part: str) -> str:
    if not part:
        return label
    inside = label.removeprefix(name).removeprefix(" (").removesuffix(")")
    return _joined(name, [inside, part])


def _facts(record: Record) -> dict[str, str]:
    """What the record says of model, asking and data, in words; empty where it is the default."""
    model, prompting = record.model, record.prompting
    facts = {
        "setting": model.setting,
        "shots": f"{prompting.few_shot}-shot" + (" by likeness" if prompting.few_shot_by == "nearest" else ""),
        "template": _hashed("template", prompting.template),
        "system prompt": _hashed("system prompt", prompting.system_prompt),
        "images": "first picture alone" if prompting.images == "first" else "",
    }
    facts |= {f"decoding {key}": _decoding(key, value) for key, value in asdict(prompting.decoding).items()}
    facts |= {
        "revision": _short("revision", model.revision),
        "precision": model.precision,
        **{f"argument {key}": wording.cut(f"{key}={value}", _MOST) for key, value in model.arguments.items()},
        "weights": _short("weights", model.digest),
        "split": f"{record.split} split",
        "data": "invented sample" if record.data.kind == "synthetic" else "",
        "n": f"n = {record.counts.examples:,}",
    }
    return facts


def _last_facts(record: Record) -> dict[str, str]:
    return {
        "model": _short("model", record.prompting.model_digest),
        "release": _short("release", record.data.fingerprint),
        "pictures": _short("pictures", record.data.pictures),
        "prompts": _short("prompts", record.prompting.prompting_id),
        "date": record.created,
    }


def _decoding(key: str, value: Any) -> str:
    words = key.replace("_", " ")
    if isinstance(value, bool):
        return f"{words} {'on' if value else 'off'}"
    return f"{words} {f'{value:g}' if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)}"


def _hashed(kind: str, text: Any) -> str:
    return f"{kind} {hashlib.sha256(str(text).encode()).hexdigest()[:8]}" if text else ""


def _short(kind: str, digest: str) -> str:
    return f"{kind} {digest[:8]}" if digest else ""
