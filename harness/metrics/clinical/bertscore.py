"""BERTScore: each word piece is matched with its most similar one on the other side, by the embeddings of a language model.

Computed here from a model folder of transformers; bert-score 0.3.13 is the reference. The folder lies in the folder of weights under
the model's name. idf weights come from the references that are scored; rescaling takes the baseline that bert-score ships.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.base import extras
from harness.base.arrays import np
from harness.errors import CorruptData
from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.clinical import annotating
from harness.metrics.clinical.annotating import Item
from harness.metrics.columns import columns, mean
from harness.text import one_line

_PAIRS_PER_BATCH = 32


class Protocol(Struct, frozen=True, kw_only=True):
    """Everything that makes two BERTScores comparable."""

    model: str
    """The folder's name, which is the model's on the Hub."""
    layer: int
    """Which layer's output is compared; 0 is the embedding."""
    rescale: bool = False
    """Whether the baseline of random sentence pairs is taken off."""
    idf: bool = False
    """Whether word pieces are weighted by their rarity among the references."""

    @property
    def variant(self) -> str:
        """As a scoreboard names it."""
        return f"{self.model}-l{self.layer}{'-rescaled' if self.rescale else ''}{'-idf' if self.idf else ''}"


def match(prediction: Floats, expected: Floats, prediction_weights: Floats, expected_weights: Floats) -> tuple[float, float, float]:
    """Precision, recall and F of two texts by greedy matching; 0 where a side has no weight.

    Args:
        prediction: [p, d] embeddings of the prediction's word pieces, special ones included.
        expected: [r, d] of the reference's.
        prediction_weights: [p], not negative; special pieces weigh nothing.
        expected_weights: [r].
    """
    if not prediction_weights.sum() or not expected_weights.sum():
        return 0.0, 0.0, 0.0
    similar = annotating.unit(prediction) @ annotating.unit(expected).T
    precision = float(similar.max(axis=1) @ prediction_weights / prediction_weights.sum())
    recall = float(similar.max(axis=0) @ expected_weights / expected_weights.sum())
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def f1(predictions: Sequence[str], expected: Sequence[str], protocol: Protocol) -> tuple[Floats, str]:
    """F of each pair, [n], and the digest of the model.

    Raises:
        NotComputed: The model, a package or the baseline is absent.
    """
    folder = annotating.weights(protocol.model) / protocol.model
    annotating.required("torch", "transformers")
    base = baseline(protocol) if protocol.rescale else 0.0
    digest = annotating.digest(folder)
    pairs = [(one_line(one), one_line(other)) for one, other in zip(predictions, expected, strict=True)]
    documents = [pair[1] for pair in pairs] if protocol.idf else []
    # document frequencies change every value: with other references it is another annotation
    model = f"bertscore {digest} layer {protocol.layer} idf {hashlib.sha256(repr(sorted(documents)).encode()).hexdigest()}"
    scores = annotating.annotate(model, pairs, lambda items: _score(folder, protocol, documents, items))
    return (np.array([entry[2] for entry in scores], dtype=np.float64) - base) / (1 - base), digest


def baseline(protocol: Protocol) -> float:
    """What F is for unrelated sentences, as bert-score ships it for English.

    Raises:
        NotComputed: bert-score is not installed, or has no baseline for this model and layer.
    """
    package = extras.folder("bert_score")
    if package is None:
        raise NotComputed(f"the package bert-score, whose baseline rescaling needs, is absent: {annotating.EXTRA}")
    path = package / "rescale_baseline" / "en" / f"{protocol.model}.tsv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]] if path.is_file() else []
    baselines = [float(row[3]) for row in rows if row[0] == str(protocol.layer)]
    if not baselines:
        raise NotComputed(f"bert-score has no baseline for {protocol.model}, layer {protocol.layer}")
    return baselines[0]


def _score(folder: Path, protocol: Protocol, documents: Sequence[str], items: list[Item]) -> Iterator[list[float]]:
    encoder = _Encoder(folder, protocol.layer)
    rarity = _rarity([encoder.pieces(text) for text in documents]) if protocol.idf else None
    for first in range(0, len(items), _PAIRS_PER_BATCH):
        part = items[first : first + _PAIRS_PER_BATCH]
        embedded = encoder.embed(sorted({text for pair in part for text in pair}))
        for prediction, expected in part:
            sides = [embedded[prediction], embedded[expected]]
            loads = [np.array([encoder.load(piece, rarity) for piece in pieces]) for pieces, _ in sides]
            if not prediction or not expected:
                loads = [np.zeros_like(load) for load in loads]
            yield list(match(sides[0][1], sides[1][1], loads[0], loads[1]))


