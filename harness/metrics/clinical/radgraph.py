"""RadGraph F1: the entities of a report, with what they relate to, as sets that two reports share.

The annotator is radeval's copy of the package radgraph, which itself does not run on transformers 5. It is given the released archive
(``radgraph-xl.tar.gz``, ``radgraph.tar.gz``) and the encoder folder that the archive's config names, both from the folder of weights.
What is kept of an annotation are hashes of its facts: equal facts have equal hashes, and no word of a report lies in the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from harness.base.arrays import np
from harness.errors import CorruptData, Unwritable
from harness.files import temporary, writing
from harness.files.refusals import TEMPORARY, unwritten
from harness.metrics.base import Context, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.clinical import annotating, radeval_parts
from harness.metrics.clinical.annotating import Item
from harness.metrics.columns import columns, mean
from harness.text import one_line

if TYPE_CHECKING:
    import tarfile

Level = Literal["simple", "partial", "complete"]
LEVELS: tuple[Level, ...] = ("partial", "simple", "complete")
MODELS: Mapping[str, str] = {"xl": "radgraph-xl", "v1": "radgraph"}
"""Variant to the package's name of the model."""


class Facts(Struct, frozen=True, kw_only=True):
    """What a report says, as sets of hashes."""

    simple: frozenset[str]
    """(tokens, label) of each entity; RadCliQ's entities too."""
    partial: frozenset[str]
    """The same, and whether it relates to anything."""
    complete: frozenset[str]
    """Each relation with what it leads to; an entity without one by itself."""
    relations: frozenset[str]
    """As RadCliQ has them: both ends with their labels, and the kind."""


NOTHING = Facts(simple=frozenset(), partial=frozenset(), complete=frozenset(), relations=frozenset())


def facts(annotation: Mapping[str, Any]) -> Facts:
    """The facts of an annotation as the package radgraph gives it.

    Args:
        annotation: ``{"entities": {number: {"tokens": …, "label": …, "relations": [[kind, number], …]}}}``.
    """
    entities = annotation["entities"]
    simple, partial, complete, relations = set(), set(), set(), set()
    for entity in entities.values():
        own = (entity["tokens"], entity["label"])
        simple.add(_hash(*own))
        partial.add(_hash(*own, True) if entity["relations"] else _hash(*own))
        if not entity["relations"]:
            complete.add(_hash(*own))
        for kind, number in entity["relations"]:
            other = entities[number]
            # the package lowers the case here alone
            complete.add(_hash(entity["tokens"].lower(), entity["label"], kind, other["tokens"].lower()))
            relations.add(_hash(*own, other["tokens"], other["label"], kind))
    return Facts(
        simple=frozenset(simple),
        partial=frozenset(partial),
        complete=frozenset(complete),
        relations=frozenset(relations),
    )


def _hash(*fact: Any) -> str:
    return hashlib.sha256(json.dumps(fact).encode()).hexdigest()[:16]


def f1(predicted: Set[str], expected: Set[str]) -> float:
    """F1 of two sets; 0 where they share nothing, two empty ones included."""
    shared = len(predicted & expected)
    return 2 * shared / (len(predicted) + len(expected)) if shared else 0.0


def annotate(texts: Sequence[str], model: str) -> tuple[list[Facts], str]:
    """The facts of each text, and the digest of the weights; an empty text has none.

    Args:
        texts: Reports.
        model: The package's name of it, of `MODELS`.

    Raises:
        NotComputed: Weights or packages are absent.
    """
    folder = annotating.weights(f"{model}.tar.gz")
    annotating.required("torch", "transformers", "radeval")
    digest = annotating.digest(folder / f"{model}.tar.gz")
    lines = [one_line(text) for text in texts]
    spoken = [line for line in lines if line]
    annotated = annotating.annotate(f"radgraph {model} {digest}", [(line,) for line in spoken], lambda items: _read(folder, model, items))
    by_text = {
        line: Facts(**{name: frozenset(entry[name]) for name in Facts.__struct_fields__})
        for line, entry in zip(spoken, annotated, strict=True)
    }
    return [by_text.get(line, NOTHING) for line in lines], digest


