"""RadCliQ-v1: radiologists' error counts, predicted from RadGraph, BERTScore, CheXbert's embedding and BLEU-2; lower is better."""

from __future__ import annotations

from dataclasses import replace

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.clinical import annotating, bertscore, chexbert, radgraph
from harness.metrics.clinical.bertscore import Protocol
from harness.metrics.columns import columns, mean
from harness.metrics.texts.captions import sentence_bleu
from harness.metrics.texts.shared_ngrams import overlap
from harness.metrics.texts.treatments import Texts
from harness.text import one_line

PARTS = ("radgraph", "bertscore", "embedding", "bleu_2")
_MEAN = (0.53792312, 0.61757256, 0.76479421, 0.44738335)
_SCALE = (0.30282584, 0.22430938, 0.25394391, 0.29892717)
_COEFFICIENTS = (-3.77083683e-01, -3.70300100e-01, -2.52616218e-01, 4.31504841e-12)
_INTERCEPT = 2.46655256e-10
"""The published regression: each part is standardised, then weighted."""
_PROTOCOL = Protocol(model="distilroberta-base", layer=5, rescale=True, idf=True)


def score(parts: Floats) -> Floats:
    """RadCliQ-v1 of each report, [n], from its four `PARTS`, [n, 4]."""
    return np.asarray((parts - _MEAN) / _SCALE @ _COEFFICIENTS + _INTERCEPT)


def cosine(prediction: Floats, expected: Floats) -> float:
    """Of two embeddings; 0 where one is zero."""
    length = float(np.linalg.norm(prediction) * np.linalg.norm(expected))
    return float(prediction @ expected) / length if length else 0.0


def _run(samples: Samples, context: Context) -> Statistics:
    annotating.weights(f"{radgraph.MODELS['v1']}.tar.gz", chexbert.CHECKPOINT, chexbert.BACKBONE, _PROTOCOL.model)  # all at once
    predictions, expected = annotating.texts(samples)
    graphs, graph_digest = radgraph.annotate([*predictions, *expected], radgraph.MODELS["v1"])
    readings, label_digest = chexbert.annotate([*predictions, *expected])
    similar, bert_digest = bertscore.f1(predictions, expected, _PROTOCOL)
    n = len(predictions)
    shared = [(radgraph.f1(a.simple, b.simple) + radgraph.f1(a.relations, b.relations)) / 2
              for a, b in zip(graphs[:n], graphs[n:], strict=True)]  # fmt: skip
    # what was not said resembles nothing, whatever the network makes of an empty text
    alike = [cosine(a.embedding, b.embedding) if one_line(text) else 0.0
             for text, a, b in zip(predictions, readings[:n], readings[n:], strict=True)]  # fmt: skip
    words = Texts(hypotheses=tuple(predictions), expected=tuple((text,) for text in expected)).map(lambda text: one_line(text).lower())
    parts = np.column_stack([shared, similar, alike, sentence_bleu(overlap(words).bleu, 2)]).reshape(n, 4)
    note = "" if context.complete else "idf weights of a part of the split; do not compare with the whole"
    fixed = {"radgraph": graph_digest, "chexbert": label_digest, "bertscore": bert_digest}
    return replace(columns(radcliq=score(parts), **dict(zip(PARTS, parts.T, strict=True))), fixed=fixed, note=note)


_MEASURE = Measure(name="radcliq", run=_run)

METRICS: tuple[Metric, ...] = (
    Metric(
        name="radcliq",
        variant="v1",
        measure=_MEASURE,
        value=mean("radcliq"),
        options={
            "radgraph": "radgraph, mean of entity and relation f1",
            "bertscore": _PROTOCOL.variant,
            "embedding": "chexbert",
            "bleu": "2, lower",
            "aggregation": "mean",
            "references": "first",
        },
        unit="RadCliQ (errors, standardised)",
        higher_is_better=False,
        summary="RadCliQ-v1: predicted errors of a report, standardised; mean over reports, lower is better.",
        source="Yu et al. (2023), CXR-Report-Metric, composite metric v1",
        pitfalls=(
            f"Needs the weights of RadGraph (the first model), CheXbert and {_PROTOCOL.model} in {annotating.VARIABLE}, and bert-score.",
            "RadEval prints 1 / mean, MultiMedEval feeds it other RadGraph and BERTScore variants: other numbers.",
            "BLEU-2 has a weight of 4e-12: its tokeniser does not matter.",
        ),
    ),
)
"""One metric."""


def _part(name: str, column: str, options: dict[str, str], summary: str) -> Metric:
    return Metric(
        name=name,
        variant="rexrank",
        measure=_MEASURE,
        value=mean(column),
        options={**options, "aggregation": "mean", "references": "first"},
        summary=summary,
        source="Zhang et al. (2024), ReXrank; Yu et al. (2023), CXR-Report-Metric",
        pitfalls=(f"One of the four parts of RadCliQ-v1: needs the weights of all of them in {annotating.VARIABLE}, and bert-score.",),
    )


REXRANK: tuple[Metric, ...] = (
    _part("bleu_2", "bleu_2", {"bleu": "2, lower, of each report"}, "ReXrank's column BLEU: BLEU-2 of each report, mean over reports."),
    _part("bertscore", "bertscore", {"bertscore": _PROTOCOL.variant}, "ReXrank's column BertScore."),
    _part("semb_score", "embedding", {"embedding": "chexbert, cosine"}, "ReXrank's column SembScore: cosine of CheXbert's embeddings."),
    _part(
        "radgraph_f1",
        "radgraph",
        {"radgraph": "radgraph, mean of entity and relation f1"},
        "ReXrank's column RadGraph: mean of the F1 of entities and of relations, first model.",
    ),
)
"""ReXrank's columns that are the parts of RadCliQ-v1; its column 1/RadCliQ-v1 is one over the value of `METRICS`."""