def _rarity(documents: Sequence[Sequence[int]]) -> Callable[[int], float]:
    """The idf weight of a word piece."""
    counts = Counter(piece for pieces in documents for piece in set(pieces))
    return lambda piece: math.log((len(documents) + 1) / (counts[piece] + 1))


class _Encoder:
    """A model folder as embeddings of word pieces."""

    def __init__(self, folder: Path, layer: int) -> None:
        torch, transformers = annotating.networks()
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        if layer > config.num_hidden_layers:
            raise CorruptData(f"{folder}: has {config.num_hidden_layers} layers, and layer {layer} is asked for; is it the right model?")
        blank = {"add_prefix_space": True} if config.model_type in ("roberta", "gpt2") else {}
        self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, **blank)
        self.device = annotating.device(torch)
        self.model: Any = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval().to(self.device)
        self.layer = layer
        room = int(config.max_position_embeddings) - (2 if config.model_type == "roberta" else 0)
        self.longest = min(int(self.tokenizer.model_max_length), room)

    def pieces(self, text: str) -> list[int]:
        """Word pieces with the special ones around them."""
        return list(self.tokenizer.encode(text, add_special_tokens=True, truncation=True, max_length=self.longest))

    def load(self, piece: int, rarity: Callable[[int], float] | None) -> float:
        """The weight of a word piece."""
        if rarity is not None:
            return rarity(piece)
        return float(piece not in (self.tokenizer.cls_token_id, self.tokenizer.sep_token_id))

    def embed(self, texts: Sequence[str]) -> dict[str, tuple[list[int], Floats]]:
        """Word pieces and their embeddings, [pieces, d], of each text."""
        torch, _ = annotating.networks()
        pieces = [self.pieces(text) for text in texts]
        longest = max(map(len, pieces))
        ids = torch.full((len(texts), longest), self.tokenizer.pad_token_id or 0)
        mask = torch.zeros((len(texts), longest), dtype=torch.long)
        for row, piece_ids in enumerate(pieces):
            ids[row, : len(piece_ids)] = torch.tensor(piece_ids)
            mask[row, : len(piece_ids)] = 1
        with torch.inference_mode():
            states = self.model(ids.to(self.device), attention_mask=mask.to(self.device), output_hidden_states=True).hidden_states
        layer = states[self.layer].float().cpu().numpy().astype(np.float64)
        return {text: (piece_ids, layer[row, : len(piece_ids)]) for row, (text, piece_ids) in enumerate(zip(texts, pieces, strict=True))}


def metric(protocol: Protocol) -> Metric:
    """BERTScore F under a protocol, mean over samples, against each sample's first reference."""

    def run(samples: Samples, context: Context) -> Statistics:
        scores, digest = f1(*annotating.texts(samples), protocol)
        note = "" if context.complete or not protocol.idf else "idf weights of a part of the split; do not compare with the whole"
        return replace(columns(f1=scores), fixed={"weights": digest}, note=note)

    return Metric(
        name="bertscore",
        variant=protocol.variant,
        measure=Measure(name=f"bertscore_{protocol.variant.replace('-', '_')}", run=run),
        value=mean("f1"),
        options={
            "model": protocol.model,
            "layer": str(protocol.layer),
            "rescale": "bert-score's baseline" if protocol.rescale else "no",
            "idf": "references of the scored set" if protocol.idf else "no",
            "score": "f1",
            "aggregation": "mean",
            "references": "first",
        },
        summary=f"BERTScore F1 with layer {protocol.layer} of {protocol.model}, mean over samples.",
        source="Zhang et al. (2020); bert-score 0.3.13",
        pitfalls=(
            f"Needs the folder {protocol.model} in {annotating.VARIABLE}; without it, it is not computed.",
            "Other models, layers, idf weights or rescaling give other numbers under the same name.",
            "Unrelated sentences score about 0.85 unless rescaled.",
        ),
    )


METRICS: tuple[Metric, ...] = (
    metric(Protocol(model="roberta-large", layer=17)),
    metric(Protocol(model="roberta-large", layer=17, rescale=True)),
    metric(Protocol(model="distilroberta-base", layer=5)),
    metric(Protocol(model="distilbert-base-uncased", layer=5, rescale=True)),
)
"""bert-score's default for English, plain and rescaled; MultiMedEval's and RadEval's models. The first one stands for the family."""