def _read(folder: Path, model: str, items: list[Item]) -> Iterator[dict[str, list[str]]]:
    torch, _ = annotating.networks()
    package = radeval_parts.radgraph()
    with temporary.folder("radgraph") as place:
        unpack(folder, model, place / model)
        with contextlib.redirect_stdout(sys.stderr):  # the package prints, and our output may be JSON
            reader = package.RadGraph(model_type=model, model_cache_dir=str(place), cuda=0 if torch.cuda.is_available() else -1)
        for (text,) in items:
            with torch.inference_mode():
                text_facts = facts(reader([text])["0"])
            yield {name: sorted(getattr(text_facts, name)) for name in Facts.__struct_fields__}


def unpack(folder: Path, model: str, into: Path) -> None:
    """Lay out a released archive so that the package finds all of it on this machine: its encoder is the folder of that name.

    Raises:
        CorruptData: The archive is none, or not RadGraph's.
        Unwritable: There is no room to unpack it.
        NotComputed: The encoder is absent.
    """
    import tarfile

    path = folder / f"{model}.tar.gz"
    try:
        with tarfile.open(path, "r:gz") as archive:
            _extract(archive, into)
        config = json.loads((into / "config.json").read_text(encoding="utf-8"))
        places = (config["dataset_reader"]["token_indexers"]["bert"], config["model"]["embedder"]["token_embedders"]["bert"])
        names = {place["model_name"] for place in places}
    except (tarfile.TarError, OSError, EOFError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise CorruptData(f"{path}: not RadGraph's release ({type(error).__name__}: {error}); download it again.") from error
    for name in names:
        if not (folder / name.rpartition("/")[2]).is_dir():
            raise NotComputed(f"weights absent: {path.name} needs the encoder {name}; place its folder in {folder}")
    for place in places:
        place["model_name"] = str((folder / place["model_name"].rpartition("/")[2]).resolve())
    writing.replace_file(into / "config.json", json.dumps(config).encode(), TEMPORARY)


def _extract(archive: tarfile.TarFile, into: Path) -> None:
    try:
        archive.extractall(into, filter="data")
    except OSError as error:
        if error.errno is None:  # what is read is no gzip
            raise
        raise Unwritable(unwritten(error, into, TEMPORARY, wanted=sum(member.size for member in archive.getmembers()))) from error


def _run(model: str) -> Callable[[Samples, Context], Statistics]:
    def run(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the texts alone decide
        predictions, expected = annotating.texts(samples)
        graphs, digest = annotate([*predictions, *expected], model)
        pairs = list(zip(graphs[: len(predictions)], graphs[len(predictions) :], strict=True))
        scores = {level: np.array([f1(getattr(a, level), getattr(b, level)) for a, b in pairs]) for level in LEVELS}
        return replace(columns(**scores), fixed={"weights": digest})

    return run


_MEASURES = {variant: Measure(name=f"radgraph_{variant}", run=_run(model)) for variant, model in MODELS.items()}

METRICS: tuple[Metric, ...] = tuple(
    Metric(
        name="radgraph_f1",
        variant=f"{variant}-{level}",
        measure=_MEASURES[variant],
        value=mean(level),
        options={"model": model, "level": level, "aggregation": "mean", "empty": "0", "references": "first"},
        summary=f"F1 of the entities that {model} finds in reply and reference ({level}), mean over reports.",
        source="Jain et al. (2021), RadGraph; Delbrouck et al. (2022, 2024); the package radgraph 0.1.18",
        pitfalls=(
            f"Needs {model}.tar.gz and its encoder's folder in {annotating.VARIABLE}; without them it is not computed.",
            "The package's default is the XL model; most published tables used the first one: they do not compare.",
            "Two reports without any entity score 0.",
        ),
    )
    for variant, model in MODELS.items()
    for level in LEVELS
)
"""Three levels for both models; the first one stands for the family."""
