"""TREC Clinical Trials: patients, judged trials and the trials' texts, joined; in NIST's own layout or in BEIR's."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import is_data, read_text, required
from harness.data.readers.tables import json_lines
from harness.errors import CorruptData
from harness.files import archives, content, xml_text
from harness.rows import Row

_LARGEST_TRIAL = 20_000_000
_NO_FACTS = {"brief_title": "", "brief_summary": "", "inclusion_criteria": "", "exclusion_criteria": ""}
"""A trial may lack any of them."""
_HEADING = re.compile(r"^\s*(?:(?:key\s+)?(?:inclusion|exclusion)\s+criteria)?\s*:?\s*", re.IGNORECASE)


def read(card: Card, split: Split, root: Path) -> Release:  # noqa: ARG001  the release has one split
    """One row per judged pair whose trial is at hand: ``topic``, ``patient``, ``trial``, ``label`` (0, 1, 2) and the trial's texts.

    A corpus that holds a part of the judged trials makes the release incomplete, not unusable.
    """
    beir = (root / "queries.jsonl").exists()
    asked = required(card, root, *(["queries.jsonl"] if beir else ["topics2022.xml", "queries.jsonl"]))
    answered = required(card, root, "qrels/test.tsv" if beir else "qrels2022.txt")
    topics = _beir_topics(asked) if beir else _topics(asked)
    judged = _beir_judged(answered) if beir else _judged(answered)
    wanted = {trial for _, trial, _, _ in judged}
    packed = [] if beir else _zips(root) or _zips(required(card, root, "corpus"))
    texts = _beir_corpus(required(card, root, "corpus.jsonl"), wanted) if beir else _corpus(root, packed, wanted)
    for topic, _, _, where in judged:
        if topic not in topics:
            raise CorruptData(f"{where}: topic '{topic}' is not among the {len(topics)} topics; files of two years are mixed.")
    there = [pair for pair in judged if pair[1] in texts]
    rows = (
        Row({**texts[trial], "topic": topic, "patient": topics[topic], "trial": trial, "label": label}, where=where)
        for topic, trial, label, where in there
    )
    missing = len(judged) - len(there)
    note = (
        f"the corpus at hand holds {len(texts):,} of {len(wanted):,} judged trials: {len(there):,} of {len(judged):,} pairs are evaluated"
        if missing
        else ""
    )
    empty = sorted(name for name, trial in texts.items() if not any(trial[part].strip() for part in ("summary", "inclusion", "exclusion")))
    untold = f"{len(empty):,} of the judged trials have neither summary nor criteria (first: {empty[0]})" if empty else ""
    return Release(
        rows=rows,
        layout="BEIR" if beir else "NIST",
        complete=not missing,
        notes=tuple(text for text in (note, untold) if text),
        files=(asked, answered, *packed),
    )


def _beir_topics(path: Path) -> dict[str, str]:
    rows = (Row(item, where=where) for where, item in json_lines(path))
    return {row.identifier("_id"): row.text("text") for row in rows}


def _beir_judged(path: Path) -> list[tuple[str, str, int, str]]:
    rows = (Row(fields, where=where) for where, fields in delimited.read(path, "query-id", "corpus-id", "score"))
    return [(row.identifier("query-id"), row.identifier("corpus-id"), _label(row.text("score"), row.where), row.where) for row in rows]


def _beir_corpus(path: Path, wanted: set[str]) -> dict[str, Mapping[str, str]]:
    trials: dict[str, Mapping[str, str]] = {}
    for where, item in json_lines(path):
        trial = Row({"title": "", **item}, where=where)
        name = trial.identifier("_id")
        if name in wanted:
            facts = Row({**_NO_FACTS, **_metadata(item, where)}, where=where)
            trials[name] = {
                "title": facts.text("brief_title") or trial.text("title"),
                "summary": facts.text("brief_summary"),
                "inclusion": _unheaded(facts.text("inclusion_criteria")),
                "exclusion": _unheaded(facts.text("exclusion_criteria")),
            }
    return trials


def _metadata(item: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    metadata = item.get("metadata", {})
    if not isinstance(metadata, dict):
        raise CorruptData(f"{where}: 'metadata' is no object; this is not the official file.")
    return metadata


def _unheaded(text: str) -> str:
    """A list of criteria without the heading that the prompt gives it again."""
    return _HEADING.sub("", text, count=1)


def _topics(path: Path) -> dict[str, str]:
    root = xml_text.parse(content.read(path), str(path))
    topics = {f"trec-2022{node.get('number')}": (node.text or "").strip() for node in root.iter("topic")}
    if not topics:
        raise CorruptData(f"{path}: no <topic>; this is not the official file.")
    return topics


def _judged(path: Path) -> list[tuple[str, str, int, str]]:
    pairs = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        fields = line.split()
        where = f"{path.name}, line {number}"
        if not fields:
            continue
        if len(fields) != 4:
            raise CorruptData(f"{where}: {len(fields)} fields; a qrels line is: topic 0 trial label.")
        pairs.append((f"trec-2022{fields[0]}", fields[2], _label(fields[3], where), where))
    return pairs


def _zips(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.zip") if is_data(path.name))


def _corpus(root: Path, packed: Sequence[Path], wanted: set[str]) -> dict[str, Mapping[str, str]]:
    """The judged trials out of ClinicalTrials.gov's archives, one trial at a time."""
    trials: dict[str, Mapping[str, str]] = {}
    for path in packed:
        with archives.whole(path), zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = Path(member.filename).stem
                if name in wanted and member.filename.endswith(".xml") and member.file_size <= _LARGEST_TRIAL:
                    trials[name] = _trial(archive.read(member), f"{path}: {member.filename}")
    for path in sorted((root / "corpus").rglob("*.xml")):
        if path.stem in wanted:
            trials[path.stem] = _trial(content.read(path, largest=_LARGEST_TRIAL), str(path))
    return trials


def _trial(given: bytes, where: str) -> Mapping[str, str]:
    root = xml_text.parse(given, where)
    if root.tag != "clinical_study":
        raise CorruptData(f"{where}: its root is <{root.tag}>, where <clinical_study> is expected; get this trial's file again.")
    criteria = root.findtext("eligibility/criteria/textblock", "")
    at = criteria.lower().find("exclusion criteria")
    return {
        "title": root.findtext("brief_title", "").strip(),
        "summary": root.findtext("brief_summary/textblock", ""),
        "inclusion": _unheaded(criteria if at < 0 else criteria[:at]),
        "exclusion": "" if at < 0 else _unheaded(criteria[at:]),
    }


def _label(text: str, where: str) -> int:
    if text not in ("0", "1", "2"):
        raise CorruptData(f"{where}: the judgement is '{text}'; 0 is not relevant, 1 excluded, 2 eligible.")
    return int(text)
