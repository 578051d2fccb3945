"""RaTEScore: medical entities of both reports, each matched with its most similar one, weighted by the kinds that meet.

Entities come from a token classifier, their embeddings from a sentence encoder, both folders of transformers in the folder of weights;
sentences from medspacy's splitter; the weights of kinds from the installed radeval, read as data without importing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.clinical import annotating, radeval_parts
from harness.metrics.clinical.annotating import Item
from harness.metrics.columns import columns, mean
from harness.text import one_line

TAGGER, ENCODER = "RaTE-NER-Deberta", "BioLORD-2023-C"
_NEGATED = {"DISEASE": "NON-DISEASE", "ABNORMALITY": "NON-ABNORMALITY"}
_FINDINGS, _ABSENCES = frozenset(_NEGATED), frozenset(_NEGATED.values())
_SHORTEST_SENTENCE = 3
_PENALTY = "NEG_WEIGHT"
_UNDECIDED = 0.5
"""What the release gives where a report has no entity."""


class Entities(Struct, frozen=True, kw_only=True):
    """What a report speaks of."""

    kinds: tuple[str, ...]
    """ABNORMALITY, NON-ABNORMALITY, DISEASE, NON-DISEASE or ANATOMY."""
    embeddings: Floats
    """[entities, d]."""


def spans(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Entities among the labels of word pieces, as first, one past the last, and kind: ``B-X`` begins one, ``I-…`` goes on with it."""
    entities: list[tuple[int, int, str]] = []
    for place, label in enumerate(labels):
        if label.startswith("B-"):
            entities.append((place, place + 1, label[2:]))
        elif label.startswith("I-") and entities and entities[-1][1] == place:
            entities[-1] = (entities[-1][0], place + 1, entities[-1][2])
    return entities


def one_sided(these: Entities, those: Entities, affinity: Mapping[str, float]) -> float:
    """How well those cover these: weighted mean over these of the highest cosine, less where one side denies what the other finds.

    Args:
        these: At least one entity.
        those: At least one entity.
        affinity: ``KIND_KIND`` to weight, and the factor ``NEG_WEIGHT`` of a contradiction.
    """
    similar = annotating.unit(these.embeddings) @ annotating.unit(those.embeddings).T
    best = similar.argmax(axis=1)
    met = [(kind, those.kinds[place]) for kind, place in zip(these.kinds, best, strict=True)]
    weights = np.array([affinity["_".join(pair)] for pair in met])
    factors = np.array([affinity[_PENALTY] if _contradict(*pair) else 1.0 for pair in met])
    total = float(weights.sum())
    return float((similar.max(axis=1) * weights * factors).sum()) / total if total else 0.0


def _contradict(one: str, other: str) -> bool:
    return (one in _FINDINGS and other in _ABSENCES) or (one in _ABSENCES and other in _FINDINGS)


def score(prediction: Entities, expected: Entities, affinity: Mapping[str, float]) -> float:
    """RaTEScore of one report: harmonic mean of both directions; a half where a side has no entity, as in the release."""
    if not prediction.kinds or not expected.kinds:
        return _UNDECIDED
    precision, recall = one_sided(expected, prediction, affinity), one_sided(prediction, expected, affinity)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def annotate(reports: Sequence[str]) -> tuple[list[Entities], str]:
    """The entities of each report, and the digest of both models.

    Raises:
        NotComputed: Weights or packages are absent.
    """
    folder = annotating.weights(TAGGER, ENCODER)
    annotating.required("torch", "transformers", "medspacy", "radeval")
    digest = f"{annotating.digest(folder / TAGGER)} {annotating.digest(folder / ENCODER)}"
    annotated = annotating.annotate(f"ratescore {digest}", [(one_line(text),) for text in reports], lambda items: _read(folder, items))
    return [
        Entities(kinds=tuple(entry["kinds"]), embeddings=annotating.unpack(entry["embeddings"]) if entry["kinds"] else np.empty((0, 1)))
        for entry in annotated
    ], digest


def _read(folder: Path, items: list[Item]) -> Iterator[dict[str, Any]]:
    torch, transformers = annotating.networks()
    import medspacy

    device = annotating.device(torch)
    split = medspacy.load(medspacy_enable=["medspacy_pyrush"])
    tokenizers = [transformers.AutoTokenizer.from_pretrained(folder / name, local_files_only=True) for name in (TAGGER, ENCODER)]
    tagger = transformers.AutoModelForTokenClassification.from_pretrained(folder / TAGGER, local_files_only=True).eval().to(device)
    encoder = transformers.AutoModel.from_pretrained(folder / ENCODER, local_files_only=True).eval().to(device)
    for (report,) in items:
        names, kinds = [], []
        for sentence in (str(part).strip() for part in split(report).sents):
            if len(sentence) < _SHORTEST_SENTENCE:
                continue
            batch = tokenizers[0]([sentence], truncation=True, max_length=512, return_tensors="pt").to(device)
            with torch.inference_mode():
                numbers = tagger(**batch).logits[0].argmax(dim=1).tolist()
            pieces = tokenizers[0].convert_ids_to_tokens(batch["input_ids"][0])
            special = {tokenizers[0].cls_token, tokenizers[0].sep_token}
            labels = ["O" if piece in special else tagger.config.id2label[number] for piece, number in zip(pieces, numbers, strict=True)]
            for first, end, kind in spans(labels):
                names.append(tokenizers[0].convert_tokens_to_string(pieces[first:end]))
                kinds.append(kind.upper())
        embeddings = ""
        if names:
            batch = tokenizers[1](names, truncation=True, padding=True, max_length=30, return_tensors="pt").to(device)
            with torch.inference_mode():
                embeddings = annotating.pack(encoder(**batch).last_hidden_state[:, 0].float().cpu().numpy())
        yield {"kinds": kinds, "embeddings": embeddings}


def _run(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the texts alone decide
    predictions, expected = annotating.texts(samples)
    entities, digest = annotate([*predictions, *expected])
    table = radeval_parts.affinity()
    pairs = zip(predictions, entities[: len(predictions)], entities[len(predictions) :], strict=True)
    scores = [score(a, b, table) if one_line(text) else 0.0 for text, a, b in pairs]
    return replace(columns(ratescore=np.array(scores, dtype=np.float64)), fixed={"weights": digest})


METRICS: tuple[Metric, ...] = (
    Metric(
        name="ratescore",
        variant="long",
        measure=Measure(name="ratescore", run=_run),
        value=mean("ratescore"),
        options={
            "tagger": TAGGER,
            "encoder": ENCODER,
            "affinity": "long",
            "sentences": "medspacy pyrush",
            "no_entity": "0.5",
            "empty": "0",
            "aggregation": "mean",
            "references": "first",
        },
        summary="RaTEScore: similarity of the medical entities of reply and reference, weighted by kind; mean over reports.",
        source="Zhao et al. (2024), RaTEScore; weights of kinds as in radeval 2.2",
        pitfalls=(
            f"Needs the folders {TAGGER} and {ENCODER} in {annotating.VARIABLE}; without them it is not computed.",
            "A report in which no entity is found scores 0.5, as in the release; a reply that says nothing scores 0 here.",
            "An entity's kind is that of its first word piece; the release drops some entities at the end of a sentence.",
        ),
    ),
)
"""One metric."""
